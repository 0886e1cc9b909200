"""Blocks are used again, and never under the eyes of anybody."""

from services.download.streaming.buffer_pool import BufferPool


def test_a_block_is_given_out_again_once_nobody_looks_into_it() -> None:
    memory = BufferPool()
    with memory.block(1000) as block:
        block[:] = b"a" * 1000
    with memory.block(900) as again:
        assert bytes(again) == b"a" * 900, "the same bytes, not cleared"
    assert memory.size_bytes == 1000


def test_a_slice_that_somebody_has_kept_keeps_its_block() -> None:
    memory = BufferPool()
    block = memory.block(1000)
    kept = memoryview(block[10:20]).cast("b")
    block.release()
    other = memory.block(1000)
    other[:] = b"x" * 1000
    assert bytes(kept) == bytes(10)
    assert memory.size_bytes == 2000


def test_a_small_part_does_not_take_a_large_block() -> None:
    memory = BufferPool()
    memory.block(1000).release()
    memory.block(499).release()
    assert memory.size_bytes == 1499


def test_what_is_free_is_given_back_but_for_some() -> None:
    memory = BufferPool(idle_bytes=2500)
    blocks = [memory.block(1000) for _ in range(6)]
    for block in blocks[:4]:
        block.release()
    memory.tidy()
    assert memory.size_bytes == 4000, "two that are looked into, and two that are free"
    for block in blocks[4:]:
        block.release()
    memory.tidy()
    assert memory.size_bytes == 2000
