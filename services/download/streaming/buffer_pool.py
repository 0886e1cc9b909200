"""Where do parts rest while they are verified and sent? In blocks that are used again and again."""

IDLE_BYTES = 64 * 1024 * 1024


class BufferPool:
    """The blocks of a process: none is ever given out while anybody may still look into it."""

    def __init__(self, idle_bytes: int = IDLE_BYTES) -> None:
        self._idle_bytes = idle_bytes
        self._blocks: list[bytearray] = []

    def block(self, size_bytes: int) -> memoryview:
        """So many bytes that nobody looks into; they are free again once no view of them is left."""
        for one in self._blocks:
            if size_bytes <= len(one) <= 2 * size_bytes and _is_unseen(one):
                return memoryview(one)[:size_bytes]
        self._blocks.append(bytearray(size_bytes))
        return memoryview(self._blocks[-1])

    def tidy(self) -> None:
        """Give back to the machine what is free, but for `idle_bytes` of it."""
        kept, idle = [], 0
        for one in self._blocks:
            unseen = _is_unseen(one)
            if not unseen or idle + len(one) <= self._idle_bytes:
                kept.append(one)
                idle += len(one) if unseen else 0
        self._blocks = kept

    @property
    def size_bytes(self) -> int:
        """All blocks together."""
        return sum(map(len, self._blocks))


def _is_unseen(block: bytearray) -> bool:
    """Python refuses to resize what any view, anywhere, still shows: also one that a transport has kept."""
    try:
        block.append(block.pop())
    except BufferError:
        return False
    return True
