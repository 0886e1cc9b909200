"""Files are sent from a page: progress, interruption, resumption; parts that arrived are not sent twice."""

import hashlib
import re
import uuid
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.actions import choose
from tests.browser.people import BrowserUser
from tests.browser.uploads import begin, let_leave, number_of_parts, open_draft, parts_sent

AGENT = "dominique.navigateur@ministere.example"
SENDERS = "ville.example"


def test_after_a_closed_tab_stored_parts_are_not_sent_again(
    open_browser: Callable[[str], BrowserUser], large: Path
) -> None:
    somebody = open_browser(SENDERS)
    page, draft = begin(somebody, to=[AGENT], subject="Relevés", text="Voici.")
    let_leave(page, 2)
    with page.expect_event("requestfinished", number_of_parts(2)):
        choose(page, large)
    expect(page.locator(".sending")).to_be_visible()
    expect(page.locator(".sending__text")).to_contain_text("par seconde")
    expect(page).to_have_title(re.compile(r"^\d+\s%"))
    page.close(run_before_unload=False)

    (file,) = somebody.api.draft(draft).files
    before = {part.number for part in somebody.api.file_plan(draft, file.file).parts}
    assert 2 <= len(before) < 10

    page = open_draft(somebody.context, draft)
    expect(page.locator(".file__state")).to_contain_text("choisissez-le de nouveau pour reprendre")
    again = parts_sent(page)
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "complete")
    assert again
    assert not before & set(again), "a part that had arrived was sent twice"

    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre envoi a été effectué")
    sent = somebody.api.sent_transfer(draft)
    with large.open("rb") as content:
        assert [one.sha256 for one in sent.files] == [hashlib.file_digest(content, "sha256").hexdigest()]


def test_valid_files_are_kept_and_the_others_are_refused_with_an_explanation(
    open_browser: Callable[[str], BrowserUser],
) -> None:
    page, draft = begin(somebody := open_browser(SENDERS))
    small = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"plan"}
    choose(
        page,
        small,
        {"name": "outil.exe", "mimeType": "", "buffer": b"MZ"},
        {"name": "Plan.PDF", "mimeType": "", "buffer": b"another"},
        {"name": "vide.txt", "mimeType": "", "buffer": b""},
    )
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("2 fichiers n’ont pas été ajoutés")
    expect(alert).to_contain_text("outil.exe – les fichiers en .exe ne sont pas acceptés")
    expect(alert).to_contain_text("Plan.PDF – un fichier portant ce nom existe déjà")
    expect(page.locator('.file[data-state="complete"]')).to_have_count(2)
    assert {file.path: file.state for file in somebody.api.draft(draft).files} == {
        "plan.pdf": "complete",
        "vide.txt": "complete",
    }
    page.locator(".file", has_text="plan.pdf").get_by_role("button", name="Retirer").click()
    expect(page.locator(".file")).to_have_count(1)


