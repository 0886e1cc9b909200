"""Runs the five services, each as a process, and the job that declares the topology of the bus first."""

import sys

from devstack.accounts import BUCKET, REGION
from devstack.component import Component
from devstack.keys import public_keys, signing_key
from devstack.mongo import Mongo
from devstack.ports import LOOPBACK, responds_ok
from devstack.process import Child
from devstack.rabbit import Rabbit
from devstack.workspace import PROJECT, Workspace

_DEPENDS_ON = {"upload": {"s3"}, "download": {"s3"}, "notify": {"mailbox"}}


class TopologyJob(Component):
    """A job that declares exchanges, queues and bindings, and ends."""

    name = "topology"
    description = "topology of the bus"
    depends_on = frozenset({"rabbit"})

    def launch(self) -> None:
        if not (PROJECT / "services" / "contracts").is_dir():
            return
        secrets = self.workspace.secrets
        secrets.write("contracts", "amqp_admin_url", Rabbit(self.workspace).url("admin"))
        env = {"SECRETS_DIR": str(secrets.folder("contracts"))}
        Child(self.workspace, "topology", [sys.executable, "-m", "services.contracts"], env=env).finish()

    def is_ready(self) -> bool:
        return True

    def address(self) -> str:
        return "(done)"


class ServiceComponent(Component):
    """One service; `settings` are variables that override those of the stack.

    A further replica has the secrets, the database and the queues of the first one, and a name and ports of its own.
    """

    def __init__(self, workspace: Workspace, service: str, settings: dict[str, str], replica: int = 1) -> None:
        super().__init__(workspace)
        self.service = service
        self.name = name = service if replica == 1 else f"{service}-{replica}"
        self.description = f"service {name}"
        self.depends_on = frozenset({"mongo", "topology"} | _DEPENDS_ON.get(service, set()))
        self.port_names = (name, f"{name}_management")
        self.module = f"services.{service}"
        self.settings = settings

    def launch(self) -> None:
        if not (PROJECT / self.module.replace(".", "/")).is_dir():
            raise FileNotFoundError(f"there is no {self.module}")
        self._write_secrets()
        env = self._environment() | self.settings
        self.spawn(Child(self.workspace, self.name, [sys.executable, "-m", self.module], env=env))
        self.wait_ready()

    def is_ready(self) -> bool:
        return responds_ok(f"{self.management_url()}/readyz")

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports[self.name]}"

    def management_url(self) -> str:
        """Return the address of health checks and metrics, which is never public."""
        return f"http://{LOOPBACK}:{self.workspace.ports[f'{self.name}_management']}"

    def _environment(self) -> dict[str, str]:
        ports, name = self.workspace.ports, self.name
        env = {
            "SECRETS_DIR": str(self.workspace.secrets.folder(self.service)),
            "LISTEN_HOST": LOOPBACK,
            "LISTEN_PORT": str(ports[name]),
            "MANAGEMENT_PORT": str(ports[f"{name}_management"]),
            "PUBLIC_BASE_URL": f"http://{LOOPBACK}:{ports['gateway']}",
            "TRUSTED_PROXIES": LOOPBACK,
        }
        return env | self._own_settings()

    def _own_settings(self) -> dict[str, str]:
        ports = self.workspace.ports
        agents = {"AGENT_DOMAINS": "ministere.example,.ministere.example"}
        store = {"S3_ENDPOINT": f"http://{LOOPBACK}:{ports['s3']}", "S3_REGION": REGION, "S3_BUCKET": BUCKET}
        mail = {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(ports["smtp"]), "SMTP_STARTTLS": "false"}
        own = {
            "auth": agents,
            "upload": agents | store,
            "notify": mail | {"MAIL_FROM": "Mélanissimo <ne-pas-repondre@melanissimo.example>"},
            "download": store | {"FILES_BASE_URL": f"http://{LOOPBACK}:{ports['files']}"},
        }
        return own.get(self.service, {})

    def _write_secrets(self) -> None:
        secrets, name = self.workspace.secrets, self.service
        secrets.write(name, "mongo_url", Mongo(self.workspace).url(name))
        secrets.write(name, "amqp_url", Rabbit(self.workspace).url(name))
        if name != "notify":
            secrets.get_or_create(name, "pepper")
        key = secrets.get_or_create("auth", "session_private_key", signing_key)
        if name in ("upload", "propagation", "download"):
            secrets.write(name, "session_jwks", public_keys(key))
        if name in ("upload", "download"):
            for half in ("access_key", "secret_key"):
                secrets.write(name, f"s3_{half}", secrets.read("s3")[f"{name}_{half}"])
