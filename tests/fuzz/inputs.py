"""Inputs that are hard to process: text that is slow to normalise, and values at the limits of types."""

import json
import random
from collections.abc import Iterator
from typing import Any

SLOW = {
    "marks": "\u0301\u0327\u0345\u0316",
    "marks behind letters": "e" + "\u0327\u0301" * 200,
    "letters of marks": "\u0f73",
    "marks beyond 16 bits": "\U0001e944\U0001e94a",
    "signs that grow": "\ufdfa\u0149\u1e9e",
    "at signs": "@,",
    "quotes": '"<',
    "open quotes": '"a<',
    "blanks": " \t",
    "line ends": "\u2028\r\n",
    "folders": "é/",
    "escapes": '\\"',
    "dots": ".",
}
"""Repeated up to the length of a field; domains in other scripts are numbered instead."""

HUGE = "a number of 5,000 digits"
MOMENTS = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1969-12-31T23:59:59.999999999Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00",
    "-1",
    "1e400",
    "9" * 40,
)
STRINGS = (
    "",
    "\0",
    "%00",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "a\r\nX-Evil: 1",
    "\u202ea",
    "..",
    "../..",
    ".",
    "/",
    "\\",
    "$where",
    "a.b",
    "__proto__",
    "{}",
    "é" * 300,
    "\u0301" * 900,
    "a" * 5_000,
    "9" * 5_000,
    "²",
    "٣",
    "NaN",
    "a@" + "é" * 200 + ".example",
    "a@b@c.example",
    "a@xn--a.example",
    "<script>",
    "{{ 7 * 7 }}",
    "🙂" * 50,
    *MOMENTS,
)
NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 1.5, -0.0, 1e308)
OTHERS: tuple[Any, ...] = (
    float("nan"),
    float("inf"),
    -float("inf"),
    None,
    True,
    [],
    {},
    [[]],
    {"a": {"$gt": ""}},
    [None] * 50,
    HUGE,
)
BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"a"',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"[" * 5_000,
    b'{"a":' * 31 + b"1" + b"}" * 31,
    b'{"a":1,' * 2_000,
    b"[" + b"1," * 20_000 + b"1]",
    b"{" + b",".join(b'"%d":1' % number for number in range(5_000)) + b"}",
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"a":"\\ud800"}',
    b'{"\\ud800":1}',
    b'{"a":NaN}',
    b"\0" * 100,
    b"a" * 70_000,
    b"a" * 300_000,
)


def slow_texts(longest_bytes: int, longest: int) -> Iterator[tuple[str, str]]:
    """Yield slow texts with their names, each of at most so many bytes in JSON and so many characters."""
    for name, piece in SLOW.items():
        size = len(json.dumps(piece, ensure_ascii=False).encode()) - 2
        yield name, (piece * (longest_bytes // size + 1))[: min(longest, longest_bytes // size * len(piece))]
    domains = ",".join(f"a@é{number}.example" for number in range(longest_bytes))
    yield "domains in other scripts", domains[: min(longest, longest_bytes * 3 // 4)]


def odd(rng: random.Random) -> Any:
    """Return a value of any type."""
    return rng.choice(rng.choice((STRINGS, STRINGS, NUMBERS, OTHERS)))


def as_json(value: Any) -> bytes:
    """Return JSON with NaN, unpaired surrogates, and numbers that are too long for Python to write."""
    return json.dumps(value).replace(json.dumps(HUGE), "9" * 5_000).encode()
