"""The portal behind the gateway: one reader's request never breaks the next one."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from devstack.ports import LOOPBACK
from portal.app import build
from portal.settings import Settings
from services.kit.logs import configure
from services.kit.server import create_server, serve
from tests.eventually import eventually
from tests.fakes.api.app import FakeApi
from tests.integration.gateway.nginx import GatewayProcess
from tests.integration.gateway.raw_http import connected, listens

TIMES = 40
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nemail=x"


@asynccontextmanager
async def portal_behind(gateway: GatewayProcess) -> AsyncIterator[None]:
    """Run the real portal, on uvicorn, instead of the scripted upstream."""
    configure("portal", "ERROR")
    await gateway["portal"].stop()
    settings = Settings(
        public_base_url="https://envoi.test",
        gateway_url="http://gateway.test",
        files_base_url="https://fichiers.test",
        pepper=SecretStr("a pepper that is long enough for it"),
        listen_host=LOOPBACK,
        listen_port=gateway["portal"].port,
    )
    running = create_server(build(settings, FakeApi.populated().transport()).app, settings, settings.listen_port)
    serving = asyncio.create_task(serve(running, settings))
    try:
        await eventually(lambda: listens(settings.listen_port))
        yield
    finally:
        running.should_exit = True
        await serving


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/access", 200), ("/nowhere", 404), ("/drafts", 401)])
async def test_reading_a_page_does_not_break_the_next_request(gateway: GatewayProcess, path: str, status: int) -> None:
    pair = f"HEAD {path} HTTP/1.1\r\nHost: envoi.test\r\n\r\nPOST /access HTTP/1.1\r\nHost: envoi.test\r\n{FORM}"
    async with portal_behind(gateway), connected(gateway.api_port) as (reader, writer):
        writer.write(pair.encode() * TIMES + b"GET /livez HTTP/1.1\r\nHost: envoi.test\r\nConnection: close\r\n\r\n")
        said = await reader.read(-1)
    assert re.findall(rb"HTTP/1.1 (\d+) ", said) == [b"%d" % status, b"403"] * TIMES + [b"404"]


async def test_the_portal_explains_an_address_that_was_copied_incompletely(gateway: GatewayProcess) -> None:
    async with portal_behind(gateway):
        answer = await gateway.ask("GET", "//download/x", "Accept: text/html", "Cookie: language=en")
    assert answer.status == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    page = answer.body.decode()
    assert '<html lang="en">' in page
    assert "Check that you copied the whole address" in page
    assert re.search(r'<code class="reference">[0-9a-f]{32}</code>', page)
