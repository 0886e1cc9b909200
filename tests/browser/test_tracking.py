"""The sender tracks a transfer, changes it, and deletes it."""

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard
from tests.browser.people import AGENTS, BrowserScenario

FARTHER = "entreprise.example"


@pytest.mark.parametrize("language", ["fr"])
def test_tracking_shows_downloads_and_deleting_ends_the_transfer(scenario: BrowserScenario, language: str) -> None:
    dominique = scenario.signed_in_browser(AGENTS, language, "dominique")
    say, other = dominique.say, scenario.new_person(FARTHER, "sacha")
    transfer = scenario.send(dominique.person, [other], {"plan.txt": b"le plan"}, "À suivre")
    link = scenario.link(other)
    page = dominique.open("/transfers")
    page.locator(f'a[href="/tracking/{transfer}"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text("À suivre")
    expect(page.locator(".timeline")).to_contain_text(say("Available until"))

    theirs = scenario.window(language).new_page()
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
def test_the_sender_reminds_extends_and_revokes(scenario: BrowserScenario, language: str) -> None:
    dominique = scenario.signed_in_browser(AGENTS, language, "dominique")
    say, sacha, alix = dominique.say, scenario.new_person(FARTHER, "sacha"), scenario.new_person(FARTHER, "alix")
    transfer = scenario.send(dominique.person, [sacha, alix], {"plan.txt": b"le plan"}, "À changer")
    links = scenario.link(sacha), scenario.link(alix)
    page = dominique.open(f"/tracking/{transfer}")
    page.get_by_role("button", name=say("Remind those who have not downloaded")).click()
    reminded = say.many(
        "A reminder is being sent to one recipient.", "A reminder is being sent to %(n)s recipients.", 2
    )
    expect(page.get_by_role("status").filter(has_text=reminded)).to_be_visible()
    assert scenario.link(alix, seen=1) == links[1]

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

    scenario.console_errors.expect("Failed to load resource: the server responded with a status of 4")
    theirs = scenario.window(language).new_page()
    theirs.goto(links[0])
    expect(theirs.get_by_role("button", name=say("Download"))).to_have_count(0)
    theirs.goto(links[1])
    expect(theirs.get_by_role("button", name=say("Download"))).to_be_visible()


def test_with_the_keyboard_alone(scenario: BrowserScenario) -> None:
    dominique = scenario.signed_in_browser(AGENTS, "fr", "dominique")
    say, sacha, alix = dominique.say, scenario.new_person(FARTHER, "sacha"), scenario.new_person(FARTHER, "alix")
    transfer = scenario.send(dominique.person, [sacha, alix], {"plan.txt": b"le plan"}, "Au clavier")
    scenario.link(sacha), scenario.link(alix)
    page = dominique.open("/transfers")
    keyboard = Keyboard(page)
    keyboard.use(page.locator(f'a[href="/tracking/{transfer}"]'))
    keyboard.use(page.get_by_role("button", name=say("Remind those who have not downloaded")))
    keyboard.use(page.get_by_role("link", name=say("Extend")))
    keyboard.use(page.get_by_label(say("Until when should it be available?")), "End")
    keyboard.use(page.get_by_role("button", name=say("Extend")))
    expect(page.locator("main")).to_contain_text(say("The transfer has been extended. It is available until"))

    followed = page.locator(".followed > li", has_text=sacha.address.split("@")[0])
    keyboard.use(followed.locator("summary"))
    keyboard.use(followed.get_by_role("link", name=say("Revoke")))
    keyboard.use(page.get_by_role("button", name=say("Revoke this recipient")))
    expect(page.locator("main")).to_contain_text(
        say("The recipient has been revoked and can no longer download anything.")
    )

    keyboard.use(page.get_by_role("link", name=say("Delete"), exact=True))
    keyboard.use(page.get_by_role("button", name=say("Delete this transfer")))
    expect(page.locator(".timeline")).to_contain_text(say("Deleted by you"))
