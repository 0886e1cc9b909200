"""The pages that people read when the gateway refuses, and redirects of mistyped addresses."""

import json
from pathlib import Path

import pytest

from tests.integration.gateway.nginx import CAPABILITY, PART, GatewayProcess
from tests.integration.gateway.raw_http import RawResponse, refused, replying

PERSON = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LINK = f"/download/{CAPABILITY}"
STRAY = (
    *("/", ")", ".", ",", ";", ":", "!", "'", "*", "%20", "%3E", "%3e", "%22", "%27", "%C2%A0", "%C2%BB", "%c2%bb"),
    *("%E2%80%A6", "%E2%80%99", "%E2%80%8B", "%0D%0A", ").", "%20)", "%3E,", "//", ")?", ">", '"'),
)
NO_PAGE = (
    "//",
    f"/{LINK}",
    "/download/%2e%2e/x",
    f"/x/..{LINK}",
    "/access/%41",
    "/livez",
    "/api/",
    "/api/auth",
    "/api)",
)


def shown(answer: RawResponse, status: int, words: str, language: str = "fr") -> str:
    """Assert that the answer is a page with these words; return it."""
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == language
    page = answer.body.decode()
    assert f'<html lang="{language}">' in page
    assert words in page
    return page


@pytest.mark.parametrize("stray", STRAY)
async def test_stray_characters_at_the_end_of_a_page_address_are_removed(gateway: GatewayProcess, stray: str) -> None:
    answer = await gateway.ask("GET", LINK + stray, PERSON)
    assert (answer.status, answer.headers["location"]) == (302, LINK)
    assert answer.headers["cache-control"] == "no-store"
    assert (await gateway.ask("HEAD", LINK + stray)).headers["location"] == LINK
    assert not gateway["portal"].requests


async def test_removing_stray_characters_keeps_the_query(gateway: GatewayProcess) -> None:
    assert (await gateway.ask("GET", f"{LINK}/?lang=en")).headers["location"] == f"{LINK}?lang=en"


@pytest.mark.parametrize("path", ["/", LINK, "/download/a-_", "/access?next=x)", "/assets/portal.css", "/x/~"])
async def test_a_correct_address_is_not_changed(gateway: GatewayProcess, path: str) -> None:
    assert (await gateway.ask("GET", path, PERSON)).status == 200


@pytest.mark.parametrize("path", [f"{LINK})", f"{LINK}/", "/drafts/x."])
async def test_requests_with_a_body_are_never_redirected(gateway: GatewayProcess, path: str) -> None:
    assert (await gateway.ask("POST", path, body=b"x")).status in (200, 404)


@pytest.mark.parametrize("path", NO_PAGE)
async def test_an_unknown_address_shows_the_page_of_the_portal(gateway: GatewayProcess, path: str) -> None:
    policy = "default-src 'none'; style-src 'self'"
    head = {"Content_Type": "text/html; charset=utf-8", "Content_Security_Policy": policy}
    gateway["portal"].handler = replying("200 OK", b"copied incompletely", **head)
    answer = await gateway.ask("GET", path, PERSON, "Cookie: language=en", "Accept-Language: fr")
    assert (answer.status, answer.body) == (404, b"copied incompletely")
    assert answer.headers["content-security-policy"] == policy
    (seen,) = gateway["portal"].requests
    assert seen.target.startswith("/refused/not-found?reference=")
    assert (seen.headers["cookie"], seen.headers["accept-language"]) == ("language=en", "fr")
    refused(await gateway.ask("GET", path), 404, "not-found")


async def test_a_form_sent_to_an_unknown_address_shows_the_page_and_its_body_is_dropped(
    gateway: GatewayProcess,
) -> None:
    assert (await gateway.ask("POST", "//x", PERSON, body=b"secret=x")).status == 404
    (seen,) = gateway["portal"].requests
    assert seen.request_line.startswith("GET ")
    assert not seen.arrived


async def test_without_the_portal_people_read_a_plain_page_with_a_link_to_it(gateway: GatewayProcess) -> None:
    await gateway["portal"].stop()
    for path in ("/access", "//", "/api-proxy/x"):
        answer = await gateway.ask("GET", path, PERSON)
        page = shown(answer, 503, "momentanément indisponible")
        assert f'<a href="http://envoi.test:{gateway.api_port}/">' in page
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        refused(await gateway.ask("GET", "/access"), 503, "unavailable")


@pytest.mark.parametrize(
    ("asked", "cookie", "language", "words"),
    [
        ("", "", "fr", "momentanément"),
        ("en-GB,en;q=0.9", "", "en", "temporarily unavailable"),
        ("en", "fr", "fr", "momentanément"),
        ("fr", "en", "en", "temporarily unavailable"),
    ],
)
async def test_the_plain_page_is_in_the_language_of_its_reader(
    gateway: GatewayProcess, asked: str, cookie: str, language: str, words: str
) -> None:
    await gateway["portal"].stop()
    said = (f"Accept-Language: {asked}", f"Cookie: x=y; language={cookie}")
    shown(await gateway.ask("GET", "/access", PERSON, *said), 503, words, language)


