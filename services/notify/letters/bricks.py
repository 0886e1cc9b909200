"""How are lists and quotations laid, in plain text and in HTML?"""

from collections.abc import Sequence

from markupsafe import Markup, escape

from services.notify.letters.lists import Row, weight

MOST_QUOTED_BYTES = 16_000
LEFT_OUT = "[…]"


def lines(rows: Sequence[Row]) -> str:
    """A list in plain text: `- words (aside)`, row by row."""
    return "\n".join(f"- {row.words} ({row.aside})" if row.aside else f"- {row.words}" for row in rows)


def quote(title: str, text: str) -> str:
    """What somebody wrote, in plain text, fenced in and marked line by line."""
    quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    return f"--- {title} ---\n{quoted}\n---"


def beginning(text: str) -> Markup:
    """What somebody wrote, in HTML with its line ends; cut where it would make a mail that mail programs cut."""
    if _weight(text) > MOST_QUOTED_BYTES:
        text = _cut(text)
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def _cut(text: str) -> str:
    left = MOST_QUOTED_BYTES
    for fits, sign in enumerate(text):
        left -= _weight(sign)
        if left < 0:
            return text[:fits].rstrip() + LEFT_OUT
    return text


def _weight(text: str) -> int:
    """A line end takes as much as its tag."""
    return weight(text) + text.count("\n") * len("br>")
