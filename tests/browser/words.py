"""The words of the pages, as whoever reads them in one language knows them."""

from functools import cache
from gettext import GNUTranslations

from portal.language import load_catalogue

LOCALES = {"fr": "fr-FR", "en": "en-GB"}


class Words:
    """Says a sentence of the catalogue in one language; `{name}` parts are filled in as the page would."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words: GNUTranslations = load_catalogue(language)

    def __call__(self, sentence: str, **values: object) -> str:
        said = self._words.gettext(sentence)
        assert said, f"nobody says: {sentence}"
        return said % values if values else said

    def many(self, one: str, other: str, n: int, **values: object) -> str:
        """The form that fits a number."""
        return self._words.ngettext(one, other, n) % {"n": n, **values}


@cache
def words(language: str) -> Words:
    """Read once."""
    return Words(language)
