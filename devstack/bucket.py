"""The bucket and its two accounts: `upload` owns it, `download` may only fetch objects."""

import json
import subprocess
from pathlib import Path

from devstack.accounts import BUCKET, READ_ONLY_POLICY
from devstack.s3_client import s3_client
from devstack.workspace import PROJECT, Workspace


def create_accounts(workspace: Workspace, conf: Path) -> None:
    """Create both accounts; the store generates the keys, so that they never appear on a command line."""
    _create_account(workspace, conf, "upload")
    _create_account(workspace, conf, "download", "--max-buckets=-1")


def create_bucket(workspace: Workspace) -> None:
    """Create the bucket, owned by `upload`, and let `download` fetch objects from it."""
    owner = s3_client(workspace, "upload")
    if not owner.bucket_exists(BUCKET):
        owner.make_bucket(BUCKET)
    owner.set_bucket_policy(BUCKET, json.dumps(READ_ONLY_POLICY))


def _create_account(workspace: Workspace, conf: Path, account: str, *options: str) -> None:
    result = _admin(workspace, conf, "create", f"--uid={account}", f"--display-name={account}", *options)
    if result.returncode == 17:  # EEXIST: an earlier start was interrupted after it
        result = _admin(workspace, conf, "info", f"--uid={account}")
    result.check_returncode()
    keys = json.loads(result.stdout)["keys"][0]
    workspace.secrets.write("s3", f"{account}_access_key", keys["access_key"])
    workspace.secrets.write("s3", f"{account}_secret_key", keys["secret_key"])


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
