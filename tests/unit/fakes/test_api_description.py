"""A fake of the API cannot invent anything, and whoever asks it cannot either."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fakes.api import cards
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import DRAFT, TOKEN, Json
from tests.fakes.api.description import description, not_ours
from tests.fakes.api.drafts import shown
from tests.fakes.api.problems import MEDIA_TYPE, problem, problem_of_part, problem_types
from tests.fakes.api.undescribed_routes import UNDESCRIBED_ROUTES, ContractViolation

UNPLAYED = {
    "DELETE /api/download/links/{token}/archive/downloads/{download}",
    "DELETE /api/download/links/{token}/files/{file}/downloads/{download}",
    "GET /api/auth/challenges/{challenge}/audio",
    "GET /api/auth/jwks.json",
}
"""What neither the portal nor the command line asks for."""
DRAFT_PATH = f"/api/upload/drafts/{DRAFT}"
PART_PATH = f"/parts/{DRAFT}_1/1/{'0' * 64}"
Change = Callable[[Json], object]


def get(path: str) -> httpx.Request:
    return httpx.Request("GET", SERVER + path)


def answered(request: httpx.Request, response: httpx.Response) -> None:
    description().check_answer(request, response)


def test_the_fake_answers_all_operations_but_those_that_nobody_asks_for() -> None:
    assert set(FakeApi().answers) == description().operations - UNPLAYED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda card: card.update(typed="x"), r"PATCH .*/drafts/{draft}: the answer 200: /: .*'typed' was unexpected"),
        (lambda card: card.pop("subject"), "/: 'subject' is a required property"),
        (lambda card: card.update(total_bytes="many"), "/total_bytes: 'many' is not of type 'integer'"),
        (lambda card: card.update(updated_at="2025-11-21T09:05:00"), "/updated_at: .* is not a 'date-time'"),
        (lambda card: card["files"][1].update(left=2), "/files/1: .*'left' was unexpected"),
        (lambda card: card["from"].update(role="guest"), "/from/role: 'guest' is not one of"),
    ],
)
def test_an_answer_has_what_its_service_describes_and_nothing_else(change: Change, said: str) -> None:
    card = shown(cards.draft())
    request = httpx.Request("PATCH", SERVER + DRAFT_PATH)
    answered(request, httpx.Response(200, json=card))
    change(card)
    with pytest.raises(ContractViolation, match=said):
        answered(request, httpx.Response(200, json=card))


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(201, json=cards.draft()), "the answer 201 is not one of 200$"),
        (httpx.Response(200), "is application/json, not empty"),
        (httpx.Response(200, json=[]), r"/: \[\] is not of type 'object'"),
        (httpx.Response(200, content=b"{", headers={"content-type": "application/json"}), "is no JSON"),
        (httpx.Response(502), "the refusal 502 is no application/problem"),
        (problem("link-unknown"), "link-unknown is refused by download, not by upload"),
        (problem("part-digest-mismatch"), "refused by gateway, for parts, not by upload"),
        (problem("too-many-files"), "/type: it does not refuse with too-many-files"),
        (problem("not-found", limit=3), "/: .*'limit' was unexpected"),
    ],
)
def test_no_answer_has_another_status_or_another_form(response: httpx.Response, said: str) -> None:
    with pytest.raises(ContractViolation, match=said):
        answered(get(DRAFT_PATH), response)


def test_a_problem_has_the_members_that_its_type_always_has() -> None:
    right = problem("already-submitted")
    answered(get(DRAFT_PATH), right)
    wrong = {name: value for name, value in right.json().items() if name != "transfer"}
    with pytest.raises(ContractViolation, match="/: 'transfer' is a required property"):
        answered(get(DRAFT_PATH), httpx.Response(409, json=wrong, headers={"content-type": MEDIA_TYPE}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "/problems/transfer-waiting"}, "nobody refuses with 'transfer-waiting'"),
        ({"status": 410}, "not-found is a 404"),
        ({"title": "Trois fois."}, "not-found does not say 'Trois fois.'"),
        ({"reference": None}, "/reference: None is not of type 'string'"),
    ],
)
def test_a_problem_says_what_the_refusal_says(change: Json, said: str) -> None:
    right = problem("not-found")
    answered(get(DRAFT_PATH), right)
    wrong = httpx.Response(404, json=right.json() | change, headers={"content-type": right.headers["content-type"]})
    with pytest.raises(ContractViolation, match=said):
        answered(get(DRAFT_PATH), wrong)


@pytest.mark.parametrize("slug", sorted(problem_types()))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_problem_is_one_that_some_route_answers(slug: str, language: str) -> None:
    owner = problem_types()[slug].owner
    if owner == "notify":
        with pytest.raises(ContractViolation, match="refused by notify"):
            answered(get(DRAFT_PATH), problem(slug, language))
    elif operation := description().refusing_with(slug):
        method, template = operation.name.split(" ")
        request = httpx.Request(method, SERVER + re.sub(r"\{\w+\}", DRAFT, template))
        answered(request, problem(slug, language))
    elif owner in ("upload", "gateway, for parts"):
        answered(httpx.Request("PUT", SERVER + PART_PATH), problem_of_part(slug, language))
    else:
        answered(get("/files/x"), problem(slug, language))


def test_the_gateway_says_of_a_part_that_is_refused_what_it_says_and_not_what_the_service_would() -> None:
    request = httpx.Request("PUT", SERVER + PART_PATH)
    answered(request, problem_of_part("part-too-short"))
    with pytest.raises(ContractViolation, match="part-too-short does not say"):
        answered(request, problem("part-too-short"))


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/api/upload/parcels", None, "no service has this route"),
        ("POST", DRAFT_PATH, {}, "no service has this route"),
        ("GET", "/api/upload/drafts/x", None, "parameter draft: /: 'x' is not a 'uuid'"),
        ("GET", "/api/upload/transfers?after=x", None, "it takes no parameter after"),
        ("PUT", DRAFT_PATH, {}, "it takes no body"),
        ("PATCH", DRAFT_PATH, None, "is no JSON"),
        ("PATCH", DRAFT_PATH, {"subjet": "x"}, "the body that was sent: /: .*'subjet' was unexpected"),
        ("PATCH", DRAFT_PATH, {"to": "a@ville.example"}, "/to: 'a@ville.example' is not valid"),
        ("POST", f"/api/propagation/approvals/{TOKEN}/refusal", {"digest": "0" * 64}, "'reason' is a required"),
    ],
)
def test_nothing_is_asked_that_a_service_does_not_take(method: str, path: str, body: Any, said: str) -> None:
    api = FakeApi.populated()
    with pytest.raises(ContractViolation, match=said):
        httpx.Client(transport=api.transport(), base_url=SERVER).request(method, path, json=body)
    assert len(api.violations) == 1


def test_what_is_broken_on_purpose_says_so_and_passes() -> None:
    answered(get(DRAFT_PATH), not_ours(httpx.Response(502), "a proxy on the way"))


def test_a_route_that_no_service_describes_says_why() -> None:
    assert all(one.reason for one in UNDESCRIBED_ROUTES)
    answered(get("/files/x"), httpx.Response(206, headers={"content-range": "bytes 1-2/3"}))
    for response in (httpx.Response(204), httpx.Response(206, headers={"content-range": "bytes 1-/x"})):
        with pytest.raises(ContractViolation):
            answered(get("/files/x"), response)
