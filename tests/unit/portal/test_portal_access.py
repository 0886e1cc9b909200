"""Coming in, staying in, going out, and what another site cannot make a browser do."""

import base64
import json

import pytest
from fastapi.routing import APIRoute

from portal.pages import FLOWS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.auth import DEVICE
from tests.fakes.api.cards import DRAFT, FILE, KEY, SENDER, TOKEN
from tests.unit.portal.visitor import PUBLIC, Visitor, hidden, new_visitor

ENTRANCE = f"/access/{TOKEN}"
NAMED = {"last_name": "Martin", "first_name": "Camille"}


async def test_an_address_and_an_answer_bring_a_link(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get("/access?kind=question")
    assert "Combien font deux plus trois" in page.text
    answer = await visitor.walk(await visitor.send(page, "/access", email=" camille@ville.example ", answer="5"))
    assert "Consultez votre messagerie" in answer.text
    assert api.auth.mailed == ["camille@ville.example"]


async def test_an_agent_invites_somebody_from_the_first_page(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    assert 'href="/invite"' in (await visitor.get("/")).text
    page = await visitor.get("/invite")
    wrong = await visitor.send(page, "/invite", email="camille", language="fr")
    assert (wrong.status_code, 'value="camille"' in wrong.text) == (422, True)
    answer = await visitor.walk(await visitor.send(page, "/invite", email=" camille@ville.example ", language="en"))
    assert "L’invitation est en cours d’envoi" in answer.text
    assert api.auth.mailed == ["camille@ville.example"]


async def test_nobody_else_is_shown_that_one_may_invite(visitor: Visitor) -> None:
    visitor.sign_in("external")
    assert 'href="/invite"' not in (await visitor.get("/")).text


async def test_a_wrong_answer_keeps_the_address_and_draws_another_check_of_the_same_kind(visitor: Visitor) -> None:
    page = await visitor.get("/access?kind=question")
    answer = await visitor.send(page, "/access", email="camille@ville.example", answer="6")
    assert answer.status_code == 422
    assert 'value="camille@ville.example"' in answer.text
    assert 'aria-describedby="answer-hint answer-error" aria-invalid="true"' in answer.text
    assert "<title>Erreur" in answer.text
    assert "Combien font" in answer.text


async def test_the_image_has_its_sound_and_a_question_as_ways_round(visitor: Visitor) -> None:
    page = await visitor.get("/access")
    assert 'src="/api/auth/challenges/c/image"' in page.text
    assert 'src="/api/auth/challenges/c/audio?language=fr"' in page.text
    assert 'href="/access?kind=question"' in page.text


async def test_opening_the_link_asks_the_services_nothing(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(ENTRANCE)
    assert 'autocomplete="one-time-code"' in page.text
    assert not api.asked


async def test_the_key_opens_a_session_that_no_script_can_read(visitor: Visitor) -> None:
    answer = await visitor.send(await visitor.get(ENTRANCE), ENTRANCE, key=KEY, **NAMED)
    cookie, device = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-session=")
    assert device == f"__Host-device={DEVICE}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000"
    assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert "Bonjour Camille Martin" in (await visitor.walk(answer)).text


async def test_a_wrong_key_says_how_many_tries_are_left_and_keeps_what_was_typed(visitor: Visitor) -> None:
    answer = await visitor.send(await visitor.get(ENTRANCE), ENTRANCE, key="WRONG", **NAMED)
    assert answer.status_code == 422
    assert "Il vous reste 4 tentatives." in answer.text
    assert 'value="Martin"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_device_on_which_a_session_was_opened_says_so_when_a_link_is_asked_for(
    api: FakeApi, visitor: Visitor
) -> None:
    for known in ("", DEVICE):
        page = await visitor.get("/access?kind=question")
        await visitor.send(page, "/access", email="camille@ville.example", answer="5")
        assert json.loads(api.asked[-1].content)["device"] == known
        await visitor.send(await visitor.get(ENTRANCE), ENTRANCE, key=KEY, **NAMED)
    await visitor.send(await visitor.get("/"), "/sign-out")
    assert visitor.cookies["__Host-device"] == DEVICE


async def test_a_link_that_is_spent_leads_to_another_one(api: FakeApi, visitor: Visitor) -> None:
    api.refuse("POST", "/api/auth/sessions", "link-already-used")
    answer = await visitor.send(await visitor.get(ENTRANCE), ENTRANCE, key=KEY, **NAMED)
    assert answer.status_code == 410
    assert 'href="/access"' in answer.text


async def test_the_same_form_sent_twice_asks_for_one_session(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(ENTRANCE)
    for _ in range(2):
        await visitor.send(page, ENTRANCE, key=KEY, **NAMED)
    first, second = (request.content for request in api.asked if request.url.path == "/api/auth/sessions")
    assert first == second


async def test_signing_out_ends_the_session_and_the_cookie(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    answer = await visitor.send(await visitor.get("/"), "/sign-out")
    assert "__Host-session=; Path=/" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert any(request.method == "DELETE" for request in api.asked)


async def test_a_session_is_renewed_while_it_is_used_and_its_forms_stay_good(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in(age=500)
    before = visitor.cookies["__Host-session"]
    page = await visitor.get("/drafts")
    assert visitor.cookies["__Host-session"] not in ("", before)
    assert (await visitor.send(page, "/drafts")).status_code == 303
    assert sum(request.url.path.endswith("/renewal") for request in api.asked) == 1


@pytest.mark.parametrize("path", ["/", "/drafts", f"/drafts/{DRAFT}"])
async def test_a_page_that_was_read_slowly_keeps_the_session(api: FakeApi, visitor: Visitor, path: str) -> None:
    visitor.sign_in(age=20 * 3600)
    before = visitor.cookies["__Host-session"]
    page = await visitor.get(path)
    assert (page.status_code, SENDER["address"] in page.text) == (200, True)
    assert visitor.cookies["__Host-session"] not in ("", before)
    assert sum(request.url.path.endswith("/renewal") for request in api.asked) == 1


async def test_a_token_that_is_still_good_serves_while_no_other_can_be_had(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in(age=500)
    api.refuse("POST", "/api/auth/sessions/current/renewal", "unavailable")
    assert (await visitor.get("/drafts")).status_code == 200


@pytest.mark.parametrize("path", ["/drafts", f"/drafts/{DRAFT}", "/transfers", "/pending"])
async def test_a_session_that_is_over_leads_to_another_one(api: FakeApi, visitor: Visitor, path: str) -> None:
    visitor.sign_in(age=1000)
    api.auth.session = None
    page = await visitor.get(path)
    assert page.status_code == 401
    assert "Votre session a expiré" in page.text
    assert 'href="/access"' in page.text
    assert SENDER["address"] not in page.text
    assert visitor.cookies["__Host-session"] == ""
    assert [request.url.path for request in api.asked] == ["/api/auth/sessions/current/renewal"]


async def test_the_first_page_welcomes_whoever_has_no_session_any_more(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in(age=1000)
    api.auth.session = None
    assert 'href="/access"' in (await visitor.get("/")).text
    assert visitor.cookies["__Host-session"] == ""


async def test_signing_out_long_after_the_last_click_ends_the_session_too(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get("/")
    visitor.sign_in(age=20 * 3600)
    await visitor.send(page, "/sign-out")
    assert api.auth.session is None


async def test_a_session_that_a_service_refuses_is_over(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    api.refuse("GET", "/api/upload/drafts", "session-expired")
    page = await visitor.get("/drafts")
    assert page.status_code == 401
    assert "Max-Age=0" in page.headers["set-cookie"]


def _forged(claims: str) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims.encode()).rstrip(b'=').decode()}.x"


def _timed(iat: str, exp: str) -> str:
    return _forged(
        f'{{"jti": "a", "person": "a", "sub": "a@b.fr", "name": "A", "role": "agent", "iat": {iat}, "exp": {exp}}}'
    )


@pytest.mark.parametrize(
    "cookie",
    [
        *("", "x", "a.b.c", "e30.bm90IGpzb24.x", "e30.W10.x", "é.é.é", "a" * 5000),
        *(_forged("[" * 1_500), _forged('{"a":' * 250 + "1" + "}" * 250)),
        *(_timed("1e999", "1e999"), _timed("1" * 400, "1" * 400), _timed("null", "[]"), _timed("-1", '"1"')),
    ],
)
async def test_a_cookie_that_is_no_session_is_nobody(visitor: Visitor, cookie: str) -> None:
    visitor.cookies["__Host-session"] = cookie.encode("ascii", "ignore").decode()
    assert (await visitor.get("/")).status_code == 200
    assert (await visitor.get("/drafts")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("action", ["/access", ENTRANCE])
async def test_a_form_of_another_site_is_refused(
    api: FakeApi, visitor: Visitor, headers: dict[str, str], action: str
) -> None:
    page = await visitor.get(action)
    api.asked.clear()
    fields = {**hidden(page, action), "email": "a@b.fr", "answer": "5", "key": KEY, **NAMED}
    if "Origin" in headers:
        del visitor.http.headers["Sec-Fetch-Site"]
    assert (await visitor.post(action, fields, **headers)).status_code == 403
    assert not api.asked


@pytest.mark.parametrize("headers", [{"Origin": PUBLIC}, {}])
async def test_an_older_browser_that_says_where_a_form_comes_from_signs_in(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    del visitor.http.headers["Sec-Fetch-Site"]
    fields = {**hidden(await visitor.get(ENTRANCE), ENTRANCE), "key": KEY, **NAMED}
    assert (await visitor.post(ENTRANCE, fields, **headers)).status_code == 303


async def test_the_form_that_opens_a_session_is_good_in_the_browser_alone_to_which_it_was_shown(
    api: FakeApi, visitor: Visitor
) -> None:
    """Another site knows the link, the key and the form of its own owner, and would sign a visitor in as them."""
    seen = {**hidden(await visitor.get(ENTRANCE), ENTRANCE), "key": KEY, **NAMED}
    victim = new_visitor(api)
    del victim.http.headers["Sec-Fetch-Site"]
    assert (await victim.post(ENTRANCE, seen)).status_code == 403
    await victim.get(ENTRANCE)
    assert (await victim.post(ENTRANCE, seen)).status_code == 403
    assert "__Host-session" not in victim.cookies
    assert (await visitor.post(ENTRANCE, seen)).status_code == 303


async def test_a_form_of_our_own_passes_when_the_browser_hides_where_it_comes_from(visitor: Visitor) -> None:
    page = await visitor.get("/access?kind=question")
    fields = {**hidden(page, "/access"), "email": "a@b.fr", "answer": "5"}
    assert (
        await visitor.post("/access", fields, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"})
    ).status_code == 303
    assert (
        await visitor.post("/access", fields, **{"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC})
    ).status_code == 303


async def test_every_address_that_takes_a_post_refuses_one_without_the_token(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    known = [route for flow in FLOWS for route in flow.router.routes if isinstance(route, APIRoute)]
    routes = {(method, route.path) for route in known for method in (route.methods or set()) - {"GET"}}
    assert len(routes) > 20
    for method, template in routes:
        path = template.replace("{draft}", DRAFT).replace("{transfer}", DRAFT).replace("{asked:path}", "drafts/x")
        path = path.replace("{token}", TOKEN).replace("{file}", DRAFT)
        api.asked.clear()
        multipart = {"files": {"subject": (None, "x")}} if template == "/drafts/{draft}" else {"data": {"a": "b"}}
        answer = await visitor.http.request(method, path, headers=visitor.cookie(), **multipart)
        assert answer.status_code == 403, (method, path)
        assert not api.asked, path


async def test_the_token_of_one_form_does_not_open_another_nor_of_another_person(visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get("/drafts")
    given = hidden(page, "/drafts")["csrf"]
    assert (await visitor.post("/sign-out", {"csrf": given})).status_code == 403
    visitor.sign_in(person="person-2")
    refused = await visitor.post("/drafts", {"csrf": given})
    assert refused.status_code == 403
    assert "La session a changé" in refused.text


async def test_a_form_is_as_good_in_the_next_session_of_the_same_person(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get("/drafts")
    visitor.sign_in(session="session-2")
    assert (await visitor.send(page, "/drafts", draft=FILE)).status_code == 303
    assert FILE in api.upload.drafts


async def test_a_form_that_is_sent_after_signing_out_says_that_one_is_signed_out(visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get("/drafts")
    await visitor.send(page, "/sign-out")
    visitor.cookies.clear()
    refused = await visitor.send(page, "/drafts")
    assert refused.status_code == 401
    assert "Vous êtes déconnecté" in refused.text


async def test_a_body_that_is_no_form_is_refused(visitor: Visitor) -> None:
    page = await visitor.get("/access")
    given = hidden(page, "/access")["csrf"]
    many = "&".join(f"a{number}=" for number in range(200))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await visitor.http.post("/access", content=f"csrf={given}&{many}", headers=headers)).status_code == 400
    assert (await visitor.http.post("/access", content="a=" + "x" * 70_000, headers=headers)).status_code == 413
    assert (
        await visitor.http.post("/access", content=b"<x/>", headers={"Content-Type": "text/xml"})
    ).status_code == 415


async def test_the_services_are_told_who_asks_and_in_which_language(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    await visitor.get("/drafts")
    headers = api.asked[-1].headers
    assert headers["x-client-address"] == "203.0.113.9"
    assert headers["x-client-network"] == "203.0.113.9"
    assert headers["accept-language"] == "fr"
    assert headers["authorization"] == f"Bearer {visitor.cookies['__Host-session']}"
    assert headers["host"] == "127.0.0.1:8080"
