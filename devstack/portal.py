"""Runs the web portal like a service; it knows only the gateway."""

from devstack.ports import LOOPBACK
from devstack.services import ServiceComponent
from devstack.workspace import Workspace


class PortalComponent(ServiceComponent):
    """Calls the services at the gateway's internal listener; its pages are at the public one."""

    def __init__(self, workspace: Workspace, settings: dict[str, str]) -> None:
        super().__init__(workspace, "portal", settings)
        self.description = "web portal"
        self.depends_on = frozenset({"gateway"})
        self.module = "portal"

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['gateway']}"

    def _own_settings(self) -> dict[str, str]:
        ports = self.workspace.ports
        return {
            "GATEWAY_URL": f"http://{LOOPBACK}:{ports['gateway_internal']}",
            "FILES_BASE_URL": f"http://{LOOPBACK}:{ports['files']}",
        }

    def _write_secrets(self) -> None:
        self.workspace.secrets.get_or_create(self.name, "pepper")
