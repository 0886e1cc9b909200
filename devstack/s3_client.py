"""Connects to the object store with one of its two accounts."""

import minio
import urllib3

from devstack.accounts import REGION
from devstack.ports import LOOPBACK
from devstack.workspace import Workspace


def s3_client(workspace: Workspace, account: str) -> minio.Minio:
    """Return a client with a time-out of 60 seconds and without retries."""
    keys = workspace.secrets.read("s3")
    return minio.Minio(
        f"{LOOPBACK}:{workspace.ports['s3']}",
        access_key=keys[f"{account}_access_key"],
        secret_key=keys[f"{account}_secret_key"],
        secure=False,
        region=REGION,
        http_client=urllib3.PoolManager(timeout=60, retries=False),
    )
