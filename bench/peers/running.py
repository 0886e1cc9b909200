"""Runs the other servers as processes on loopback, in the folder of the stage, and stops them with it."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.contender import Contender
from bench.peers.files import PeerProcess, PeerServer, PutClient, Remove, TusClient
from bench.peers.install import HERE, PYTHON, install
from bench.peers.store import DirectStore
from devstack.ports import LOOPBACK
from devstack.process import Child
from devstack.s3_client import s3_client
from devstack.stack import Stack

TUS_IN_STORE, TUS_ON_DISK, COPYPARTY, NGINX = "tus on the store", "tus on disk", "copyparty on disk", "nginx + store"


class Peers:
    """All other servers, started; an idle one uses no processor time."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._workspace = stack.workspace
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        self._installed = install()
        self._workspace.ports.assign([f"peer_{number}" for number in range(4)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def all(self) -> list[Contender]:
        """Return the contenders in the order of the table."""
        return [
            DirectStore(self._stack, "straight to the store", self._stack.s3_endpoint, {}),
            self._nginx(),
            self._tus(1, TUS_IN_STORE, self._store_settings(), self._remove_object),
            self._tus_on_disk(),
            self._copyparty(),
        ]

    def _tus_on_disk(self) -> Contender:
        folder = self._folder("peer-tus")
        return self._tus(2, TUS_ON_DISK, {"TUS_FOLDER": str(folder)}, _remover(folder))

    def _remove_object(self, name: str) -> None:
        client = s3_client(self._workspace, "upload")
        for key in (name, f"{name}.info"):
            client.remove_object(self._stack.s3_bucket, key)

    def _nginx(self) -> Contender:
        folder, port = self._folder("peer-nginx"), self._port(0)
        values = {"@folder@": str(folder), "@port@": str(port), "@store@": self._stack.s3_endpoint.partition("//")[2]}
        text = (HERE / "nginx.conf").read_text()
        for name, value in values.items():
            text = text.replace(name, value)
        conf = folder / "nginx.conf"
        conf.write_text(text)
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        command = ["nginx", "-p", f"{folder}/", "-c", str(conf), "-e", "stderr", "-g", directives]
        pid = self._start("peer-nginx", command, port, {}).child.pid
        return DirectStore(self._stack, NGINX, f"http://{LOOPBACK}:{port}", {"nginx": [pid]})

    def _tus(self, number: int, name: str, settings: dict[str, str], remove: Remove) -> Contender:
        port = self._port(number)
        env = settings | {"TUS_PORT": str(port), "NODE_ENV": "production"}
        started = self._start(f"peer-tus-{number}", ["node", str(self._installed / "tus.mjs")], port, env)
        return PeerServer(name, f"http://{LOOPBACK}:{port}", started, TusClient, remove)

    def _copyparty(self) -> Contender:
        folder, port = self._folder("peer-copyparty"), self._port(3)
        quiet = ["-q", "--no-thumb", "--no-crt", "--no-robots"]
        command = [sys.executable, "-m", "copyparty", "-i", LOOPBACK, "-p", str(port), *quiet, "-v", f"{folder}::rwd"]
        started = self._start("peer-copyparty", command, port, {"PYTHONPATH": str(PYTHON)})
        return PeerServer(COPYPARTY, f"http://{LOOPBACK}:{port}", started, PutClient, _remover(folder))

    def _store_settings(self) -> dict[str, str]:
        stack = self._stack
        return {
            "S3_ENDPOINT": stack.s3_endpoint,
            "S3_REGION": stack.s3_region,
            "S3_BUCKET": stack.s3_bucket,
            "S3_ACCESS_KEY": stack.s3_access_key,
            "S3_SECRET_KEY": stack.s3_secret_key,
        }

    def _start(self, name: str, command: list[str], port: int, env: dict[str, str]) -> PeerProcess:
        child = Child(self._workspace, name, command, env=env)
        self._ending.callback(child.stop)
        return PeerProcess(self._workspace, child, port)

    def _port(self, number: int) -> int:
        return self._workspace.ports[f"peer_{number}"]

    def _folder(self, name: str) -> Path:
        return self._workspace.data(name)


def _remover(folder: Path) -> Remove:
    def remove(name: str) -> None:
        (folder / name).unlink()

    return remove
