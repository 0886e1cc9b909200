"""Every letter in both languages and both forms, also when somebody wrote what means harm (R31, R32)."""

from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from services.contracts.values import Language
from services.notify.letters.letter import WORDS, Stationery
from services.notify.letters.words import date, many_lines, one_line, size
from tests.unit.notify.letters import AT, HOSTILE, words
from tests.unit.notify.markup import Page

PARIS = ZoneInfo("Europe/Paris")
STATIONERY = Stationery(PARIS)
KINDS = sorted(words())
ALLOWED_TAGS = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td"} | {
    *{"div", "p", "h1", "h2", "a", "br", "blockquote"},
}
ALLOWED_ATTRIBUTES = {
    "style",
    "class",
    "href",
    "target",
    "lang",
    "hreflang",
    "dir",
    "role",
    "type",
    "media",
    "xmlns:v",
    "xmlns:o",
} | {
    *{"align", "valign", "width", "border", "cellpadding", "cellspacing", "bgcolor"},
    *{"name", "content", "http-equiv", "aria-label", "aria-roledescription"},
}

both = pytest.mark.parametrize("language", ["fr", "en"])
every_kind = pytest.mark.parametrize("kind", KINDS)


def tags(page: Page) -> set[str]:
    assert {name for node in page.nodes for name in node.attributes} <= ALLOWED_ATTRIBUTES
    return {node.tag for node in page.nodes}


def test_there_is_a_template_for_each_kind_and_language_and_none_is_left_over() -> None:
    files = {path.name for path in WORDS.iterdir()}
    wanted = {f"{kind}.{language}.j2" for kind in [*KINDS, "shared"] for language in ("fr", "en")}
    assert files == wanted | {"layout.txt.j2"}


@both
@every_kind
def test_every_letter_has_a_subject_and_the_same_words_twice(kind: str, language: Language) -> None:
    letter = STATIONERY.write(kind, language, words()[kind])
    assert letter.subject
    assert "\n" not in letter.subject
    assert f'lang="{language}"' in letter.html
    assert tags(Page(letter.html)) <= ALLOWED_TAGS
    assert ("Bonjour," if language == "fr" else "Hello,") in letter.text
    assert "None" not in letter.text
    assert "{" not in letter.text
    assert "{{" not in letter.html
    assert "{%" not in letter.html
    assert "\n\n\n" not in letter.text


@both
@every_kind
def test_nothing_that_somebody_wrote_becomes_markup_or_a_line_of_its_own(kind: str, language: Language) -> None:
    letter = STATIONERY.write(kind, language, words(HOSTILE)[kind])
    page = Page(letter.html)
    assert tags(page) <= ALLOWED_TAGS
    assert all(link.startswith("https://m.example/") for link in page.links)
    assert len(page.links) <= 3
    assert "49" not in letter.subject
    for form in letter:
        assert "\u202e" not in form
        assert "\x00" not in form
        assert "\r" not in form
        assert not any(line.startswith("Bcc") for line in form.splitlines())


@both
@pytest.mark.parametrize("kind", ["access", "sent", "waiting"])
def test_acknowledgements_carry_no_more_than_the_beginning_of_the_subject(kind: str, language: Language) -> None:
    given = {**words("CANARI" * 40)[kind]}
    letter = STATIONERY.write(kind, language, given)
    assert max(form.count("CANARI") for form in (letter.subject, letter.text)) <= (0 if kind == "access" else 10)


@both
@pytest.mark.parametrize("outcome", ["approved", "refused", "lapsed"])
def test_the_other_approvers_read_how_it_was_decided(outcome: str, language: Language) -> None:
    given = {**words()["decided"], "outcome": outcome, "by": words()["decided"]["by"] if outcome != "lapsed" else None}
    letter = STATIONERY.write("decided", language, given)
    assert ("dominique@ministere.example" in letter.text) == (outcome != "lapsed")
    assert "None" not in letter.text


def test_a_word_that_is_missing_is_an_error_and_not_an_empty_place() -> None:
    given = words()["link"]
    del given["files"]
    with pytest.raises(UndefinedError):
        STATIONERY.write("link", "fr", given)


