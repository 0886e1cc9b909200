"""Runs a child process: its own process group, its output in a log file, its identity in a record file."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from devstack.errors import ComponentDidNotStart
from devstack.process_identity import process_identity
from devstack.table import display_path
from devstack.workspace import PROJECT, START_TIMEOUT_SECONDS, Workspace


class Child:
    """A process that this stack starts and stops, by pid."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        command: Sequence[str | Path],
        env: dict[str, str] | None = None,
        log: str | None = None,
    ) -> None:
        self.name = name
        self._workspace = workspace
        self._command = [str(word) for word in command]
        self._env = workspace.environment() | (env or {})
        self._log = workspace.log(log or name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid of the last start; `LookupError` when there was none."""
        if self._process is None:
            raise LookupError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        return self._log

    def start(self) -> None:
        """Start the process without waiting until it is ready."""
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=PROJECT,
                start_new_session=True,
            )
        record = {"pid": self._process.pid, "identity": process_identity(self._process.pid)}
        self._workspace.record_file(self.name).write_text(json.dumps(record))

    def finish(self, seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Run the process to its end; raise `ComponentDidNotStart` when it fails."""
        self.start()
        try:
            self._workspace.wait_until(self.name, lambda: not self.alive, seconds)
        finally:
            self.stop()
        if self._process is not None and self._process.returncode != 0:
            raise ComponentDidNotStart(self.exit_report())

    def exit_report(self) -> str:
        """Return one line on how the process ended."""
        code = self._process.poll() if self._process else None
        if code is not None and code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name} (log: {display_path(self._log)})"
        return f"{self.name} ended with exit code {code}: {last_error_line(self._log)} (log: {display_path(self._log)})"

    def signal(self, number: signal.Signals) -> None:
        """Send one signal to the process itself, not to its group."""
        if self.alive:
            os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        """Wait for the end of the process and return its exit code."""
        if self._process is None:
            raise LookupError(f"{self.name} has not been started")
        return self._process.wait(seconds)

    def stop(self, seconds: float = 30.0) -> None:
        """Send SIGTERM, then SIGKILL after `seconds`, and kill what is left of the process group."""
        if self._process is None:
            return
        if self.alive:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        kill_group(self._process.pid)
        self._process.wait()
        self._workspace.record_file(self.name).unlink(missing_ok=True)


def kill_group(leader: int) -> None:
    """Kill whatever is left of a process group that this stack created."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def last_error_line(log: Path) -> str:
    """Return the last line of a log that reports an error, or else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()] if log.exists() else []
    printed = [line for line in lines if line]
    errors = [line for line in printed if re.search(r"error|fatal|denied|cannot|unable", line, re.IGNORECASE)]
    return (errors or printed or ["no output"])[-1][:300]