def test_files_are_dropped_anywhere_on_the_page(open_browser: Callable[[str], BrowserUser]) -> None:
    page, _ = begin(open_browser(SENDERS))
    held = page.evaluate_handle(
        "() => { const held = new DataTransfer(); held.items.add(new File(['plan'], 'plan.pdf')); return held; }"
    )
    page.dispatch_event("h1", "dragenter", {"dataTransfer": held})
    expect(page.locator(".dropping")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": held})
    expect(page.locator(".dropping")).to_be_hidden()
    expect(page.locator('.file[data-state="complete"]')).to_have_count(1)


def test_another_file_of_the_same_name_is_refused(open_browser: Callable[[str], BrowserUser]) -> None:
    somebody = open_browser(SENDERS)
    draft, file = str(uuid.uuid4()), str(uuid.uuid4())
    somebody.api.create_draft(draft)
    somebody.api.announce_file(draft, file, "relevés.csv", 5)
    page = open_draft(somebody.context, draft)
    choose(page, {"name": "relevés.csv", "mimeType": "text/csv", "buffer": b"longer than five"})
    expect(page.get_by_role("alert")).to_contain_text("un autre fichier portant ce nom")
    choose(page, {"name": "relevés.csv", "mimeType": "text/csv", "buffer": b"a;b;c"})
    expect(page.locator('.file[data-state="complete"]')).to_have_count(1)


def test_an_upload_is_paused_and_resumes(open_browser: Callable[[str], BrowserUser], large: Path) -> None:
    page, _ = begin(open_browser(SENDERS))
    let_leave(page, 1)
    with page.expect_event("requestfinished", number_of_parts(1)):
        choose(page, large)
    page.locator(".sending").get_by_role("button", name="Pause").click()
    expect(page.locator(".file")).to_have_attribute("data-state", "paused")
    expect(page.locator(".file__state")).to_contain_text("en pause à")
    page.locator(".file").get_by_role("button", name="Reprendre").click()
    expect(page.locator(".file")).to_have_attribute("data-state", "sending")
    page.locator(".file").get_by_role("button", name="Retirer").click()
    expect(page.locator(".file")).to_have_count(0)
    expect(page.locator(".sending")).to_be_hidden()


def test_what_is_typed_is_saved_and_recipients_are_classified(open_browser: Callable[[str], BrowserUser]) -> None:
    page, draft = begin(somebody := open_browser(SENDERS))
    field = page.get_by_label("Destinataires", exact=True)
    field.fill(f"Dominique <{AGENT}>; sacha@entreprise.example, pas une adresse")
    field.press("Tab")
    expect(field).not_to_be_focused()
    chips = page.locator('[data-field="to"] .chip')
    expect(chips).to_have_count(2)
    expect(page.locator('[data-field="to"] .chips__wrong')).to_contain_text("pas une adresse")
    expect(page.locator(".saved")).to_contain_text(re.compile(r"Enregistré à \d+\sh\s\d\d"))
    expect(chips.nth(0)).to_contain_text("agent")
    expect(chips.nth(1)).to_contain_text("externe")
    expect(page.locator(".approval")).to_contain_text("1 destinataire externe")
    page.get_by_role("button", name="Retirer", exact=True).click()
    field.focus()
    field.press("Backspace")
    expect(chips).to_have_count(2)
    page.keyboard.press("Backspace")
    expect(chips).to_have_count(1)
    expect(page.locator(".approval")).to_contain_text("Aucune validation nécessaire")
    found = somebody.api.draft(draft)
    assert [one.address for one in found.recipients] == [AGENT]
    assert found.unreadable == []


def test_two_tabs_never_send_one_draft(open_browser: Callable[[str], BrowserUser], large: Path) -> None:
    somebody = open_browser(SENDERS)
    page, draft = begin(somebody)
    let_leave(page, 0)
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "sending")
    other = open_draft(somebody.context, draft)
    sent = parts_sent(other)
    choose(other, {"name": "note.txt", "mimeType": "text/plain", "buffer": b"note"})
    expect(other.get_by_role("status").filter(has_text="Un autre onglet")).to_be_visible()
    assert not sent
    page.close(run_before_unload=False)
    expect(other.locator(".file", has_text="note.txt")).to_have_attribute("data-state", "complete")
    assert sent == [1]


def test_tracking_updates_without_a_reload(open_browser: Callable[[str], BrowserUser]) -> None:
    somebody = open_browser(SENDERS)
    page, draft = begin(somebody, to=[AGENT], subject="Suivi", text="Voici.")
    choose(page, {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"plan"})
    expect(page.locator('.file[data-state="complete"]')).to_have_count(1)
    somebody.api.submit(draft)
    page.goto(f"/tracking/{draft}")
    page.locator("#recipients + [data-live]").get_by_text(AGENT.split("@")[0]).first.wait_for()
    expect(page.locator(".timeline")).to_be_visible()
    expect(page.locator(".followed")).to_be_visible()
    somebody.api.revoke(draft, AGENT)
    expect(page.locator(".followed")).to_contain_text("révoqué")
    somebody.api.withdraw(draft)
    expect(page.locator(".timeline")).to_contain_text("Supprimé par vous")
