"""Which requests the gateway passes on, and to which service."""

import asyncio
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.integration.gateway.nginx import CAPABILITY, PART, SHA256, GatewayProcess
from tests.integration.gateway.raw_http import connected, read_answer, refused, replying

NOT_PUBLIC = (
    *("/api", "/api/", "/api/auth", "/api/notify/x", "/internal/part-authorization", "/part-authorization"),
    *("/metrics", "/livez", "/readyz", "/startupz", "/problem", "/status", "/status/x"),
    *("/files/" + CAPABILITY, "/parts/short/1/" + SHA256, "/parts/" + CAPABILITY, f"{PART}/more", PART[:-1]),
    *(PART.replace("/7/", "/0/"), PART.replace("/7/", "/07/"), f"{PART}?", f"{PART}?part=8"),
)
DRAFT = "/drafts/6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
PAGES = (
    *("/", "/access", f"/download/{CAPABILITY}", DRAFT, f"{DRAFT}/recap?x=y", "/assets/portal-0123456789.css"),
    *("/docs", "/API/auth/x", PART.upper(), "/nowhere", "/metricsx", "/apiary", "/api-proxy/x"),
)
AMBIGUOUS = (
    *("/api/auth/../upload/x", "/api/auth/./x", "//api/auth/x", "/api//auth/x", "/api/auth/%2e%2e/x"),
    *("/api/auth/..;/x", "/%61pi/auth/x", "/api/auth/x\\..\\y", "/api/auth/x#y", "/api/auth/.git"),
    *(PART.replace("/parts/", "/parts/../parts/"), PART.replace("/7/", "//7/"), PART.replace("/7/", "/%37/")),
    *(
        "/access/../api/auth/x",
        "/drafts/%2e%2e/api",
        "//",
        "/./",
        f"/x/..{PART}",
        f"/files/../{PART}",
        "/api/auth/a%2fb",
    ),
)


@pytest.mark.parametrize("service", ["auth", "upload", "propagation", "download"])
async def test_each_api_path_reaches_its_own_service_unchanged(gateway: GatewayProcess, service: str) -> None:
    gateway["upload"].handler = replying("200 OK", b"ok")
    answer = await gateway.ask("POST", f"/api/{service}/things/x-1?language=fr", body=b'{"a":1}')
    assert (answer.status, answer.body) == (200, b"ok")
    (seen,) = gateway[service].requests
    assert seen.request_line == f"POST /api/{service}/things/x-1?language=fr HTTP/1.1"
    assert bytes(seen.arrived) == b'{"a":1}'
    assert all(not origin.requests for name, origin in gateway.origins.items() if name != service)


@pytest.mark.parametrize(
    "path",
    NOT_PUBLIC,
)
async def test_nothing_else_is_public(gateway: GatewayProcess, path: str) -> None:
    refused(await gateway.ask("PUT" if path.startswith("/parts") else "GET", path), 404, "not-found")
    assert all(not origin.requests for origin in gateway.origins.values())


@pytest.mark.parametrize(
    "path",
    AMBIGUOUS,
)
async def test_an_ambiguous_path_is_refused(gateway: GatewayProcess, path: str) -> None:
    refused(await gateway.ask("PUT" if "parts" in path else "GET", path), 404, "not-found")
    assert all(not origin.requests for origin in gateway.origins.values())


@pytest.mark.parametrize("path", PAGES)
async def test_everything_else_is_a_page_of_the_portal(gateway: GatewayProcess, path: str) -> None:
    assert (await gateway.ask("GET", path)).body == b"ok"
    (seen,) = gateway["portal"].requests
    assert seen.request_line == f"GET {path} HTTP/1.1"
    assert all(not origin.requests for name, origin in gateway.origins.items() if name != "portal")


async def test_only_the_form_of_a_draft_may_hold_a_file(gateway: GatewayProcess) -> None:
    assert (await gateway.ask("POST", DRAFT, body=b"a" * 2_000_000)).status == 200
    assert len(gateway["portal"].requests[-1].arrived) == 2_000_000
    assert (await gateway.ask("POST", "/access", body=b"a" * 65_537)).status == 413
    assert (await gateway.ask("POST", f"{DRAFT}/delete", body=b"a" * 65_537)).status == 413
    assert (await gateway.ask("PATCH", "/api-proxy/drafts/x", body=b"a" * 262_144)).status == 200
    assert (await gateway.ask("PATCH", "/api-proxy/drafts/x", body=b"a" * 262_145)).status == 413


async def test_on_the_internal_listener_the_portal_names_the_client_and_there_are_no_pages(
    gateway: GatewayProcess,
) -> None:
    said = ("X-Client-Address: 203.0.113.9", "X-Client-Network: 203.0.113.9")
    asked = "\r\n".join(["GET /api/auth/x HTTP/1.1", "Host: envoi.test", "Connection: close", *said, "", ""]).encode()
    assert (await gateway.send(asked, gateway.internal_port)).status == 200
    assert (await gateway.send(asked, gateway.api_port)).status == 200
    inside, outside = gateway["auth"].requests
    assert inside.headers["x-forwarded-for"] == "203.0.113.9"
    assert outside.headers["x-forwarded-for"] == "127.0.0.1"
    assert "x-client-address" not in inside.headers
    assert (await gateway.send(asked.replace(b"/api/auth/x", b"/access"), gateway.internal_port)).status == 404
    assert not gateway["portal"].requests


