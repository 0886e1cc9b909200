"""What was sent, received and waits, found again by a few letters of it."""

import re
from html import unescape

import pytest

from portal.pages.lists import MAX_CURSORS, MAX_SEARCHED_ROWS, matches
from tests.fakes.api import cards
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import AGENT, SENT, TOKEN
from tests.unit.portal.visitor import Visitor, new_visitor


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [("", True), ("ete", True), ("ÉTÉ camille", True), ("releves", True), ("hiver", False), ("ete hiver", False)],
)
def test_a_search_finds_words_however_they_are_written(wanted: str, is_found: bool) -> None:
    assert matches(wanted, "Relevés d'été", "camille@ville.example") == is_found


async def test_an_agent_sees_what_was_received_and_goes_on_to_what_can_be_had(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    page = (await visitor.get("/received")).text
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
async def test_each_list_can_be_searched(visitor: Visitor, path: str, some: str, other: str) -> None:
    visitor.sign_in("agent")
    assert 'class="row"' in (await visitor.get(f"{path}?q={some}")).text
    none = (await visitor.get(f"{path}?q={other}")).text
    assert 'class="row"' not in none
    assert "Aucun résultat" in none
    assert f'value="{other}"' in none


async def test_an_empty_list_offers_no_search(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    api.tracking.received, api.upload.transfers = [], {}
    for path in ("/received", "/transfers"):
        assert 'name="q"' not in (await visitor.get(path)).text


async def test_who_is_no_agent_has_no_such_list(api: FakeApi) -> None:
    outsider = new_visitor(api)
    outsider.sign_in("external")
    assert "/received" not in (await outsider.get("/")).text
    page = await outsider.get("/received")
    assert page.status_code == 403
    assert SENT not in page.text
    await outsider.http.aclose()


def many(api: FakeApi, count: int) -> None:
    """So many transfers, only the last of which is about bridges."""
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(count)]
    api.upload.transfers = {id: cards.transfer(id) for id in ids}
    api.upload.transfers[ids[-1]]["subject"] = "Ponts"


def links(html: str) -> dict[str, str]:
    """Where the pages before and after are."""
    return {kind: unescape(href) for href, kind in re.findall(r'<a href="([^"]+)" rel="(prev|next)"', html)}


def shown(html: str) -> list[str]:
    return re.findall(r'href="/tracking/([^"]+)"', html)


async def test_pages_are_turned_forward_and_back_by_links(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    many(api, 120)
    first = (await visitor.get("/transfers")).text
    assert set(links(first)) == {"next"}
    second = (await visitor.get(links(first)["next"])).text
    third = (await visitor.get(links(second)["next"])).text
    assert set(links(third)) == {"prev"}
    assert shown(first) + shown(second) + shown(third) == list(api.upload.transfers)
    assert shown((await visitor.get(links(third)["prev"])).text) == shown(second)
    assert links(second)["prev"] == "/transfers"


async def test_the_way_back_is_of_a_bounded_length(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    many(api, 50 * (MAX_CURSORS + 5))
    way = "/transfers"
    for _ in range(MAX_CURSORS + 4):
        way = links((await visitor.get(way)).text)["next"]
    assert way.count("cursor=") == MAX_CURSORS
    page = (await visitor.get(way)).text
    assert set(links(page)) == {"prev"}


async def test_a_search_goes_through_the_pages(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    many(api, 450)
    page = (await visitor.get("/transfers?q=ponts")).text
    assert shown(page) == [list(api.upload.transfers)[-1]]
    assert links(page) == {}


async def test_a_search_that_finds_nothing_in_a_long_list_can_be_gone_on_with(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    many(api, MAX_SEARCHED_ROWS + 1)
    page = (await visitor.get("/transfers?q=ponts")).text
    assert "Aucun résultat" in page
    further = links(page)["next"]
    assert "q=ponts" in further
    assert shown((await visitor.get(further)).text) == [list(api.upload.transfers)[-1]]


async def test_a_cursor_that_was_not_given_out_is_a_page_with_words(visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get("/transfers?cursor=x")
    assert page.status_code == 400


async def test_the_first_page_says_that_more_waits_than_it_shows(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    for number in range(6):
        id = f"{number:08d}-0000-4000-8000-000000000000"
        card = cards.decision()
        api.propagation.decisions[id] = card | {"snapshot": card["snapshot"] | {"transfer": id}}
    page = (await visitor.get("/")).text
    assert "Plus de 5 envois attendent votre décision" in page
    assert page.count('href="/pending/') == 5
    assert 'href="/pending"' in page


async def test_all_files_of_one_recipient_have_pages_of_their_own(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    files = [cards.tracked_file(file=f"f{number}", path=f"{number}.txt", done=1) for number in range(60)]
    files[55]["suspended"] = True
    api.upload.transfers[SENT]["files"] = [cards.file(f"{number}.txt", file=f"f{number}") for number in range(60)]
    api.tracking.cards[SENT]["recipients"][1]["files"] = files
    page = (await visitor.get(f"/tracking/{SENT}")).text
    assert "60 fichiers sur 60" in page
    assert "Un fichier est suspendu" in page
    assert page.count("file-downloads__name") == 1 + 10
    here = f"/tracking/{SENT}/recipients/2"
    assert f'href="{here}"' in page
    first = (await visitor.get(here)).text
    second = (await visitor.get(links(first)["next"])).text
    assert (first.count("file-downloads__name"), second.count("file-downloads__name")) == (50, 10)
    answer = await visitor.send(await visitor.get(links(first)["next"]), f"/tracking/{SENT}/reopen")
    assert answer.status_code == 303
    assert not files[55]["suspended"]
    for number in ("0", "3"):
        assert (await visitor.get(f"/tracking/{SENT}/recipients/{number}")).status_code == 404
