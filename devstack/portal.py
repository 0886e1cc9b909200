"""The web portal, started like a service; it knows nothing but the gateway."""

from devstack.ports import LOOPBACK
from devstack.services import Service
from devstack.workspace import Workspace


class Portal(Service):
    """Calls the services at the gateway's internal listener; its pages are at the public one."""

    def __init__(self, workspace: Workspace, settings: dict[str, str]) -> None:
        super().__init__(workspace, "portal", settings)
        self.what = "web portal"
        self.needs = frozenset({"gateway"})
        self.module = "portal"

    def where(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['gateway']}"

    def _own_settings(self) -> dict[str, str]:
        ports = self.workspace.ports
        return {
            "GATEWAY_URL": f"http://{LOOPBACK}:{ports['gateway_internal']}",
            "FILES_BASE_URL": f"http://{LOOPBACK}:{ports['files']}",
        }

    def _write_secrets(self) -> None:
        self.workspace.vault.once(self.name, "pepper")
