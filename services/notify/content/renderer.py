"""Render mails: the words are a Jinja2 template per kind and language, the HTML layout one MJML page per kind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from services.contracts.values import Language
from services.kit.formatting import format_date_time, format_size
from services.notify.content.formatting import one_line, sanitise
from services.notify.content.rows import download_rows, file_rows, format_person, recipient_rows, report_rows
from services.notify.content.template_functions import bullets, quote, quote_html

NOTIFY = Path(__file__).resolve().parent.parent
TEMPLATES = NOTIFY / "templates"
COMPILED = NOTIFY / "compiled"
MAX_SUBJECT_LENGTH = 150
OTHER_LANGUAGE: dict[Language, Language] = {"fr": "en", "en": "fr"}


class TemplatesNotCompiled(ValueError):
    """The HTML templates do not exist: `make mails` was not run."""


class RenderedMail(NamedTuple):
    """A subject of one line, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


class MailRenderer:
    """Renders mails, with dates in `zone`; raises `TemplatesNotCompiled` when it is created without HTML templates."""

    def __init__(self, zone: ZoneInfo, compiled: Path = COMPILED) -> None:
        self._zone = zone
        self._text = _environment(autoescape=False)
        self._html = _environment(compiled, autoescape=True)
        self._load_html_templates()

    def render(self, kind: str, language: Language, context: dict[str, Any]) -> RenderedMail:
        """Return a mail of this kind; a variable that its template uses and `context` lacks is an error."""
        values = {
            **sanitise(context),
            **self._formatters(language),
            "language": language,
            "other_language": OTHER_LANGUAGE[language],
        }
        values["page_url"] = context["link"] if "link" in context else context["tracking"]
        text_values, html_values = (self._with_blocks(each, kind, values) for each in (self._text, self._html))
        subject = one_line(text_values["block"]["subject"], MAX_SUBJECT_LENGTH)
        return RenderedMail(
            subject,
            _normalise_blank_lines(self._text.get_template("layout.txt.j2").render(text_values)),
            self._html.get_template(f"{kind}.html").render(html_values, title=subject) + "\n",
        )

    def _with_blocks(self, environment: Environment, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values, with the rendered blocks of all mails as `label` and those of this kind as `block`."""
        language = values["language"]
        labelled = {**values, "label": _render_blocks(environment, f"shared.{language}.j2", values)}
        return {**labelled, "block": _render_blocks(environment, f"{kind}.{language}.j2", labelled)}

    def _formatters(self, language: Language) -> dict[str, Callable[..., Any]]:
        """Return the template functions that depend on the language."""
        date = partial(format_date_time, language=language, zone=self._zone)
        return {
            "date": date,
            "size": partial(format_size, language=language),
            "person": partial(format_person, language=language),
            "file_rows": partial(file_rows, language=language),
            "recipient_rows": partial(recipient_rows, language=language),
            "report_rows": partial(report_rows, language=language),
            "download_rows": partial(download_rows, language=language, format_date_time=date),
        }

    def _load_html_templates(self) -> None:
        """Load them at the start, so that a missing one is found before the first mail is due."""
        for kind in {path.name.split(".")[0] for path in TEMPLATES.iterdir()} - {"layout", "shared"}:
            try:
                self._html.get_template(f"{kind}.html")
            except TemplateNotFound:
                raise TemplatesNotCompiled(f"there is no HTML template for `{kind}`: run make mails") from None


def _environment(*more: Path, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, *more]),
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(bullets=bullets, quote=quote, quote_html=quote_html)
    return environment


def _render_blocks(environment: Environment, name: str, values: dict[str, Any]) -> dict[str, str]:
    """Return the rendered blocks of a template by name; where values are escaped, each is markup."""
    template = environment.get_template(name)
    context = template.new_context(values)
    rendered = {block: "".join(render(context)).strip("\n") for block, render in template.blocks.items()}
    if environment.autoescape:
        return {block: Markup(text) for block, text in rendered.items()}  # noqa: S704 - rendered with autoescape
    return rendered


def _normalise_blank_lines(text: str) -> str:
    """Leave one blank line between paragraphs, whichever conditions of the template were met."""
    paragraphs = [paragraph.strip("\n") for paragraph in text.split("\n\n")]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph.strip()) + "\n"
