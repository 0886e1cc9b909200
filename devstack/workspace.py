"""The one folder of a stack: data, logs, records of what runs, ports and secrets."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from devstack.birth import TAG
from devstack.ports import PortBook
from devstack.refusals import StackAlreadyRunning, StartInterrupted
from devstack.vault import Vault

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 240.0
"""How long a part may take to start: a machine with one busy core must manage, and a dead one is noticed at once."""


class Workspace:
    """Where a stack lives; `halted` is set when whatever is being waited for is not wanted any more."""

    def __init__(self, root: Path, fixed_ports: dict[str, int] | None = None) -> None:
        self.root = root.resolve()
        for folder in ("data", "log", "run", "secrets"):
            (self.root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.vault = Vault(self.root / "secrets")
        self.ports = PortBook(self.root / "ports.json", fixed_ports)
        self.halted = threading.Event()
        self._lock: int | None = None

    def data(self, part: str) -> Path:
        """The folder in which a part keeps what must survive a restart."""
        folder = self.root / "data" / part
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, part: str) -> Path:
        """The file that holds what a part prints."""
        return self.root / "log" / f"{part}.log"

    def record(self, child: str) -> Path:
        """The file that says which process a child is."""
        return self.root / "run" / f"{child}.json"

    def environment(self) -> dict[str, str]:
        """What every child inherits: little, so that a developer's own variables never leak into the stack."""
        path = os.environ.get("PATH", "")
        return {
            "PATH": f"{path}:/usr/sbin:/sbin",
            "HOME": str(self.root / "data"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            TAG: str(self.root),
        }

    def hold(self) -> None:
        """Takes the folder for this process; the kernel lets go of it when the process ends, in whatever way."""
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

    def release(self) -> None:
        """Gives the folder back."""
        if self._lock is not None:
            self.ports.release()
            (self.root / "run" / "supervisor.pid").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def wait_until(self, what: str, check: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Asks again and again until `check` holds; refuses when the stack is halted or the time is up."""
        deadline = time.monotonic() + seconds
        while not check():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: nothing after {seconds:g} s")
            if self.halted.wait(0.05):
                raise StartInterrupted(what)
