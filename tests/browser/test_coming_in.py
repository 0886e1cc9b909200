"""Somebody asks for a link, finds it in their mailbox, and comes in with its key; by mouse, and by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from devstack.human_check import answer
from devstack.letters import Letter
from devstack.people import ACCESS, Person
from tests.browser.keys import Keys
from tests.browser.seats import AGENTS, OUTSIDE, House
from tests.browser.words import Words, words

WRONG_KEY = "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.mark.parametrize("language", ["fr"])
def test_a_link_and_a_key_open_a_session_once(house: House, language: str) -> None:
    say, person = words(language), house.stranger(OUTSIDE)
    context = house.window(language)
    context.grant_permissions(CLIPBOARD)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name=say("Get an access link by email")).click()
    assert page.locator(".check__image").evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    page.get_by_role("link", name=say("Answer a question instead")).click()
    page.get_by_label(say("Your email address")).fill(person.address)
    page.locator("#answer").fill(answer(page.locator("label[for=answer]").inner_text()))
    page.get_by_role("button", name=say("Send me a link")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Check your email"))

    letter = person.letter(ACCESS)
    page.goto(f"/access/{letter.token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    page.get_by_label(say("Key"), exact=True).fill(WRONG_KEY)
    come_in(page, say)
    expect(page.locator("#key-error")).to_contain_text(say.many("One attempt left.", "%(n)s attempts left.", 4))
    expect(page.get_by_label(say("First name"))).to_have_value(person.first_name)
    paste_key(page, say, letter)
    come_in(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(greeting(say, person))

    page.goto(f"/access/{letter.token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    paste_key(page, say, letter)
    come_in(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("This access link has already been used"))
    page.get_by_role("button", name=say("Sign out")).click()
    expect(page.get_by_role("link", name=say("Get an access link by email"))).to_be_visible()
    page.goto("/drafts")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Sign in to continue"))


def test_the_last_wrong_key_closes_the_link_and_says_what_to_do(house: House) -> None:
    say, person = words("fr"), house.stranger(OUTSIDE)
    person.ask_for_link()
    page = house.window().new_page()
    page.goto(f"/access/{person.letter(ACCESS).token(ACCESS)}")
    page.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    page.get_by_label(say("First name")).fill(person.first_name)
    for left in (4, 3, 2, 1):
        page.get_by_label(say("Key"), exact=True).fill(WRONG_KEY)
        come_in(page, say)
        expect(page.locator("#key-error")).to_contain_text(say.many("One attempt left.", "%(n)s attempts left.", left))
    come_in(page, say)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("This access link is blocked"))
    expect(page.get_by_role("link", name=say("Request an access link"))).to_be_visible()


def test_with_the_keyboard_alone(house: House) -> None:
    say, person = words("fr"), house.stranger(OUTSIDE)
    page = house.window().new_page()
    page.goto("/")
    keys = Keys(page)
    keys.use(page.get_by_role("link", name=say("Get an access link by email")))
    keys.use(page.get_by_role("link", name=say("Answer a question instead")))
    question = page.locator("label[for=answer]")
    expect(question).to_contain_text("?")
    keys.write(page.locator("#email"), person.address)
    keys.write(page.locator("#answer"), answer(question.inner_text()))
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Check your email"))
    letter = person.letter(ACCESS)
    page.goto(f"/access/{letter.token(ACCESS)}")
    keys.write(page.locator("#last_name"), person.last_name)
    keys.write(page.locator("#first_name"), person.first_name)
    keys.write(page.locator("#key"), str(letter.key).lower().replace("-", " "))
    keys.use(page.locator("main").get_by_role("button", name=say("Sign in")), "Space")
    expect(page.get_by_role("heading", level=1)).to_have_text(greeting(say, person))


@pytest.mark.parametrize("language", ["en"])
def test_who_cannot_pass_the_check_is_invited_by_an_agent(house: House, language: str) -> None:
    agent, person = house.seat(AGENTS, language, "dominique"), house.stranger(OUTSIDE)
    say, page = agent.say, agent.open("/")
    page.get_by_role("link", name=say("Invite someone to send files")).click()
    page.get_by_label(say("Their email address")).fill(person.address)
    page.get_by_role("button", name=say("Invite")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("The invitation is being sent"))

    letter, theirs = person.letter(ACCESS), house.window(language).new_page()
    theirs.goto(f"/access/{letter.token(ACCESS)}")
    theirs.get_by_label(say("Last name"), exact=True).fill(person.last_name)
    theirs.get_by_label(say("First name")).fill(person.first_name)
    theirs.get_by_label(say("Key"), exact=True).fill(str(letter.key))
    come_in(theirs, say)
    expect(theirs.get_by_role("heading", level=1)).to_have_text(greeting(say, person))


def come_in(page: Page, say: Words) -> None:
    page.locator("main").get_by_role("button", name=say("Sign in")).click()


def paste_key(page: Page, say: Words, letter: Letter) -> None:
    """From the clipboard, with the blanks that come along, over what is there."""
    page.evaluate("(text) => navigator.clipboard.writeText(text)", f" {letter.key} ")
    page.get_by_label(say("Key"), exact=True).press("ControlOrMeta+a")
    page.get_by_label(say("Key"), exact=True).press("ControlOrMeta+v")


def greeting(say: Words, person: Person) -> str:
    return say("Hello %(name)s", name=f"{person.first_name} {person.last_name}")
