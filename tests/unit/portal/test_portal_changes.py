"""What a sender may still change: each action is a form that works without scripts, and is answered in words."""

import re

import pytest

from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import AGENT, FILE, OUTSIDER, SENT, TOKEN, WHEN
from tests.unit.portal.visitor import Visitor, hidden

TRACKING = f"/tracking/{SENT}"


def words(html: str) -> str:
    """What is read on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<wbr>", "", html))


async def test_revoking_asks_first_and_says_that_it_is_done(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    assert f'href="{TRACKING}/revoke/2"' in (await visitor.get(TRACKING)).text
    page = await visitor.get(f"{TRACKING}/revoke/2")
    assert OUTSIDER["address"] in words(page.text)
    assert AGENT["address"] not in words(page.text)
    assert api.asked[-1].method == "GET"
    after = await visitor.walk(await visitor.send(page, f"{TRACKING}/revoke"))
    assert "il ne peut plus rien télécharger" in after.text
    assert "Révoqué par vous" in after.text
    assert f"{TRACKING}/revoke/2" not in after.text
    assert f"{TRACKING}/revoke/1" in after.text


async def test_who_waits_is_told_apart_before_they_are_revoked(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    api.tracking.cards[SENT]["awaiting_approval"] = True
    api.tracking.cards[SENT]["recipients"][1] |= {"has_link": False, "files": [], "mails": []}
    assert "ne recevra jamais de lien" in (await visitor.get(f"{TRACKING}/revoke/2")).text
    page = await visitor.get(TRACKING)
    assert hidden(page, f"{TRACKING}/resend")["address"] == AGENT["address"]


@pytest.mark.parametrize("number", ["0", "3", "99"])
async def test_nobody_is_revoked_who_is_not_in_the_list(visitor: Visitor, number: str) -> None:
    visitor.sign_in()
    assert (await visitor.get(f"{TRACKING}/revoke/{number}")).status_code == 404


async def test_a_double_click_sends_the_link_again_once(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get(TRACKING)
    for _ in range(2):
        answer = await visitor.send(page, f"{TRACKING}/resend")
    assert "Le courriel contenant le lien est en cours de renvoi" in (await visitor.walk(answer)).text
    assert list(api.tracking.wishes.values()) == [("resendings", AGENT["address"])]


@pytest.mark.parametrize(
    ("address", "said"),
    [("", "Un rappel est en cours d’envoi à 2 destinataires"), (OUTSIDER["address"], "à un destinataire")],
)
async def test_all_who_have_not_downloaded_are_reminded_or_one_of_them(
    api: FakeApi, visitor: Visitor, address: str, said: str
) -> None:
    visitor.sign_in()
    api.tracking.cards[SENT]["recipients"][0]["has_everything"] = False
    page = await visitor.get(TRACKING)
    assert "address" not in hidden(page, f"{TRACKING}/remind")
    after = await visitor.walk(await visitor.send(page, f"{TRACKING}/remind", address=address))
    assert said in after.text
    assert list(api.tracking.wishes.values()) == [("reminders", address or None)]


async def test_extending_offers_later_ends_only_and_shows_the_new_one(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get(f"{TRACKING}/extend")
    assert re.findall(r'<option value="(\d+)"', page.text) == [str(days) for days in range(8, 15)]
    after = await visitor.walk(await visitor.send(page, f"{TRACKING}/extend", days="10"))
    assert "L’envoi est prolongé" in after.text
    assert words(after.text).count("lundi 1er décembre 2025") >= 2
    api.upload.transfers[SENT]["validity_days"] = 14
    assert "la plus tardive possible" in (await visitor.get(f"{TRACKING}/extend")).text


@pytest.mark.parametrize("days", ["", "x", "-1", "10.5", "99999"])
async def test_a_number_of_days_that_is_none_is_not_passed_on(api: FakeApi, visitor: Visitor, days: str) -> None:
    visitor.sign_in()
    page = await visitor.get(f"{TRACKING}/extend")
    assert (await visitor.send(page, f"{TRACKING}/extend", days=days)).status_code == 400
    assert not [one for one in api.asked if one.method == "PUT"]


async def test_what_has_ended_offers_nothing_more(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    api.upload.transfers[SENT] |= {"state": "closed", "outcome": "expired", "closed_at": WHEN}
    page = (await visitor.get(TRACKING)).text
    for action in ("extend", "revoke", "resend", "remind"):
        assert f"{TRACKING}/{action}" not in page
    assert "<select" not in (await visitor.get(f"{TRACKING}/extend")).text


async def test_words_that_no_action_has_are_not_said(visitor: Visitor) -> None:
    visitor.sign_in()
    for query in ("?done=%3Cscript%3E", "?done=reminded&n=%3Cb%3E", "?done=&n=1"):
        page = await visitor.get(TRACKING + query)
        assert page.status_code == 200
        assert "<b>" not in page.text
    assert 'role="status"' not in (await visitor.get(f"{TRACKING}?done=deleted")).text


async def test_a_refusal_of_an_action_is_a_page_with_what_to_do(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get(TRACKING)
    api.refuse("PUT", f"/api/download/transfers/{SENT}/reminders/.*", "reminded-lately")
    answer = await visitor.send(page, f"{TRACKING}/remind")
    assert answer.status_code == 429
    assert "une fois par jour" in answer.text


async def test_a_link_that_was_revoked_says_so_to_who_holds_it(api: FakeApi, visitor: Visitor) -> None:
    api.refuse("GET", f"/api/download/links/{TOKEN}", "link-revoked")
    page = await visitor.get(f"/download/{TOKEN}")
    assert page.status_code == 410
    assert "Ce lien a été révoqué" in page.text
    assert FILE not in page.text
