"""What every part of the stack can do: start and be ready, say where it is, stop."""

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from devstack.process import Child, last_words
from devstack.refusals import PartDidNotStart, StartInterrupted
from devstack.table import short
from devstack.workspace import START_SECONDS, Workspace


class Part(ABC):
    """One row of the table; it may be several processes, of which the last is the one people mean by its name."""

    name: str
    what: str
    needs: frozenset[str] = frozenset()
    port_names: tuple[str, ...] = ()
    patience_seconds: ClassVar[float] = 30.0

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.children: list[Child] = []
        self.seconds = 0.0

    @abstractmethod
    def launch(self) -> None:
        """Starts the processes and does what must be done once; returns when the part is of use."""

    @abstractmethod
    def ready(self) -> bool:
        """Says whether the part really answers now."""

    @abstractmethod
    def where(self) -> str:
        """The address people need."""

    def start(self) -> None:
        """Launches the part and measures it; refuses with one line when it does not come up."""
        began = time.monotonic()
        self._turn_log_over()
        self.children = []
        try:
            self.launch()
        except (StartInterrupted, PartDidNotStart):
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            if isinstance(error, TimeoutError):
                reason = f"{reason}; it said: {last_words(self.workspace.log(self.name))}"
            raise PartDidNotStart(f"{self.name} did not start: {reason} (log: {short(self.log)})") from error
        self.seconds = time.monotonic() - began

    def stop(self) -> None:
        """Stops what was started, the last one first."""
        for child in reversed(self.children):
            child.stop(self.patience_seconds)
        self.children = []

    def kill(self, number: signal.Signals) -> None:
        """Sends a signal to the process that people mean by this part's name."""
        self.children[-1].signal(number)

    @property
    def pid(self) -> int | None:
        return self.children[-1].pid if self.children else None

    @property
    def dead(self) -> list[Child]:
        """Processes of this part that ended by themselves."""
        return [child for child in self.children if not child.alive]

    @property
    def log(self) -> str:
        return str(self.workspace.log(self.name))

    def spawn(self, child: Child) -> Child:
        """Starts one more process of this part."""
        self.children.append(child)
        child.start()
        return child

    def wait_ready(self, seconds: float = START_SECONDS, ready: Callable[[], bool] | None = None) -> None:
        """Waits until the part answers; refuses at once when one of its processes dies meanwhile."""
        check = ready or self.ready

        def answered() -> bool:
            for child in self.dead:
                raise PartDidNotStart(child.obituary())
            return check()

        self.workspace.wait_until(f"waiting for {self.name}", answered, seconds)

    def _turn_log_over(self) -> None:
        log = self.workspace.log(self.name)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
