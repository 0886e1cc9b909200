"""The sender follows what was sent, and deletes it."""

import pytest
from playwright.sync_api import expect

from tests.browser.seats import AGENTS, House
from tests.browser.words import LOCALES

FARTHER = "entreprise.example"


@pytest.mark.parametrize("language", LOCALES)
def test_who_has_what_and_then_it_is_deleted_for_everybody(house: House, language: str) -> None:
    dominique = house.seat(AGENTS, language, "dominique")
    say, other = dominique.say, house.stranger(FARTHER, "sacha")
    transfer = house.send(dominique.person, [other], {"plan.txt": b"le plan"}, "À suivre")
    link = house.link(other)
    page = dominique.open("/transfers")
    page.locator(f'a[href="/tracking/{transfer}"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text("À suivre")
    expect(page.locator(".timeline")).to_contain_text(say("Available until"))

    theirs = house.window(language).new_page()
    theirs.goto(link)
    with theirs.expect_download() as coming:
        theirs.get_by_role("button", name=say("Download")).click()
    assert coming.value.path()
    followed = page.locator(".followed li", has_text=other.address.split("@")[0]).first
    expect(followed).to_contain_text(say("has everything"), timeout=30_000)
    followed.locator("summary").click()
    expect(followed).to_contain_text(say.many("downloaded once", "downloaded %(n)s times", 1))

    page.get_by_role("link", name=say("Delete"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Delete this transfer?"))
    page.get_by_role("link", name=say("Keep it")).click()
    page.get_by_role("link", name=say("Delete"), exact=True).click()
    page.get_by_role("button", name=say("Delete this transfer")).click()
    expect(page.locator(".timeline")).to_contain_text(say("Deleted by you"))
    expect(page.get_by_role("link", name=say("Delete"), exact=True)).to_have_count(0)
    theirs.reload()
    expect(theirs.get_by_role("heading", level=1)).to_have_text(say("The sender has deleted this transfer"))
