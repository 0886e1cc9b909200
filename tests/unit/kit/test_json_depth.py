"""How deep JSON may nest: as deep as its brackets say, whatever its strings hold and wherever it is cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.kit.events import Value
from services.kit.json_depth import MAX_DEPTH, JsonDepthLimit
from services.kit.refusals import BadRequest

TRICKY = st.text(alphabet='[]{}"\\\n∀é,:', max_size=8)
NESTED = st.recursive(
    TRICKY | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=10,
)


def is_taken(*pieces: bytes) -> bool:
    nesting = JsonDepthLimit()
    try:
        for piece in pieces:
            nesting.feed(piece)
    except BadRequest:
        return False
    return True


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(NESTED, st.integers(0, MAX_DEPTH + 1), st.booleans(), st.data())
def test_a_text_is_taken_exactly_when_it_nests_no_deeper_than_allowed(
    value: Any, levels: int, ascii: bool, data: st.DataObject
) -> None:
    for level in range(levels):
        value = [value, "]"] if level % 2 else {"[": value}
    body = json.dumps(value, ensure_ascii=ascii).encode()
    cut = data.draw(st.integers(0, len(body)))
    assert is_taken(body[:cut], body[cut:]) == (depth(value) <= MAX_DEPTH)


@pytest.mark.parametrize("inside", [b"[" * 5_000, b'\\"' + b"{" * 5_000, b'\\\\\\"[' * 5_000])
def test_brackets_in_a_string_do_not_count(inside: bytes) -> None:
    assert is_taken(b'["' + inside + b'"]')
    assert is_taken(*(bytes([byte]) for byte in b'["' + inside + b'"]'))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_that_would_hide_brackets_is_refused(encoding: str) -> None:
    assert not is_taken(('["\u2200",' * 40 + "1" + "]" * 40).encode(encoding))


@pytest.mark.parametrize("body", [b"", b'"', b"\\", b"]]]]", b"\xff\xfe", b'{"a": "\\'])
def test_what_is_malformed_is_left_to_the_parser(body: bytes) -> None:
    assert is_taken(body)


@pytest.mark.parametrize("levels", [500, 5_000, 50_000])
def test_an_event_that_nests_without_end_is_unreadable(levels: int) -> None:
    with pytest.raises(ValidationError):
        Value.model_validate_json(b'{"more": ' + b"[" * levels + b"]" * levels + b"}")
