"""Starts and stops the components of a stack in one folder, for `make run` and the tests."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.accounts import SERVICES
from devstack.ceph import Ceph
from devstack.component import Component
from devstack.endpoints import Endpoints
from devstack.gateway import GatewayComponent
from devstack.mail_server import MailServer
from devstack.mongo import Mongo
from devstack.portal import PortalComponent
from devstack.rabbit import Rabbit
from devstack.recovery import end_leftovers
from devstack.services import ServiceComponent, TopologyJob
from devstack.start_order import start_in_order, stop_in_order
from devstack.workspace import START_TIMEOUT_SECONDS, Workspace

SERVERS = frozenset({"mongo", "rabbit", "s3", "mailbox"})
ALL = SERVERS | {"topology", *SERVICES, "gateway", "portal"}


class Stack(Endpoints):
    """Components by name. Several stacks may run side by side, each in its own folder and on ports of its own.

    `settings` are variables per service that override those of the stack. `fixed_ports` ("gateway", "files") are not
    replaced: `PortTaken` when one is in use. Every other port is chosen, and kept for the next start.
    """

    def __init__(
        self,
        root: Path,
        settings: dict[str, dict[str, str]] | None = None,
        fixed_ports: dict[str, int] | None = None,
    ) -> None:
        self.workspace = Workspace(root, fixed_ports)
        self.components = _components(self.workspace, settings or {})
        self._running: list[str] = []
        self._prepared = False

    def start(self, components: Iterable[str] = ALL) -> None:
        """Start what is not running yet and wait until it answers; on a failure stop what this call started."""
        wanted = [name for name in self.components if name in set(components) and name not in self._running]
        self.workspace.cancelled.clear()
        self._prepare()
        self._running += wanted
        try:
            start_in_order([self.components[name] for name in wanted], self.workspace.cancelled)
        except BaseException:
            self._stop(wanted)
            raise

    def stop(self) -> None:
        """Stop everything that this stack started, the gateway first, servers last."""
        self.workspace.cancelled.set()
        self._stop(list(self._running))

    def restart(self, name: str, settings: dict[str, str] | None = None) -> None:
        """Stop one component and start it again on the same port; `settings` are kept for later restarts."""
        component = self.components[name]
        if isinstance(component, ServiceComponent):
            component.settings |= settings or {}
        component.stop()
        component.start()

    @contextmanager
    def replicated(self, name: str, count: int) -> Iterator[list[str]]:
        """Run `count` replicas of a service behind the gateway during the block; yield their names."""
        first, gateway = self.components[name], self.components["gateway"]
        if not isinstance(first, ServiceComponent) or not isinstance(gateway, GatewayComponent):
            raise LookupError(f"{name} is not a service")
        more = [ServiceComponent(self.workspace, name, first.settings, number) for number in range(2, count + 1)]
        self.workspace.ports.assign([port for component in more for port in component.port_names])
        names = [component.name for component in more]
        self.components |= {component.name: component for component in more}
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
                del self.components[one]

    def stop_components(self, names: list[str]) -> None:
        """Stop some components, dependents first; `start` starts them again."""
        self._stop(names)

    def stop_component(self, name: str) -> None:
        """Stop one component and leave it stopped, until `restart`."""
        self.components[name].stop()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the main process of a component."""
        self.components[name].kill(number)

    def wait_ready(self, name: str, seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Wait until a component answers."""
        self.components[name].wait_ready(seconds)

    def pid(self, name: str) -> int | None:
        """Return the pid of the main process of a component."""
        return self.components[name].pid

    @property
    def running(self) -> list[Component]:
        return [self.components[name] for name in self._running]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _stop(self, names: list[str]) -> None:
        stop_in_order([self.components[name] for name in names])
        self._running = [name for name in self._running if name not in names]
        if not self._running:
            self._prepared = False
            self.workspace.unlock()

    def _prepare(self) -> None:
        """Lock the folder, end what an earlier supervisor left behind, and assign all ports."""
        if not self._prepared:
            self.workspace.lock()
            try:
                end_leftovers(self.workspace)
                self.workspace.ports.assign(
                    [port for component in self.components.values() for port in component.port_names]
                )
            except BaseException:
                self.workspace.unlock()
                raise
            self._prepared = True


def _components(workspace: Workspace, settings: dict[str, dict[str, str]]) -> dict[str, Component]:
    def own(name: str) -> dict[str, str]:
        return dict(settings.get(name, {}))

    components: list[Component] = [
        Mongo(workspace),
        Rabbit(workspace),
        Ceph(workspace),
        MailServer(workspace),
        TopologyJob(workspace),
    ]
    components += [ServiceComponent(workspace, name, own(name)) for name in SERVICES]
    components += [GatewayComponent(workspace, own("gateway")), PortalComponent(workspace, own("portal"))]
    return {component.name: component for component in components}
