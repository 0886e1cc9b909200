"""Reports on a test run: its progress once a minute, memory and processor time at its end."""

import os
import resource
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TextIO

import pytest

MINUTE_SECONDS = 60.0
LOG_LINES = 12
MAX_HELD_MIB = 600
STACK_LOGS = pytest.StashKey[Path]()
"""The folder with the logs of the services and servers that this process of pytest started."""


class ProgressReport:
    """Prints once a minute which tests run and since when; under xdist, in the controller only."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._running: dict[str, float] = {}
        self._done = self._total = 0
        self._began = time.monotonic()
        self._ended = threading.Event()

    def pytest_sessionstart(self) -> None:
        threading.Thread(target=self._print_every_minute, daemon=True).start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items) or self._total

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failure at once with its reason; its whole report comes at the end of the run."""
        if report.failed:
            reason = getattr(getattr(report.longrepr, "reprcrash", None), "message", "").partition("\n")[0]
            print(f"\nfailed in {report.when}: {report.nodeid}: {reason[:300]}", file=self._out, flush=True)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)
        self._done += 1

    def pytest_sessionfinish(self) -> None:
        self._ended.set()

    def _print_every_minute(self) -> None:
        while not self._ended.wait(MINUTE_SECONDS):
            now = time.monotonic()
            oldest = sorted(self._running.copy().items(), key=lambda entry: entry[1])
            running = ", ".join(f"{name} for {now - since:.0f} s" for name, since in oldest)
            minutes = (now - self._began) / 60
            print(
                f"\n{minutes:.0f} min: {self._done} of {self._total} tests; now {running or 'none'}",
                file=self._out,
                flush=True,
            )


class ResourceReport:
    """Prints the memory of each process of pytest, the processor time of all, and the command to repeat a failed test.

    The run fails when a process uses more than `MAX_HELD_MIB`: a leak here is a leak in a service, too.
    """

    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        worker_output = getattr(session.config, "workeroutput", None)
        if worker_output is not None:
            worker_output["held_mib"] = _held_mib()
            return
        self._held["pytest"] = _held_mib()
        if max(self._held.values()) > MAX_HELD_MIB:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        output = getattr(node, "workeroutput", None) or {}
        if "held_mib" in output:
            self._held[getattr(node, "gateway").id] = output["held_mib"]  # noqa: B009 - xdist has no types

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for report in terminalreporter.stats.get("failed", [])[:1] + terminalreporter.stats.get("error", [])[:1]:
            terminalreporter.write_line(f"one test alone: make test ONLY='{report.nodeid}'")
        held = ", ".join(f"{name} {mib} MiB" for name, mib in sorted(self._held.items()))
        over = "" if max(self._held.values(), default=0) <= MAX_HELD_MIB else f"; more than {MAX_HELD_MIB} MiB"
        terminalreporter.write_line(f"memory held at the end: {held}{over}")
        terminalreporter.write_line(f"processor time of all processes: {_cpu_seconds():.0f} s")


class ServiceLogReport:
    """Adds to a failed test's report what the services and servers logged during the test."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._sizes = dict(_log_sizes(item.config))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed:
            for path, size in _log_sizes(item.config):
                before = self._sizes.get(path, 0)
                if size != before:
                    report.sections.append((f"last lines of {path.name}", _tail(path, before if size > before else 0)))
        return report


def install(config: pytest.Config) -> None:
    """Register the reports; called once, before output is captured."""
    config.pluginmanager.register(ResourceReport())
    config.pluginmanager.register(ServiceLogReport())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ProgressReport(os.fdopen(os.dup(1), "w")))


def _log_sizes(config: pytest.Config) -> Iterator[tuple[Path, int]]:
    folder = config.stash.get(STACK_LOGS, None)
    return ((path, path.stat().st_size) for path in sorted(folder.glob("*.log"))) if folder else iter(())


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as log:
        log.seek(start)
        return "\n".join(log.read().decode(errors="replace").splitlines()[-LOG_LINES:])


def _held_mib() -> int:
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return resident_pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _cpu_seconds() -> float:
    """Return the processor time of this process and of its ended descendants."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
