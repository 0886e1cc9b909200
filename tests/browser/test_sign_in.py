"""A person requests a link, finds it in their mailbox, and signs in with its key; by mouse, and by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from devstack.challenge_solver import solve
from devstack.inbox import ReceivedMail
from devstack.people import ACCESS, ApiUser
from tests.browser.keyboard import Keyboard
from tests.browser.people import AGENTS, EXTERNAL, BrowserScenario
from tests.browser.translator import Translator, translator

WRONG_KEY = "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.mark.parametrize("language", ["fr"])
def test_a_link_and_a_key_open_a_session_once(scenario: BrowserScenario, language: str) -> None:
    say, person = translator(language), scenario.new_person(EXTERNAL)
    context = scenario.window(language)
    context.grant_permissions(CLIPBOARD)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name=say("Get an access link by email")).click()
    assert page.locator(".check__image").evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    page.get_by_role("link", name=say("Answer a question instead")).click()
    page.get_by_label(say("Your email address")).fill(person.address)
    page.locator("#answer").fill(solve(page.locator("label[for=answer]").inner_text()))
    page.get_by_role("button", name=say("Send me a link")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Check your email"))

    mail = person.wait_for_mail(ACCESS)
    page.goto(f"/access/{mail.token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    page.get_by_label(say("Key"), exact=True).fill(WRONG_KEY)
    open_browser(page, say)
    expect(page.locator("#key-error")).to_contain_text(say.many("One attempt left.", "%(n)s attempts left.", 4))
    expect(page.get_by_label(say("First name"))).to_have_value(person.first_name)
    paste_key(page, say, mail)
    open_browser(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(greeting(say, person))

    page.goto(f"/access/{mail.token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    paste_key(page, say, mail)
    open_browser(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("This access link has already been used"))
    page.get_by_role("button", name=say("Sign out")).click()
    expect(page.get_by_role("link", name=say("Get an access link by email"))).to_be_visible()
    page.goto("/drafts")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Sign in to continue"))


def test_the_last_wrong_key_closes_the_link_and_says_what_to_do(scenario: BrowserScenario) -> None:
    say, person = translator("fr"), scenario.new_person(EXTERNAL)
    person.request_link()
    page = scenario.window().new_page()
    page.goto(f"/access/{person.wait_for_mail(ACCESS).token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    for left in (4, 3, 2, 1):
        page.get_by_label(say("Key"), exact=True).fill(WRONG_KEY)
        open_browser(page, say)
        expect(page.locator("#key-error")).to_contain_text(say.many("One attempt left.", "%(n)s attempts left.", left))
    open_browser(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("This access link is blocked"))
    expect(page.get_by_role("link", name=say("Request an access link"))).to_be_visible()


def test_with_the_keyboard_alone(scenario: BrowserScenario) -> None:
    say, person = translator("fr"), scenario.new_person(EXTERNAL)
    page = scenario.window().new_page()
    page.goto("/")
    keyboard = Keyboard(page)
    keyboard.use(page.get_by_role("link", name=say("Get an access link by email")))
    keyboard.use(page.get_by_role("link", name=say("Answer a question instead")))
    question = page.locator("label[for=answer]")
    expect(question).to_contain_text("?")
    keyboard.write(page.locator("#email"), person.address)
    keyboard.write(page.locator("#answer"), solve(question.inner_text()))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Check your email"))
    mail = person.wait_for_mail(ACCESS)
    page.goto(f"/access/{mail.token(ACCESS)}")
    keyboard.write(page.locator("#last_name"), person.last_name)
    keyboard.write(page.locator("#first_name"), person.first_name)
    keyboard.write(page.locator("#key"), str(mail.key).lower().replace("-", " "))
    keyboard.use(page.locator("main").get_by_role("button", name=say("Sign in")), "Space")
    expect(page.get_by_role("heading", level=1)).to_have_text(greeting(say, person))


@pytest.mark.parametrize("language", ["en"])
def test_an_agent_invites_a_person_who_cannot_pass_the_human_check(scenario: BrowserScenario, language: str) -> None:
    agent, person = scenario.signed_in_browser(AGENTS, language, "dominique"), scenario.new_person(EXTERNAL)
    say, page = agent.say, agent.open("/")
    page.get_by_role("link", name=say("Invite someone to send files")).click()
    page.get_by_label(say("Their email address")).fill(person.address)
    page.get_by_role("button", name=say("Invite")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("The invitation is being sent"))

    mail, theirs = person.wait_for_mail(ACCESS), scenario.window(language).new_page()
    theirs.goto(f"/access/{mail.token(ACCESS)}")
    theirs.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    theirs.get_by_label(say("First name")).fill(person.first_name)
    theirs.get_by_label(say("Key"), exact=True).fill(str(mail.key))
    open_browser(theirs, say)
    expect(theirs.get_by_role("heading", level=1)).to_have_text(greeting(say, person))


def open_browser(page: Page, say: Translator) -> None:
    page.locator("main").get_by_role("button", name=say("Sign in")).click()


def paste_key(page: Page, say: Translator, mail: ReceivedMail) -> None:
    """From the clipboard, with the blanks that come along, over what is there."""
    page.evaluate("(text) => navigator.clipboard.writeText(text)", f" {mail.key} ")
    page.get_by_label(say("Key"), exact=True).press("ControlOrMeta+a")
    page.get_by_label(say("Key"), exact=True).press("ControlOrMeta+v")


def greeting(say: Translator, person: ApiUser) -> str:
    return say("Hello %(name)s", name=f"{person.first_name} {person.last_name}")
