"""What processes use: processor seconds and resident memory, from /proc."""

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
EVERY_SECONDS = 0.05
CALM_SECONDS = 0.4
CALM_CORES = 0.3


def cpu_seconds(pids: Iterable[int]) -> float:
    """Since they began, with the children they have waited for."""
    return sum(_cpu_seconds(pid) for pid in pids)


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    return [pid, *(below for child in children for below in tree(child))]


def machine_seconds() -> float:
    """Processor seconds that everybody on this machine has used since it began."""
    user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) / TICK


def resident_bytes(pid: int) -> int:
    """What is in memory of it now; nothing when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


class Peak:
    """The resident memory of some processes together while this is entered: the largest, and its course."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.size_bytes = 0
        self.course: list[int] = []

    def __enter__(self) -> "Peak":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        self.course.append(sum(map(resident_bytes, self._pids)))
        self.size_bytes = max(self.size_bytes, self.course[-1])


def calm(pids: dict[str, list[int]], seconds: float = 20.0) -> None:
    """Returns when these processes have hardly anything left to do, or are not done with it in that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        clock = Clock(pids)
        time.sleep(CALM_SECONDS)
        passed, used = clock.read()
        if sum(used.values()) < CALM_CORES * passed:
            return


class Clock:
    """How long something took, and what each part of the stack used meanwhile."""

    def __init__(self, pids: dict[str, list[int]]) -> None:
        self._pids = {name: [each for pid in mine for each in tree(pid)] for name, mine in pids.items()}
        self._before = self._now()
        self._began = time.monotonic()

    def read(self) -> tuple[float, dict[str, float]]:
        """Seconds that passed, and processor seconds by part."""
        passed = time.monotonic() - self._began
        return passed, {name: used - self._before[name] for name, used in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(pids) for name, pids in self._pids.items()} | {"(client)": time.process_time()}


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICK
