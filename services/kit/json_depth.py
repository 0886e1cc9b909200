"""Limit the depth of JSON while its bytes arrive: parsers give up at different depths, and some only crash."""

import re

from services.kit.refusals import BadRequest

MAX_DEPTH = 32
ESCAPED = re.compile(rb"\\.", re.DOTALL)
OPENING_BRACKETS = b"[{"
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class JsonDepthLimit:
    """Counts the brackets of one JSON text in UTF-8, which arrives in chunks of any size."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._cut = b""

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes; refuse a text that nests deeper than `MAX_DEPTH` levels or contains a NUL byte.

        JSON is UTF-8 (RFC 8259, section 8.1) and escapes NUL. A parser that accepts UTF-16 would see other brackets
        than are counted here.
        """
        if b"\0" in chunk:
            raise BadRequest()
        text = ESCAPED.sub(b"", self._cut + chunk)
        self._cut = b"\\" if text.endswith(b"\\") else b""
        runs = text.split(b'"')
        outside = b"".join(runs[self._in_string :: 2])
        self._in_string ^= len(runs) % 2 == 0
        for bracket in outside.translate(None, NOT_BRACKETS):
            self._depth += 1 if bracket in OPENING_BRACKETS else -1
            if self._depth > MAX_DEPTH:
                raise BadRequest()
