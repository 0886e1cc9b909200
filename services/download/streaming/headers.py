"""What is said before the bytes? Headers that no name can escape from, and the one range that was asked for."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote

from services.download.domain.ranges import Range
from services.download.domain.refusals import RangeNotSatisfiable
from services.kit.text import normalise
from services.kit.visible import strip_invisible

LONGEST_NAME = 180
LONGEST_ASKED = 4_096
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
FALLBACK = re.compile(r"[^A-Za-z0-9 ._()\[\]'-]+")
SPELLED = str.maketrans(
    {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ß": "ss",
        "ẞ": "SS",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
        "€": "EUR",
        **dict.fromkeys("‘’‚ʼ", "'"),
        **dict.fromkeys("‐‑‒–—−", "-"),
    }
)
"""Letters and signs that have no decomposition, as they are written where only ASCII is."""
ATTRIBUTE = "!#$&+-.^_`|~"
ONE_RANGE = re.compile(r"([0-9]*)[ \t]*-[ \t]*([0-9]*)")
MOST_DIGITS = 19
"""Of a position; a longer one is cut, and is still beyond every file."""

ALWAYS = {
    "accept-ranges": "bytes",
    "cache-control": "no-store, no-transform",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class RepresentationMetadata(NamedTuple):
    """What may be had: under which name, how long, with which strong validator, kind, digest and date."""

    path: str
    size_bytes: int
    etag: str
    media_type: str = "application/octet-stream"
    sha256: str = ""
    modified_at: datetime | None = None


def content_disposition(path: str) -> str:
    """Save under the last name of `path`: plain ASCII for old clients, the real name in UTF-8 (RFC 6266, RFC 8187)."""
    name = _clean(path.replace("\\", "/").rsplit("/", 1)[-1])
    return f"attachment; filename=\"{_plain(name)}\"; filename*=UTF-8''{quote(name, safe=ATTRIBUTE)}"


def _plain(name: str) -> str:
    """In ASCII: letters without their accents, `_` for what has no such form; the extension stays."""
    letters = normalise(name.translate(SPELLED), 3 * LONGEST_NAME, "NFKD")
    plain = FALLBACK.sub("_", "".join(one for one in letters if not unicodedata.combining(one)))
    stem, dot, extension = plain.rpartition(".")
    if not (stem or extension).strip(" ._"):
        return f"file{dot}{extension}".rstrip(" ._")
    return plain.strip().rstrip(" .")


def _clean(name: str) -> str:
    """Without control, format and surrogate characters, and not longer than file systems take."""
    kept = strip_invisible(name[:LONGEST_ASKED], UNSEEN)
    kept = normalise(kept, LONGEST_ASKED).strip().rstrip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > LONGEST_NAME and dot and len(suffix) < 20:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"
    return kept[:LONGEST_NAME] or "file"


def headers_of(body: RepresentationMetadata, span: Range, partial: bool) -> dict[str, str]:
    """All headers of an answer that carries these bytes of it."""
    start, stop = span
    found = {
        **ALWAYS,
        "content-type": body.media_type,
        "content-length": str(stop - start),
        "content-disposition": content_disposition(body.path),
        "etag": body.etag,
    }
    if body.modified_at:
        found["last-modified"] = format_datetime(body.modified_at.astimezone(UTC), usegmt=True)
    if body.sha256:
        found["repr-digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(body.sha256)).decode()}:"
    return {**found, "content-range": f"bytes {start}-{stop - 1}/{body.size_bytes}"} if partial else found


def asked_range(headers: Mapping[str, str], body: RepresentationMetadata) -> Range | None:
    """Return the range that was asked for, or none for the whole (RFC 9110, section 14).

    The header is ignored where RFC 9110 calls it invalid, for another unit, several ranges, an empty file, and an
    `If-Range` that does not name these bytes. One valid range outside the file is refused.
    """
    unit, _, wanted = headers.get("range", "").partition("=")
    ranges = [one for each in wanted.split(",") if (one := each.strip(" \t"))]
    if not body.size_bytes or unit.strip().lower() != "bytes" or len(ranges) != 1:
        return None
    if headers.get("if-range", body.etag).strip() != body.etag:
        return None
    found = ONE_RANGE.fullmatch(ranges[0])
    return _inside(_position(found[1]), _position(found[2]), body.size_bytes) if found else None


def _position(digits: str) -> int | None:
    return int(digits.lstrip("0")[:MOST_DIGITS] or "0") if digits else None


def _inside(first: int | None, last: int | None, size_bytes: int) -> Range | None:
    """The bytes of a valid range, as far as there are any; none for an invalid one."""
    if first is None:
        if last is None:
            return None
        first, last = max(0, size_bytes - last), None
    if last is not None and last < first:
        return None
    if first >= size_bytes:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return first, size_bytes if last is None else min(last + 1, size_bytes)
