"""The headers of requests and responses, and the access log."""

import json
import re
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.integration.gateway.nginx import CAPABILITY, PART, SHA256, GatewayProcess
from tests.integration.gateway.raw_http import refused, replying

FORGED = (
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "X-Real-IP"),
    *("X-Request-Id", "X-Store-Path", "X-Store-Authorization", "X-Original-URI", "X-Original-Method", "Cookie"),
    *("X-Part-Length", "X-Amz-Meta-A", "X-Amz-Date", "X-Accel-Redirect", "X-Refusal-Status", "Proxy", "Upgrade"),
    *(
        "X-Client-Address",
        "X-Client-Network",
        "X-CSRF-Token",
        "X-HTTP-Method-Override",
        "Transfer-Encoding-X",
        "Tracestate",
        "X_Forwarded_For",
        "Keep-Alive",
        "TE",
    ),
)


async def test_forged_headers_are_dropped(gateway: GatewayProcess) -> None:
    lines = [f"{name}: forged" for name in FORGED]
    for service in ("auth", "download"):
        path = "/api/auth/x" if service == "auth" else f"/files/{CAPABILITY}"
        answer = await (gateway.ask if service == "auth" else gateway.ask_files)("GET", path, *lines)
        (seen,) = gateway[service].requests
        assert "forged" not in "".join(seen.headers.values())
        assert seen.headers["x-forwarded-for"] == "127.0.0.1"
        assert seen.headers["x-forwarded-proto"] == "http"
        assert re.fullmatch("[0-9a-f]{32}", seen.headers["x-request-id"])
        assert answer.headers["x-request-id"] == seen.headers["x-request-id"]


async def test_the_headers_that_a_service_needs_are_passed_on(gateway: GatewayProcess) -> None:
    lines = ["Authorization: Bearer abc", "Accept-Language: en", "Idempotency-Key: k", "If-None-Match: W/x"]
    lines += ["Range: bytes=1-2", "If-Range: e", "Sec-Purpose: prefetch", "Sec-Fetch-Site: cross-site", "Origin: o"]
    await gateway.ask_files("GET", f"/files/{CAPABILITY}", *lines)
    (seen,) = gateway["download"].requests
    for line in lines:
        name, value = line.split(": ")
        assert seen.headers[name.lower()] == value


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, x", False),
        ("nonsense", False),
    ],
)
async def test_a_well_formed_trace_is_continued_and_any_other_is_replaced(
    gateway: GatewayProcess, sent: str, kept: bool
) -> None:
    await gateway.ask("GET", "/api/auth/x", f"traceparent: {sent}")
    (seen,) = gateway["auth"].requests
    assert (seen.headers["traceparent"] == sent) is kept
    assert kept or seen.headers["traceparent"].startswith(f"00-{seen.headers['x-request-id']}-")


async def test_every_answer_carries_the_security_headers_once_and_no_version(gateway: GatewayProcess) -> None:
    own = {"X-Content-Type-Options": "no", "Content-Security-Policy": "default-src *", "Set-Cookie": "a=b"}
    gateway["auth"].handler = replying("200 OK", b"ok", **{**own, "X-Powered-By": "x", "Server": "uvicorn"})
    for answer in (await gateway.ask("GET", "/api/auth/x"), await gateway.ask("GET", "/api/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["server"] == "nginx"
        assert not {"set-cookie", "x-powered-by", "strict-transport-security"} & answer.headers.keys()
    files = await gateway.ask_files("GET", f"/files/{CAPABILITY}")
    assert files.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_only_the_portal_sees_and_sets_cookies_and_sets_its_own_policy(gateway: GatewayProcess) -> None:
    own = {"Content-Security-Policy": "default-src 'none'; script-src 'self'", "Set-Cookie": "a=b", "X-Powered-By": "x"}
    gateway["portal"].handler = replying("200 OK", b"ok", **own)
    answer = await gateway.ask("GET", "/access", "Cookie: c=d", "X-Forwarded-For: forged", "X-Store-Path: forged")
    (seen,) = gateway["portal"].requests
    assert seen.headers["cookie"] == "c=d"
    assert seen.headers["x-forwarded-for"] == "127.0.0.1"
    assert "forged" not in "".join(seen.headers.values())
    assert answer.headers["set-cookie"] == "a=b"
    assert answer.headers["content-security-policy"] == own["Content-Security-Policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-powered-by" not in answer.headers


async def test_a_service_sets_the_caching_of_its_own_responses(gateway: GatewayProcess) -> None:
    gateway["auth"].handler = replying("429 Too Many Requests", Cache_Control="max-age=60", Retry_After="77")
    answer = await gateway.ask("GET", "/api/auth/jwks.json")
    assert (answer.headers["cache-control"], answer.headers["retry-after"]) == ("max-age=60", "77")


async def test_https_sends_hsts(tmp_path: Path) -> None:
    running = GatewayProcess(tmp_path)
    try:
        await running.start(GATEWAY_SCHEME="https")
        answer = await running.ask("GET", "/api/nowhere")
    finally:
        await running.stop()
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


async def test_its_own_answers_are_french_unless_the_client_prefers_english(gateway: GatewayProcess) -> None:
    for wished, language in (("", "fr"), ("en-GB,fr", "en"), ("de, en;q=0.5", "en"), ("fr-FR, en", "fr"), ("de", "fr")):
        answer = await gateway.ask("GET", "/api/nowhere", *([f"Accept-Language: {wished}"] if wished else []))
        title = refused(answer, 404, "not-found")["title"]
        assert answer.headers["content-language"] == language
        assert str(title).startswith("Il n'y a rien" if language == "fr" else "There is nothing")


async def test_the_log_holds_routes_and_statuses_and_no_personal_data(gateway: GatewayProcess) -> None:
    secrets = ["t0ken-of-a-link-0123456789abcdef", "camille.dupont@exemple.fr", "bearer-s3cret", CAPABILITY, SHA256]
    await gateway.ask("GET", f"/api/download/links/{secrets[0]}?address={secrets[1]}", f"Authorization: {secrets[2]}")
    await gateway.ask("PUT", PART, "Referer: https://envoi.test/" + secrets[0], body=b"x" * 1000)
    await gateway.ask_files("GET", f"/files/{CAPABILITY}/{secrets[0]}", f"User-Agent: {secrets[1]}")
    await gateway.ask("GET", f"/{secrets[0]}")
    await gateway.ask(secrets[0].upper(), f"/api/auth/{secrets[0]}", f"Host2: {secrets[1]}")
    for name in gateway.origins:
        await gateway[name].stop()
    await gateway.ask("GET", f"/api/download/links/{secrets[0]}")
    await gateway.ask("PUT", PART, body=b"x")
    await gateway.ask_files("GET", f"/files/{CAPABILITY}")
    await eventually(lambda: gateway.access_log().count("\n") == 8)
    lines = [json.loads(line) for line in gateway.access_log().splitlines()]
    known = ["/api/download/links", "/parts/{capability}/{part}/{sha256}", "/files/{capability}", "-"]
    assert [line["route"] for line in lines[:4]] == known
    assert lines[0]["request_id"] == gateway["download"].requests[0].headers["x-request-id"]
    assert lines[0]["status"] == "200"
    assert int(lines[1]["request_bytes"]) > 1000
    for secret in (*secrets, "127.0.0.1"):
        assert secret.lower() not in (gateway.access_log() + gateway.error_log()).lower()
