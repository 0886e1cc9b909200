"""Tokens, keys and their hashes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import url_safe
from services.kit.credentials import (
    CROCKFORD,
    MAX_SEALED_LENGTH,
    Sealer,
    constant_time_equal,
    derived_token,
    keyed_hash,
    new_key,
    new_token,
    normalise_key,
)

PEPPER = "p" * 40
SEALER = Sealer(PEPPER, "parts")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_a_token_has_256_bits_and_a_key_128_in_groups() -> None:
    assert len(new_token()) == 43
    key = new_key()
    assert [len(group) for group in key.split("-")] == [5, 5, 5, 5, 5, 1]
    assert set(normalise_key(key)) <= set(CROCKFORD)
    assert len({new_key() for _ in range(100)}) == 100


def test_a_key_may_be_typed_as_people_type() -> None:
    assert normalise_key(" 7zk3m-o1l i") == "7ZK3M0111"


def test_a_hash_of_one_purpose_never_answers_for_another() -> None:
    assert keyed_hash(PEPPER, "link", "x") != keyed_hash(PEPPER, "key", "x")
    assert keyed_hash(PEPPER, "link", "x") != keyed_hash("q" * 40, "link", "x")
    assert keyed_hash(PEPPER, "link", "x") == keyed_hash(PEPPER, "link", "x")


@given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
def test_a_derived_token_is_the_same_for_the_same_parts_only(one: list[str], other: list[str]) -> None:
    tokens = derived_token(PEPPER, "link", *one), derived_token(PEPPER, "link", *other)
    assert constant_time_equal(*tokens) == (one == other)
    assert len(tokens[0]) == 43


@given(st.binary(max_size=100), TEXT)
def test_a_sealed_message_is_read_with_its_own_context_purpose_and_pepper_only(message: bytes, context: str) -> None:
    sealed = SEALER.seal(message, context)
    assert SEALER.unseal(sealed, context) == message
    assert SEALER.unseal(sealed, context + "x") is None
    assert Sealer(PEPPER, "device").unseal(sealed, context) is None
    assert Sealer("q" * 40, "parts").unseal(sealed, context) is None


@given(st.binary(max_size=100), st.integers(0, MAX_SEALED_LENGTH), st.characters())
def test_a_sealed_message_with_another_character_is_refused(message: bytes, at: int, character: str) -> None:
    sealed = SEALER.seal(message)
    changed = sealed[: at % len(sealed)] + character + sealed[at % len(sealed) + 1 :]
    assert SEALER.unseal(changed) == (message if changed == sealed else None)


@given(st.text())
def test_no_other_text_is_a_sealed_message(text: str) -> None:
    assert SEALER.unseal(text) is None


def test_a_sealed_message_is_bounded() -> None:
    with pytest.raises(ValueError, match="too long"):
        SEALER.seal(b"m" * MAX_SEALED_LENGTH)
    assert SEALER.unseal("A" * 10**6) is None


@given(st.binary(), st.text(max_size=60))
def test_the_same_bytes_have_one_url_safe_text(raw: bytes, text: str) -> None:
    assert url_safe.decode(url_safe.encode(raw)) == raw
    with suppress(ValueError):
        assert url_safe.encode(url_safe.decode(text)) == text
