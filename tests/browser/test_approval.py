"""An agent opens the mail, reads, and approves or refuses a transfer; a second agent learns who decided."""

import pytest
from playwright.sync_api import Page, expect

from devstack.people import DECISION, ApiUser
from tests.browser.keyboard import Keyboard
from tests.browser.people import AGENTS, EXTERNAL, BrowserScenario
from tests.browser.translator import Translator, translator

FARTHER = "entreprise.example"
FILES = {"Plans/façade.txt": b"une fa\xc3\xa7ade"}
REASON = "Le marché n’est pas signé."
MOST_ACTIONS = 3


def waiting(scenario: BrowserScenario) -> tuple[str, list[ApiUser], ApiUser]:
    """A transfer that waits for one of two agents, and whom it is for."""
    agents = [scenario.new_person(AGENTS, name) for name in ("dominique", "claude")]
    other = scenario.new_person(FARTHER, "sacha")
    return scenario.send(scenario.known_person(EXTERNAL), [*agents, other], FILES), agents, other


def decision(scenario: BrowserScenario, agent: ApiUser, language: str = "fr") -> Page:
    """The page that the mail leads to, in a browser that was never here."""
    page = scenario.window(language).new_page()
    page.goto(f"/approve/{agent.wait_for_mail(DECISION).token(DECISION)}")
    return page


def approve(page: Page, say: Translator) -> None:
    page.get_by_role("button", name=say("Approve"), exact=True).click()


@pytest.mark.parametrize("language", ["fr"])
def test_the_first_decision_counts_and_the_second_agent_learns_whose_it_was(
    scenario: BrowserScenario, language: str
) -> None:
    say = translator(language)
    _, (first, second), other = waiting(scenario)
    page, late = decision(scenario, first, language), decision(scenario, second, language)
    shown = page.locator("main")
    for seen in (scenario.known_person(EXTERNAL).address, other.address, "façade.txt", "Voici les relevés."):
        expect(shown).to_contain_text(seen)
    approve(page, say)
    expect(page.locator(".alert--good")).to_contain_text(say("by %(who)s", who=first.address))
    expect(page.get_by_role("button", name=say("Approve"), exact=True)).to_have_count(0)
    scenario.link(other)

    approve(late, say)
    expect(late.locator(".alert--warn")).to_contain_text(say("Someone else has already decided"))
    late.reload()
    expect(late.locator(".alert--good")).to_contain_text(say("by %(who)s", who=first.address))
    expect(late.locator(".alert--good time")).to_have_attribute(
        "datetime", page.locator(".alert--good time").get_attribute("datetime") or ""
    )


@pytest.mark.parametrize("language", ["en"])
def test_a_refusal_needs_a_reason_which_the_sender_and_the_second_agent_read(
    scenario: BrowserScenario, language: str
) -> None:
    say = translator(language)
    transfer, (first, second), _ = waiting(scenario)
    page = decision(scenario, first, language)
    page.get_by_role("button", name=say("Refuse"), exact=True).click()
    expect(page.locator("#reason-error")).to_contain_text(say("Give a reason, so that the sender knows what to do."))
    page.locator("#reason").fill(REASON)
    page.get_by_role("button", name=say("Refuse"), exact=True).click()
    expect(page.locator(".alert--wrong")).to_contain_text(REASON)

    late = decision(scenario, second, language)
    expect(late.locator(".alert--wrong")).to_contain_text(say("by %(who)s", who=first.address))
    tracking = scenario.signed_in_browser(EXTERNAL, language).open(f"/tracking/{transfer}")
    expect(tracking.locator(".timeline")).to_contain_text(REASON)
    scenario.wait_for_the_end(second)
    late.goto(scenario.link(second))
    expect(late.get_by_role("heading", level=1)).to_have_text(say("This transfer was refused"))


def test_by_keyboard_in_three_actions(scenario: BrowserScenario) -> None:
    say = translator("fr")
    _, (first, _), other = waiting(scenario)
    page = decision(scenario, first)
    keyboard = Keyboard(page)
    keyboard.use(page.get_by_role("link", name=say("Skip to “Approve”")))
    expect(page.locator("#approve")).to_be_focused()
    keyboard.press("Enter")
    expect(page.locator(".alert--good")).to_be_visible()
    assert keyboard.pressed <= MOST_ACTIONS
    scenario.link(other)


def test_a_refusal_by_keyboard(scenario: BrowserScenario) -> None:
    say = translator("fr")
    _, (first, _), _ = waiting(scenario)
    page = decision(scenario, first)
    keyboard = Keyboard(page)
    keyboard.use(page.get_by_role("link", name=say("Skip to “Refuse”")))
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type(REASON)
    keyboard.use(page.get_by_role("button", name=say("Refuse"), exact=True), "Space")
    expect(page.locator(".alert--wrong")).to_contain_text(REASON)


def test_an_agent_with_a_session_finds_pending_transfers_on_the_first_page(scenario: BrowserScenario) -> None:
    dominique = scenario.signed_in_browser(AGENTS, name="dominique")
    other = scenario.new_person(FARTHER, "sacha")
    subject = f"Pour {other.address}"
    scenario.send(scenario.known_person(EXTERNAL), [dominique.person, other], FILES, subject)
    dominique.person.wait_for_mail(DECISION)
    page = dominique.open("/")
    page.get_by_role("link", name=subject).first.click()
    approve(page, dominique.say)
    expect(page.locator(".alert--good")).to_be_visible()
    page.get_by_role("link", name=dominique.say("To approve")).click()
    expect(page.get_by_role("link", name=subject)).to_have_count(0)
