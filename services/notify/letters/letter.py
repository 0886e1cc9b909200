"""How is a letter written? Its words, one template per kind and language; its look in HTML, one MJML page per kind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from services.contracts.values import Language
from services.notify.letters.bricks import beginning, lines, quote
from services.notify.letters.lists import declared, fetch_rows, file_rows, people_rows, report_rows
from services.notify.letters.words import date, harmless, one_line, size

NOTIFY = Path(__file__).resolve().parent.parent
WORDS = NOTIFY / "templates"
PAGES = NOTIFY / "compiled"
LONGEST_SUBJECT = 150
OTHER: dict[Language, Language] = {"fr": "en", "en": "fr"}


class LettersNotCompiled(ValueError):
    """The pages that MJML makes are not there: `make letters` was not run."""


class Letter(NamedTuple):
    """What a mail says: a subject of one line, and the same words twice."""

    subject: str
    text: str
    html: str


class Stationery:
    """Writes letters; dates are told in `zone`. Without its pages it refuses to be made."""

    def __init__(self, zone: ZoneInfo, pages: Path = PAGES) -> None:
        self._zone = zone
        self._text = _environment(autoescape=False)
        self._html = _environment(pages, autoescape=True)
        self._load_pages()

    def write(self, kind: str, language: Language, words: dict[str, Any]) -> Letter:
        """The letter of this kind; a word that its template needs and is not given is an error."""
        given = {**harmless(words), **self._tellers(language), "language": language, "other_language": OTHER[language]}
        given["page"] = words["link"] if "link" in words else words["tracking"]
        plain, marked_up = self._said(self._text, kind, given), self._said(self._html, kind, given)
        subject = one_line(plain["said"]["subject"], LONGEST_SUBJECT)
        return Letter(
            subject,
            _tidy(self._text.get_template("layout.txt.j2").render(plain)),
            self._html.get_template(f"{kind}.html").render(marked_up, title=subject) + "\n",
        )

    def _said(self, environment: Environment, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """What is given, and under `label` and `said` the blocks of the words of all letters and of this kind."""
        language = given["language"]
        labelled = {**given, "label": _blocks(environment, f"shared.{language}.j2", given)}
        return {**labelled, "said": _blocks(environment, f"{kind}.{language}.j2", labelled)}

    def _tellers(self, language: Language) -> dict[str, Callable[..., Any]]:
        """How a template in this language tells dates, sizes, files and people."""
        tell_date = partial(date, language=language, zone=self._zone)
        return {
            "date": tell_date,
            "size": partial(size, language=language),
            "declared": partial(declared, language=language),
            "file_rows": partial(file_rows, language=language),
            "people_rows": partial(people_rows, language=language),
            "report_rows": partial(report_rows, language=language),
            "fetch_rows": partial(fetch_rows, language=language, tell_date=tell_date),
        }

    def _load_pages(self) -> None:
        """At the start, and not when the first mail is due."""
        for kind in {path.name.split(".")[0] for path in WORDS.iterdir()} - {"layout", "shared"}:
            try:
                self._html.get_template(f"{kind}.html")
            except TemplateNotFound:
                raise LettersNotCompiled(f"the page of the letter `{kind}` is not there: run make letters") from None


def _environment(*more: Path, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([WORDS, *more]),
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(lines=lines, quote=quote, beginning=beginning)
    return environment


def _blocks(environment: Environment, name: str, given: dict[str, Any]) -> dict[str, str]:
    """The blocks of a template by their names; where values are escaped, what comes out is markup already."""
    template = environment.get_template(name)
    context = template.new_context(given)
    drawn = {block: "".join(draw(context)).strip("\n") for block, draw in template.blocks.items()}
    if environment.autoescape:
        return {block: Markup(words) for block, words in drawn.items()}  # noqa: S704 - rendered with autoescape
    return drawn


def _tidy(text: str) -> str:
    """One empty line between paragraphs, however the template's conditions fell."""
    runs = [run.strip("\n") for run in text.split("\n\n")]
    return "\n\n".join(run for run in runs if run.strip()) + "\n"
