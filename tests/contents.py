"""Random file contents for tests; only the last one is kept in memory."""

import random
from functools import lru_cache


@lru_cache(maxsize=1)
def random_content(seed: int, size_bytes: int) -> bytes:
    """Return random bytes, the same ones for the same seed."""
    return random.Random(seed).randbytes(size_bytes)
