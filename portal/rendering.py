"""Renders templates to HTML with one Jinja environment per language; undefined is an error, everything is escaped."""

from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from portal.accessibility_statement import load_statement
from portal.assets import Assets
from portal.commands import posix_digest, powershell_digest
from portal.formatting import filters
from portal.language import LANGUAGES, load_catalogue
from portal.theme import Theme

TEMPLATES = Path(__file__).parent / "templates"


class TemplateRenderer:
    """Renders templates in every language, with the theme and the assets of each page."""

    def __init__(self, assets: Assets, theme: Theme, zone: ZoneInfo, reload: bool = False) -> None:
        shared = {"asset": assets.url, "theme": theme, "statement": load_statement()}
        self._environments = {
            language: _environment(language, zone, reload, {**shared, "language": language}) for language in LANGUAGES
        }

    def html(self, language: str, template: str, values: dict[str, Any]) -> str:
        """Return a page in this language."""
        return self._environments[language].get_template(template).render(values)


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, by their source: a second portal in the same process compiles none again."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None  # noqa: S101 - Jinja compiles before it keeps
        self._code[bucket.key, bucket.checksum] = bucket.code


@cache
def _compiled(language: str, zone: ZoneInfo) -> CompiledTemplates:  # noqa: ARG001 - filters depend on both
    """One for each language and zone, because Jinja applies their filters to constants when it compiles."""
    return CompiledTemplates()


def _environment(language: str, zone: ZoneInfo, reload: bool, shared: dict[str, Any]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        bytecode_cache=_compiled(language, zone),
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(load_catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(filters(language, zone))
    environment.filters.update(powershell_digest=powershell_digest, posix_digest=posix_digest)
    environment.globals.update(shared)
    return environment
