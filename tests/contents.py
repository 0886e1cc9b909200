"""Random file contents for tests; only the last one is kept in memory."""

import random
from functools import lru_cache

BLOCK_BYTES = 2**16


@lru_cache(maxsize=1)
def random_content(seed: int, size_bytes: int) -> bytes:
    """Return bytes that do not compress and of which no two blocks are equal; the same ones for the same seed."""
    block = random.Random(seed).randbytes(BLOCK_BYTES)[8:]
    count = -(-size_bytes // BLOCK_BYTES)
    return b"".join(number.to_bytes(8, "big") + block for number in range(count))[:size_bytes]
