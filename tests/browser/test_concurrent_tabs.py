"""A draft that is open in two tabs, and a session that ends beside its page: nothing that was typed is lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.pages import COMPOSE, READY
from tests.browser.people import set_session_cookie
from tests.browser.portal_server import PortalServer, run_portal_server
from tests.browser.translator import LOCALES
from tests.eventually import TIMEOUT_SECONDS, until
from tests.fakes.api.app import FakeApi
from tests.fakes.api.call import token
from tests.fakes.api.cards import DRAFT, Json
from tests.fakes.api.drafts import write

API_PROXY = f"**/api-proxy{COMPOSE}"
LEAVES = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
TYPE = """fields => {
  for (const [id, value] of Object.entries(fields)) {
    document.getElementById(id).value = value;
    document.getElementById(id).dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
TYPE_AND_HIDE = f"fields => {{ ({TYPE})(fields); ({HIDE})(); }}"
LARGE = "é" * 35_000


@pytest.fixture(scope="module")
def server() -> Iterator[PortalServer]:
    with run_portal_server() as found:
        yield found


@pytest.fixture
def page(browser: Browser, server: PortalServer) -> Iterator[Page]:
    """A draft's page, opened a while ago."""
    server.api = FakeApi.populated()
    context = browser.new_context(locale=LOCALES["fr"], base_url=server.url)
    context.set_default_timeout(1000 * TIMEOUT_SECONDS)
    set_session_cookie(context, token())
    opened = context.new_page()
    with opened.expect_response(API_PROXY):
        opened.goto(COMPOSE)
    opened.wait_for_selector(READY)
    yield opened
    context.close()
    assert server.api.violations == []


@pytest.fixture
def draft(page: Page, server: PortalServer) -> Json:
    """What the service holds, once the page is open."""
    return server.api.upload.drafts[DRAFT]


def saved(draft: Json, name: str, wanted: str) -> None:
    until(lambda: draft[name] == wanted, f"{name} is saved")


def test_an_old_page_saves_what_was_typed_and_overwrites_nothing(page: Page, draft: Json) -> None:
    write(draft, {"text": "Écrit ailleurs", "to": ["a@ministere.example"]})
    page.fill("#subject", "Objet")
    saved(draft, "subject", "Objet")
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("main")).to_contain_text("Écrit ailleurs")
    expect(page.locator("main")).to_contain_text("a@ministere.example")


def test_one_field_changed_in_two_places_is_asked_about_and_mine_is_saved(page: Page, draft: Json) -> None:
    write(draft, {"text": "Écrit ailleurs"})
    page.fill("#text", "Écrit ici")
    page.fill("#subject", "Objet")
    expect(page.locator(".alert--warn")).to_contain_text("Écrit ailleurs")
    saved(draft, "subject", "Objet")
    assert draft["text"] == "Écrit ailleurs"
    page.get_by_role("button", name="Enregistrer ma version").click()
    saved(draft, "text", "Écrit ici")
    expect(page.locator(".alert--warn")).to_have_count(0)


def test_the_other_list_of_recipients_is_taken_over(page: Page, draft: Json) -> None:
    write(draft, {"to": ["a@ministere.example; b@ministere.example; oups"]})
    page.fill("#to", "c@ministere.example ")
    page.get_by_role("button", name="Reprendre la version enregistrée").click()
    expect(page.locator('[data-field="to"] .chip__address')).to_have_text(
        ["a@ministere.example", "b@ministere.example"]
    )
    page.fill("#to", "d@ministere.example ")
    until(lambda: "d@ministere.example" in str(draft["recipients"]), "the list is saved")
    to = [one["address"] for one in draft["recipients"] if one["field"] == "to"]
    assert to == ["a@ministere.example", "b@ministere.example", "d@ministere.example"]


def test_a_change_whose_response_was_lost_causes_no_conflict(page: Page, draft: Json) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.fulfill(status=400)

    page.route(API_PROXY, lose, times=1)
    page.fill("#text", "Écrit  ici")
    expect(page.locator(".saved--wrong")).to_be_visible()
    assert draft["text"] == "Écrit  ici"
    page.fill("#text", "Écrit ici, puis poursuivi")
    saved(draft, "text", "Écrit ici, puis poursuivi")
    expect(page.locator(".alert--warn")).to_have_count(0)


def test_a_page_left_open_reports_the_sign_out_and_continues_in_the_next_session(page: Page, draft: Json) -> None:
    page.context.clear_cookies()
    page.fill("#text", "Deux heures de travail")
    expect(page.locator(".saved--wrong")).to_contain_text("Vous êtes déconnecté")
    set_session_cookie(page.context, token(session="session-2"))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    saved(draft, "text", "Deux heures de travail")


def test_a_page_left_open_reports_that_its_session_has_ended(page: Page, server: PortalServer) -> None:
    page.context.clear_cookies()
    set_session_cookie(page.context, token(age=1000))
    server.api.auth.session = None
    for text in ("Une heure", "Deux heures"):
        page.fill("#text", text)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".saved--wrong")).to_contain_text("Votre session a expiré")


