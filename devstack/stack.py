"""A whole stack, or some of its parts, in one folder: what `make run` and the tests start and stop."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.accounts import SERVICES
from devstack.addresses import Addresses
from devstack.ceph import Ceph
from devstack.gateway import Gateway
from devstack.mailbox import Mailbox
from devstack.mongo import Mongo
from devstack.part import Part
from devstack.portal import Portal
from devstack.rabbit import Rabbit
from devstack.recovery import recover
from devstack.services import Service, Topology
from devstack.together import start_together, stop_together
from devstack.workspace import START_SECONDS, Workspace

SERVERS = frozenset({"mongo", "rabbit", "s3", "mailbox"})
ALL = SERVERS | {"topology", *SERVICES, "gateway", "portal"}


class Stack(Addresses):
    """Parts by name. Several stacks may run side by side, each in its own folder and on ports of its own.

    `settings` are variables per service that override those of the stack. `fixed_ports` are demands ("gateway",
    "files"): taken means refused; every other port is chosen, and remembered for the next start.
    """

    def __init__(
        self,
        root: Path,
        settings: dict[str, dict[str, str]] | None = None,
        fixed_ports: dict[str, int] | None = None,
    ) -> None:
        self.workspace = Workspace(root, fixed_ports)
        self.parts = _parts(self.workspace, settings or {})
        self._running: list[str] = []
        self._settled = False

    def start(self, parts: Iterable[str] = ALL) -> None:
        """Starts what is not running yet and waits until it answers; on a failure stops what this call started."""
        wanted = [name for name in self.parts if name in set(parts) and name not in self._running]
        self.workspace.halted.clear()
        self._settle()
        self._running += wanted
        try:
            start_together([self.parts[name] for name in wanted], self.workspace.halted)
        except BaseException:
            self._stop(wanted)
            raise

    def stop(self) -> None:
        """Stops everything that this stack started, doors first, servers last."""
        self.workspace.halted.set()
        self._stop(list(self._running))

    def restart(self, name: str, settings: dict[str, str] | None = None) -> None:
        """Stops one part, alone, and starts it again on the same port; `settings` stay for later restarts too."""
        part = self.parts[name]
        if isinstance(part, Service):
            part.settings |= settings or {}
        part.stop()
        part.start()

    @contextmanager
    def replicated(self, name: str, count: int) -> Iterator[list[str]]:
        """As long as this lasts the gateway spreads the work of a service over so many processes; their names."""
        first, gateway = self.parts[name], self.parts["gateway"]
        if not isinstance(first, Service) or not isinstance(gateway, Gateway):
            raise LookupError(f"{name} is not a service")
        more = [Service(self.workspace, name, first.settings, number) for number in range(2, count + 1)]
        self.workspace.ports.settle([port for part in more for port in part.port_names])
        names = [part.name for part in more]
        self.parts |= {part.name: part for part in more}
        try:
            self.start(names)
            gateway.replicas[name] = names
            self.restart("gateway")
            yield [name, *names]
        finally:
            gateway.replicas.pop(name, None)
            self.restart("gateway")
            self._stop(names)
            for one in names:
                del self.parts[one]

    def stop_parts(self, names: list[str]) -> None:
        """Stops some parts, doors first; `start` starts them again."""
        self._stop(names)

    def stop_part(self, name: str) -> None:
        """Stops one part and leaves it stopped, until `restart`."""
        self.parts[name].stop()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Sends a signal to the main process of a part."""
        self.parts[name].kill(number)

    def wait_ready(self, name: str, seconds: float = START_SECONDS) -> None:
        """Waits until a part answers."""
        self.parts[name].wait_ready(seconds)

    def pid(self, name: str) -> int | None:
        """The main process of a part."""
        return self.parts[name].pid

    @property
    def running(self) -> list[Part]:
        return [self.parts[name] for name in self._running]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _stop(self, names: list[str]) -> None:
        stop_together([self.parts[name] for name in names])
        self._running = [name for name in self._running if name not in names]
        if not self._running:
            self._settled = False
            self.workspace.release()

    def _settle(self) -> None:
        """Holds the folder, ends what an earlier supervisor left behind, settles all ports."""
        if not self._settled:
            self.workspace.hold()
            try:
                recover(self.workspace)
                self.workspace.ports.settle([port for part in self.parts.values() for port in part.port_names])
            except BaseException:
                self.workspace.release()
                raise
            self._settled = True


def _parts(workspace: Workspace, settings: dict[str, dict[str, str]]) -> dict[str, Part]:
    def own(name: str) -> dict[str, str]:
        return dict(settings.get(name, {}))

    parts: list[Part] = [Mongo(workspace), Rabbit(workspace), Ceph(workspace), Mailbox(workspace), Topology(workspace)]
    parts += [Service(workspace, name, own(name)) for name in SERVICES]
    parts += [Gateway(workspace, own("gateway")), Portal(workspace, own("portal"))]
    return {part.name: part for part in parts}
