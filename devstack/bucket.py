"""The bucket and its two accounts: the counter's may only fetch, the parcel's owns."""

import json
import subprocess
from pathlib import Path

from devstack.accounts import BUCKET, READ_ONLY_POLICY
from devstack.s3_client import s3_client
from devstack.workspace import PROJECT, Workspace


def make_accounts(workspace: Workspace, conf: Path) -> None:
    """Makes both accounts; the store invents the keys, so that they never stand on a command line."""
    _make_account(workspace, conf, "upload")
    _make_account(workspace, conf, "download", "--max-buckets=-1")


def make_bucket(workspace: Workspace) -> None:
    """Makes the bucket, owned by `upload`, and lets `download` fetch objects from it."""
    owner = s3_client(workspace, "upload")
    if not owner.bucket_exists(BUCKET):
        owner.make_bucket(BUCKET)
    owner.set_bucket_policy(BUCKET, json.dumps(READ_ONLY_POLICY))


def _make_account(workspace: Workspace, conf: Path, account: str, *options: str) -> None:
    answer = _admin(workspace, conf, "create", f"--uid={account}", f"--display-name={account}", *options)
    if answer.returncode == 17:  # EEXIST: the start that made it was cut short
        answer = _admin(workspace, conf, "info", f"--uid={account}")
    answer.check_returncode()
    keys = json.loads(answer.stdout)["keys"][0]
    workspace.vault.put("s3", f"{account}_access_key", keys["access_key"])
    workspace.vault.put("s3", f"{account}_secret_key", keys["secret_key"])


def _admin(workspace: Workspace, conf: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["radosgw-admin", "--conf", str(conf), "user", *arguments]
    with workspace.log("s3").open("ab") as log:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=workspace.environment(),
            cwd=PROJECT,
            timeout=60,
            check=False,
        )
