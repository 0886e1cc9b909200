"""The shapes of answers: the members that this client reads, and their types; other members are ignored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Shape: TypeAlias = "Callable[[Any], bool] | dict[str, Shape] | list[Shape] | OrNull | OrAbsent"
"""A test of one value; an object with at least these members; a list of items that all have this shape."""


@dataclass(frozen=True)
class OrNull:
    """A member that is there, but may be null."""

    shape: Shape


@dataclass(frozen=True)
class OrAbsent:
    """A member that may be null, or missing."""

    shape: Shape


def departures(value: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """The places where a document departs from a shape, as `.files[0].path`."""
    if isinstance(shape, dict):
        yield from _of_members(value, shape, at) if isinstance(value, dict) else [at]
    elif isinstance(shape, list):
        yield from _of_items(value, shape[0], at) if isinstance(value, list) else [at]
    elif isinstance(shape, OrNull | OrAbsent):
        yield from [] if value is None else departures(value, shape.shape, at)
    elif not shape(value):
        yield at


def _of_members(value: dict[str, Any], shape: dict[str, Shape], at: str) -> Iterator[str]:
    for name, inner in shape.items():
        if name in value:
            yield from departures(value[name], inner, f"{at}.{name}")
        elif not isinstance(inner, OrAbsent):
            yield f"{at}.{name}"


def _of_items(value: list[Any], shape: Shape, at: str) -> Iterator[str]:
    for number, item in enumerate(value):
        yield from departures(item, shape, f"{at}[{number}]")


def text(value: Any) -> bool:
    """Any string."""
    return isinstance(value, str)


def header(value: Any) -> bool:
    """A string that can stand in a header or an address."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


def path(value: Any) -> bool:
    """The path of an address on the same host."""
    return header(value) and value.startswith("/")


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def count(value: Any) -> bool:
    """A number of bytes, files, days."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def positive(value: Any) -> bool:
    """The same, but not none."""
    return count(value) and value > 0


def moment(value: Any) -> bool:
    """A date and time with its offset, which can be shown in any zone."""
    try:
        found = datetime.fromisoformat(value)
        return found.tzinfo is not None and found.astimezone() is not None
    except (TypeError, ValueError, OverflowError, OSError):
        return False


ANYTHING: Shape = {}
LIMITS: Shape = {"files": count, "recipients": count}

TITLES: Shape = {"fr": OrAbsent(text), "en": OrAbsent(text)}
PROBLEM: Shape = {
    "type": text,
    "title": OrAbsent(text),
    "unreadable": OrAbsent([text]),
    "problems": OrAbsent([{"type": text, "titles": OrAbsent(TITLES), "unreadable": OrAbsent([text])}]),
}

RENEWAL: Shape = {"token": header, "expires_at": moment}
SESSION: Shape = {"token": header, "expires_at": moment, "email": text, "role": text, "name": text}
CURRENT_SESSION: Shape = {"email": text, "role": text, "name": text, "ends_at": moment}
CHALLENGE: Shape = {
    "challenge": text,
    "kind": text,
    "question": OrAbsent(text),
    "image_url": OrAbsent(path),
    "audio_url": OrAbsent(path),
}

DRAFT: Shape = {
    "subject": text,
    "validity_days": count,
    "recipients": [{"address": text, "role": text, "shown": OrAbsent(text)}],
    "files": [{"file": text, "path": text}],
    "problems": [
        {
            "slug": text,
            "type": text,
            "titles": OrAbsent(TITLES),
            "unreadable": OrAbsent([text]),
        }
    ],
}
DRAFT_IN_SHORT: Shape = {"draft": text, "subject": text}
FILE_PLAN: Shape = {
    "file": text,
    "size_bytes": count,
    "part_size_bytes": positive,
    "part_count": positive,
    "parts_url": path,
    "parts": [{"number": count, "size_bytes": count, "sha256": text}],
    "state": OrAbsent(text),
    "modified_at": OrAbsent(moment),
    "restarted_at": OrAbsent(moment),
}
FILE: Shape = {"file": text, "path": text, "size_bytes": count, "state": text}
RECAP: Shape = {
    "transfer": text,
    "ends_at": moment,
    "needs_approval": flag,
    "approvers": [text],
    "files": [ANYTHING],
    "total_bytes": count,
}
TRANSFER_IN_SHORT: dict[str, Shape] = {
    "transfer": text,
    "subject": text,
    "outcome": OrNull(text),
    "submitted_at": moment,
    "ends_at": moment,
    "total_bytes": count,
}
TRANSFER: Shape = {**TRANSFER_IN_SHORT, "files": [ANYTHING]}

DECISION: Shape = {
    "state": text,
    "decide_by": OrNull(moment),
    "approvers": [text],
    "decided": OrNull({"outcome": text, "by": {"address": text}, "at": moment, "reason": OrAbsent(text)}),
    "snapshot": {
        "sender": {"address": text, "declared_name": text},
        "recipients": [{"address": text, "field": text, "role": text}],
        "subject": text,
        "text": text,
        "files": [{"path": text, "size_bytes": count, "sha256": text}],
        "ends_at": moment,
        "digest": OrAbsent(text),
    },
}

PENDING: Shape = {"transfer": text, "subject": text, "decide_by": moment}

OFFER: Shape = {
    "transfer": text,
    "subject": text,
    "text": text,
    "sender": {"address": text, "name": OrAbsent(text)},
    "ends_at": moment,
    "files": [{"file": text, "path": text, "size_bytes": count, "sha256": text, "left": count}],
    "archive": {"name": text, "etag": text},
}
DOWNLOAD: Shape = {
    "url": header,
    "size_bytes": count,
    "left": count,
    "sha256": text,
    "etag": OrAbsent(text),
    "files": OrAbsent([text]),
    "state": text,
}
ARCHIVE: Shape = {"url": header, "size_bytes": count, "left": count, "etag": text, "files": [text], "state": text}
TRACKING: Shape = {
    "files": [ANYTHING],
    "recipients": [
        {
            "address": text,
            "role": text,
            "mails": [{"kind": text, "state": text}],
            "opened_at": OrNull(moment),
            "revoked_at": OrAbsent(moment),
            "files_downloaded": count,
        }
    ],
}
GIVEN_BACK: Shape = {"left": count}
RESENT: Shape = {"recipient": text}
REMINDED: Shape = {"reminded": [text]}


def page_of(item: Shape) -> Shape:
    """A page of a list."""
    return {"items": [item], "next_cursor": OrNull(text)}
