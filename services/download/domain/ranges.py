"""Arithmetic of half-open byte ranges [start, stop)."""

from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def merged(*ranges: Range) -> Ranges:
    """Return the same bytes in as few ranges as possible, in order; empty ranges are dropped."""
    found: list[Range] = []
    for start, stop in sorted(one for one in ranges if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return tuple(found)


def total_bytes(ranges: Iterable[Range]) -> int:
    """Return how many bytes merged ranges hold."""
    return sum(stop - start for start, stop in ranges)


def without(span: Range, gone: Ranges) -> Ranges:
    """Return the bytes of `span` that are not in `gone`, which is merged."""
    found: list[Range] = []
    at, end = span
    for start, stop in gone[max(0, bisect_right(gone, (at, at)) - 1) :]:
        if start >= end:
            break
        if at < start:
            found.append((at, start))
        at = max(at, stop)
    return tuple(found) if at >= end else (*found, (at, end))
