"""How does a page become HTML? One Jinja environment a language; what is missing is an error, all is escaped."""

from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from portal.assets import Assets
from portal.audit import audit_in
from portal.commands import posix_digest, powershell_digest
from portal.language import LANGUAGES, catalogue
from portal.theme import Theme
from portal.words import filters

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Templates in every language, with the theme and the assets that each page shows."""

    def __init__(self, assets: Assets, theme: Theme, zone: ZoneInfo, files_origin: str, reload: bool = False) -> None:
        shared = {"asset": assets.url, "theme": theme, "files_origin": files_origin, "audit": audit_in()}
        self._environments = {
            language: _environment(language, zone, reload, {**shared, "language": language}) for language in LANGUAGES
        }

    def html(self, language: str, template: str, values: dict[str, Any]) -> str:
        """The page in this language."""
        return self._environments[language].get_template(template).render(values)

    def say(self, language: str, words: str) -> str:
        """Marked words in this language."""
        said: str = self._environments[language].globals["gettext"](words)  # type: ignore[operator]
        return str(said)


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, by their source: the second portal of a process compiles none of them again."""

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
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(filters(language, zone))
    environment.filters.update(powershell_digest=powershell_digest, posix_digest=posix_digest)
    environment.globals.update(shared)
    return environment
