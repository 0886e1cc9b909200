"""Runs nginx with the product's configuration, rendered for loopback."""

import os

from deploy.gateway.render import write_configuration
from devstack.component import Component
from devstack.ports import LOOPBACK, responds_ok
from devstack.process import Child
from devstack.workspace import Workspace


class GatewayComponent(Component):
    """nginx, in the foreground, writing below its own folder only; `settings` override those of the stack."""

    name = "gateway"
    description = "the public entry point"
    depends_on = frozenset({"auth", "upload", "propagation", "download"})
    port_names = ("gateway", "files", "gateway_health", "gateway_internal")

    def __init__(self, workspace: Workspace, settings: dict[str, str]) -> None:
        super().__init__(workspace)
        self.settings = settings
        self.replicas: dict[str, list[str]] = {}

    def launch(self) -> None:
        folder = self.workspace.data("gateway")
        conf = write_configuration(folder, self._values() | self.settings)
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        command = ["nginx", "-p", f"{folder}/", "-c", str(conf), "-e", "stderr", "-g", directives]
        self.spawn(Child(self.workspace, "gateway", command))
        self.wait_ready()

    def is_ready(self) -> bool:
        return responds_ok(f"{self.address()}/api/upload/config")

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['gateway']}"

    def _values(self) -> dict[str, str]:
        servers = {f"GATEWAY_{name.upper()}_SERVERS": self._servers(name) for name in self.depends_on}
        return servers | {
            "GATEWAY_STORE_SERVERS": self._server("s3"),
            "GATEWAY_PORTAL_SERVERS": self._server("portal"),
            "GATEWAY_INTERNAL_HOST": LOOPBACK,
            "GATEWAY_INTERNAL_PORT": str(self.workspace.ports["gateway_internal"]),
            "GATEWAY_PREFIX": str(self.workspace.data("gateway")),
            "GATEWAY_WORKERS": "2",
            "GATEWAY_WORKER_CONNECTIONS": "1024",
            "GATEWAY_SCHEME": "http",
            "GATEWAY_API_HOST": LOOPBACK,
            "GATEWAY_PUBLIC_URL": self.address(),
            "GATEWAY_OTHER_NAMES": "localhost",
            "GATEWAY_API_LISTEN": self._address("gateway"),
            "GATEWAY_FILES_HOST": LOOPBACK,
            "GATEWAY_FILES_LISTEN": self._address("files"),
            "GATEWAY_HEALTH_LISTEN": self._address("gateway_health"),
        }

    def _address(self, port: str) -> str:
        return f"{LOOPBACK}:{self.workspace.ports[port]}"

    def _servers(self, service: str) -> str:
        """Return the service and its further replicas as upstream servers."""
        return " ".join(self._server(name) for name in [service, *self.replicas.get(service, [])])

    def _server(self, port: str) -> str:
        return f"server {self._address(port)} max_fails=0;"
