"""Every mail in both languages and both formats, also with hostile input (R31, R32)."""

import re
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from services.contracts.values import Language
from services.notify.content.formatting import many_lines, one_line
from services.notify.content.renderer import TEMPLATES, MailRenderer
from tests.unit.notify.contexts import HOSTILE, contexts_by_kind
from tests.unit.notify.markup import ParsedPage

PARIS = ZoneInfo("Europe/Paris")
RENDERER = MailRenderer(PARIS)
KINDS = sorted(contexts_by_kind())
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


def tags(page: ParsedPage) -> set[str]:
    assert {name for node in page.nodes for name in node.attributes} <= ALLOWED_ATTRIBUTES
    return {node.tag for node in page.nodes}


def test_there_is_a_template_for_each_kind_and_language_and_none_is_left_over() -> None:
    files = {path.name for path in TEMPLATES.iterdir()}
    wanted = {f"{kind}.{language}.j2" for kind in [*KINDS, "shared"] for language in ("fr", "en")}
    assert files == wanted | {"layout.txt.j2"}


@both
@every_kind
def test_every_mail_has_a_subject_and_is_complete_in_both_formats(kind: str, language: Language) -> None:
    mail = RENDERER.render(kind, language, contexts_by_kind()[kind])
    assert mail.subject
    assert "\n" not in mail.subject
    assert f'lang="{language}"' in mail.html
    assert tags(ParsedPage(mail.html)) <= ALLOWED_TAGS
    assert ("Bonjour," if language == "fr" else "Hello,") in mail.text
    assert "None" not in mail.text
    assert "{" not in mail.text
    assert "{{" not in mail.html
    assert "{%" not in mail.html
    assert "\n\n\n" not in mail.text


@both
@every_kind
def test_nothing_that_somebody_wrote_becomes_markup_or_a_line_of_its_own(kind: str, language: Language) -> None:
    mail = RENDERER.render(kind, language, contexts_by_kind(HOSTILE)[kind])
    page = ParsedPage(mail.html)
    assert tags(page) <= ALLOWED_TAGS
    assert all(link.startswith("https://m.example/") for link in page.links)
    assert len(page.links) <= 3
    assert "49" not in mail.subject
    for part in mail:
        assert "\u202e" not in part
        assert "\x00" not in part
        assert "\r" not in part
        assert not any(line.startswith("Bcc") for line in part.splitlines())


@both
@pytest.mark.parametrize("kind", ["access", "sent", "waiting"])
def test_acknowledgements_carry_no_more_than_the_beginning_of_the_subject(kind: str, language: Language) -> None:
    given = {**contexts_by_kind("CANARI" * 40)[kind]}
    mail = RENDERER.render(kind, language, given)
    assert max(part.count("CANARI") for part in (mail.subject, mail.text)) <= (0 if kind == "access" else 10)


@both
@pytest.mark.parametrize("outcome", ["approved", "refused", "lapsed"])
def test_the_other_approvers_read_how_it_was_decided(outcome: str, language: Language) -> None:
    given = {
        **contexts_by_kind()["decided"],
        "outcome": outcome,
        "by": contexts_by_kind()["decided"]["by"] if outcome != "lapsed" else None,
    }
    mail = RENDERER.render("decided", language, given)
    assert ("dominique@ministere.example" in mail.text) == (outcome != "lapsed")
    assert "None" not in mail.text


@both
@every_kind
def test_no_bracket_stands_inside_another(kind: str, language: Language) -> None:
    mail = RENDERER.render(kind, language, contexts_by_kind()[kind])
    assert re.search(r"\([^()]*\(", mail.text) is None


@every_kind
def test_french_punctuation_is_never_alone_at_the_beginning_of_a_line(kind: str) -> None:
    """A no-break space stands before `:`, `;`, `?`, `!`, `»` and after `«`."""
    mail = RENDERER.render(kind, "fr", contexts_by_kind()[kind])
    seen = [*mail.text.splitlines(), *(text for _, text in ParsedPage(mail.html).words())]
    assert [text for text in seen if re.search(r" [:;?!»]|« ", text)] == []


def test_a_missing_variable_is_an_error_and_not_an_empty_string() -> None:
    given = contexts_by_kind()["link"]
    del given["files"]
    with pytest.raises(UndefinedError):
        RENDERER.render("link", "fr", given)


def test_the_approver_reads_that_a_name_is_declared_and_that_a_copy_is_hidden() -> None:
    mail = RENDERER.render("to_approve", "fr", contexts_by_kind()["to_approve"])
    text = mail.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Expéditeur (adresse vérifiée) : maire@ville.example" in text
    assert "Nom déclaré, non vérifié : Plans d'été" in text
    assert "- a@b.example – agent, copie cachée, invisible des autres" in text
    assert "https://m.example/approve/x" in text


def test_a_domain_is_written_in_unicode_and_a_doubtful_one_in_ascii_too() -> None:
    asked = contexts_by_kind()["to_approve"]
    asked["sender"] = {"address": "maire@xn--mairie-vian-hbb.fr", "name": "Maire"}
    asked["recipients"] = [{"address": "a@xn--mnistere-tkb.fr", "role": "external", "field": "to"}]
    mail = RENDERER.render("to_approve", "fr", asked)
    assert "maire@mairie-évian.fr" in mail.text
    assert "a@mınistere.fr <a@xn--mnistere-tkb.fr>" in mail.text
    assert "a@mınistere.fr &lt;a@xn--mnistere-tkb.fr&gt;" in mail.html


def test_a_link_in_what_somebody_wrote_is_not_made_one() -> None:
    given = {**contexts_by_kind()["link"], "quoted": "voir https://piege.example/ et www.piege.example"}
    mail = RENDERER.render("link", "fr", given)
    assert ParsedPage(mail.html).links == [
        "https://m.example/download/x",
        "https://m.example/download/x",
        "https://m.example/download/x?lang=en",
    ]


def test_a_quoted_text_keeps_its_lines_and_cannot_end_its_own_block() -> None:
    given = {**contexts_by_kind()["link"], "quoted": "un\n---\n\ndeux"}
    mail = RENDERER.render("link", "fr", given)
    assert "> un\n> ---\n>\n> deux\n---" in mail.text
    assert "un<br>---<br><br>deux" in mail.html


def test_a_long_list_of_files_is_cut_with_how_many_are_left_out() -> None:
    files = [{"path": f"f{n}", "size_bytes": n} for n in range(1000)]
    mail = RENDERER.render("link", "fr", {**contexts_by_kind()["link"], "files": files})
    assert "et 900 de plus" in mail.text
    assert "1000 fichiers" in mail.text


def test_a_line_is_one_line_and_a_text_keeps_its_lines() -> None:
    assert one_line(" a\r\n\tb\u2028c\u202e\x00d\u200b ") == "a b cd"
    assert many_lines("\r\n a\r\n\r\n b\u202e \n") == "a\n\nb"
    assert one_line("x" * 20, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("language", "asked", "by_the_calendar"),
    [
        ("fr", ("Rappel", "vous rappelle"), ("Bientôt indisponible", "Vous n'avez")),
        ("en", ("Reminder", "reminds you"), ("Expires soon", "You have")),
    ],
)
def test_a_reminder_says_whether_its_sender_asked_for_it(
    language: Language, asked: tuple[str, str], by_the_calendar: tuple[str, str]
) -> None:
    given = contexts_by_kind()["reminder"]
    for is_asked, (subject, opening) in ((True, asked), (False, by_the_calendar)):
        mail = RENDERER.render("reminder", language, {**given, "asked": is_asked})
        assert mail.subject.startswith(subject)
        assert opening in mail.text
