"""Tokens, keys and their hashes."""

from hypothesis import given
from hypothesis import strategies as st

from services.kit.credentials import (
    CROCKFORD,
    constant_time_equal,
    derived_token,
    keyed_hash,
    new_key,
    new_token,
    normalise_key,
)

PEPPER = "p" * 40


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
