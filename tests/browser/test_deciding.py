"""An agent opens the mail, reads, and vouches for a transfer or refuses it; a second one is told who was faster."""

import pytest
from playwright.sync_api import Page, expect

from devstack.people import DECISION, Person
from tests.browser.keys import Keys
from tests.browser.seats import AGENTS, OUTSIDE, House
from tests.browser.words import Words, words

FARTHER = "entreprise.example"
FILES = {"Plans/façade.txt": b"une fa\xc3\xa7ade"}
REASON = "Le marché n’est pas signé."
MOST_ACTIONS = 3


def waiting(house: House) -> tuple[str, list[Person], Person]:
    """A transfer that waits for one of two agents, and whom it is for."""
    agents = [house.stranger(AGENTS, name) for name in ("dominique", "claude")]
    other = house.stranger(FARTHER, "sacha")
    return house.send(house.known(OUTSIDE), [*agents, other], FILES), agents, other


def decision(house: House, agent: Person, language: str = "fr") -> Page:
    """The page that the mail leads to, in a browser that was never here."""
    page = house.window(language).new_page()
    page.goto(f"/approve/{agent.letter(DECISION).token(DECISION)}")
    return page


def approve(page: Page, say: Words) -> None:
    page.get_by_role("button", name=say("Approve"), exact=True).click()


@pytest.mark.parametrize("language", ["fr"])
def test_the_first_decision_counts_and_the_second_agent_is_told_whose_it_was(house: House, language: str) -> None:
    say = words(language)
    _, (first, second), other = waiting(house)
    page, late = decision(house, first, language), decision(house, second, language)
    shown = page.locator("main")
    for seen in (house.known(OUTSIDE).address, other.address, "façade.txt", "Voici les relevés."):
        expect(shown).to_contain_text(seen)
    approve(page, say)
    expect(page.locator(".alert--good")).to_contain_text(say("by %(who)s", who=first.address))
    expect(page.get_by_role("button", name=say("Approve"), exact=True)).to_have_count(0)
    house.link(other)

    approve(late, say)
    expect(late.locator(".alert--warn")).to_contain_text(say("Someone else has already decided"))
    late.reload()
    expect(late.locator(".alert--good")).to_contain_text(say("by %(who)s", who=first.address))
    expect(late.locator(".alert--good time")).to_have_attribute(
        "datetime", page.locator(".alert--good time").get_attribute("datetime") or ""
    )


@pytest.mark.parametrize("language", ["en"])
def test_a_refusal_needs_a_reason_which_the_sender_and_the_second_agent_read(house: House, language: str) -> None:
    say = words(language)
    transfer, (first, second), _ = waiting(house)
    page = decision(house, first, language)
    page.get_by_role("button", name=say("Refuse"), exact=True).click()
    expect(page.locator("#reason-error")).to_contain_text(say("Give a reason, so that the sender knows what to do."))
    page.locator("#reason").fill(REASON)
    page.get_by_role("button", name=say("Refuse"), exact=True).click()
    expect(page.locator(".alert--wrong")).to_contain_text(REASON)

    late = decision(house, second, language)
    expect(late.locator(".alert--wrong")).to_contain_text(say("by %(who)s", who=first.address))
    tracking = house.seat(OUTSIDE, language).open(f"/tracking/{transfer}")
    expect(tracking.locator(".timeline")).to_contain_text(REASON)
    house.heard_of_the_end(second)
    late.goto(house.link(second))
    expect(late.get_by_role("heading", level=1)).to_have_text(say("This transfer was refused"))


def test_by_keyboard_in_three_actions(house: House) -> None:
    say = words("fr")
    _, (first, _), other = waiting(house)
    page = decision(house, first)
    keys = Keys(page)
    keys.use(page.get_by_role("link", name=say("Skip to “Approve”")))
    expect(page.locator("#approve")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".alert--good")).to_be_visible()
    assert keys.pressed <= MOST_ACTIONS
    house.link(other)


def test_a_refusal_by_keyboard(house: House) -> None:
    say = words("fr")
    _, (first, _), _ = waiting(house)
    page = decision(house, first)
    keys = Keys(page)
    keys.use(page.get_by_role("link", name=say("Skip to “Refuse”")))
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type(REASON)
    keys.use(page.get_by_role("button", name=say("Refuse"), exact=True), "Space")
    expect(page.locator(".alert--wrong")).to_contain_text(REASON)


def test_an_agent_with_a_session_finds_what_waits_on_the_first_page(house: House) -> None:
    dominique = house.seat(AGENTS, name="dominique")
    other = house.stranger(FARTHER, "sacha")
    subject = f"Pour {other.address}"
    house.send(house.known(OUTSIDE), [dominique.person, other], FILES, subject)
    dominique.person.letter(DECISION)
    page = dominique.open("/")
    page.get_by_role("link", name=subject).first.click()
    approve(page, dominique.say)
    expect(page.locator(".alert--good")).to_be_visible()
    page.get_by_role("link", name=dominique.say("To approve")).click()
    expect(page.get_by_role("link", name=subject)).to_have_count(0)
