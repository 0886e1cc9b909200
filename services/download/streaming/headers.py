"""The headers of a response, from which no file name can escape, and the range that a request asks for."""

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
from services.kit.file_names import clean_name
from services.kit.text import normalise
from services.kit.visible import strip_invisible

MAX_NAME = 180
MAX_ASKED = 4_096
INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
FALLBACK = re.compile(r"[^A-Za-z0-9 ._()\[\]'-]+")
ASCII_SPELLING = str.maketrans(
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
"""The usual ASCII spelling of letters and signs that have no decomposition."""
ATTRIBUTE = "!#$&+-.^_`|~"
RANGE_SHAPE = re.compile(r"([0-9]*)[ \t]*-[ \t]*([0-9]*)")
MAX_DIGITS = 19
"""Of a position; a longer one is cut, and is still beyond every file."""

FIXED_HEADERS = {
    "accept-ranges": "bytes",
    "cache-control": "no-store, no-transform",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class RepresentationMetadata(NamedTuple):
    """What the headers say of the bytes: name, length, strong validator, media type, digest and date (RFC 9110)."""

    path: str
    size_bytes: int
    etag: str
    media_type: str = "application/octet-stream"
    sha256: str = ""
    modified_at: datetime | None = None


def content_disposition(path: str) -> str:
    """Return a header to save under the last name of `path`: in ASCII for old clients, and UTF-8 (RFC 6266, 8187)."""
    last = path.replace("\\", "/").rpartition("/")[2][:MAX_ASKED]
    name = clean_name(normalise(strip_invisible(last, INVISIBLE), MAX_ASKED), MAX_NAME) or "file"
    return f"attachment; filename=\"{_plain(name)}\"; filename*=UTF-8''{quote(name, safe=ATTRIBUTE)}"


def _plain(name: str) -> str:
    """Return the name in ASCII: letters without accents, `_` for what has no such form; the extension stays."""
    letters = normalise(name.translate(ASCII_SPELLING), 3 * MAX_NAME, "NFKD")
    plain = FALLBACK.sub("_", "".join(one for one in letters if not unicodedata.combining(one)))
    stem, dot, extension = plain.rpartition(".")
    if not (stem or extension).strip(" ._"):
        return f"file{dot}{extension}".rstrip(" ._")
    return plain.strip().rstrip(" .")


def headers_of(metadata: RepresentationMetadata, span: Range, partial: bool) -> dict[str, str]:
    """Return all headers of a response that carries these bytes."""
    start, stop = span
    found = {
        **FIXED_HEADERS,
        "content-type": metadata.media_type,
        "content-length": str(stop - start),
        "content-disposition": content_disposition(metadata.path),
        "etag": metadata.etag,
    }
    if metadata.modified_at:
        found["last-modified"] = format_datetime(metadata.modified_at.astimezone(UTC), usegmt=True)
    if metadata.sha256:
        found["repr-digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(metadata.sha256)).decode()}:"
    return {**found, "content-range": f"bytes {start}-{stop - 1}/{metadata.size_bytes}"} if partial else found


def requested_range(headers: Mapping[str, str], metadata: RepresentationMetadata) -> Range | None:
    """Return the range that was asked for, or none for the whole (RFC 9110, section 14).

    The header is ignored where RFC 9110 calls it invalid, for another unit, several ranges, an empty file, and an
    `If-Range` that does not name these bytes. One valid range outside the file is refused.
    """
    unit, _, value = headers.get("range", "").partition("=")
    ranges = [one for each in value.split(",") if (one := each.strip(" \t"))]
    if not metadata.size_bytes or unit.strip().lower() != "bytes" or len(ranges) != 1:
        return None
    if headers.get("if-range", metadata.etag).strip() != metadata.etag:
        return None
    found = RANGE_SHAPE.fullmatch(ranges[0])
    return _range_within(_position(found[1]), _position(found[2]), metadata.size_bytes) if found else None


def _position(digits: str) -> int | None:
    return int(digits.lstrip("0")[:MAX_DIGITS] or "0") if digits else None


def _range_within(first: int | None, last: int | None, size_bytes: int) -> Range | None:
    """Return the bytes of a valid range, as far as there are any; none for an invalid one."""
    if first is None:
        if last is None:
            return None
        first, last = max(0, size_bytes - last), None
    if last is not None and last < first:
        return None
    if first >= size_bytes:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return first, size_bytes if last is None else min(last + 1, size_bytes)
