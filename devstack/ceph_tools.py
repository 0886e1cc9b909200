"""Runs Ceph's set-up commands, once or when the monitor's port has changed: maps, keys, file systems."""

import shutil
import uuid
from pathlib import Path

from devstack.process import Child
from devstack.workspace import Workspace


class CephTools:
    """Ceph's own commands, run with the configuration of one folder."""

    def __init__(self, workspace: Workspace, folder: Path, conf: Path, keyring: Path) -> None:
        self._workspace = workspace
        self._folder = folder
        self._conf = conf
        self._keyring = keyring

    def make_monitor(self, fsid: str, address: str) -> None:
        """Create keys, map and file system of the monitor, after removing what an interrupted start left behind."""
        for name in ("mon", "osd"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
            (self._folder / name).mkdir()
        self._keyring.unlink(missing_ok=True)
        self._run("ceph-authtool", "--create-keyring", self._keyring, *_key("mon.", "mon"))
        for name in ("client.admin", "osd.0", "client.rgw"):
            self._run("ceph-authtool", self._keyring, *_key(name, "mon", "osd", "mgr"))
        self._keyring.chmod(0o600)
        monitor_map = self._map(fsid, address)
        self._run("ceph-mon", "--mkfs", "--id", "a", "--monmap", monitor_map, "--keyring", self._keyring)

    def move_monitor(self, fsid: str, address: str) -> None:
        """Write the new address to a stopped monitor."""
        self._run("ceph-mon", "--id", "a", "--inject-monmap", self._map(fsid, address))

    def make_store(self) -> None:
        """Register the store with the monitor and format it."""
        store = str(uuid.uuid4())
        (self._folder / "osd" / "0").mkdir(parents=True, exist_ok=True)
        self._run("ceph", "--connect-timeout", "30", "osd", "new", store, "0")
        self._run("ceph-osd", "--mkfs", "--id", "0", "--osd-uuid", store)

    def _map(self, fsid: str, address: str) -> Path:
        file = self._folder / "monmap"
        self._run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, file)
        return file

    def _run(self, program: str, *arguments: str | Path) -> None:
        env = {"CEPH_CONF": str(self._conf)}
        Child(self._workspace, f"s3.{program}", [program, *arguments], env=env, log="s3").finish()


def _key(name: str, *daemons: str) -> list[str]:
    rights = [word for daemon in daemons for word in ("--cap", daemon, "allow *")]
    return ["--gen-key", "-n", name, *rights]
