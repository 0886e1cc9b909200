"""File contents for tests, made when they are needed and let go of when the next are."""

import random
from functools import lru_cache


@lru_cache(maxsize=1)
def noise(seed: int, size_bytes: int) -> bytes:
    """Random bytes, the same ones for the same seed."""
    return random.Random(seed).randbytes(size_bytes)
