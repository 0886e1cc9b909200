"""Parses a multipart form while it arrives; the only module that imports python-multipart."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.kit.refusals import BadRequest, ContentTooLarge

MAX_PARTS = 32
"""The form of a draft has 15: a CSRF token, six fields, a digest of each and of the files as saved, and a file."""
MAX_HEADERS = 8
"""Browsers give a part two headers, `Content-Disposition` and `Content-Type`."""
MAX_HEADER_BYTES = 4_096
"""The longest header names the field and the file: systems allow 255 characters, here up to four bytes each."""
MAX_BOUNDARY = 70
ESCAPED_QUOTE = re.compile(r"%22|%0D|%0A")


class TooManyFormParts(ContentTooLarge):
    """This form has more fields than any form of this site."""

    title_fr = "Ce formulaire a plus de champs que ceux de ce site."


@dataclass(frozen=True)
class PartBegin:
    """The start of a part; `filename` is none for a plain field and empty where no file was chosen."""

    name: str
    filename: str | None


@dataclass(frozen=True)
class PartData:
    """Bytes of the current part; `bytes_after` is how many follow if it is the last part, where that is known."""

    content: bytes
    bytes_after: int | None


@dataclass(frozen=True)
class PartEnd:
    """The end of the current part."""


PartEvent = PartBegin | PartData | PartEnd


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a multipart form; `BadRequest` for any other content type."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= MAX_BOUNDARY:
        raise BadRequest()
    return boundary


async def part_events(stream: AsyncIterator[bytes], boundary: bytes, length: int | None) -> AsyncIterator[PartEvent]:
    """Yield the events of the form in order, holding one chunk at most; `length` is that of the body, if known.

    Raises `TooManyFormParts` at the first part beyond `MAX_PARTS`, and `BadRequest` for headers beyond their bounds.
    """
    collector = _EventCollector(len(boundary) + len(b"\r\n----\r\n"), length)
    parser = MultipartParser(
        boundary,
        collector.callbacks(),  # type: ignore[arg-type]
        max_header_count=MAX_HEADERS,
        max_header_size=MAX_HEADER_BYTES,
    )
    try:
        async for chunk in stream:
            collector.begin_chunk(chunk)
            parser.write(chunk)
            for event in collector.take_events():
                yield event
    except FormParserError:
        raise BadRequest() from None
    if not collector.is_complete:
        raise BadRequest()


class _EventCollector:
    """Collects the events of the parser; the last part has as many bytes left as the body, less the final boundary."""

    def __init__(self, trailer: int, length: int | None) -> None:
        self._trailer = trailer
        self._length = length
        self._received_bytes = 0
        self._parts = 0
        self._chunk = b""
        self._events: list[PartEvent] = []
        self._header = self._value = b""
        self._disposition = b""
        self.is_complete = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": lambda: self._events.append(PartEnd()),
            "on_end": self._end,
        }

    def begin_chunk(self, chunk: bytes) -> None:
        self._chunk = chunk
        self._received_bytes += len(chunk)

    def take_events(self) -> list[PartEvent]:
        events, self._events = self._events, []
        return events

    def _end(self) -> None:
        """Note that the final boundary arrived: nothing is missing."""
        self.is_complete = True

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooManyFormParts()
        self._disposition = self._header = self._value = b""

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise BadRequest()
        self._events.append(
            PartBegin(_text(options[b"name"]), _text(options[b"filename"]) if b"filename" in options else None)
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        """Count the bytes left only where the data reaches the end of the chunk: else the parser may hold some back."""
        is_known = self._length is not None and data is self._chunk and end == len(data)
        left = max(0, (self._length or 0) - self._received_bytes - self._trailer) if is_known else None
        self._events.append(PartData(bytes(data[start:end]), left))


def _text(raw: bytes) -> str:
    """Decode a header parameter: browsers write UTF-8, and percent-encode quotes and line ends."""
    return ESCAPED_QUOTE.sub(lambda found: unquote(found[0]), raw.decode("utf-8", "replace"))
