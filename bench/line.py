"""One connection to the public door that costs the measuring process little: no retries, no typing, no pool."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120


class Unexpected(Exception):
    """The answer was not the one that a measurement needs."""


class Line:
    """Keep-alive HTTP/1.1; one thread only."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """JSON there and back."""
        headers = self._headers | {"Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        answer = self._send(method, path, content, headers)
        return json.loads(answer) if answer else None

    def put(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        """Bytes, with these headers and nothing else."""
        self._send("PUT", path, content, headers)

    def _send(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        found = answer.read()
        if answer.status >= 300:
            raise Unexpected(f"{method} → {answer.status}: {found[:300]!r}")
        return found
