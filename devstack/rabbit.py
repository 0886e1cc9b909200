"""RabbitMQ: its own node, its own port mapper, one account per service."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack.accounts import BUS_WRITE, SERVICES, bus_read, password_hash
from devstack.part import Part
from devstack.ports import LOOPBACK, answers, serves
from devstack.process import Child
from devstack.vault import in_url

# Not the wrapper in sbin: that one insists on root.
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
QUICK_END = "gen_event:delete_handler(rabbit_event, rabbit_mgmt_db_handler, [])."
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


class Rabbit(Part):
    """The broker, and before it the port mapper that Erlang would otherwise leave behind."""

    name = "rabbit"
    what = "RabbitMQ"
    port_names = ("amqp", "amqp_dist", "amqp_management", "epmd")

    def launch(self) -> None:
        self._write_settings()
        self.spawn(Child(self.workspace, "epmd", self._epmd(), log="rabbit"))
        self.wait_ready(ready=lambda: answers(self.workspace.ports["epmd"]))
        self.spawn(Child(self.workspace, "rabbit", [SERVER], env=self._environment()))
        self.wait_ready()

    def stop(self) -> None:
        """Takes the statistics' listener out first: with it, the broker idles for five seconds before it ends."""
        if self.children and self.children[-1].alive:
            ask = Child(self.workspace, "rabbit.control", [CONTROL, "eval", QUICK_END], self._environment(), "rabbit")
            ask.start()
            with suppress(subprocess.TimeoutExpired):
                ask.wait(3)
            ask.stop(0)
        super().stop()

    def ready(self) -> bool:
        return answers(self.workspace.ports["amqp"], AMQP_HEADER, 5.0) and self._logs_in()

    def where(self) -> str:
        return f"amqp://{LOOPBACK}:{self.workspace.ports['amqp']}/"

    def url(self, account: str) -> str:
        """The AMQP address of one account, `admin` or a service."""
        return f"amqp://{account}:{in_url(self._password(account))}@{LOOPBACK}:{self.workspace.ports['amqp']}/"

    def management_url(self) -> str:
        """The management API, with the admin account in it."""
        return f"http://admin:{in_url(self._password('admin'))}@{LOOPBACK}:{self.workspace.ports['amqp_management']}"

    def _logs_in(self) -> bool:
        return serves(f"{self.management_url()}/api/whoami")

    def _password(self, account: str) -> str:
        return self.workspace.vault.once("rabbit", f"{account}_password")

    def _epmd(self) -> list[str]:
        return ["epmd", "-port", str(self.workspace.ports["epmd"]), "-address", LOOPBACK]

    def _write_settings(self) -> None:
        folder, ports = self.workspace.data("rabbit"), self.workspace.ports
        self.workspace.vault.put("rabbit", "definitions.json", json.dumps(self._definitions()))
        (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (folder / "rabbitmq.conf").write_text(
            f"""listeners.tcp.1 = {LOOPBACK}:{ports["amqp"]}
management.tcp.ip = {LOOPBACK}
management.tcp.port = {ports["amqp_management"]}
definitions.import_backend = local_filesystem
definitions.local.path = {self._definitions_file}
definitions.skip_if_unchanged = true
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 64MB
raft.wal_max_size_bytes = 33554432
log.console = true
log.console.level = warning
log.file = false
"""
        )

    @property
    def _definitions_file(self) -> Path:
        return self.workspace.vault.folder("rabbit") / "definitions.json"

    def _definitions(self) -> dict[str, Any]:
        """Accounts and rights, read by the broker as it boots; passwords are in it only as salted hashes."""
        users = [{"name": "admin", "password_hash": password_hash(self._password("admin")), "tags": "administrator"}]
        rights = [{"user": "admin", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}]
        for service in SERVICES:
            users.append({"name": service, "password_hash": password_hash(self._password(service)), "tags": ""})
            rights.append(
                {"user": service, "vhost": "/", "configure": "^$", "write": BUS_WRITE, "read": bus_read(service)}
            )
        return {"vhosts": [{"name": "/"}], "users": users, "permissions": rights}

    def _environment(self) -> dict[str, str]:
        folder, ports = self.workspace.data("rabbit"), self.workspace.ports
        return {
            "HOME": str(folder),
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the broker instead of watching over it
            "RABBITMQ_NODENAME": f"melanissimo@{LOOPBACK}",  # an address: a bare machine may not know "localhost"
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(ports["amqp_dist"]),
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP": str(folder / "crash.dump"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}"
            " +sbwt none +sbwtdcpu none +sbwtdio none",
        }
