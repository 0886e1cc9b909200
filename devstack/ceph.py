"""The object store: a Ceph gateway with a monitor and a store daemon of its own, spoken to as S3 only."""

import uuid
from pathlib import Path

import urllib3
from minio.error import S3Error

from devstack.accounts import BUCKET
from devstack.bucket import make_accounts, make_bucket
from devstack.ceph_conf import ceph_conf
from devstack.ceph_tools import CephTools
from devstack.part import Part
from devstack.ports import LOOPBACK, answers, serves
from devstack.process import Child
from devstack.s3_client import s3_client

GATEWAY_PATIENCE_SECONDS = 1.0


class Ceph(Part):
    """Monitor, store daemon and gateway; people mean the gateway by its name."""

    name = "s3"
    what = "object store (S3)"
    port_names = ("s3", "s3_monitor")

    def launch(self) -> None:
        tools, fsid = self._settle()
        made = self._made.exists()
        if not made:
            tools.make_monitor(fsid, self._monitor)
        elif self._made.read_text() != self._monitor:
            tools.move_monitor(fsid, self._monitor)
        self._daemon("s3.monitor", "ceph-mon", "--id", "a")
        self.wait_ready(ready=lambda: answers(self.workspace.ports["s3_monitor"]))
        if not made:
            tools.make_store()
        self._daemon("s3.store", "ceph-osd", "--id", "0")
        self._daemon("s3", "radosgw", "--name", "client.rgw")
        self.wait_ready(ready=self._healthy)
        if not made:
            make_accounts(self.workspace, self._conf)
            make_bucket(self.workspace)
        self._made.write_text(self._monitor)
        self.wait_ready()

    def stop(self) -> None:
        """The gateway keeps nothing, but waits for timers of its own: it is given a second."""
        if self.children:
            self.children[-1].stop(GATEWAY_PATIENCE_SECONDS)
        super().stop()

    def ready(self) -> bool:
        try:
            return self._healthy() and s3_client(self.workspace, "upload").bucket_exists(BUCKET)
        except (S3Error, urllib3.exceptions.HTTPError):
            return False

    def where(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['s3']}"

    def _healthy(self) -> bool:
        return serves(f"{self.where()}/swift/healthcheck")

    @property
    def _conf(self) -> Path:
        return self.workspace.data("s3") / "ceph.conf"

    @property
    def _made(self) -> Path:
        """Written when the store is complete; holds the monitor's address of the last start."""
        return self.workspace.data("s3") / "made"

    @property
    def _monitor(self) -> str:
        return f"[v2:{LOOPBACK}:{self.workspace.ports['s3_monitor']}/0]"

    def _settle(self) -> tuple[CephTools, str]:
        folder = self.workspace.data("s3")
        for name in ("mon", "osd", "rgw", "run"):
            (folder / name).mkdir(exist_ok=True)
        fsid = self.workspace.vault.once("s3", "fsid", lambda: str(uuid.uuid4()))
        keyring = self.workspace.vault.folder("s3") / "keyring"
        s3 = f"{LOOPBACK}:{self.workspace.ports['s3']}"
        self._conf.write_text(ceph_conf(folder, fsid, keyring, self._monitor, s3))
        return CephTools(self.workspace, folder, self._conf, keyring), fsid

    def _daemon(self, name: str, program: str, *arguments: str) -> None:
        command: list[str | Path] = [program, "--foreground", "--conf", self._conf, *arguments]
        self.spawn(Child(self.workspace, name, command, log="s3"))
