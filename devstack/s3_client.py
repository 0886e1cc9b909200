"""The object store as one of the two accounts sees it."""

import minio
import urllib3

from devstack.accounts import REGION
from devstack.ports import LOOPBACK
from devstack.workspace import Workspace


def s3_client(workspace: Workspace, account: str) -> minio.Minio:
    """A client that gives up after ten seconds and never tries twice."""
    keys = workspace.vault.read("s3")
    return minio.Minio(
        f"{LOOPBACK}:{workspace.ports['s3']}",
        access_key=keys[f"{account}_access_key"],
        secret_key=keys[f"{account}_secret_key"],
        secure=False,
        region=REGION,
        http_client=urllib3.PoolManager(timeout=60, retries=False),
    )