def test_the_last_input_is_saved_while_a_save_is_in_progress(page: Page, draft: Json) -> None:
    held: list[Route] = []
    page.route(API_PROXY, lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(API_PROXY):
        page.fill("#text", "Les premiers")
    until(lambda: bool(page.evaluate("1") and held), "a save is under way")
    page.fill("#text", "Les premiers et les derniers mots")
    with page.expect_response(API_PROXY):
        page.evaluate(HIDE)
    saved(draft, "text", "Les premiers et les derniers mots")
    with page.expect_response(lambda answer: answer.request.method == "GET"):
        held[0].continue_()
    assert draft["text"] == "Les premiers et les derniers mots"
    page.fill("#text", "Et la suite")
    until(lambda: bool(page.evaluate("1") and draft["text"] == "Et la suite"), "the text is saved")
    expect(page.locator(".alert--warn")).to_have_count(0)


def test_the_last_input_of_one_field_is_saved_although_another_was_changed_elsewhere(page: Page, draft: Json) -> None:
    write(draft, {"text": "Écrit ailleurs"})
    page.evaluate(TYPE_AND_HIDE, {"text": "Écrit ici", "subject": "Objet"})
    saved(draft, "subject", "Objet")
    expect(page.locator(".alert--warn")).to_contain_text("Écrit ailleurs")
    assert page.input_value("#text") == "Écrit ici"
    assert draft["text"] == "Écrit ailleurs"
    assert page.evaluate(LEAVES) is False
    page.get_by_role("button", name="Enregistrer ma version").click()
    saved(draft, "text", "Écrit ici")


def test_the_last_input_of_one_field_is_saved_although_another_is_too_large_to_send(page: Page, draft: Json) -> None:
    page.evaluate(TYPE_AND_HIDE, {"text": LARGE, "subject": "Objet"})
    saved(draft, "subject", "Objet")
    expect(page.locator(".saved--wrong")).to_contain_text("Non enregistré")
    assert page.evaluate(LEAVES) is False, "the text is not saved"


def test_leaving_needs_confirmation_only_while_a_field_too_large_to_send_is_unsaved(page: Page, draft: Json) -> None:
    held: list[Route] = []
    page.route(API_PROXY, lambda route: route.continue_() if held else held.append(route))
    page.evaluate(TYPE, {"subject": "Objet"})
    assert page.evaluate(LEAVES) is True
    page.evaluate(TYPE, {"text": LARGE})
    assert page.evaluate(LEAVES) is False
    until(lambda: bool(page.evaluate("1") and held), "a save is under way")
    held[0].continue_()
    until(lambda: bool(page.evaluate("1") and draft["text"] == LARGE), "the text is saved")
    until(lambda: page.evaluate(LEAVES) is True, "leaving is free again")


def test_an_address_that_was_not_ended_is_saved_when_the_page_is_hidden(page: Page, draft: Json) -> None:
    page.fill("#to", "sans.fin@ministere.example")
    page.evaluate(HIDE)
    until(lambda: "sans.fin@ministere.example" in str(draft["recipients"]), "the address is saved")


def test_nothing_is_shown_as_saved_during_a_conflict(page: Page, draft: Json) -> None:
    page.locator("details.more").evaluate("it => it.open = true")
    write(draft, {"cc": ["a@ministere.example"]})
    page.fill("#cc", "b@ministere.example")
    page.locator("details.more").evaluate("it => it.open = false")
    page.evaluate("document.querySelector('#cc').dispatchEvent(new Event('blur'))")
    expect(page.locator(".alert--warn")).to_be_visible()
    with page.expect_response(API_PROXY):
        page.fill("#subject", "Objet")
    saved(draft, "subject", "Objet")
    expect(page.locator(".saved--wrong")).to_contain_text("Non enregistré")
    assert page.evaluate(LEAVES) is False
    page.get_by_role("button", name="Reprendre la version enregistrée").click()
    expect(page.locator(".saved")).to_contain_text("Enregistré à")
    assert page.evaluate(LEAVES) is True
