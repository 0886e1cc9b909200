"""A multipart form taken apart while it arrives; the one door to python-multipart."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.kit.refusals import BadRequest

LONGEST_HEADER = 4_096
LONGEST_BOUNDARY = 70
ESCAPED_QUOTE = re.compile(r"%22|%0D|%0A")


@dataclass(frozen=True)
class Begun:
    """A part begins; `filename` is none for a plain field and empty where no file was chosen."""

    name: str
    filename: str | None


@dataclass(frozen=True)
class Data:
    """Some bytes of the part at hand; `left_after` is how many follow if it is the last one, when that is known."""

    content: bytes
    left_after: int | None


@dataclass(frozen=True)
class Ended:
    """The part at hand is complete."""


Event = Begun | Data | Ended


def boundary_of(content_type: str) -> bytes:
    """The boundary of a form; refuses what is no multipart form."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise BadRequest()
    return boundary


async def events(stream: AsyncIterator[bytes], boundary: bytes, length: int | None) -> AsyncIterator[Event]:
    """What the form says, in its order; holds no more than one piece of the stream. `length` is that of the body."""
    taken = _Taken(len(boundary) + len(b"\r\n----\r\n"), length)
    parser = MultipartParser(boundary, callbacks=taken.callbacks())  # type: ignore[arg-type]
    try:
        async for piece in stream:
            taken.look_at(piece)
            parser.write(piece)
            for event in taken.collect():
                yield event
    except FormParserError:
        raise BadRequest() from None
    if not taken.is_whole:
        raise BadRequest()


class _Taken:
    """Listens to the parser. What is left of the last part: all that is to come, less the last boundary."""

    def __init__(self, trailer: int, length: int | None) -> None:
        self._trailer = trailer
        self._length = length
        self._came = 0
        self._piece = b""
        self._events: list[Event] = []
        self._header = self._value = b""
        self._disposition = b""
        self.is_whole = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": lambda: self._events.append(Ended()),
            "on_end": self._end,
        }

    def look_at(self, piece: bytes) -> None:
        self._piece = piece
        self._came += len(piece)

    def collect(self) -> list[Event]:
        found, self._events = self._events, []
        return found

    def _end(self) -> None:
        """The last boundary came: nothing was cut off."""
        self.is_whole = True

    def _begin(self) -> None:
        self._disposition = self._header = self._value = b""

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header = _bounded(self._header + data[start:end])

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _bounded(self._value + data[start:end])

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise BadRequest()
        self._events.append(
            Begun(_said(options[b"name"]), _said(options[b"filename"]) if b"filename" in options else None)
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        """Only when the piece ends inside the data is it sure that the parser holds nothing back."""
        sure = self._length is not None and data is self._piece and end == len(data)
        left = max(0, (self._length or 0) - self._came - self._trailer) if sure else None
        self._events.append(Data(bytes(data[start:end]), left))


def _bounded(header: bytes) -> bytes:
    if len(header) > LONGEST_HEADER:
        raise BadRequest()
    return header


def _said(raw: bytes) -> str:
    """Browsers write UTF-8, and escape quotes and line ends as in an address."""
    return ESCAPED_QUOTE.sub(lambda found: unquote(found[0]), raw.decode("utf-8", "replace"))
