"""How often each byte of a file was handed out through one link: the coverage, which makes the limit exact (R34).

The theorem: from everything that a link ever handed out, no more than `limit` whole copies of a file can be put
together, except by repeating one small download within half an hour; and a recipient who received nothing whole has
lost nothing.

The proof:

1. A whole copy needs each byte once, so `n` copies need each byte `n` times: the lowest count over the file, `copies`,
   is the number of whole copies that can be put together from everything that was handed out.
2. Each byte that a download, an archive or a tail hands out is added to the coverage, in the write that records it
   (`FileQuota.with_handed_out`). No byte is handed out before a write has reserved it (`RunningGet`).
3. Each write that takes a lease or reserves bytes is refused unless `copies` stays within the limit after every
   reserved byte, and the rest of every leased download, has been handed out as well (`FileQuota.is_over_the_limit`).
   So `copies` is within the limit now, and remains so whatever is handed out until the next such write.
4. A byte that is handed out twice within one download counts twice. That costs nothing as long as another byte was
   handed out only once, because the lowest count decides. A recipient to whom some byte was never handed out has
   used up no copy.
5. Assumed is that a process records what it handed out before its reservation lapses. One that is killed, or cannot
   reach the database until then, may have handed out one run (64 MiB) of each GET that nobody counts in time.

The exception: a small file fits into the buffers between service and client, and may be handed out as a whole without
a byte of it arriving. Within one download, alone or in an archive, each byte of a small file may therefore be handed
out three times and counts once: at most three times `limit` copies can come of it (docs/downloads.md).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.download.domain.ranges import Range, Ranges, merged

SMALL_BYTES = 16 * 1024 * 1024
MAX_REPEATS = 3
"""How often a byte of a small file may be handed out within one download and count once."""

Step = tuple[int, int, int]
Steps = tuple[Step, ...]
"""A step function: bytes [start, stop) and their count, at least 1; in order, and as few steps as possible."""


class ByteCounts(NamedTuple):
    """How often the bytes of one download count: if they belong to a large file, and if they belong to a small one."""

    large: Steps
    small: Steps

    def of(self, size_bytes: int) -> Steps:
        """Return the counts in a file of this size."""
        return self.small if size_bytes <= SMALL_BYTES else self.large

    def within(self, window: Range) -> "ByteCounts":
        """Return the counts of the bytes in this window, by their distance from its start."""
        return ByteCounts(_within(self.large, window), _within(self.small, window))


NO_BYTES = ByteCounts((), ())


def counted(handed_out: Steps, next_ones: Iterable[Range], leased: Range | None = None) -> ByteCounts:
    """Return how often bytes of one download will count when they are handed out.

    `handed_out` says how often its bytes were handed out before; `next_ones` are handed out next and may overlap;
    what is missing of `leased` is handed out last.
    """
    coming = tuple((start, stop, 1) for start, stop in next_ones)
    rest = ((*leased, 1),) if leased else ()
    large, small = list[Step](), list[Step]()
    for start, stop, (before, more, owed) in _swept(handed_out, coming, rest):
        missing = int(bool(owed and not before and not more))
        large.append((start, stop, more + missing))
        small.append((start, stop, _in_a_small_file(before + more) - _in_a_small_file(before) + missing))
    return ByteCounts(_joined(large), _joined(small))


def once(*ranges: Range) -> Steps:
    """Return steps for ranges that are handed out once each."""
    return added((), tuple((start, stop, 1) for start, stop in ranges), len(ranges))


def added(steps: Steps, more: Steps, most: int) -> Steps:
    """Return the sum; no count rises above `most`, because a higher one would decide nothing."""
    return _joined((start, stop, min(times, most)) for start, stop, (times,) in _swept((*steps, *more)))


def copies(size_bytes: int, steps: Steps) -> int:
    """Return how many whole copies of a file can be put together: the lowest count over all its bytes."""
    upto, least = 0, 0
    for start, stop, times in steps:
        if start > upto:
            return 0
        least = min(least, times) if upto else times
        upto = stop
    return least if upto >= size_bytes else 0


def ranges_of(steps: Steps) -> Ranges:
    """Return the bytes with a count."""
    return merged(*((start, stop) for start, stop, _ in steps))


def bytes_of(steps: Steps) -> int:
    """Return how many bytes were handed out in all, repeats included."""
    return sum((stop - start) * times for start, stop, times in steps)


def is_edge(steps: Steps, at: int) -> bool:
    """Return whether a run that begins at this byte splits no step."""
    return at == 0 or any(at in (start, stop) for start, stop, _ in steps)


def _in_a_small_file(times: int) -> int:
    """Return the count of a small file's byte that was handed out so often within one download."""
    return min(times, 1) + max(0, times - MAX_REPEATS)


def _within(steps: Steps, window: Range) -> Steps:
    """Return the steps in this window; only those that lie in it are looked at."""
    first, end = window
    found: list[Step] = []
    for at in range(bisect_right(steps, first, key=lambda step: step[1]), len(steps)):
        start, stop, times = steps[at]
        if max(start, first) >= end:
            break
        found.append((max(start, first) - first, min(stop, end) - first, times))
    return tuple(found)


def _joined(steps: Iterable[Step]) -> Steps:
    """Return the same function in as few steps as possible; steps with a count of 0 are dropped."""
    found: list[Step] = []
    for start, stop, times in steps:
        if found and found[-1][1:] == (start, times):
            found[-1] = (found[-1][0], stop, times)
        elif times:
            found.append((start, stop, times))
    return tuple(found)


def _swept(*channels: Iterable[Step]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield the bytes between any two edges, with the sum of the steps there in each channel."""
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