def test_the_approver_reads_that_a_name_is_declared_and_that_a_copy_is_hidden() -> None:
    letter = STATIONERY.write("to_approve", "fr", words()["to_approve"])
    text = letter.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Expéditeur (adresse vérifiée) : maire@ville.example" in text
    assert "Nom déclaré, non vérifié : Plans d'été" in text
    assert "- a@b.example (agent, copie cachée, invisible des autres)" in text
    assert "https://m.example/approve/x" in text


def test_a_domain_is_written_in_unicode_and_a_doubtful_one_in_ascii_too() -> None:
    asked = words()["to_approve"]
    asked["sender"] = {"address": "maire@xn--mairie-vian-hbb.fr", "name": "Maire"}
    asked["recipients"] = [{"address": "a@xn--mnistere-tkb.fr", "role": "external", "field": "to"}]
    letter = STATIONERY.write("to_approve", "fr", asked)
    assert "maire@mairie-évian.fr" in letter.text
    assert "a@mınistere.fr <a@xn--mnistere-tkb.fr>" in letter.text
    assert "a@mınistere.fr &lt;a@xn--mnistere-tkb.fr&gt;" in letter.html


def test_a_link_in_what_somebody_wrote_is_not_made_one() -> None:
    given = {**words()["link"], "quoted": "voir https://piege.example/ et www.piege.example"}
    letter = STATIONERY.write("link", "fr", given)
    assert Page(letter.html).links == [
        "https://m.example/download/x",
        "https://m.example/download/x",
        "https://m.example/download/x?lang=en",
    ]


def test_a_quoted_text_keeps_its_lines_and_cannot_end_its_own_block() -> None:
    given = {**words()["link"], "quoted": "un\n---\n\ndeux"}
    letter = STATIONERY.write("link", "fr", given)
    assert "> un\n> ---\n>\n> deux\n---" in letter.text
    assert "un<br>---<br><br>deux" in letter.html


def test_a_long_list_of_files_is_cut_with_how_many_are_left_out() -> None:
    files = [{"path": f"f{n}", "size_bytes": n} for n in range(1000)]
    letter = STATIONERY.write("link", "fr", {**words()["link"], "files": files})
    assert "et 900 de plus" in letter.text
    assert "1000 fichiers" in letter.text


@pytest.mark.parametrize(
    ("size_bytes", "french", "english"),
    [
        (0, "0 octets", "0 B"),
        (999, "999 octets", "999 B"),
        (1_000, "1 ko", "1 kB"),
        (1_250_000_000, "1,2 Go", "1.2 GB"),
        (999_999, "1 Mo", "1 MB"),
        (20_000_000_000, "20 Go", "20 GB"),
    ],
)
def test_sizes_are_told_in_decimal_units(size_bytes: int, french: str, english: str) -> None:
    assert size(size_bytes, "fr").replace("\N{NO-BREAK SPACE}", " ") == french
    assert size(size_bytes, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_dates_are_told_in_words_in_the_configured_zone() -> None:
    assert date(AT, "fr", PARIS) == "mardi 3 mars 2026 à 14\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05 (heure de Paris)"
    assert date(AT, "en", PARIS) == "Tuesday 3 March 2026 at 14:05 (Paris time)"
    assert date(AT.replace(day=1), "fr", PARIS).startswith("dimanche 1er mars 2026 à 14")


def test_a_line_is_one_line_and_a_text_keeps_its_lines() -> None:
    assert one_line(" a\r\n\tb\u2028c\u202e\x00d\u200b ") == "a b cd"
    assert many_lines("\r\n a\r\n\r\n b\u202e \n") == "a\n\nb"
    assert one_line("x" * 20, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("language", "asked", "by_the_calendar"),
    [
        ("fr", ("Rappel", "vous rappelle"), ("Bientôt la fin", "Vous n'avez")),
        ("en", ("Reminder", "reminds you"), ("Ends soon", "You have")),
    ],
)
def test_a_reminder_says_whether_its_sender_asked_for_it(
    language: Language, asked: tuple[str, str], by_the_calendar: tuple[str, str]
) -> None:
    given = words()["reminder"]
    for is_asked, (subject, opening) in ((True, asked), (False, by_the_calendar)):
        letter = STATIONERY.write("reminder", language, {**given, "asked": is_asked})
        assert letter.subject.startswith(subject)
        assert opening in letter.text
