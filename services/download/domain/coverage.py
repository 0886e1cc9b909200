"""How often each byte of a file has left through one link: what makes the limit exact.

The theorem: from everything that a link ever handed out, no more than `limit` whole copies of a file can be put
together, except by repeating one small download within half an hour; and whoever received nothing whole has lost
nothing.

Why it holds. Each byte that a download, an archive or a tail hands out is counted here, in the write that books it.
No byte is handed out before a write has reserved it. `copies` is the least count over the file, so it is the number of
whole copies in everything that left. Each write that reserves bytes or grants a lease is refused unless `copies` stays
within the limit after every reserved byte and the rest of every leased download have left as well.

A byte that is handed out again within one download counts again, and costs nothing by that: another byte, handed out
once, keeps `copies` where it was. But a small file fits into the buffers on the way, and may leave whole without that
anybody receives a byte of it. Within one download, alone or in an archive, each byte of a small file may therefore
leave three times and counts once: three times `limit` is the most that comes of it (docs/downloads.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.download.domain.ranges import Range, Ranges, merged

SMALL_BYTES = 16 * 1024 * 1024
MAX_REPEATS = 3
"""So often the bytes of a small file leave in one download and count once."""

Step = tuple[int, int, int]
Steps = tuple[Step, ...]
"""A step function: bytes [start, stop) and how often they leave, at least once; in order, and as few as possible."""


class ByteCounts(NamedTuple):
    """How often bytes count when they leave: those of a large file, and those of a small one."""

    large: Steps
    small: Steps

    def of(self, size_bytes: int) -> Steps:
        """Return how often they count in a file of this size."""
        return self.small if size_bytes <= SMALL_BYTES else self.large

    def within(self, window: Range) -> "ByteCounts":
        """Return the part that lies in this window, counted from its start."""
        return ByteCounts(_within(self.large, window), _within(self.small, window))


NOTHING = ByteCounts((), ())


def once(*ranges: Range) -> Steps:
    """Return steps for ranges that leave once each."""
    return added((), tuple((start, stop, 1) for start, stop in ranges), len(ranges))


def added(steps: Steps, more: Steps, most: int) -> Steps:
    """Return the sum; no count rises above `most`, from where on it decides nothing any more."""
    return _joined((start, stop, min(times, most)) for start, stop, (times,) in _swept((*steps, *more)))


def leaving(times: Steps, reserved: Iterable[Range], leased: Range | None = None) -> ByteCounts:
    """Return how often bytes will count when what is reserved leaves, and then what is leased and has not left.

    `times` says how often they left in the same download before; `reserved` ranges may overlap.
    """
    next_ones = tuple((start, stop, 1) for start, stop in reserved)
    rest = ((*leased, 1),) if leased else ()
    large, small = list[Step](), list[Step]()
    for start, stop, (left, coming, owed) in _swept(times, next_ones, rest):
        first = int(bool(owed and not left and not coming))
        large.append((start, stop, coming + first))
        small.append((start, stop, _counted(left + coming) - _counted(left) + first))
    return ByteCounts(_joined(large), _joined(small))


def copies(size_bytes: int, steps: Steps) -> int:
    """Return how many whole copies of a file can be put together from bytes that left so often."""
    upto, least = 0, 0
    for start, stop, times in steps:
        if start > upto:
            return 0
        least = min(least, times) if upto else times
        upto = stop
    return least if upto >= size_bytes else 0


def ranges_of(steps: Steps) -> Ranges:
    """Return the bytes that left at least once."""
    return merged(*((start, stop) for start, stop, _ in steps))


def bytes_of(steps: Steps) -> int:
    """Return how many bytes left in all."""
    return sum((stop - start) * times for start, stop, times in steps)


def is_edge(steps: Steps, at: int) -> bool:
    """A run that begins at this byte divides no step."""
    return at == 0 or any(at in (start, stop) for start, stop, _ in steps)


def _counted(times: int) -> int:
    """So often a byte of a small file counts that left so often in one download."""
    return min(times, 1) + max(0, times - MAX_REPEATS)


def _within(steps: Steps, window: Range) -> Steps:
    first, end = window
    cut = ((max(start, first) - first, min(stop, end) - first, times) for start, stop, times in steps)
    return tuple(one for one in cut if one[0] < one[1])


def _joined(steps: Iterable[Step]) -> Steps:
    found: list[Step] = []
    for start, stop, times in steps:
        if found and found[-1][1:] == (start, times):
            found[-1] = (found[-1][0], stop, times)
        elif times:
            found.append((start, stop, times))
    return tuple(found)


def _swept(*channels: Iterable[Step]) -> Iterator[tuple[int, int, list[int]]]:
    """The bytes between any two edges, and the sum of the steps there in each channel."""
    changes: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for channel, steps in enumerate(channels):
        for start, stop, times in steps:
            if start < stop:
                changes[start].append((channel, times))
                changes[stop].append((channel, -times))
    sums, at = [0] * len(channels), 0
    for position in sorted(changes):
        if any(sums):
            yield at, position, [*sums]
        for channel, change in changes[position]:
            sums[channel] += change
        at = position
