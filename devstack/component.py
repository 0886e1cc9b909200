"""Base class of the components of a stack: start, readiness, address, stop."""

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from devstack.errors import ComponentDidNotStart, StartInterrupted
from devstack.process import Child, last_error_line
from devstack.table import display_path
from devstack.workspace import START_TIMEOUT_SECONDS, Workspace


class Component(ABC):
    """One row of the table; of its processes, the last is the main one."""

    name: str
    description: str
    depends_on: frozenset[str] = frozenset()
    port_names: tuple[str, ...] = ()
    stop_timeout_seconds: ClassVar[float] = 30.0

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.children: list[Child] = []
        self.start_duration_seconds = 0.0

    @abstractmethod
    def launch(self) -> None:
        """Start the processes and prepare what is needed once; return when the component can be used."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the component answers now."""

    @abstractmethod
    def address(self) -> str:
        """Return the address for people to use."""

    def start(self) -> None:
        """Launch the component and measure the time it takes; raise `ComponentDidNotStart` when it fails."""
        started_at = time.monotonic()
        self._rotate_log()
        self.children = []
        try:
            self.launch()
        except (StartInterrupted, ComponentDidNotStart):
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            if isinstance(error, TimeoutError):
                reason = f"{reason}; last output: {last_error_line(self.workspace.log(self.name))}"
            raise ComponentDidNotStart(
                f"{self.name} did not start: {reason} (log: {display_path(self.log)})"
            ) from error
        self.start_duration_seconds = time.monotonic() - started_at

    def stop(self) -> None:
        """Stop the processes, the last one first."""
        for child in reversed(self.children):
            child.stop(self.stop_timeout_seconds)
        self.children = []

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the main process."""
        self.children[-1].signal(number)

    @property
    def pid(self) -> int | None:
        return self.children[-1].pid if self.children else None

    @property
    def exited(self) -> list[Child]:
        """The processes of this component that have exited by themselves."""
        return [child for child in self.children if not child.alive]

    @property
    def log(self) -> str:
        return str(self.workspace.log(self.name))

    def spawn(self, child: Child) -> Child:
        """Start another process of this component."""
        self.children.append(child)
        child.start()
        return child

    def wait_ready(self, seconds: float = START_TIMEOUT_SECONDS, ready: Callable[[], bool] | None = None) -> None:
        """Wait until the component is ready; raise at once when one of its processes exits meanwhile."""
        check = ready or self.is_ready

        def check_alive() -> bool:
            for child in self.exited:
                raise ComponentDidNotStart(child.exit_report())
            return check()

        self.workspace.wait_until(f"waiting for {self.name}", check_alive, seconds)

    def _rotate_log(self) -> None:
        log = self.workspace.log(self.name)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
