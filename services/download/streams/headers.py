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
from services.kit.text import normalized
from services.kit.visible import visible

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
ONE_RANGE = re.compile(r"\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*")

ALWAYS = {
    "accept-ranges": "bytes",
    "cache-control": "no-store, no-transform",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Body(NamedTuple):
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
    letters = normalized(name.translate(SPELLED), 3 * LONGEST_NAME, "NFKD")
    plain = FALLBACK.sub("_", "".join(one for one in letters if not unicodedata.combining(one)))
    stem, dot, extension = plain.rpartition(".")
    if not (stem or extension).strip(" ._"):
        return f"file{dot}{extension}".rstrip(" ._")
    return plain.strip().rstrip(" .")


def _clean(name: str) -> str:
    """Without control, format and surrogate characters, and not longer than file systems take."""
    kept = visible(name[:LONGEST_ASKED], UNSEEN)
    kept = normalized(kept, LONGEST_ASKED).strip().rstrip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > LONGEST_NAME and dot and len(suffix) < 20:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"
    return kept[:LONGEST_NAME] or "file"


def headers_of(body: Body, span: Range, partial: bool) -> dict[str, str]:
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


def asked_range(headers: Mapping[str, str], body: Body) -> Range | None:
    """The range that was asked for, or none for the whole (RFC 9110, section 14).

    Another unit, and an `If-Range` that does not name these bytes, mean the whole; several ranges, a malformed one and
    one outside are refused.
    """
    unit, equals, wanted = headers.get("range", "").partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    if headers.get("if-range", body.etag).strip() != body.etag:
        return None
    found = ONE_RANGE.fullmatch(wanted)
    if found is None or not (found[1] or found[2]):
        raise RangeNotSatisfiable(size_bytes=body.size_bytes)
    return _inside(found[1], found[2], body.size_bytes)


def _inside(first: str, last: str, size_bytes: int) -> Range:
    if first:
        start, stop = int(first), min(int(last) + 1 if last else size_bytes, size_bytes)
    else:
        start, stop = max(0, size_bytes - int(last)), size_bytes
    if start >= stop:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return start, stop
