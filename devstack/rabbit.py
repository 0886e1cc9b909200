"""Runs RabbitMQ: its own node, its own port mapper, one account per service."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack.accounts import BUS_WRITE, SERVICES, bus_read, password_hash
from devstack.component import Component
from devstack.ports import LOOPBACK, accepts_connection, responds_ok
from devstack.process import Child
from devstack.secrets_dir import percent_encode

# Not the wrapper in sbin, which requires root.
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
REMOVE_STATISTICS_HANDLER = "gen_event:delete_handler(rabbit_event, rabbit_mgmt_db_handler, [])."
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


class Rabbit(Component):
    """The broker, after the port mapper that Erlang would otherwise start and leave running."""

    name = "rabbit"
    description = "RabbitMQ"
    port_names = ("amqp", "amqp_dist", "amqp_management", "epmd")

    def launch(self) -> None:
        self._write_settings()
        self.spawn(Child(self.workspace, "epmd", self._epmd(), log="rabbit"))
        self.wait_ready(ready=lambda: accepts_connection(self.workspace.ports["epmd"]))
        self.spawn(Child(self.workspace, "rabbit", [SERVER], env=self._environment()))
        self.wait_ready()

    def stop(self) -> None:
        """Remove the statistics' listener first: with it, the broker waits for five seconds before it ends."""
        if self.children and self.children[-1].alive:
            command = [CONTROL, "eval", REMOVE_STATISTICS_HANDLER]
            control = Child(self.workspace, "rabbit.control", command, self._environment(), "rabbit")
            control.start()
            with suppress(subprocess.TimeoutExpired):
                control.wait(3)
            control.stop(0)
        super().stop()

    def is_ready(self) -> bool:
        return accepts_connection(self.workspace.ports["amqp"], AMQP_HEADER, 5.0) and self._logs_in()

    def address(self) -> str:
        return f"amqp://{LOOPBACK}:{self.workspace.ports['amqp']}/"

    def url(self, account: str) -> str:
        """Return the AMQP URL with the account of `admin` or of a service."""
        return f"amqp://{account}:{percent_encode(self._password(account))}@{LOOPBACK}:{self.workspace.ports['amqp']}/"

    def management_url(self) -> str:
        """Return the URL of the management API, with the administrator's account."""
        return f"http://admin:{percent_encode(self._password('admin'))}@{LOOPBACK}:{self.workspace.ports['amqp_management']}"

    def _logs_in(self) -> bool:
        return responds_ok(f"{self.management_url()}/api/whoami")

    def _password(self, account: str) -> str:
        return self.workspace.secrets.get_or_create("rabbit", f"{account}_password")

    def _epmd(self) -> list[str]:
        return ["epmd", "-port", str(self.workspace.ports["epmd"]), "-address", LOOPBACK]

    def _write_settings(self) -> None:
        folder, ports = self.workspace.data("rabbit"), self.workspace.ports
        self.workspace.secrets.write("rabbit", "definitions.json", json.dumps(self._definitions()))
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
        return self.workspace.secrets.folder("rabbit") / "definitions.json"

    def _definitions(self) -> dict[str, Any]:
        """Return accounts and permissions, which the broker reads at its start; passwords are salted hashes."""
        users = [{"name": "admin", "password_hash": password_hash(self._password("admin")), "tags": "administrator"}]
        permissions = [{"user": "admin", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}]
        for service in SERVICES:
            users.append({"name": service, "password_hash": password_hash(self._password(service)), "tags": ""})
            permissions.append(
                {"user": service, "vhost": "/", "configure": "^$", "write": BUS_WRITE, "read": bus_read(service)}
            )
        return {"vhosts": [{"name": "/"}], "users": users, "permissions": permissions}

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
