"""A pool of memory blocks in which parts are verified and sent, so that each part needs no new memory."""

IDLE_BYTES = 64 * 1024 * 1024


class BufferPool:
    """The blocks of a process; a block is never given out while a view of it exists anywhere."""

    def __init__(self, idle_bytes: int = IDLE_BYTES) -> None:
        self._idle_bytes = idle_bytes
        self._blocks: list[bytearray] = []

    def acquire(self, size_bytes: int) -> memoryview:
        """Return a view of so many bytes, with any contents; the block is free again once no view of it is left."""
        for one in self._blocks:
            if size_bytes <= len(one) <= 2 * size_bytes and _is_free(one):
                return memoryview(one)[:size_bytes]
        self._blocks.append(bytearray(size_bytes))
        return memoryview(self._blocks[-1])

    def trim(self) -> None:
        """Drop free blocks, but for `idle_bytes` of them."""
        kept, idle = [], 0
        for one in self._blocks:
            is_free = _is_free(one)
            if not is_free or idle + len(one) <= self._idle_bytes:
                kept.append(one)
                idle += len(one) if is_free else 0
        self._blocks = kept

    @property
    def size_bytes(self) -> int:
        """The size of all blocks together."""
        return sum(map(len, self._blocks))


def _is_free(block: bytearray) -> bool:
    """Return whether no view of the block is left: Python then lets it be resized; a transport may have kept one."""
    try:
        block.append(block.pop())
    except BufferError:
        return False
    return True
