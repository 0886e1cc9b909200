"""Blocks are used again, and never under the eyes of anybody."""

from services.download.streaming.buffer_pool import BufferPool


def test_a_block_is_given_out_again_once_nobody_looks_into_it() -> None:
    pool = BufferPool()
    with pool.acquire(1000) as block:
        block[:] = b"a" * 1000
    with pool.acquire(900) as again:
        assert bytes(again) == b"a" * 900, "the same bytes, not cleared"
    assert pool.size_bytes == 1000


def test_a_slice_that_somebody_has_kept_keeps_its_block() -> None:
    pool = BufferPool()
    block = pool.acquire(1000)
    kept = memoryview(block[10:20]).cast("b")
    block.release()
    other = pool.acquire(1000)
    other[:] = b"x" * 1000
    assert bytes(kept) == bytes(10)
    assert pool.size_bytes == 2000


def test_a_small_part_does_not_take_a_large_block() -> None:
    pool = BufferPool()
    pool.acquire(1000).release()
    pool.acquire(499).release()
    assert pool.size_bytes == 1499


def test_what_is_free_is_given_back_but_for_some() -> None:
    pool = BufferPool(idle_bytes=2500)
    blocks = [pool.acquire(1000) for _ in range(6)]
    for block in blocks[:4]:
        block.release()
    pool.trim()
    assert pool.size_bytes == 4000, "two that are looked into, and two that are free"
    for block in blocks[4:]:
        block.release()
    pool.trim()
    assert pool.size_bytes == 2000
