"""Processor seconds and resident memory of processes, from /proc."""

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.05
IDLE_WINDOW_SECONDS = 0.4
IDLE_CORES = 0.3


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the seconds since the processes started, including children that they have waited for."""
    return sum(_cpu_seconds(pid) for pid in pids)


def process_tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    return [pid, *(below for child in children for below in process_tree(child))]


def machine_seconds() -> float:
    """Return the processor seconds used on this machine since it booted."""
    user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) / TICK


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 when it has exited."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


class PeakMemory:
    """Samples the resident memory of some processes together while it is entered; keeps the peak and all samples."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.size_bytes = 0
        self.course: list[int] = []

    def __enter__(self) -> "PeakMemory":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        self.course.append(sum(map(resident_bytes, self._pids)))
        self.size_bytes = max(self.size_bytes, self.course[-1])


def wait_until_idle(pids: dict[str, list[int]], seconds: float = 20.0) -> None:
    """Return when these processes are nearly idle, or after this many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        meter = UsageMeter(pids)
        time.sleep(IDLE_WINDOW_SECONDS)
        passed, used = meter.read()
        if sum(used.values()) < IDLE_CORES * passed:
            return


class UsageMeter:
    """Measures elapsed time, and the processor time of each part of the stack."""

    def __init__(self, pids: dict[str, list[int]]) -> None:
        self._pids = {name: [each for pid in mine for each in process_tree(pid)] for name, mine in pids.items()}
        self._before = self._now()
        self._began = time.monotonic()

    def read(self) -> tuple[float, dict[str, float]]:
        """Return the elapsed seconds, and the processor seconds by part."""
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
