"""Only verified parts leave, and no more than two are in memory."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.download.streams.parts import PartCorrupted, Piece, Reader, batches_of, slices_of
from tests.integration.download.rig import sent_file


class Shelf:
    """A store that remembers what it was asked for; `bad` are answers that are wrong, by number."""

    def __init__(self, body: bytes, bad: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.body = body
        self.bad = bad
        self.asked: list[int] = []

    async def read(self, key: str, offset: int, length: int) -> bytes:
        self.asked.append(offset)
        body = self.body[offset : offset + length]
        return bytes(length) if len(self.asked) in self.bad else body


@given(st.binary(max_size=60), st.integers(1, 9), st.data())
def test_any_range_is_the_same_bytes(body: bytes, part_bytes: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, len(body)))
    file = sent_file(body, part_bytes, "f")
    found = b"".join(
        body[one.offset + one.wanted[0] : one.offset + one.wanted[1]] for one in slices_of(file, (start, stop))
    )
    assert found == body[start:stop]


async def read_all(reader: Reader) -> bytes:
    return b"".join([bytes(part) async for part in reader.parts()])


async def test_a_part_that_was_wrong_once_is_read_again() -> None:
    body = bytes(range(100))
    shelf = Shelf(body, bad={2})
    assert await read_all(Reader(shelf, slices_of(sent_file(body, 40, "f"), (10, 95)))) == body[10:95]
    assert shelf.asked == [0, 40, 40, 80]


async def test_a_part_that_is_wrong_twice_ends_it() -> None:
    body = bytes(range(1, 101))
    reader = Reader(Shelf(body, bad={2, 3}), slices_of(sent_file(body, 40, "f"), (0, 100)))
    parts = reader.parts()
    assert await anext(parts) == body[:40]
    with pytest.raises(PartCorrupted):
        await anext(parts)
    await reader.close()


async def test_only_the_next_part_is_read_ahead() -> None:
    body = bytes(range(100))
    shelf = Shelf(body)
    reader = Reader(shelf, slices_of(sent_file(body, 10, "f"), (0, 100)))
    await anext(reader.parts())
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert shelf.asked == [0, 10]
    assert reader.holds_bytes == 20
    await reader.close()


def test_small_files_are_read_together_and_large_parts_alone() -> None:
    def pieces(size: int, count: int, part_bytes: int) -> list[Piece]:
        found: list[Piece] = []
        for number in range(count):
            found += [b"header", *slices_of(sent_file(bytes(size), part_bytes, f"f{number}"), (0, size))]
        return found

    assert [len(batch) for batch in batches_of(pieces(10, 20, 10))] == [16, 16, 8]
    assert [len(batch) for batch in batches_of(pieces(2_000_000, 2, 1_500_000))] == [1, 1, 2, 1, 1]
    assert [len(batch) for batch in batches_of(pieces(0, 20, 10))] == [16, 4]
