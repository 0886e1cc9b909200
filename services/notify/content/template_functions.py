"""Functions of the mail templates: lists and quotations, in plain text and in HTML."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from services.notify.content.rows import Row, html_bytes

MAX_QUOTED_BYTES = 16_000
OMISSION_MARK = "[…]"


def bullets(rows: Sequence[Row]) -> str:
    """Return a list in plain text: `- text – note`, one row per line."""
    return "\n".join(f"- {row.text} – {row.note}" if row.note else f"- {row.text}" for row in rows)


def quote(title: str, text: str) -> str:
    """Return what somebody wrote, in plain text, between rules and with each line marked."""
    quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    return f"--- {title} ---\n{quoted}\n---"


def quote_html(text: str) -> Markup:
    """Return what somebody wrote, escaped, with its line breaks; shortened where mail programs would clip the mail."""
    if _html_bytes(text) > MAX_QUOTED_BYTES:
        text = _truncate(text)
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def _truncate(text: str) -> str:
    left = MAX_QUOTED_BYTES
    for length, character in enumerate(text):
        left -= _html_bytes(character)
        if left < 0:
            return text[:length].rstrip() + OMISSION_MARK
    return text


def _html_bytes(text: str) -> int:
    """A line break takes as many bytes as its tag."""
    return html_bytes(text) + text.count("\n") * len("br>")
