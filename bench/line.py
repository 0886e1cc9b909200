"""One connection to the public door that costs the measuring process little: no retries, no typing, no pool."""

import hashlib
import http.client
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120
ROOM_BYTES = 2**20


class Unexpected(Exception):
    """The answer was not the one that a measurement needs."""


class Line:
    """Keep-alive HTTP/1.1; one thread only."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._room = memoryview(bytearray(ROOM_BYTES))

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """JSON there and back."""
        headers = self._headers | {"Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        answer = self._send(method, path, content, headers)
        return json.loads(answer) if answer else None

    def put(self, path: str, content: bytes, headers: dict[str, str]) -> str:
        """Bytes, with these headers and nothing else; the ETag of the answer."""
        return self.send("PUT", path, content, headers).get("ETag", "").strip('"')

    def send(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None, headers: dict[str, str]
    ) -> http.client.HTTPMessage:
        """Anything, with these headers and nothing else; the headers of the answer."""
        self._answer(method, path, body, headers).read()
        return self._head

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """How many bytes came, and their SHA-256: nobody has downloaded what nobody has looked at."""
        answer = self._answer("GET", path, None, headers)
        digest, size = hashlib.sha256(), 0
        while came := answer.readinto(self._room):
            digest.update(self._room[:came])
            size += came
        return size, digest.hexdigest()

    def begin(self, path: str) -> None:
        """Asks for bytes and takes one of them; the others wait on the line."""
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
            raise Unexpected(f"{method} → {answer.status}: {answer.read()[:300]!r}")
        return answer
