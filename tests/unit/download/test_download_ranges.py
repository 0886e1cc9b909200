"""Byte ranges are a set of bytes, written shortly."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.download.domain.ranges import merged, total_bytes

RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


def bytes_of(ranges: object) -> set[int]:
    return {at for start, stop in ranges for at in range(start, stop)}  # type: ignore[attr-defined]


@given(RANGES)
def test_merging_keeps_every_byte_and_invents_none(ranges: list[tuple[int, int]]) -> None:
    found = merged(*ranges)
    assert bytes_of(found) == bytes_of(ranges)
    assert total_bytes(found) == len(bytes_of(ranges))
    assert all(one[1] < other[0] for one, other in pairwise(found)), "as few as possible, in order"
