"""The HTML of every mail: nothing is fetched or clipped, both colour schemes are readable, links go to us only."""

import re
import subprocess
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.contracts.values import Language
from services.notify import previews
from services.notify.content.renderer import COMPILED, OTHER_LANGUAGE, TEMPLATES, MailRenderer, TemplatesNotCompiled
from tests.eventually import TIMEOUT_SECONDS
from tests.unit.notify import contexts
from tests.unit.notify.contexts import contexts_by_kind
from tests.unit.notify.markup import Colours, ParsedPage

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = PROJECT / "services" / "notify" / "mjml"
TOOLS = PROJECT / "tools" / "mails"
RENDERER = MailRenderer(ZoneInfo("Europe/Paris"))
SAMPLES = {sample.name: sample for sample in previews.samples(RENDERER)}
CALM, HOSTILE = (
    {
        f"{kind}.{language}": RENDERER.render(kind, language, given)
        for kind, given in contexts_by_kind(*hostile).items()
        for language in OTHER_LANGUAGE
    }
    for hostile in ((), (contexts.HOSTILE,))
)
READABLE = 4.5
MAX_BYTES, CLIPPED_BYTES = 60_000, 102_000

every_sample = pytest.mark.parametrize("name", SAMPLES)
both = pytest.mark.parametrize("language", ["fr", "en"])


def test_the_pages_are_those_that_the_sources_make(tmp_path: Path) -> None:
    subprocess.run(["node", TOOLS / "compile.mjs", SOURCES, tmp_path], check=True, timeout=TIMEOUT_SECONDS)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in COMPILED.glob("*.html")}
    assert {name.removesuffix(".html") for name in made} == set(contexts_by_kind())


def test_a_source_that_mjml_does_not_understand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.mjml").write_text("<mjml><mj-body><mj-nonsense/></mj-body></mjml>")
    command: list[str | Path] = ["node", TOOLS / "compile.mjs", tmp_path, tmp_path / "pages"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_SECONDS).returncode != 0
    assert not (tmp_path / "pages").exists()


def test_without_html_templates_no_renderer_is_created(tmp_path: Path) -> None:
    with pytest.raises(TemplatesNotCompiled, match="run make mails"):
        MailRenderer(ZoneInfo("Europe/Paris"), compiled=tmp_path)


def test_every_kind_has_a_template_in_both_languages_with_the_same_blocks() -> None:
    for kind in [*contexts_by_kind(), "shared"]:
        french, english = (
            re.findall(r"{% block (\w+) %}", (TEMPLATES / f"{kind}.{language}.j2").read_text())
            for language in OTHER_LANGUAGE
        )
        assert french == english, kind


def test_there_is_a_sample_of_every_kind_in_both_languages() -> None:
    assert {(sample.kind, sample.language) for sample in SAMPLES.values()} == {
        (k, lang) for k in contexts_by_kind() for lang in OTHER_LANGUAGE
    }


@every_sample
def test_nothing_is_fetched_from_anywhere(name: str) -> None:
    html = SAMPLES[name].mail.html
    page = ParsedPage(html)
    assert {node.tag for node in page.nodes} & {"img", "link", "script", "iframe", "object", "form", "svg"} == set()
    assert not re.search(r"\b(?:src|srcset|background|action|poster)\s*=|url\(|@import|@font-face", html)
    ours = r"melanissimo\.example/"
    quoted = r"mairie-de-saint-aubin\.example/plans"
    assert re.findall(rf"\w+://(?!{ours}|{quoted})\S*", html) == []


@every_sample
def test_links_go_to_one_page_of_ours_and_to_the_same_in_the_other_language(name: str) -> None:
    sample = SAMPLES[name]
    links = ParsedPage(sample.mail.html).links
    plain = [link for link in links if "?" not in link]
    assert links[-1].startswith(f"{previews.BASE_URL}/")
    assert links[-1].endswith(f"?lang={OTHER_LANGUAGE[sample.language]}")
    assert set(links) - {links[-1]} == set(plain) <= {links[-1].partition("?")[0]}
    assert len(plain) == (0 if sample.kind in ("withdrawn", "decided") else 2)
    assert links[-1] in sample.mail.text
    assert all(link in sample.mail.text for link in plain)


