"""The sender follows what was sent, changes what can be changed, and deletes it."""

import pytest
from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.seats import AGENTS, House

FARTHER = "entreprise.example"


@pytest.mark.parametrize("language", ["fr"])
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
    expect(followed).to_contain_text(say("downloaded everything"))
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


@pytest.mark.parametrize("language", ["en"])
def test_who_has_not_downloaded_is_reminded_the_end_is_moved_and_one_is_revoked(house: House, language: str) -> None:
    dominique = house.seat(AGENTS, language, "dominique")
    say, sacha, alix = dominique.say, house.stranger(FARTHER, "sacha"), house.stranger(FARTHER, "alix")
    transfer = house.send(dominique.person, [sacha, alix], {"plan.txt": b"le plan"}, "À changer")
    links = house.link(sacha), house.link(alix)
    page = dominique.open(f"/tracking/{transfer}")
    page.get_by_role("button", name=say("Remind those who have not downloaded")).click()
    reminded = say.many(
        "A reminder is being sent to one recipient.", "A reminder is being sent to %(n)s recipients.", 2
    )
    expect(page.get_by_role("status").filter(has_text=reminded)).to_be_visible()
    assert house.link(alix, seen=1) == links[1]

    page.get_by_role("link", name=say("Extend")).click()
    page.get_by_label(say("Until when should it be available?")).select_option("14")
    page.get_by_role("button", name=say("Extend")).click()
    expect(page.locator("main")).to_contain_text(say("The transfer has been extended. It is available until"))

    followed = page.locator(".followed > li", has_text=sacha.address.split("@")[0])
    followed.locator("summary").click()
    followed.get_by_role("link", name=say("Revoke")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Revoke this recipient?"))
    page.get_by_role("button", name=say("Revoke this recipient")).click()
    expect(page.locator("main")).to_contain_text(
        say("The recipient has been revoked and can no longer download anything.")
    )

    house.watch.excuse("Failed to load resource: the server responded with a status of 4")
    theirs = house.window(language).new_page()
    theirs.goto(links[0])
    expect(theirs.get_by_role("button", name=say("Download"))).to_have_count(0)
    theirs.goto(links[1])
    expect(theirs.get_by_role("button", name=say("Download"))).to_be_visible()


def test_with_the_keyboard_alone(house: House) -> None:
    dominique = house.seat(AGENTS, "fr", "dominique")
    say, sacha, alix = dominique.say, house.stranger(FARTHER, "sacha"), house.stranger(FARTHER, "alix")
    transfer = house.send(dominique.person, [sacha, alix], {"plan.txt": b"le plan"}, "Au clavier")
    house.link(sacha), house.link(alix)
    page = dominique.open("/transfers")
    keys = Keys(page)
    keys.use(page.locator(f'a[href="/tracking/{transfer}"]'))
    keys.use(page.get_by_role("button", name=say("Remind those who have not downloaded")))
    keys.use(page.get_by_role("link", name=say("Extend")))
    keys.use(page.get_by_label(say("Until when should it be available?")), "End")
    keys.use(page.get_by_role("button", name=say("Extend")))
    expect(page.locator("main")).to_contain_text(say("The transfer has been extended. It is available until"))

    followed = page.locator(".followed > li", has_text=sacha.address.split("@")[0])
    keys.use(followed.locator("summary"))
    keys.use(followed.get_by_role("link", name=say("Revoke")))
    keys.use(page.get_by_role("button", name=say("Revoke this recipient")))
    expect(page.locator("main")).to_contain_text(
        say("The recipient has been revoked and can no longer download anything.")
    )

    keys.use(page.get_by_role("link", name=say("Delete"), exact=True))
    keys.use(page.get_by_role("button", name=say("Delete this transfer")))
    expect(page.locator(".timeline")).to_contain_text(say("Deleted by you"))
