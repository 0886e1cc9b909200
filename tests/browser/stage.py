"""The portal as it is, on a port of this machine, in front of a fake of the API: any page in any state."""

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
from services.auth.challenges.image import ImageCode
from services.kit.logs import configure
from tests.eventually import PATIENCE_SECONDS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.upload import StoredPart
from tests.unit.portal.visitor import settings

BEHIND_THE_GATEWAY = ("/api/", "/parts/")
PART_BYTES, PARTS = 8 * 2**20, 5


class Stage:
    """`api` holds what the services hold, and may be exchanged between two pages."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.large = folder / "Maquette du pont.ifc"
        with self.large.open("wb") as out:
            out.truncate(PARTS * PART_BYTES)
        self.api = FakeApi.populated()
        transport = httpx.MockTransport(lambda request: self.api.answer(request))
        given = settings(public_base_url=url, files_base_url=url, gateway_url=url, min_form_seconds=0)
        self._portal = build(given, transport).app
        self._image = ImageCode()._paint("K7PEM4")

    def has(self, count: int) -> None:
        """So many parts of the large file have arrived, whoever announces it."""
        digest = hashlib.sha256(bytes(PART_BYTES)).hexdigest()
        self.api.upload.arrived = {number: StoredPart(PART_BYTES, digest) for number in range(1, count + 1)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the gateway does: some paths lead to the services, all others to the portal."""
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
def on_stage() -> Iterator[Stage]:
    """A stage that listens, for as long as this lasts."""
    configure("portal", "ERROR")
    with socket.create_server((LOOPBACK, 0)) as listening, tempfile.TemporaryDirectory() as folder:
        stage = Stage(f"http://{LOOPBACK}:{listening.getsockname()[1]}", Path(folder))
        server = uvicorn.Server(uvicorn.Config(stage, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield stage
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