@every_sample
@pytest.mark.parametrize("dark", [False, True])
def test_every_word_stands_out_from_what_is_behind_it(name: str, dark: bool) -> None:
    page = ParsedPage(SAMPLES[name].mail.html)
    colours = Colours(page, dark=dark)
    seen = [(text, colours.contrast(node)) for node, text in page.words()]
    assert len(seen) > 5
    assert [(text, round(ratio, 2)) for text, ratio in seen if ratio < READABLE] == []


def test_the_dark_scheme_is_dark_and_the_light_one_light() -> None:
    page = ParsedPage(SAMPLES["link.fr"].mail.html)
    (greeting,) = [node for node, text in page.words() if text == "Bonjour,"]
    light, dark = (Colours(page, dark=dark)._nearest(greeting, ("color",)) for dark in (False, True))
    assert int(light[1:3], 16) < 0x40 < 0xC0 < int(dark[1:3], 16)


@every_sample
def test_a_page_tells_its_language_its_title_and_what_the_list_of_mails_shows(name: str) -> None:
    sample = SAMPLES[name]
    page = ParsedPage(sample.mail.html)
    (html,) = [node for node in page.nodes if node.tag == "html"]
    (title,) = [node for node in page.nodes if node.tag == "title"]
    assert html.attributes["lang"] == sample.language
    assert title.children == [sample.mail.subject]
    hidden = [node for node in page.nodes if node.hidden and node.tag == "div"]
    assert len(hidden) == 1
    assert len(str(hidden[0].children[0])) > 20
    assert all(node.attributes.get("role") == "presentation" for node in page.nodes if node.tag == "table")
    assert next(node.tag for node in page.nodes if node.tag in ("h1", "h2")) == "h1"
    assert 'name="color-scheme" content="light dark"' in sample.mail.html


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_what_somebody_wrote_stays_text(name: str) -> None:
    page, calm = ParsedPage(HOSTILE[name].html), ParsedPage(CALM[name].html)
    assert [node.tag for node in page.nodes if node.tag != "br"] == [
        node.tag for node in calm.nodes if node.tag != "br"
    ]
    assert [node.classes for node in page.nodes if node.classes] == [
        node.classes for node in calm.nodes if node.classes
    ]
    assert page.comments == calm.comments
    assert [link for link in page.links if link not in calm.links] == []


@every_sample
def test_no_mail_is_so_long_that_it_is_clipped(name: str) -> None:
    assert len(SAMPLES[name].mail.html.encode()) < MAX_BYTES


@both
@pytest.mark.parametrize(("character", "limit"), [("é", MAX_BYTES), ("&", CLIPPED_BYTES), ("\n", CLIPPED_BYTES)])
def test_nor_is_the_longest_that_anybody_can_cause(character: str, limit: int, language: Language) -> None:
    asked = _longest("a" if character == "é" else character)
    mail = RENDERER.render("to_approve", language, {**asked, "quoted": "a" + character * 9_998 + "z"})
    assert len(mail.html.encode()) < limit
    assert mail.text.rstrip().count("@") >= 100


def _longest(character: str) -> dict[str, Any]:
    """A hundred recipients, a thousand files, each name as long as it may be."""
    kind = 30 if character == "a" else 110
    people = [
        {"address": f"{n}{'a' * kind}@{'b' * kind}.example", "role": "external", "field": "bcc"} for n in range(100)
    ]
    files = [
        {"path": f"{n}/" + character * (80 if character == "a" else 900), "size_bytes": 10**9} for n in range(1000)
    ]
    sender = {"address": f"{'a' * 60}@b.example", "name": character * 120}
    return {
        **contexts_by_kind()["to_approve"],
        "recipients": people,
        "files": files,
        "subject": character * 200,
        "sender": sender,
    }


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    lock = (TOOLS / "package-lock.json").read_text()
    assert "://" not in lock
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('    "node_modules/')
    assert re.search(r'"mjml": "\d+\.\d+\.\d+"', (TOOLS / "package.json").read_text())


def test_all_samples_are_written_for_whoever_wants_to_look(tmp_path: Path) -> None:
    names = previews.write(tmp_path)
    assert names == list(SAMPLES)
    assert {path.name for path in tmp_path.iterdir()} == {
        "index.html",
        *(f"{name}.{form}" for name in names for form in ("html", "txt")),
    }
    assert (tmp_path / "link.fr.txt").read_text() == SAMPLES["link.fr"].mail.text
