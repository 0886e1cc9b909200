"""One child process: its own process group, its output in a log file, its identity written down while it lives."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from devstack.birth import birth
from devstack.refusals import PartDidNotStart
from devstack.table import short
from devstack.workspace import PROJECT, START_SECONDS, Workspace


class Child:
    """A process that this stack started and this stack stops, by pid."""

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
        """The pid of the last start; refuses when there was none."""
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
        """Starts the process; does not wait for it to be of any use."""
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
        record = {"pid": self._process.pid, "birth": birth(self._process.pid)}
        self._workspace.record(self.name).write_text(json.dumps(record))

    def finish(self, seconds: float = START_SECONDS) -> None:
        """Starts the process and waits for it to end well; refuses when it does not."""
        self.start()
        try:
            self._workspace.wait_until(self.name, lambda: not self.alive, seconds)
        finally:
            self.stop()
        if self._process is not None and self._process.returncode != 0:
            raise PartDidNotStart(self.obituary())

    def obituary(self) -> str:
        """One line on how the process ended."""
        code = self._process.poll() if self._process else None
        if code is not None and code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name} (log: {short(self._log)})"
        return f"{self.name} ended with exit code {code}: {last_words(self._log)} (log: {short(self._log)})"

    def signal(self, number: signal.Signals) -> None:
        """Sends one signal to the process itself, not to its group."""
        if self.alive:
            os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        """Waits for the end of the process and says its exit code."""
        if self._process is None:
            raise LookupError(f"{self.name} has not been started")
        return self._process.wait(seconds)

    def stop(self, seconds: float = 30.0) -> None:
        """Asks the process to end, insists when it does not, and leaves nobody behind in its group."""
        if self._process is None:
            return
        if self.alive:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        kill_group(self._process.pid)
        self._process.wait()
        self._workspace.record(self.name).unlink(missing_ok=True)


def kill_group(leader: int) -> None:
    """Kills whatever is left of a process group that is known to be ours."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def last_words(log: Path) -> str:
    """The line of a log that says best why its process ended: the last that speaks of an error, or the last one."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()] if log.exists() else []
    said = [line for line in lines if line]
    errors = [line for line in said if re.search(r"error|fatal|denied|cannot|unable", line, re.IGNORECASE)]
    return (errors or said or ["it said nothing"])[-1][:300]
