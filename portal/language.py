"""Selects the language of a request, and loads its catalogue; French is the default."""

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
"""The query parameter in links of pages and mails."""
CATALOGUES = Path(__file__).parent / "locale"


def _complete(texts: dict[str, str]) -> dict[str, str]:
    if not all(texts.get(language) for language in LANGUAGES):
        raise ValueError("every text is needed in fr and in en")
    return texts


Translated = Annotated[dict[str, str], AfterValidator(_complete)]
"""A text in each language, from a file that is not a catalogue."""


def language_of(request: Request) -> str:
    """Return the language of the query parameter, else that of the cookie, else the one that the browser prefers."""
    candidates = [request.query_params.get(QUERY, ""), request.cookies.get(COOKIE, "")]
    candidates += [entry.split(";")[0].strip()[:2].lower() for entry in _accept_language(request).split(",")]
    return next((entry for entry in candidates if entry in LANGUAGES), "fr")


def requested_language(request: Request) -> str | None:
    """Return the language that the query parameter requests, if it does."""
    language = request.query_params.get(QUERY)
    return language if language in LANGUAGES else None


def load_catalogue(language: str) -> gettext.GNUTranslations:
    """Compile the catalogue of one language from its text file."""
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translatable(text: str) -> str:
    """Mark a text for extraction into the catalogues; it is translated where it is shown."""
    return text


def _accept_language(request: Request) -> str:
    return request.headers.get("accept-language", "fr")
