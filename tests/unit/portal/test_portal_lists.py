"""What was sent, received and waits, found again by a few letters of it."""

import pytest

from portal.pages.lists import holds
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import AGENT, SENT, TOKEN
from tests.unit.portal.visitor import Person, in_front_of


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [("", True), ("ete", True), ("ÉTÉ camille", True), ("releves", True), ("hiver", False), ("ete hiver", False)],
)
def test_a_search_finds_words_however_they_are_written(wanted: str, is_found: bool) -> None:
    assert holds(wanted, "Relevés d'été", "camille@ville.example") == is_found


async def test_an_agent_sees_what_was_received_and_goes_on_to_what_can_be_had(api: FakeApi, person: Person) -> None:
    person.sign_in("agent")
    page = (await person.get("/received")).text
    assert f'href="/download/{TOKEN}"' in page
    assert "Budget" in page
    assert "supprimé" in page
    assert page.count("/download/") == 1


@pytest.mark.parametrize(
    ("path", "some", "other"),
    [
        ("/received", "relevés", "introuvable"),
        ("/transfers", AGENT["address"], "introuvable"),
        ("/pending", "camille", "introuvable"),
    ],
)
async def test_each_list_can_be_searched(person: Person, path: str, some: str, other: str) -> None:
    person.sign_in("agent")
    assert 'class="row"' in (await person.get(f"{path}?q={some}")).text
    none = (await person.get(f"{path}?q={other}")).text
    assert 'class="row"' not in none
    assert "Rien de tel" in none
    assert f'value="{other}"' in none


async def test_an_empty_list_offers_no_search(api: FakeApi, person: Person) -> None:
    person.sign_in("agent")
    api.tracking.received, api.upload.transfers = [], {}
    for path in ("/received", "/transfers"):
        assert 'name="q"' not in (await person.get(path)).text


async def test_who_is_no_agent_has_no_such_list(api: FakeApi) -> None:
    outsider = in_front_of(api)
    outsider.sign_in("external")
    assert "/received" not in (await outsider.get("/")).text
    page = await outsider.get("/received")
    assert page.status_code == 403
    assert SENT not in page.text
    await outsider.http.aclose()
