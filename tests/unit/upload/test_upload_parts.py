"""How files are split into parts, and how their CRC-32 is computed."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.upload.domain.crc import crc32_combine
from services.upload.domain.limits import MIB
from services.upload.domain.parts import FileTooLarge, part_bytes_of, part_count_of, part_length_of
from tests.unit.upload.sample import LIMITS

LARGEST = 64 * MIB * 10_000


def test_an_empty_file_is_one_part_of_no_bytes() -> None:
    assert part_count_of(0, part_bytes_of(0, LIMITS)) == 1
    assert part_length_of(1, 0, 8 * MIB) == 0


def test_a_small_file_is_one_part() -> None:
    assert part_count_of(8 * MIB, part_bytes_of(8 * MIB, LIMITS)) == 1
    assert part_count_of(8 * MIB + 1, part_bytes_of(8 * MIB + 1, LIMITS)) == 2


def test_twenty_gigabytes_are_at_most_a_thousand_parts_of_whole_mebibytes() -> None:
    part_bytes = part_bytes_of(20 * 10**9, LIMITS)
    assert part_bytes % MIB == 0
    assert part_bytes == 20 * MIB
    assert part_count_of(20 * 10**9, part_bytes) <= 1_000


def test_five_terabytes_are_refused() -> None:
    with pytest.raises(FileTooLarge):
        part_bytes_of(5 * 10**12, LIMITS)
    assert part_count_of(LARGEST, part_bytes_of(LARGEST, LIMITS)) == 10_000
    with pytest.raises(FileTooLarge):
        part_bytes_of(LARGEST + 1, LIMITS)


@given(st.integers(0, LARGEST))
def test_the_parts_of_a_file_add_up_to_it(size: int) -> None:
    part_bytes = part_bytes_of(size, LIMITS)
    count = part_count_of(size, part_bytes)
    assert 1 <= count <= 10_000
    assert 8 * MIB <= part_bytes <= 64 * MIB
    last = part_length_of(count, size, part_bytes)
    assert (count - 1) * part_bytes + last == size
    assert 0 < last <= part_bytes or size == 0
    if count > 1:
        assert part_length_of(1, size, part_bytes) == part_bytes


@given(st.lists(st.binary(max_size=200), max_size=12))
def test_the_crc_of_the_whole_follows_from_those_of_its_parts(parts: list[bytes]) -> None:
    assert crc32_combine((zlib.crc32(part), len(part)) for part in parts) == zlib.crc32(b"".join(parts))


def test_the_crc_of_large_parts_follows_too() -> None:
    zeros = bytes(5 * MIB)
    parts = [zeros, zeros, b"end"]
    assert crc32_combine((zlib.crc32(part), len(part)) for part in parts) == zlib.crc32(b"".join(parts))