async def test_every_refusal_of_the_gateway_is_a_page_for_people(gateway: GatewayProcess) -> None:
    shown(await gateway.ask("OPTIONS", "/access", PERSON), 405, "Méthode non autorisée")
    shown(await gateway.ask("POST", "/access", PERSON, body=b"a" * 65_537), 413, "dépasse la limite")
    shown(await gateway.ask("GET", "/" + "a" * 40_000, PERSON), 414, "jusqu'au dernier caractère")
    shown(await gateway.ask("GET", "/", PERSON, f"Cookie: {'a' * 40_000}"), 400, "pas comprise")
    shown(await gateway.ask("GET", f"{LINK}%2", PERSON), 400, "en entier")
    shown(await gateway.ask("GET", PART, PERSON), 405, "Méthode non autorisée")
    shown(await gateway.ask("PUT", PART, PERSON, "Transfer-Encoding: chunked"), 400, "pas comprise")
    page = shown(await gateway.ask("GET", "/", PERSON, host="evil.test"), 421, "ne répond pas pour ce nom")
    assert f"http://envoi.test:{gateway.api_port}/" in page
    await gateway["upload"].stop()
    shown(await gateway.ask("GET", "/api/upload/config", PERSON), 503, "momentanément indisponible")


async def test_the_origin_of_the_files_shows_people_pages_too(gateway: GatewayProcess) -> None:
    shown(await gateway.ask("GET", "/nothing", PERSON, host="fichiers.test", files=True), 404, "en entier")
    shown(await gateway.ask("GET", "/", PERSON, host="evil.test", files=True), 421, "ne répond pas pour ce nom")
    await gateway["download"].stop()
    answer = await gateway.ask("GET", f"/files/{CAPABILITY}", PERSON, host="fichiers.test", files=True)
    assert f'<a href="http://envoi.test:{gateway.api_port}/">' in shown(answer, 503, "momentanément indisponible")
    answer = await gateway.ask("GET", f"/files/{CAPABILITY}", host="fichiers.test", files=True)
    assert json.loads(answer.body)["status"] == 503


async def test_every_refusal_of_the_origin_of_the_files_is_a_page_for_people(gateway: GatewayProcess) -> None:
    file = f"/files/{CAPABILITY}"
    shown(await gateway.ask_files("GET", "/files/" + "a" * 40_000, PERSON), 414, "jusqu'au dernier caractère")
    shown(await gateway.ask_files("GET", "/" + "a" * 40_000, PERSON), 414, "jusqu'au dernier caractère")
    shown(await gateway.ask_files("GET", file, PERSON, f"Cookie: {'a' * 40_000}"), 400, "pas comprise")
    shown(await gateway.ask_files("GET", f"{file}%2", PERSON), 400, "en entier")
    shown(await gateway.ask_files("GET", f"{file}%20", PERSON), 404, "en entier")
    shown(await gateway.ask_files("POST", file, PERSON), 405, "Méthode non autorisée")
    shown(await gateway.ask_files("POST", file, PERSON, body=b"a" * 1_025), 413, "dépasse la limite")


@pytest.mark.parametrize("files", [False, True])
async def test_an_unsupported_http_version_or_transfer_coding_is_a_problem_of_the_gateway(
    gateway: GatewayProcess, files: bool
) -> None:
    host, port = ("fichiers.test", gateway.files_port) if files else ("envoi.test", gateway.api_port)
    end, coded = f"\r\nHost: {host}\r\nConnection: close\r\n", "Transfer-Encoding: gzip\r\n"
    for asked in (f"GET /files/x HTTP/3.0{end}", f"GET /files/x HTTP/1.1{end}{coded}"):
        shown(await gateway.send(f"{asked}{PERSON}\r\n\r\n".encode(), port), 400, "pas comprise")
    answer = await gateway.send(f"{asked}Accept: */*\r\n\r\n".encode(), port)
    refused(answer, 400, "bad-request")


async def test_people_above_the_rate_limit_are_told_to_wait(tmp_path: Path) -> None:
    running = GatewayProcess(tmp_path)
    try:
        await running.start(GATEWAY_API_RATE="1r/m", GATEWAY_API_BURST="1")
        answers = [await running.ask("GET", "/access", PERSON) for _ in range(3)]
        shown(answers[-1], 429, "patientez un peu")
        shown(await running.ask("GET", "//", PERSON), 429, "patientez un peu")
    finally:
        await running.stop()


@pytest.mark.parametrize("host", ["courrier.test", "localhost", "LOCALHOST", "localhost:8080"])
async def test_another_host_name_redirects_to_the_public_one(gateway: GatewayProcess, host: str) -> None:
    for path in ("/", f"{LINK}?lang=en", "//evil.test/x"):
        answer = await gateway.ask("GET", path, host=host)
        assert (answer.status, answer.headers["location"]) == (307, f"http://envoi.test:{gateway.api_port}{path}")
    assert not gateway["portal"].requests
