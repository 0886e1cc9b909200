"""The real nginx in front of scripted upstreams, and a client that sends exactly the given bytes."""

import asyncio
import contextlib
import os
import re
import signal
from pathlib import Path

from deploy.gateway.render import write_configuration
from devstack.ports import LOOPBACK
from tests.eventually import eventually
from tests.harness import free_port
from tests.integration.gateway.raw_http import (
    Handler,
    RawResponse,
    ReceivedRequest,
    connected,
    listens,
    read_answer,
    replying,
)

SERVICES = ("auth", "upload", "propagation", "download", "portal", "store")
CAPABILITY = "c4p4bility-of-one-file_0123456789"
SHA256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
PART = f"/parts/{CAPABILITY}/7/{SHA256}"
PART_HEAD = f"PUT {PART} HTTP/1.1\r\nHost: envoi.test\r\nConnection: close\r\n"
SIGNATURE = "AWS4-HMAC-SHA256 Credential=store-key-id/20260101/us-east-1/s3/aws4_request, Signature=abc"


class Origin:
    """A scripted HTTP/1.1 server with keep-alive; `handler` makes its responses."""

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.handler: Handler = replying("200 OK", b"ok")
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()
        await eventually(lambda: not self._open)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (line.split(": ", 1) for line in lines[1:] if line)
                seen = ReceivedRequest(lines[0], {name.lower(): value for name, value in pairs})
                self.requests.append(seen)
                await self.handler(seen, reader, writer)
        self._open.discard(writer)
        writer.close()


class GatewayProcess:
    """nginx with the product's configuration in one folder, and its upstreams."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origins = {name: Origin() for name in SERVICES}
        self.api_port, self.files_port, self.health_port = free_port(), free_port(), free_port()
        self.internal_port = free_port()
        self._nginx: asyncio.subprocess.Process | None = None

    def __getitem__(self, name: str) -> Origin:
        return self.origins[name]

    def values(self) -> dict[str, str]:
        servers = {
            f"GATEWAY_{name.upper()}_SERVERS": f"server {LOOPBACK}:{origin.port} max_fails=0;"
            for name, origin in self.origins.items()
        }
        return servers | {
            "GATEWAY_PREFIX": str(self.folder),
            "GATEWAY_ACCESS_LOG": str(self.folder / "access.log"),
            "GATEWAY_ERROR_LOG": str(self.folder / "error.log"),
            "GATEWAY_WORKERS": "1",
            "GATEWAY_WORKER_CONNECTIONS": "512",
            "GATEWAY_SCHEME": "http",
            "GATEWAY_API_LISTEN": f"{LOOPBACK}:{self.api_port}",
            "GATEWAY_FILES_LISTEN": f"{LOOPBACK}:{self.files_port}",
            "GATEWAY_HEALTH_LISTEN": f"{LOOPBACK}:{self.health_port}",
            "GATEWAY_INTERNAL_HOST": LOOPBACK,
            "GATEWAY_INTERNAL_PORT": str(self.internal_port),
            "GATEWAY_API_HOST": "envoi.test",
            "GATEWAY_PUBLIC_URL": f"http://envoi.test:{self.api_port}",
            "GATEWAY_OTHER_NAMES": "courrier.test localhost",
            "GATEWAY_FILES_HOST": "fichiers.test",
        }

    async def start(self, *, alone: bool = False, short_timeouts: bool = False, **changed: str) -> None:
        for origin in self.origins.values() if not alone else ():
            await origin.start()
        grant_parts(self)
        conf = write_configuration(self.folder, {**self.values(), **changed})
        if short_timeouts:
            text = conf.read_text(encoding="utf-8")
            conf.write_text(re.sub(r"(client_header_timeout|client_body_timeout) \d+s;", r"\1 1s;", text), "utf-8")
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        self._nginx = await asyncio.create_subprocess_exec(
            "nginx", "-p", f"{self.folder}/", "-c", str(conf), "-e", str(self.folder / "error.log"), "-g", directives
        )
        await eventually(lambda: listens(self.health_port))

    async def stop(self) -> None:
        if self._nginx is not None and self._nginx.returncode is None:
            self._nginx.send_signal(signal.SIGTERM)
            await self._nginx.wait()
        for origin in self.origins.values():
            await origin.stop()

    def quit(self) -> None:
        """Ask nginx to stop gracefully."""
        assert self._nginx is not None
        self._nginx.send_signal(signal.SIGQUIT)

    @property
    def runs(self) -> bool:
        """Return whether nginx is running."""
        return self._nginx is not None and self._nginx.returncode is None

    def accepts(self) -> bool:
        return listens(self.files_port)

    def access_log(self) -> str:
        return (self.folder / "access.log").read_text(encoding="utf-8")

    def error_log(self) -> str:
        return (self.folder / "error.log").read_text(encoding="utf-8")

    async def ask(
        self, method: str, target: str, *lines: str, body: bytes = b"", host: str = "envoi.test", files: bool = False
    ) -> RawResponse:
        """Send one request, as given, on a new connection."""
        if body or method in ("POST", "PUT", "PATCH"):
            lines = (*lines, f"Content-Length: {len(body)}")
        wanted = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines]
        raw = ("\r\n".join(wanted) + "\r\n\r\n").encode() + body
        return await self.send(raw, self.files_port if files else self.api_port)

    async def ask_files(self, method: str, target: str, *lines: str, body: bytes = b"") -> RawResponse:
        return await self.ask(method, target, *lines, body=body, host="fichiers.test", files=True)

    async def send(self, raw: bytes, port: int | None = None) -> RawResponse:
        async with connected(port or self.api_port) as (reader, writer):
            writer.write(raw)
            return await read_answer(reader)


def grant_parts(gateway: GatewayProcess, **changed: str) -> None:
    """Make the upload service authorise every part."""
    yes = {
        "X_Store_Path": "/melanissimo/object?partNumber=7&uploadId=u",
        "X_Store_Authorization": SIGNATURE,
        "X_Store_Date": "20260101T000000Z",
        "X_Store_Sha256": SHA256,
        "X_Store_Host": "store.test:9000",
    }
    gateway["upload"].handler = replying("204 No Content", **{**yes, **changed})
