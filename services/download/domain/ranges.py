"""Which bytes? Half-open ranges [start, stop), sorted and merged."""

from collections.abc import Iterable

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def merged(*ranges: Range) -> Ranges:
    """The same bytes in as few ranges as possible, in order; empty ranges are dropped."""
    found: list[Range] = []
    for start, stop in sorted(one for one in ranges if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return tuple(found)


def covered(ranges: Iterable[Range]) -> int:
    """How many bytes merged ranges hold."""
    return sum(stop - start for start, stop in ranges)
