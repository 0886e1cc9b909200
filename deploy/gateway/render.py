"""Fills in the gateway's configuration: every name must be given, and every given name must be one that it has."""

import re
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
DEFAULTS = Path(__file__).with_name("defaults.env")

_NAME = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class ValueMissing(ValueError):
    """The template has a name that was given no value."""


class NameUnknown(ValueError):
    """A value was given for a name that the template does not have."""


def names(template_text: str) -> frozenset[str]:
    """The names that the template asks for."""
    return frozenset(_NAME.findall(template_text))


def render(template_text: str, values: Mapping[str, str]) -> str:
    """The text with every `${NAME}` replaced by its value; refuses a missing and an unknown name."""
    wanted = names(template_text)
    if missing := wanted - values.keys():
        raise ValueMissing(", ".join(sorted(missing)))
    if unknown := values.keys() - wanted:
        raise NameUnknown(", ".join(sorted(unknown)))
    return _NAME.sub(lambda found: values[found[1]], template_text)


def defaults() -> dict[str, str]:
    """The values that suit a container; what differs from one place to another has none."""
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def gateway_configuration(values: Mapping[str, str]) -> str:
    """The gateway's nginx.conf, with the defaults where `values` says nothing."""
    return render(TEMPLATE.read_text(encoding="utf-8"), {**defaults(), **values})
