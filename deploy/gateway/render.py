"""Renders the gateway's configuration; refuses a missing value, and a value for a name that no template uses."""

import re
from collections.abc import Mapping
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".template"
DEFAULTS = Path(__file__).with_name("defaults.env")

_NAME = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class ValueMissing(ValueError):
    """A template uses a name that has no value."""


class NameUnknown(ValueError):
    """No template uses the name of a value."""


def template_texts() -> dict[str, str]:
    """Return the templates by the name of the file that each becomes; the main file is `nginx.conf`."""
    return {path.name.removesuffix(SUFFIX): path.read_text("utf-8") for path in sorted(TEMPLATES.glob(f"*{SUFFIX}"))}


def names(template_text: str) -> frozenset[str]:
    """Return the names that a template uses."""
    return frozenset(_NAME.findall(template_text))


def render(templates: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with every `${NAME}` replaced by its value; refuse a missing and an unknown name."""
    wanted = names("".join(templates.values()))
    if missing := wanted - values.keys():
        raise ValueMissing(", ".join(sorted(missing)))
    if unknown := values.keys() - wanted:
        raise NameUnknown(", ".join(sorted(unknown)))
    return {file: _NAME.sub(lambda found: values[found[1]], text) for file, text in templates.items()}


def defaults() -> dict[str, str]:
    """Return the values that suit a container; what differs between installations has no default."""
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def write_configuration(folder: Path, values: Mapping[str, str]) -> Path:
    """Write the gateway's configuration, with the defaults where `values` has no entry; return its main file."""
    for file, text in render(template_texts(), {**defaults(), **values}).items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder / "nginx.conf"
