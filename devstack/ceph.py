"""The object store: a Ceph gateway with its own monitor and object storage daemon, used through S3 only."""

import uuid
from pathlib import Path

import urllib3
from minio.error import S3Error

from devstack.accounts import BUCKET
from devstack.bucket import create_accounts, create_bucket
from devstack.ceph_conf import ceph_conf
from devstack.ceph_tools import CephTools
from devstack.component import Component
from devstack.ports import LOOPBACK, accepts_connection, responds_ok
from devstack.process import Child
from devstack.s3_client import s3_client

GATEWAY_STOP_TIMEOUT_SECONDS = 1.0


class Ceph(Component):
    """Monitor, object storage daemon and gateway; the gateway is the main process."""

    name = "s3"
    description = "object store (S3)"
    port_names = ("s3", "s3_monitor")

    def launch(self) -> None:
        tools, fsid = self._configure()
        made = self._made.exists()
        if not made:
            tools.make_monitor(fsid, self._monitor)
        elif self._made.read_text() != self._monitor:
            tools.move_monitor(fsid, self._monitor)
        self._daemon("s3.monitor", "ceph-mon", "--id", "a")
        self.wait_ready(ready=lambda: accepts_connection(self.workspace.ports["s3_monitor"]))
        if not made:
            tools.make_store()
        self._daemon("s3.store", "ceph-osd", "--id", "0")
        self._daemon("s3", "radosgw", "--name", "client.rgw")
        self.wait_ready(ready=self._healthy)
        if not made:
            create_accounts(self.workspace, self._conf)
            create_bucket(self.workspace)
        self._made.write_text(self._monitor)
        self.wait_ready()

    def stop(self) -> None:
        """Stop the gateway first, within a second: it holds no state, but waits for its own timers."""
        if self.children:
            self.children[-1].stop(GATEWAY_STOP_TIMEOUT_SECONDS)
        super().stop()

    def is_ready(self) -> bool:
        try:
            return self._healthy() and s3_client(self.workspace, "upload").bucket_exists(BUCKET)
        except (S3Error, urllib3.exceptions.HTTPError):
            return False

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['s3']}"

    def _healthy(self) -> bool:
        return responds_ok(f"{self.address()}/swift/healthcheck")

    @property
    def _conf(self) -> Path:
        return self.workspace.data("s3") / "ceph.conf"

    @property
    def _made(self) -> Path:
        """The file that is written when the store is complete; it holds the monitor's address of the last start."""
        return self.workspace.data("s3") / "made"

    @property
    def _monitor(self) -> str:
        return f"[v2:{LOOPBACK}:{self.workspace.ports['s3_monitor']}/0]"

    def _configure(self) -> tuple[CephTools, str]:
        folder = self.workspace.data("s3")
        for name in ("mon", "osd", "rgw", "run"):
            (folder / name).mkdir(exist_ok=True)
        fsid = self.workspace.secrets.get_or_create("s3", "fsid", lambda: str(uuid.uuid4()))
        keyring = self.workspace.secrets.folder("s3") / "keyring"
        s3 = f"{LOOPBACK}:{self.workspace.ports['s3']}"
        self._conf.write_text(ceph_conf(folder, fsid, keyring, self._monitor, s3))
        return CephTools(self.workspace, folder, self._conf, keyring), fsid

    def _daemon(self, name: str, program: str, *arguments: str) -> None:
        command: list[str | Path] = [program, "--foreground", "--conf", self._conf, *arguments]
        self.spawn(Child(self.workspace, name, command, log="s3"))
