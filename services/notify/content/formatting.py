"""Make what other people wrote safe to show in a mail."""

from typing import Any

from pydantic import BaseModel

from services.kit.idn import display_form
from services.kit.text import clean_line

ADDRESS_KEYS = ("address", "recipient")
MAX_LINE_LENGTH = 500
MAX_TEXT_LENGTH = 20_000


def one_line(raw: str, max_length: int = MAX_LINE_LENGTH) -> str:
    """Return text of others as one line, which cannot forge a header (R31)."""
    return shorten(clean_line(raw[:MAX_TEXT_LENGTH], MAX_TEXT_LENGTH), max_length)


def many_lines(raw: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """Return text of others with each line made safe, and without empty lines at both ends."""
    lines = [one_line(line, max_length) for line in raw[: max_length + 1].splitlines()]
    return shorten("\n".join(lines).strip("\n"), max_length)


def shorten(text: str, max_length: int) -> str:
    """Return at most that many characters, the last of them an ellipsis when something was left out."""
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"


def sanitise(values: Any) -> Any:
    """Return the values of a template context with every string as one safe line; `quoted` keeps its line ends.

    The domain of an `address` or a `recipient` is shown in Unicode.
    """
    if isinstance(values, dict):
        return {key: _sanitise_value(key, value) for key, value in values.items()}
    if isinstance(values, str):
        return one_line(values)
    if isinstance(values, list | tuple):
        return [sanitise(one) for one in values]
    if isinstance(values, BaseModel):
        return sanitise(values.model_dump())
    return values


def _sanitise_value(name: str, value: Any) -> Any:
    if name == "quoted":
        return many_lines(value)
    if name in ADDRESS_KEYS and isinstance(value, str):
        return display_form(one_line(value))
    return sanitise(value)
