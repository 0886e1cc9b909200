"""A transfer is written, saved, continued, reviewed and sent; also by keyboard alone."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from portal.formatting import days_from
from services.kit.formatting import format_day
from tests.browser.actions import choose, paste
from tests.browser.keyboard import Keyboard
from tests.browser.people import AGENTS, EXTERNAL, BrowserScenario, BrowserUser
from tests.browser.translator import Translator

FARTHER = "entreprise.example"
READY = ("data-ready", "yes")
ONE_EXTERNAL = "%(n)s external recipient: an agent among the recipients must approve."
MORE_EXTERNAL = "%(n)s external recipients: an agent among the recipients must approve."
NO_AGENT = "To send files to external recipients, add at least one agent who can approve this transfer."
SMALL: FilePayload = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"plan"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a folder in it."""
    (tmp_path / "Dossier d’été" / "Annexes").mkdir(parents=True)
    (tmp_path / "Dossier d’été" / "note.txt").write_text("note")
    (tmp_path / "Dossier d’été" / "Annexes" / "œuvres.csv").write_text("a;b")
    return tmp_path / "Dossier d’été"


def begin(somebody: BrowserUser) -> Page:
    page = somebody.open("/")
    page.get_by_role("button", name=somebody.say("New transfer")).click()
    expect(uploader(page)).to_have_attribute(*READY)
    return page


def uploader(page: Page) -> Locator:
    return page.locator('[data-island="uploader"]')


def chips(page: Page, field: str = "to") -> Locator:
    return page.locator(f'[data-field="{field}"] .chip')


def wrong(page: Page) -> Locator:
    return page.locator('[data-field="to"] .chips__wrong')


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


