"""Empties the servers of a stack: databases, queues, objects, mails; accounts and permissions stay."""

from typing import Any

import httpx
from minio.deleteobjects import DeleteObject
from pymongo import MongoClient

from devstack.accounts import BUCKET, SERVICES
from devstack.s3_client import s3_client
from devstack.stack import Stack


def reset(stack: Stack) -> None:
    """Remove everything that services stored; for tests, with no service running."""
    _drop_databases(stack)
    _purge_queues(stack)
    _remove_objects(stack)
    httpx.delete(f"{stack.mailbox_url}/api/messages/").raise_for_status()


def _drop_databases(stack: Stack) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(stack.mongo_admin_url) as client:
        for service in SERVICES:
            client.drop_database(service)


def _purge_queues(stack: Stack) -> None:
    """Purge, not delete: RabbitMQ 3.10 may not recover a queue that was recreated just before a kill."""
    with httpx.Client(base_url=stack.amqp_management_url, timeout=30) as management:
        for queue in management.get("/api/queues/%2F?columns=name").raise_for_status().json():
            management.delete(f"/api/queues/%2F/{queue['name']}/contents").raise_for_status()


def _remove_objects(stack: Stack) -> None:
    client = s3_client(stack.workspace, "upload")
    found = client.list_objects(BUCKET, recursive=True)
    for failure in client.remove_objects(BUCKET, (DeleteObject(item.object_name) for item in found)):
        raise OSError(f"could not remove {failure.name}: {failure.message}")
