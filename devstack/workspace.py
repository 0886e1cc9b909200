"""Manages the folder of a stack: data, logs, process records, ports and secrets."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from devstack.errors import StackAlreadyRunning, StartInterrupted
from devstack.ports import PortRegistry
from devstack.process_identity import STACK_VARIABLE
from devstack.secrets_dir import SecretsDir

PROJECT = Path(__file__).resolve().parent.parent
START_TIMEOUT_SECONDS = 240.0
"""Enough for a machine with one busy core; an exited component is noticed at once."""


class Workspace:
    """The folder of a stack; `cancelled` is set to end every wait."""

    def __init__(self, root: Path, fixed_ports: dict[str, int] | None = None) -> None:
        self.root = root.resolve()
        for folder in ("data", "log", "run", "secrets"):
            (self.root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.secrets = SecretsDir(self.root / "secrets")
        self.ports = PortRegistry(self.root / "ports.json", fixed_ports)
        self.cancelled = threading.Event()
        self._lock: int | None = None

    def data(self, component: str) -> Path:
        """Return the folder in which a component keeps what must survive a restart."""
        folder = self.root / "data" / component
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, component: str) -> Path:
        """Return the log file of a component."""
        return self.root / "log" / f"{component}.log"

    def record_file(self, child: str) -> Path:
        """Return the file that holds the pid and identity of a child."""
        return self.root / "run" / f"{child}.json"

    def environment(self) -> dict[str, str]:
        """Return the environment of every child, without the developer's own variables."""
        path = os.environ.get("PATH", "")
        return {
            "PATH": f"{path}:/usr/sbin:/sbin",
            "HOME": str(self.root / "data"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            STACK_VARIABLE: str(self.root),
        }

    def lock(self) -> None:
        """Lock the folder for this process; the kernel releases the lock when the process ends."""
        if self._lock is not None:
            return
        descriptor = os.open(self.root / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StackAlreadyRunning(f"a stack is already running in {self.root} (stop it with: make stop)") from None
        self._lock = descriptor
        (self.root / "run" / "supervisor.pid").write_text(json.dumps({"pid": os.getpid()}))

    def unlock(self) -> None:
        """Release the lock and the port claims."""
        if self._lock is not None:
            self.ports.release()
            (self.root / "run" / "supervisor.pid").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def wait_until(self, what: str, check: Callable[[], bool], seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Poll `check` until it holds; `StartInterrupted` when cancelled, `TimeoutError` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not check():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: time-out after {seconds:g} s")
            if self.cancelled.wait(0.05):
                raise StartInterrupted(what)
