"""The texts of the pages in one language."""

from functools import cache
from gettext import GNUTranslations

from portal.language import load_catalogue

LOCALES = {"fr": "fr-FR", "en": "en-GB"}


class Translator:
    """Translates texts of the catalogue into one language, and fills in their values."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue: GNUTranslations = load_catalogue(language)

    def __call__(self, sentence: str, **values: object) -> str:
        translated = self._catalogue.gettext(sentence)
        assert translated, f"not in the catalogue: {sentence}"
        return translated % values if values else translated

    def many(self, one: str, other: str, n: int, **values: object) -> str:
        """Return the singular or plural form."""
        return self._catalogue.ngettext(one, other, n) % {"n": n, **values}


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language, read once."""
    return Translator(language)
