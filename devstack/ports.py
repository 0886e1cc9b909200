"""Assigns loopback ports and remembers them in one file, so that a warm start has the addresses of the last one."""

import json
import random
import socket
import threading
from functools import cache
from pathlib import Path

import httpx

from devstack.errors import PortTaken

LOOPBACK = "127.0.0.1"
# Below the kernel's range for outgoing connections, so that no client socket sits on a chosen port.
PORT_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts_connection(port: int, request: bytes = b"", seconds: float = 1.0) -> bool:
    """Return whether a server accepts a connection and, when something is given, answers at least one byte."""
    try:
        with socket.create_connection((LOOPBACK, port), seconds) as connection:
            if not request:
                return True
            connection.settimeout(seconds)
            connection.sendall(request)
            return connection.recv(1) != b""
    except OSError:
        return False


def responds_ok(url: str) -> bool:
    """Return whether a server on this machine answers 200 within five seconds."""
    try:
        return _plain_http().get(url).status_code == 200
    except httpx.TransportError:
        return False


@cache
def _plain_http() -> httpx.Client:
    """Return a client that loads no certificates: that takes 30 ms, and readiness is checked in a loop."""
    return httpx.Client(timeout=5, verify=False, limits=httpx.Limits(max_keepalive_connections=0))  # noqa: S501


def claim(port: int) -> socket.socket | None:
    """Return a claim on a port that nobody listens on yet, or None when another stack has claimed it.

    The claim is a UDP socket on the same port: it does not block TCP, and the kernel closes it with its process.
    """
    claimed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claimed.bind((LOOPBACK, port))
    except OSError:
        claimed.close()
        return None
    return claimed


class PortRegistry:
    """Ports by name, written to `file`; `fixed` ports are required, the others are replaced when they are in use.

    From the choice of a port until its server listens, no other stack chooses it.
    """

    def __init__(self, file: Path, fixed: dict[str, int] | None = None) -> None:
        self._file = file
        self._fixed = fixed or {}
        self._lock = threading.Lock()
        self._claims: dict[int, socket.socket] = {}
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def assign(self, names: list[str]) -> None:
        """Choose the ports of components about to start; raise `PortTaken` when a fixed one is in use."""
        with self._lock:
            for name in names:
                self._known[name] = self._fixed_port(name) if name in self._fixed else self._free_port(name)
            self._file.write_text(json.dumps(self._known, indent=1, sort_keys=True))

    def release(self) -> None:
        """Release every claim."""
        with self._lock:
            while self._claims:
                self._claims.popitem()[1].close()

    def __getitem__(self, name: str) -> int:
        return self._known[name]

    def _fixed_port(self, name: str) -> int:
        port = self._fixed[name]
        if not is_free(port):
            raise PortTaken(f"port {port} ({name}) is already in use; free it or choose another one with PORT=")
        return port

    def _free_port(self, name: str) -> int:
        others = {port for other, port in self._known.items() if other != name} | set(self._fixed.values())
        remembered = self._known.get(name)
        candidates = random.sample(PORT_RANGE, 200)
        if remembered:
            candidates.insert(0, remembered)
        return next(port for port in candidates if port not in others and self._claimed(port) and is_free(port))

    def _claimed(self, port: int) -> bool:
        """Return whether this stack has claimed the port."""
        if port not in self._claims and (claimed := claim(port)):
            self._claims[port] = claimed
        return port in self._claims