async def test_limits_count_the_client_that_the_portal_names(tmp_path: Path) -> None:
    running = GatewayProcess(tmp_path)

    async def ask(network: str) -> int:
        head = f"GET /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nConnection: close\r\nX-Client-Network: {network}"
        return (await running.send(f"{head}\r\n\r\n".encode(), running.internal_port)).status

    try:
        await running.start(GATEWAY_API_RATE="1r/m", GATEWAY_API_BURST="1")
        assert [await ask("192.0.2.1") for _ in range(3)] == [200, 200, 429]
        assert [await ask("2001:db8::/64") for _ in range(3)] == [200, 200, 429]
    finally:
        await running.stop()


async def test_an_absolute_request_target_is_its_path(gateway: GatewayProcess) -> None:
    assert (await gateway.ask("GET", "http://envoi.test/api/auth/x")).status == 200
    assert gateway["auth"].requests[0].target == "/api/auth/x"


async def test_each_origin_refuses_the_routes_and_the_host_name_of_the_other(gateway: GatewayProcess) -> None:
    refused(await gateway.ask_files("GET", "/api/auth/x"), 404, "not-found")
    refused(await gateway.ask("PUT", PART, host="fichiers.test", files=True), 404, "not-found")
    refused(await gateway.ask("GET", "/api/auth/x", host="fichiers.test"), 421, "unknown-host")
    refused(await gateway.ask("GET", f"/files/{CAPABILITY}", host="envoi.test", files=True), 421, "unknown-host")
    refused(await gateway.ask("GET", "/api/auth/x", host="evil.test"), 421, "unknown-host")
    assert all(not origin.requests for origin in gateway.origins.values())


async def test_both_origins_can_share_one_port(gateway: GatewayProcess) -> None:
    await gateway.stop()
    await gateway.start(GATEWAY_FILES_LISTEN=f"127.0.0.1:{gateway.api_port}")
    assert (await gateway.ask("GET", "/api/auth/x")).status == 200
    assert (await gateway.ask("GET", f"/files/{CAPABILITY}", host="fichiers.test")).status == 200
    refused(await gateway.ask("GET", f"/files/{CAPABILITY}"), 404, "not-found")
    refused(await gateway.ask("GET", "/api/auth/x", host="fichiers.test"), 404, "not-found")
    refused(await gateway.ask("GET", "/api/auth/x", host="evil.test"), 421, "unknown-host")


@pytest.mark.parametrize(
    "raw",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /api/auth/x HTTP/1.1\r\n\r\n",
        b"GET /api/auth/x HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: envoi.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_a_malformed_request_is_a_problem(gateway: GatewayProcess, raw: bytes) -> None:
    refused(await gateway.send(raw), 400, "bad-request")
    assert not gateway["auth"].requests


async def test_exceeded_limits_are_problems(gateway: GatewayProcess) -> None:
    refused(await gateway.ask("GET", "/api/auth/" + "a" * 40_000), 414, "uri-too-long")
    refused(await gateway.ask("POST", "/api/auth/x", body=b"a" * 65_537), 413, "content-too-large")
    refused(await gateway.ask("POST", "/api/upload/x", body=b"a" * 262_145), 413, "content-too-large")
    assert (await gateway.ask("POST", "/api/auth/x", body=b"a" * 65_536)).status == 200
    answer = await gateway.ask("OPTIONS", "/api/auth/x")
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE"
    answer = await gateway.ask_files("DELETE", f"/files/{CAPABILITY}")
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_chunked_body_has_the_same_limit(gateway: GatewayProcess) -> None:
    begin = b"POST /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    refused(await gateway.send(begin + b"10001\r\n" + b"a" * 65_537 + b"\r\n0\r\n\r\n"), 413, "content-too-large")


async def test_one_network_cannot_flood_the_services_whatever_address_it_claims(tmp_path: Path) -> None:
    running = GatewayProcess(tmp_path)
    try:
        await running.start(GATEWAY_API_RATE="1r/m", GATEWAY_API_BURST="2")
        answers = [await running.ask("GET", "/api/auth/x", f"X-Forwarded-For: 10.0.0.{n}") for n in range(6)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429, 429]
        refused(answers[-1], 429, "too-many-requests")
        assert answers[-1].headers["retry-after"] == "10"
    finally:
        await running.stop()


async def test_one_network_cannot_take_every_connection(tmp_path: Path) -> None:
    running = GatewayProcess(tmp_path)
    may_end = asyncio.Event()

    async def slow(*given: object) -> None:
        await may_end.wait()
        await replying("200 OK", b"ok")(*given)  # type: ignore[arg-type]

    try:
        await running.start(GATEWAY_API_CONNECTIONS="2")
        running["auth"].handler = slow
        async with connected(running.api_port) as (first, one), connected(running.api_port) as (second, two):
            for writer in (one, two):
                writer.write(b"GET /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nConnection: close\r\n\r\n")
            await eventually(lambda: len(running["auth"].requests) == 2)
            refused(await running.ask("GET", "/api/auth/x"), 429, "too-many-requests")
            may_end.set()
            assert [(await read_answer(reader)).status for reader in (first, second)] == [200, 200]
        assert (await running.ask("GET", "/api/auth/x")).status == 200
    finally:
        may_end.set()
        await running.stop()
