"""Servers come back with their data, also on other ports."""

import io
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from devstack.accounts import BUCKET
from devstack.s3_client import s3_client
from devstack.stack import SERVERS, Stack
from tests.eventually import TIMEOUT_SECONDS


def test_servers_that_had_to_move_to_other_ports_keep_their_data(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.start(SERVERS)
        _write(stack)
        ports = [stack.workspace.ports[name] for component in stack.running for name in component.port_names]
    (tmp_path / "ports.json").unlink()
    with Stack(tmp_path) as stack:
        stack.start(SERVERS)
        assert not set(ports) & {
            stack.workspace.ports[name] for component in stack.running for name in component.port_names
        }
        _read(stack)


def _write(stack: Stack) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(stack.mongo_url("upload")) as client:
        database: Database[dict[str, Any]] = client.upload
        database.probe.insert_one({"_id": 1})
    s3_client(stack.workspace, "upload").put_object(BUCKET, "probe", io.BytesIO(b"bytes"), 5)
    queue = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
    httpx.put(
        f"{stack.amqp_management_url}/api/queues/%2F/probe", json=queue, timeout=TIMEOUT_SECONDS
    ).raise_for_status()


def _read(stack: Stack) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(stack.mongo_url("upload")) as client:
        assert client.upload.probe.find_one() == {"_id": 1}
    assert s3_client(stack.workspace, "download").get_object(BUCKET, "probe").read() == b"bytes"
    assert (
        httpx.get(f"{stack.amqp_management_url}/api/queues/%2F/probe", timeout=TIMEOUT_SECONDS).json()["type"]
        == "quorum"
    )
