"""A likely bot is asked to try again, and told why."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.forms import Form
from portal.honeypot import FIELD, STAMP, Honeypot
from services.kit import url_safe
from tests.fakes.api.app import FakeApi
from tests.fakes.api.auth import shown_session
from tests.unit.portal.visitor import PEPPER, Visitor, hidden, new_visitor

NOW = datetime(2026, 3, 3, 13, 5, tzinfo=UTC)
HONEYPOT = Honeypot(PEPPER, 2.0)
TYPED = {"email": "camille@ville.example", "answer": "5"}
HIDDEN_FIELD = f'<div class="unseen" aria-hidden="true">\n  <label for="{FIELD}">'


def form(**more: str) -> Form:
    return Form({"challenge": "c", STAMP: HONEYPOT.stamp("c", NOW), FIELD: "", **more})


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("seconds", "triggered"), [(0, True), (1.99, True), (2.0, False), (3_600, False), (-5, True)])
def test_only_a_form_that_returns_too_soon_is_refused(seconds: float, triggered: bool) -> None:
    assert HONEYPOT.is_triggered(form(), after(seconds)) is triggered


def test_a_stamp_is_good_for_its_own_check_and_only_we_make_it() -> None:
    late = after(60)
    assert HONEYPOT.is_triggered(form(challenge="another"), late)
    assert HONEYPOT.is_triggered(form(**{STAMP: Honeypot("somebody else's pepper", 2.0).stamp("c", NOW)}), late)
    made_at, earlier_at = (f"{moment.timestamp():.3f}".encode() for moment in (NOW, after(-60)))
    earlier = url_safe.encode(url_safe.decode(form()[STAMP]).replace(made_at, earlier_at))
    for forged in ("", "-", "nan-", "1772543100.000", url_safe.encode(earlier_at), earlier):
        assert HONEYPOT.is_triggered(form(**{STAMP: forged}), late), forged


def test_a_field_that_nobody_sees_stays_empty() -> None:
    assert HONEYPOT.is_triggered(form(**{FIELD: "https://spam.example"}), after(60))


@pytest.fixture
async def hasty(api: FakeApi) -> AsyncIterator[Visitor]:
    """Somebody at a portal where nobody can be slow enough in time."""
    somebody = new_visitor(api, min_form_seconds=30)
    yield somebody
    await somebody.http.aclose()


async def test_who_is_too_fast_is_told_to_try_again_and_keeps_what_was_typed(api: FakeApi, hasty: Visitor) -> None:
    page = await hasty.get("/access?kind=question")
    answer = await hasty.send(page, "/access", **TYPED)
    assert answer.status_code == 422
    assert "Veuillez réessayer" in answer.text
    assert "Aucun lien n’a été envoyé" in answer.text
    assert 'role="alert"' in answer.text
    assert "<title>Erreur" in answer.text
    assert 'value="camille@ville.example"' in answer.text
    assert "Combien font" in answer.text
    assert HIDDEN_FIELD in answer.text
    assert hidden(answer, "/access")[STAMP]
    assert not api.auth.mailed


async def test_who_filled_the_hidden_field_is_shown_it_and_comes_through_once_it_is_empty(
    api: FakeApi, visitor: Visitor
) -> None:
    page = await visitor.get("/access?kind=question")
    assert HIDDEN_FIELD in page.text
    answer = await visitor.send(page, "/access", **TYPED, **{FIELD: "rue de la Mairie"})
    assert answer.status_code == 422
    assert HIDDEN_FIELD not in answer.text
    assert f'name="{FIELD}" type="text" value="rue de la Mairie"' in answer.text
    assert "Laissez ce champ vide" in answer.text
    assert not api.auth.mailed
    assert (await visitor.send(answer, "/access", **TYPED, **{FIELD: ""})).headers["location"] == "/access/sent"
    assert api.auth.mailed == ["camille@ville.example"]


async def test_an_agent_with_a_session_is_never_refused(api: FakeApi, hasty: Visitor) -> None:
    hasty.sign_in("agent")
    api.auth.session = shown_session("agent")
    page = await hasty.get("/access?kind=question")
    answer = await hasty.send(page, "/access", **TYPED, **{FIELD: "x"})
    assert answer.headers["location"] == "/access/sent"


@pytest.mark.parametrize("role", ["external", ""])
async def test_a_cookie_that_says_agent_opens_nothing(api: FakeApi, hasty: Visitor, role: str) -> None:
    hasty.sign_in("agent")
    api.auth.session = shown_session(role) if role else None
    page = await hasty.get("/access?kind=question")
    assert (await hasty.send(page, "/access", **TYPED)).status_code == 422
    assert not api.auth.mailed
