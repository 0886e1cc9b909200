"""The portal on a loopback port, in front of a fake API: any page in any state."""

import hashlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from devstack.ports import LOOPBACK
from portal.app import build
from services.auth.challenges.image import ImageProvider
from services.kit.logs import configure
from tests.eventually import TIMEOUT_SECONDS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.upload import FakePart
from tests.unit.portal.visitor import settings

BEHIND_THE_GATEWAY = ("/api/", "/parts/")
PART_BYTES, PARTS = 8 * 2**20, 5


class PortalServer:
    """An ASGI app in the role of the gateway; `api` is the fake API, which may be replaced between two pages."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.large = folder / "Maquette du pont.ifc"
        with self.large.open("wb") as out:
            out.truncate(PARTS * PART_BYTES)
        self.api = FakeApi.populated()
        transport = httpx.MockTransport(lambda request: self.api.answer(request))
        given = settings(public_base_url=url, files_base_url=url, gateway_url=url, min_form_seconds=0)
        self._portal = build(given, transport).app
        self._image = ImageProvider()._paint("K7PEM4")

    def store_parts(self, count: int) -> None:
        """Let so many parts of the large file be stored, in whichever draft."""
        digest = hashlib.sha256(bytes(PART_BYTES)).hexdigest()
        self.api.upload.arrived = {number: FakePart(PART_BYTES, digest) for number in range(1, count + 1)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route as the gateway does: some paths to the services, all others to the portal."""
        if scope["type"] != "http" or not scope["path"].startswith(BEHIND_THE_GATEWAY):
            await self._portal(scope, receive, send)
        elif scope["path"].endswith("/image"):
            await Response(self._image, media_type="image/png")(scope, receive, send)
        else:
            await (await self._service(Request(scope, receive)))(scope, receive, send)

    async def _service(self, request: Request) -> Response:
        asked = httpx.Request(request.method, str(request.url), headers=request.headers, content=await request.body())
        answer = self.api.answer(asked)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


@contextmanager
def run_portal_server() -> Iterator[PortalServer]:
    """A server that listens, for as long as this lasts."""
    configure("portal", "ERROR")
    with socket.create_server((LOOPBACK, 0)) as listening, tempfile.TemporaryDirectory() as folder:
        server = PortalServer(f"http://{LOOPBACK}:{listening.getsockname()[1]}", Path(folder))
        process = uvicorn.Server(uvicorn.Config(server, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=process.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            process.should_exit = True
            thread.join(TIMEOUT_SECONDS)
