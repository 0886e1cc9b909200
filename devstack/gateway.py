"""The one public door: nginx with the product's own template, its values filled in."""

import os
import re

import httpx

from devstack.part import Part
from devstack.ports import LOOPBACK
from devstack.process import Child
from devstack.workspace import PROJECT

TEMPLATE = PROJECT / "deploy" / "gateway" / "nginx.conf.template"


class Gateway(Part):
    name = "gateway"
    needs = frozenset({"upload"})
    port_names = ("gateway", "files")

    def launch(self) -> None:
        folder = self.workspace.data("gateway")
        conf = folder / "nginx.conf"
        conf.write_text(render(TEMPLATE.read_text(), self._values()))
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        command = ["nginx", "-p", f"{folder}/", "-c", conf, "-e", "stderr", "-g", directives]
        self.spawn(Child(self.workspace, "gateway", command))
        self.wait_ready()

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.where()}/api/upload/config", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def where(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['gateway']}"

    def files_url(self) -> str:
        """The origin of the bytes, apart from that of the pages."""
        return f"http://{LOOPBACK}:{self.workspace.ports['files']}"

    def _values(self) -> dict[str, str]:
        return {}


def render(template: str, values: dict[str, str]) -> str:
    """Fills in `${NAME}`; refuses a name that nobody gave a value, and leaves nginx's own `$name` alone."""
    return re.sub(r"\$\{([A-Z][A-Z0-9_]*)\}", lambda found: values[found[1]], template)