@pytest.mark.parametrize("language", ["fr"])
def test_a_transfer_from_the_first_input_to_the_tracking_link(
    scenario: BrowserScenario, language: str, folder: Path
) -> None:
    camille = scenario.signed_in_browser(EXTERNAL, language)
    camille.context.grant_permissions(["clipboard-read", "clipboard-write"])
    say, page = camille.say, begin(camille)
    agent, other = scenario.new_person(AGENTS, "dominique").address, scenario.new_person(FARTHER, "sacha").address

    paste(page, f'Dominique Bernard <{agent}>; {other}\t"Petit, Claude" <claude@{FARTHER}>, pas une adresse')
    expect(chips(page)).to_have_count(3)
    expect(wrong(page)).to_contain_text("pas une adresse")
    expect(chips(page).nth(0)).to_contain_text(say("agent"))
    expect(chips(page).nth(1)).to_contain_text(say("external"))
    expect(page.locator(".approval")).to_have_text(say.many(ONE_EXTERNAL, MORE_EXTERNAL, 2))
    page.get_by_role("button", name=say("Correct")).click()
    expect(page.locator("#to")).to_have_value("pas une adresse")
    page.locator("#to").fill("")
    expect(wrong(page)).to_be_hidden()

    page.get_by_label(say("Subject")).fill("Relevés & délibération")
    page.get_by_role("textbox", name=say("Message")).fill("Bonjour,\n\nvoici.")
    page.get_by_label(say("How long should it be available?")).select_option("3")
    chosen = page.locator("#validity_days option:checked").inner_text()
    assert chosen in validity(say, 3)

    choose(page, SMALL, {"name": "outil.exe", "mimeType": "", "buffer": b"MZ"})
    expect(page.get_by_role("alert")).to_contain_text("outil.exe")
    choose(page, folder, kind="folder")
    expect(page.locator('.file[data-state="complete"]')).to_have_count(3)
    expect(page.locator(".file__name").filter(has_text="œuvres.csv")).to_have_text("Dossier d’été/Annexes/œuvres.csv")

    page.get_by_role("button", name=say("Save"), exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text(
        say("The draft is saved. You can continue later, on another computer too.")
    )
    page.get_by_role("link", name=say("Drafts")).click()
    page.get_by_role("link", name="Relevés & délibération").first.click()
    expect(uploader(page)).to_have_attribute(*READY)
    expect(chips(page)).to_have_count(3)
    expect(page.get_by_role("textbox", name=say("Message"))).to_have_value("Bonjour,\n\nvoici.")
    expect(page.locator("#validity_days")).to_have_value("3")
    expect(page.locator('.file[data-state="complete"]')).to_have_count(3)

    page.get_by_role("button", name=say("Continue: review")).click()
    expect(heading(page)).to_have_text(say("Review before sending"))
    recap = page.locator("main")
    for words in (agent, other, "Relevés & délibération", "œuvres.csv", say.many(ONE_EXTERNAL, MORE_EXTERNAL, 2)):
        expect(recap).to_contain_text(words)
    page.get_by_role("button", name=say("Send"), exact=True).click()
    expect(heading(page)).to_have_text(say("Waiting for approval"))
    expect(page.locator("main")).to_contain_text(agent)
    page.get_by_role("button", name=say("Copy")).click()
    expect(page.get_by_role("status")).to_have_text(say("Copied."))
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.get_by_label(say("Tracking link, for you only")).input_value()
    page.goto(link)
    expect(heading(page)).to_have_text("Relevés & délibération")
    expect(page.get_by_role("heading", name=say("Status"))).to_be_visible()


def test_without_an_agent_the_page_warns_and_nothing_can_be_sent(scenario: BrowserScenario) -> None:
    camille = scenario.signed_in_browser(EXTERNAL)
    say, page = camille.say, begin(camille)
    page.locator("#to").fill(f"sacha@{FARTHER} ")
    page.get_by_label(say("Subject")).fill("Sans agent")
    expect(page.locator(".approval")).to_have_text(say(NO_AGENT))
    choose(page, SMALL)
    expect(page.locator('.file[data-state="complete"]')).to_have_count(1)
    page.get_by_role("button", name=say("Continue: review")).click()
    expect(page.locator(".alert--wrong")).to_contain_text("agent")
    expect(page.get_by_role("button", name=say("Send"), exact=True)).to_have_count(0)
    page.get_by_role("link", name=say("Back to the draft")).click()
    page.get_by_role("link", name=say("Delete this draft")).click()
    page.get_by_role("button", name=say("Delete this draft")).click()
    expect(heading(page)).to_have_text(say("Drafts"))
    expect(page.get_by_role("link", name="Sans agent")).to_have_count(0)


def test_the_page_shows_what_the_service_read(scenario: BrowserScenario) -> None:
    dominique = scenario.signed_in_browser(AGENTS, name="dominique")
    say, page = dominique.say, begin(dominique)
    listed = f"Martin, Claude <Claude@{FARTHER}>; \u200bana@mairie-évian.example, rené@{FARTHER}, 'eva@{FARTHER}'"
    paste(page, listed)
    expect(chips(page).locator(".badge")).to_have_count(3)
    for chip, shown in enumerate((f"Claude@{FARTHER}", "ana@mairie-évian.example", f"eva@{FARTHER}")):
        expect(chips(page).nth(chip).locator(".chip__address")).to_have_text(shown)
    expect(wrong(page)).to_contain_text(f"rené@{FARTHER}")
    expect(wrong(page)).to_contain_text(say("an address cannot contain “%(character)s”", character="é"))
    expect(page.locator(".approval")).to_be_hidden()
    page.get_by_label(say("Subject")).fill("Relus")
    page.get_by_role("button", name=say("Continue: review")).click()
    expect(page.locator(".alert--wrong code")).to_have_text(f"rené@{FARTHER}")
    page.get_by_role("link", name=say("Back to the draft")).click()
    expect(wrong(page)).to_contain_text(f"rené@{FARTHER}")
    expect(chips(page).locator(".badge")).to_have_count(3)
    page.get_by_role("button", name=say("Correct")).click()
    page.locator("#to").fill(f"rene@{FARTHER}")
    page.locator("#to").press("Enter")
    expect(chips(page).locator(".badge")).to_have_count(4)
    expect(wrong(page)).to_be_hidden()


def test_with_the_keyboard_alone(scenario: BrowserScenario) -> None:
    dominique = scenario.signed_in_browser(AGENTS, name="dominique")
    say, page = dominique.say, dominique.open("/")
    keyboard = Keyboard(page)
    keyboard.use(page.get_by_role("button", name=say("New transfer")))
    expect(uploader(page)).to_have_attribute(*READY)

    keyboard.write(page.locator("#to"), f"sacha@{FARTHER}, claude@{FARTHER};pas une adresse")
    keyboard.press("Tab")
    expect(chips(page)).to_have_count(2)
    keyboard.use(page.get_by_role("button", name=say("Remove"), exact=True))
    expect(wrong(page)).to_be_hidden()
    expect(page.locator("#to")).to_be_focused()
    keyboard.press("Backspace")
    expect(chips(page)).to_have_count(2)
    keyboard.press("Backspace")
    expect(chips(page)).to_have_count(1)
    expect(page.locator(".approval")).to_have_text(say("No approval needed: it is sent immediately."))

    keyboard.write(page.locator("#subject"), "Au clavier")
    keyboard.write(page.locator("#text"), "Voici.")
    keyboard.to(page.locator("#validity_days"))
    keyboard.press("ArrowDown")
    expect(page.locator("#validity_days")).to_have_value("8")
    keyboard.to(page.locator('[data-choose="files"]'))
    with page.expect_file_chooser() as chooser:
        keyboard.press("Space")
    chooser.value.set_files([SMALL])
    expect(page.locator('.file[data-state="complete"]')).to_have_count(1)
    keyboard.use(page.get_by_role("button", name=say("Continue: review")))
    expect(heading(page)).to_have_text(say("Review before sending"))
    keyboard.use(page.get_by_role("button", name=say("Send"), exact=True))
    expect(heading(page)).to_have_text(say("Your transfer has been sent"))


def validity(say: Translator, days: int) -> set[str]:
    """The end in words, also if midnight has passed meanwhile."""
    zone, now = ZoneInfo("Europe/Paris"), datetime.now(UTC)
    ends = [format_day(days_from(now, count), say.language, zone) for count in (days, days - 1)]
    return {say.many("%(n)s day, until %(end)s", "%(n)s days, until %(end)s", days, end=end) for end in ends}
