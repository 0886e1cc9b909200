"""How is a letter written? One template per kind and language, laid with the bricks of text and of HTML."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.contracts.values import Language
from services.notify.letters.bricks import HtmlBricks, TextBricks, paragraphs
from services.notify.letters.lists import declared, fetch_lines, file_lines, people_lines, report_lines
from services.notify.letters.words import date, harmless, one_line, size

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LONGEST_SUBJECT = 150


class Letter(NamedTuple):
    """What a mail says: a subject of one line, and the same words twice."""

    subject: str
    text: str
    html: str


class Stationery:
    """Writes letters; dates are told in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._text = _environment(TextBricks(), autoescape=False)
        self._html = _environment(HtmlBricks(), autoescape=True)

    def write(self, kind: str, language: Language, words: dict[str, Any]) -> Letter:
        """The letter of this kind; a word that its template needs and is not given is an error."""
        name = f"{kind}.{language}.j2"
        given = {**harmless(words), **self._tellers(language), "language": language}
        subject = one_line(self._part(self._text, name, "subject", given), LONGEST_SUBJECT)
        text = _tidy(self._part(self._text, name, "body", given))
        body = paragraphs(self._part(self._html, name, "body", given))
        layout = {**given, "subject": subject}
        return Letter(
            subject,
            self._text.get_template("layout.txt.j2").render(layout, body=text).strip() + "\n",
            self._html.get_template("layout.html.j2").render(layout, body=body).strip() + "\n",
        )

    def _tellers(self, language: Language) -> dict[str, Callable[..., Any]]:
        """How a template in this language tells dates, sizes, files and people."""
        tell_date = partial(date, language=language, zone=self._zone)
        return {
            "date": tell_date,
            "size": partial(size, language=language),
            "declared": partial(declared, language=language),
            "file_lines": partial(file_lines, language=language),
            "people_lines": partial(people_lines, language=language),
            "report_lines": partial(report_lines, language=language),
            "fetch_lines": partial(fetch_lines, language=language, tell_date=tell_date),
        }

    @staticmethod
    def _part(environment: Environment, name: str, block: str, words: dict[str, Any]) -> str:
        template = environment.get_template(name)
        return "".join(template.blocks[block](template.new_context(words))).strip("\n")


def _environment(bricks: TextBricks | HtmlBricks, *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in ("button", "lines", "quote", "entry", "code"):
        environment.globals[name] = getattr(bricks, name)
    return environment


def _tidy(text: str) -> str:
    """One empty line between paragraphs, however the template's conditions fell."""
    runs = [run.strip("\n") for run in text.split("\n\n")]
    return "\n\n".join(run for run in runs if run.strip())
