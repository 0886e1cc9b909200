"""Only verified parts leave, and no more than two are in memory."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.download.streaming.buffer_pool import BufferPool
from services.download.streaming.read_plan import Piece, batches_of, part_slices
from services.download.streaming.verified_reader import PartCorrupted, VerifiedReader
from tests.unit.download.fake_store import FakeStore
from tests.unit.download.sent_files import sent_file


@given(st.binary(max_size=60), st.integers(1, 9), st.data())
def test_any_range_is_the_same_bytes(body: bytes, part_bytes: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, len(body)))
    file = sent_file(body, part_bytes, "f")
    found = b"".join(
        body[one.offset + one.wanted[0] : one.offset + one.wanted[1]] for one in part_slices(file, (start, stop))
    )
    assert found == body[start:stop]


async def read_all(reader: VerifiedReader) -> bytes:
    found = b""
    async for part in reader.chunks():
        with part:
            await asyncio.sleep(0)
            found += part
    return found


async def test_a_part_that_was_wrong_once_is_read_again() -> None:
    body = bytes(range(100))
    store = FakeStore(body, bad={2})
    assert (
        await read_all(VerifiedReader(store, part_slices(sent_file(body, 40, "f"), (10, 95)), BufferPool()))
        == body[10:95]
    )
    assert store.asked == [0, 40, 40, 80]


async def test_a_part_that_is_wrong_twice_ends_it() -> None:
    body = bytes(range(1, 101))
    reader = VerifiedReader(FakeStore(body, bad={2, 3}), part_slices(sent_file(body, 40, "f"), (0, 100)), BufferPool())
    parts = reader.chunks()
    assert await anext(parts) == body[:40]
    with pytest.raises(PartCorrupted):
        await anext(parts)
    await reader.close()


async def test_only_the_next_part_is_read_ahead() -> None:
    body = bytes(range(100))
    store = FakeStore(body)
    reader = VerifiedReader(store, part_slices(sent_file(body, 10, "f"), (0, 100)), BufferPool())
    await anext(reader.chunks())
    for _ in range(50):
        await asyncio.sleep(0)
    assert store.asked == [0, 10]
    assert reader.held_bytes == 20
    await reader.close()


async def test_two_blocks_are_enough_however_long_the_range() -> None:
    body, memory = bytes(range(200)), BufferPool()
    reader = VerifiedReader(FakeStore(body), part_slices(sent_file(body, 10, "f"), (3, 198)), memory)
    assert await read_all(reader) == body[3:198]
    await reader.close()
    assert memory.size_bytes == 20


async def test_what_somebody_still_looks_at_is_not_written_over() -> None:
    body = bytes(range(100))
    reader = VerifiedReader(FakeStore(body), part_slices(sent_file(body, 10, "f"), (0, 100)), BufferPool())
    kept = [part async for part in reader.chunks()]
    assert b"".join(kept) == body


def test_small_files_are_read_together_and_large_parts_alone() -> None:
    def pieces(size: int, count: int, part_bytes: int) -> list[Piece]:
        found: list[Piece] = []
        for number in range(count):
            found += [b"header", *part_slices(sent_file(bytes(size), part_bytes, f"f{number}"), (0, size))]
        return found

    assert [len(batch) for batch in batches_of(pieces(10, 20, 10))] == [16, 16, 8]
    assert [len(batch) for batch in batches_of(pieces(2_000_000, 2, 1_500_000))] == [1, 1, 2, 1, 1]
    assert [len(batch) for batch in batches_of(pieces(0, 20, 10))] == [16, 4]
