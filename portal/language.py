"""Which language does the reader want, and what are the words? French unless they ask for English."""

import gettext
import io
from pathlib import Path
from typing import Annotated

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from pydantic import AfterValidator
from starlette.requests import Request

LANGUAGES = ("fr", "en")
COOKIE = "language"
QUERY = "lang"
"""As the links of pages and mails say it."""
CATALOGUES = Path(__file__).parent / "locale"


def _complete(said: dict[str, str]) -> dict[str, str]:
    if not all(said.get(language) for language in LANGUAGES):
        raise ValueError("everything must be said in fr and in en")
    return said


Said = Annotated[dict[str, str], AfterValidator(_complete)]
"""The same words in each language, from a file that is no catalogue."""


def language_of(request: Request) -> str:
    """What the link on the page asks for, else what it asked for earlier, else what the browser prefers."""
    wished = [request.query_params.get(QUERY, ""), request.cookies.get(COOKIE, "")]
    wished += [entry.split(";")[0].strip()[:2].lower() for entry in _accepted(request).split(",")]
    return next((entry for entry in wished if entry in LANGUAGES), "fr")


def chosen(request: Request) -> str | None:
    """The language whose link was followed, if one was."""
    wished = request.query_params.get(QUERY)
    return wished if wished in LANGUAGES else None


def catalogue(language: str) -> gettext.GNUTranslations:
    """The words of one language, compiled from its text file."""
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def marked(words: str) -> str:
    """Words that are translated later, where they are shown; marked here so that the catalogue knows them."""
    return words


def _accepted(request: Request) -> str:
    return request.headers.get("accept-language", "fr")
