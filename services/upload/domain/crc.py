"""The CRC-32 of a file, computed from those of its parts; polynomial arithmetic, as in zlib's `crc32_combine`."""

from collections.abc import Iterable
from functools import cache, lru_cache

POLYNOMIAL = 0xEDB88320
ONE = 1 << 31
BYTE = 1 << 23
"""The polynomial x^8; the highest bit is the lowest power."""


def crc32_combine(runs: Iterable[tuple[int, int]]) -> int:
    """Return the CRC-32 of consecutive runs of bytes, each given as its CRC-32 and its size in bytes."""
    whole = 0
    for crc, size_bytes in runs:
        whole = _product(_shift(size_bytes), whole) ^ crc
    return whole


@lru_cache(maxsize=256)
def _shift(size_bytes: int) -> int:
    """Return the factor that appends this many zero bytes; it is the same for all parts of a file but the last."""
    factor, place = ONE, 0
    while size_bytes:
        if size_bytes & 1:
            factor = _product(_square(place), factor)
        size_bytes >>= 1
        place += 1
    return factor


@cache
def _square(times: int) -> int:
    """Return x^8, squared this many times."""
    return _product(_square(times - 1), _square(times - 1)) if times else BYTE


def _product(one: int, other: int) -> int:
    """Return the product of two polynomials, modulo that of CRC-32."""
    result, bit = 0, ONE
    while bit:
        if one & bit:
            result ^= other
        other = (other >> 1) ^ (POLYNOMIAL if other & 1 else 0)
        bit >>= 1
    return result
