"""An HTTP connection that costs the measuring process little: no retries, no models, no pool."""

import hashlib
import http.client
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120
BUFFER_BYTES = 2**20


class InvalidMeasurement(Exception):
    """A response or a result makes the measurement worthless."""


class HttpConnection:
    """A keep-alive HTTP/1.1 connection, for one thread."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send JSON, and return the JSON of the response."""
        headers = self._headers | {"Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        answer = self._send(method, path, content, headers)
        return json.loads(answer) if answer else None

    def put(self, path: str, content: bytes, headers: dict[str, str]) -> str:
        """Send bytes with exactly these headers; return the ETag of the response."""
        return self.send("PUT", path, content, headers).get("ETag", "").strip('"')

    def send(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None, headers: dict[str, str]
    ) -> http.client.HTTPMessage:
        """Send a request with exactly these headers; return the headers of the response."""
        self._answer(method, path, body, headers).read()
        return self._head

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Return how many bytes the response had, and their SHA-256."""
        answer = self._answer("GET", path, None, headers)
        digest, size = hashlib.sha256(), 0
        while came := answer.readinto(self._buffer):
            digest.update(self._buffer[:came])
            size += came
        return size, digest.hexdigest()

    def begin(self, path: str) -> None:
        """Request a body and read one byte of it; the rest stays in the socket."""
        self._answer("GET", path, None, {}).read(1)

    def _send(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        return self._answer(method, path, content, headers).read()

    def _answer(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        self._head = answer.headers
        if answer.status >= 300:
            raise InvalidMeasurement(f"{method} → {answer.status}: {answer.read()[:300]!r}")
        return answer
