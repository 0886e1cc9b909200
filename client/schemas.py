"""Schemas of the responses: the members that this client reads, and their types; other members are ignored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Schema: TypeAlias = "Callable[[Any], bool] | dict[str, Schema] | list[Schema] | Nullable | OptionalMember"
"""A test of one value; an object with at least these members; a list whose items all satisfy the schema."""


@dataclass(frozen=True)
class Nullable:
    """A member that is present, but may be null."""

    schema: Schema


@dataclass(frozen=True)
class OptionalMember:
    """A member that may be null or absent."""

    schema: Schema


def violations(value: Any, schema: Schema, place: str = "") -> Iterator[str]:
    """Yield the places where a document violates a schema, such as `.files[0].path`."""
    if isinstance(schema, dict):
        yield from _member_violations(value, schema, place) if isinstance(value, dict) else [place]
    elif isinstance(schema, list):
        yield from _item_violations(value, schema[0], place) if isinstance(value, list) else [place]
    elif isinstance(schema, Nullable | OptionalMember):
        yield from [] if value is None else violations(value, schema.schema, place)
    elif not schema(value):
        yield place


def _member_violations(value: dict[str, Any], schema: dict[str, Schema], place: str) -> Iterator[str]:
    for name, inner in schema.items():
        if name in value:
            yield from violations(value[name], inner, f"{place}.{name}")
        elif not isinstance(inner, OptionalMember):
            yield f"{place}.{name}"


def _item_violations(value: list[Any], schema: Schema, place: str) -> Iterator[str]:
    for number, item in enumerate(value):
        yield from violations(item, schema, f"{place}[{number}]")


def text(value: Any) -> bool:
    """Accept any string."""
    return isinstance(value, str)


def header_value(value: Any) -> bool:
    """Accept a string that can stand in a header or a URL."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


def url_path(value: Any) -> bool:
    """Accept the path of a URL on the same host."""
    return header_value(value) and value.startswith("/")


def boolean(value: Any) -> bool:
    """Accept true or false."""
    return isinstance(value, bool)


def count(value: Any) -> bool:
    """Accept a number of bytes, files or days."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def positive(value: Any) -> bool:
    """Accept a count above zero."""
    return count(value) and value > 0


def date_time(value: Any) -> bool:
    """Accept a date and time with a UTC offset that can be shown in any time zone."""
    try:
        found = datetime.fromisoformat(value)
        return found.tzinfo is not None and found.astimezone() is not None
    except (TypeError, ValueError, OverflowError, OSError):
        return False


ANYTHING: Schema = {}
LIMITS: Schema = {"files": count, "recipients": count}

TITLES: Schema = {"fr": OptionalMember(text), "en": OptionalMember(text)}
PROBLEM: Schema = {
    "type": text,
    "title": OptionalMember(text),
    "unreadable": OptionalMember([text]),
    "problems": OptionalMember(
        [{"type": text, "titles": OptionalMember(TITLES), "unreadable": OptionalMember([text])}]
    ),
}

RENEWAL: Schema = {"token": header_value, "expires_at": date_time}
SESSION: Schema = {"token": header_value, "expires_at": date_time, "email": text, "role": text, "name": text}
CURRENT_SESSION: Schema = {"email": text, "role": text, "name": text, "ends_at": date_time}
CHALLENGE: Schema = {
    "challenge": text,
    "kind": text,
    "question": OptionalMember(text),
    "image_url": OptionalMember(url_path),
    "audio_url": OptionalMember(url_path),
}

DRAFT: Schema = {
    "subject": text,
    "validity_days": count,
    "recipients": [{"address": text, "role": text, "shown": OptionalMember(text)}],
    "files": [{"file": text, "path": text}],
    "problems": [
        {
            "slug": text,
            "type": text,
            "titles": OptionalMember(TITLES),
            "unreadable": OptionalMember([text]),
        }
    ],
}
DRAFT_SUMMARY: Schema = {"draft": text, "subject": text}
FILE_PLAN: Schema = {
    "file": text,
    "size_bytes": count,
    "part_size_bytes": positive,
    "part_count": positive,
    "parts_url": url_path,
    "parts": [{"number": count, "size_bytes": count, "sha256": text}],
    "state": OptionalMember(text),
    "modified_at": OptionalMember(date_time),
    "restarted_at": OptionalMember(date_time),
}
FILE: Schema = {"file": text, "path": text, "size_bytes": count, "state": text}
RECAP: Schema = {
    "transfer": text,
    "ends_at": date_time,
    "needs_approval": boolean,
    "approvers": [text],
    "files": [ANYTHING],
    "total_bytes": count,
}
TRANSFER_SUMMARY: dict[str, Schema] = {
    "transfer": text,
    "subject": text,
    "outcome": Nullable(text),
    "submitted_at": date_time,
    "ends_at": date_time,
    "total_bytes": count,
}
TRANSFER: Schema = {**TRANSFER_SUMMARY, "files": [ANYTHING]}

DECISION: Schema = {
    "state": text,
    "decide_by": Nullable(date_time),
    "approvers": [text],
    "decided": Nullable({"outcome": text, "by": {"address": text}, "at": date_time, "reason": OptionalMember(text)}),
    "snapshot": {
        "sender": {"address": text, "declared_name": text},
        "recipients": [{"address": text, "field": text, "role": text}],
        "subject": text,
        "text": text,
        "files": [{"path": text, "size_bytes": count, "sha256": text}],
        "ends_at": date_time,
        "digest": OptionalMember(text),
    },
}

PENDING: Schema = {"transfer": text, "subject": text, "decide_by": date_time}

OFFER: Schema = {
    "transfer": text,
    "subject": text,
    "text": text,
    "sender": {"address": text, "name": OptionalMember(text)},
    "ends_at": date_time,
    "files": [{"file": text, "path": text, "size_bytes": count, "sha256": text, "left": count}],
    "archive": {"name": text, "etag": text},
}
DOWNLOAD: Schema = {
    "url": header_value,
    "size_bytes": count,
    "left": count,
    "sha256": text,
    "etag": OptionalMember(text),
    "files": OptionalMember([text]),
    "state": text,
}
ARCHIVE: Schema = {
    "url": header_value,
    "size_bytes": count,
    "left": count,
    "etag": text,
    "files": [text],
    "state": text,
}
TRACKING: Schema = {
    "files": [ANYTHING],
    "recipients": [
        {
            "address": text,
            "role": text,
            "mails": [{"kind": text, "state": text}],
            "opened_at": Nullable(date_time),
            "revoked_at": OptionalMember(date_time),
            "files_downloaded": count,
        }
    ],
}
GIVEN_BACK: Schema = {"left": count}
RESENT: Schema = {"recipient": text}
REMINDED: Schema = {"reminded": [text]}


def page_schema(item: Schema) -> Schema:
    """Return the schema of one page of a list."""
    return {"items": [item], "next_cursor": Nullable(text)}
