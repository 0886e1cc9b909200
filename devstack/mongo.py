"""Runs MongoDB: a replica set of one with authentication, one database and one account per service."""

import base64
import secrets
import sysconfig
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from devstack.accounts import SERVICES
from devstack.component import Component
from devstack.ports import LOOPBACK
from devstack.process import Child
from devstack.secrets_dir import percent_encode

MONGOD = Path(sysconfig.get_paths()["purelib"]) / "fiftyone" / "db" / "bin" / "mongod"
Client = MongoClient[dict[str, Any]]
UNAUTHORIZED = 13
ALREADY_INITIALIZED = 23
NOT_YET_INITIALIZED = 94


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(96)).decode()


class Mongo(Component):
    """One mongod, the primary of its own replica set."""

    name = "mongo"
    description = "MongoDB, a replica set of one"
    port_names = ("mongo",)

    def launch(self) -> None:
        self.workspace.secrets.get_or_create("mongo", "key_file", _key)
        self.spawn(Child(self.workspace, "mongo", self._command()))
        self.wait_ready(ready=self._responds)
        with self._client() as client:
            self._make_primary(client)
            self._make_admin(client)
        with self._client(self.admin_url()) as client:
            self._make_accounts(client)

    def is_ready(self) -> bool:
        try:
            with self._client(self.admin_url()) as client:
                return bool(client.admin.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False

    def address(self) -> str:
        return f"mongodb://{self._address}/?replicaSet=rs0"

    def admin_url(self) -> str:
        """Return the URL with the administrator's account, for tests only; no service has it."""
        password = self.workspace.secrets.get_or_create("mongo", "admin_password")
        return f"mongodb://admin:{percent_encode(password)}@{self._address}/?replicaSet=rs0&authSource=admin"

    def url(self, service: str) -> str:
        """Return the URL with the account of one service, limited to the database of the same name."""
        password = self.workspace.secrets.get_or_create("mongo", f"{service}_password")
        return f"mongodb://{service}:{percent_encode(password)}@{self._address}/{service}?replicaSet=rs0&authSource={service}"

    @property
    def _address(self) -> str:
        return f"{LOOPBACK}:{self.workspace.ports['mongo']}"

    def _command(self) -> list[str]:
        return [
            str(MONGOD),
            *("--dbpath", str(self.workspace.data("mongo"))),
            *("--port", str(self.workspace.ports["mongo"]), "--bind_ip", LOOPBACK, "--nounixsocket"),
            *("--replSet", "rs0", "--keyFile", str(self.workspace.secrets.folder("mongo") / "key_file")),
            *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "ttlMonitorSleepSecs=1"),
            *("--slowms", "86400000"),  # the log of a slow query quotes its values: addresses (I8)
        ]

    def _client(self, url: str | None = None) -> Client:
        where = url or f"mongodb://{self._address}/"
        return MongoClient(where, directConnection=True, serverSelectionTimeoutMS=2000, connectTimeoutMS=2000)

    def _responds(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.admin.command("hello"))
        except PyMongoError:
            return False

    def _make_primary(self, client: Client) -> None:
        """Create the replica set once, and again under the new address when the remembered port was taken."""
        config = {"_id": "rs0", "members": [{"_id": 0, "host": self._address}]}
        if not self._member_file.exists():
            _initiate(client, config)
        elif self._member_file.read_text() != self._address:
            self._reconfigure(config)
        self.wait_ready(ready=lambda: bool(client.admin.command("hello")["isWritablePrimary"]))
        self._member_file.write_text(self._address)

    def _reconfigure(self, config: dict[str, Any]) -> None:
        """Reconfigure the set with its new address, once mongod has stopped looking for itself at the old one."""
        with self._client(self.admin_url().replace("replicaSet=rs0&", "")) as admin:
            self.wait_ready(ready=lambda: _has_configuration(admin))
            version = admin.admin.command("replSetGetConfig")["config"]["version"]
            admin.admin.command("replSetReconfig", config | {"version": version + 1}, force=True)

    @property
    def _member_file(self) -> Path:
        """The file that is written when the set exists; it holds the address of its one member."""
        return self.workspace.root / "data" / "mongo.member"

    def _make_admin(self, client: Client) -> None:
        """Create the administrator through the localhost exception, which ends when the first account exists."""
        password = self.workspace.secrets.get_or_create("mongo", "admin_password")
        try:
            client.admin.command("createUser", "admin", pwd=password, roles=["root"])
        except OperationFailure as refusal:
            if refusal.code != UNAUTHORIZED:
                raise

    def _make_accounts(self, client: Client) -> None:
        known = client.admin.command("usersInfo", {"forAllDBs": True})["users"]
        for service in sorted(set(SERVICES) - {user["user"] for user in known}):
            password = self.workspace.secrets.get_or_create("mongo", f"{service}_password")
            roles = [{"role": "readWrite", "db": service}]
            client[service].command("createUser", service, pwd=password, roles=roles)


def _initiate(client: Client, config: dict[str, Any]) -> None:
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as refusal:
        if refusal.code not in (UNAUTHORIZED, ALREADY_INITIALIZED):  # an earlier start was interrupted after it
            raise


def _has_configuration(admin: Client) -> bool:
    try:
        return bool(admin.admin.command("replSetGetConfig"))
    except OperationFailure as refusal:
        if refusal.code != NOT_YET_INITIALIZED:
            raise
        return False
