"""Actions on a page before it is checked."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.portal_server import PortalServer
from tests.browser.translator import Translator
from tests.fakes.api.cards import DRAFT, SENT, WHEN, decision
from tests.fakes.api.drafts import write

SLOW_BYTES_A_SECOND = 100_000
"""The large file takes minutes, so that it is still being sent while the page is checked."""
PASTED = """Dominique Bernard <dominique.bernard@ministere.example>; sacha.petit@entreprise.example,
"Petit, Claude" <claude.petit@ville.example>\tmartin chez ville"""
BAD: list[FilePayload] = [
    {"name": "Relevés 2025.csv", "mimeType": "text/csv", "buffer": b"a;b"},
    {"name": "outil.exe", "mimeType": "", "buffer": b"MZ"},
    {"name": "relevés 2025.CSV", "mimeType": "", "buffer": b"c;d"},
]


@dataclass(frozen=True)
class ActionContext:
    """A page, its translator, and the server of the portal."""

    page: Page
    say: Translator
    server: PortalServer


def nothing(_on: ActionContext) -> None:
    """Do nothing."""


def ask_with_a_wrong_answer(on: ActionContext) -> None:
    on.page.fill("#email", "camille.martin@ville.example")
    on.page.fill("#answer", "42")
    on.page.get_by_role("button", name=on.say("Send me a link")).click()
    on.page.wait_for_selector("#answer-error")


def fill_in_the_hidden_field(on: ActionContext) -> None:
    on.page.eval_on_selector("#website", "(field) => { field.value = 'https://ville.example'; }")
    on.page.fill("#email", "camille.martin@ville.example")
    on.page.get_by_role("button", name=on.say("Send me a link")).click()
    on.page.wait_for_selector(".alert--wrong")


def enter(on: ActionContext) -> None:
    on.page.fill("#last_name", "Martin")
    on.page.fill("#first_name", "Camille")
    on.page.fill("#key", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A")
    on.page.locator("main button").click()
    on.page.wait_for_load_state()


def enter_with_a_wrong_key(on: ActionContext) -> None:
    enter(on)
    on.page.wait_for_selector("#key-error")


def save(on: ActionContext) -> None:
    on.page.wait_for_selector('[data-ready="yes"]')
    on.page.fill("#subject", "Relevés du quatrième trimestre")
    on.page.locator(".actions").get_by_role("button", name=on.say("Save"), exact=True).click()
    on.page.wait_for_selector("main.narrow, .alert--wrong")


def sign_out_elsewhere_and_save(on: ActionContext) -> None:
    on.page.wait_for_selector('[data-ready="yes"]')
    on.page.context.clear_cookies()
    save(on)


def write_in_two_places(on: ActionContext) -> None:
    write(on.server.api.upload.drafts[DRAFT], {"text": "Bonjour,\n\nla version du bureau."})
    on.page.fill("#text", "Bonjour,\n\nla version de la maison.")
    on.page.locator(".alert--warn").get_by_role("button").first.wait_for()


def save_in_two_places(on: ActionContext) -> None:
    write(on.server.api.upload.drafts[DRAFT], {"text": "Bonjour,\n\nla version du bureau.", "cc": []})
    on.page.fill("#text", "Bonjour,\n\nla version de la maison.")
    on.page.fill("#cc", "claude.petit@ville.example")
    on.page.locator(".actions").get_by_role("button", name=on.say("Save"), exact=True).click()
    on.page.wait_for_selector("#text-error")


def paste_a_list(on: ActionContext) -> None:
    paste(on.page, PASTED)
    on.page.locator(".chips__wrong button").first.wait_for()
    expect(on.page.locator(".chip .badge")).to_have_count(3)


def paste(page: Page, text: str, field: str = "#to") -> None:
    """Paste text as from the clipboard."""
    page.locator(field).evaluate(
        """(field, text) => {
          const held = new DataTransfer();
          held.setData("text/plain", text);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def choose(page: Page, *files: Any, kind: str = "files") -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(f'[data-choose="{kind}"]').click()
    chooser.value.set_files(list(files))


def choose_bad_files(on: ActionContext) -> None:
    choose(on.page, *BAD)
    on.page.get_by_role("alert").locator("li").first.wait_for()
    expect(on.page.locator('.file[data-state="complete"]')).to_have_count(1)


def send_slowly(on: ActionContext) -> None:
    """Send a file of which two of five parts have arrived, slowly."""
    on.server.store_parts(2)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_A_SECOND}
    on.page.context.new_cdp_session(on.page).send("Network.emulateNetworkConditions", slow)
    choose(on.page, on.server.large)
    expect(on.page.locator(".sending__text")).to_contain_text(re.compile(r"^[4-9]\d\s?%"))


def pause(on: ActionContext) -> None:
    send_slowly(on)
    on.page.locator(".sending").get_by_role("button").click()
    on.page.locator('.file[data-state="paused"]').wait_for()


def wait_for_what_arrived(on: ActionContext) -> None:
    expect(on.page.locator('.file[data-state="incomplete"]')).to_contain_text("60")


def hold_files_above(on: ActionContext) -> None:
    held = on.page.evaluate_handle(
        "() => { const held = new DataTransfer(); held.items.add(new File(['plan'], 'plan.pdf')); return held; }"
    )
    on.page.dispatch_event("h1", "dragenter", {"dataTransfer": held})
    on.page.locator(".dropping").wait_for()


def open_all(on: ActionContext) -> None:
    on.page.eval_on_selector_all("main details", "(all) => all.forEach((one) => { one.open = true; })")


def refuse_without_reason(on: ActionContext) -> None:
    on.page.get_by_role("button", name=on.say("Refuse"), exact=True).click()
    on.page.wait_for_selector("#reason-error")


def decide_too_late(on: ActionContext) -> None:
    """Decide after somebody else has decided."""
    by = {"address": "claude.petit@ministere.example", "name": "Claude Petit"}
    known = {"outcome": "approved", "by": by, "at": WHEN, "reason": ""}
    over = {"state": "approved", "may_decide": False, "decide_by": None}
    on.server.api.propagation.decisions[SENT] = decision(**over, decided=known)
    on.page.get_by_role("button", name=on.say("Approve"), exact=True).click()
    on.page.wait_for_selector(".alert--warn")
