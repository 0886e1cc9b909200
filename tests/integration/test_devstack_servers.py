"""The servers of the stack answer, and every account may do what it needs and nothing more."""

import io
import smtplib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from minio.error import S3Error
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from devstack.accounts import BUCKET, SERVICES
from devstack.s3_client import s3_client
from devstack.stack import Stack
from tests.eventually import TIMEOUT_SECONDS


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_and_writes_its_own_database_only(servers: Stack, service: str) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(servers.mongo_url(service)) as client:
        database: Database[dict[str, Any]] = client[service]
        database.probe.insert_one({"_id": 1})
        assert database.probe.find_one() == {"_id": 1}
        client[service].probe.drop()
        with pytest.raises(OperationFailure, match="not authorized"):
            client["auth" if service != "auth" else "upload"].probe.find_one()


def test_nobody_enters_the_database_without_a_password(servers: Stack) -> None:
    client: MongoClient[dict[str, Any]]
    wrong = servers.mongo_admin_url.replace("admin:", "admin:wrong")
    with MongoClient(wrong) as client, pytest.raises(OperationFailure, match="Authentication failed"):
        client.admin.command("usersInfo", 1)


def test_the_download_account_may_fetch_an_object_and_nothing_else(servers: Stack) -> None:
    owner, reader = s3_client(servers.workspace, "upload"), s3_client(servers.workspace, "download")
    owner.put_object(BUCKET, "probe", io.BytesIO(b"bytes"), 5)
    assert reader.get_object(BUCKET, "probe").read() == b"bytes"
    refused: list[Callable[[], object]] = [
        lambda: reader.put_object(BUCKET, "other", io.BytesIO(b""), 0),
        lambda: reader.remove_object(BUCKET, "probe"),
        lambda: list(reader.list_objects(BUCKET)),
        lambda: reader.make_bucket("another"),
    ]
    for attempt in refused:
        with pytest.raises(S3Error, match=r"AccessDenied|TooManyBuckets"):
            attempt()
    owner.remove_object(BUCKET, "probe")


def test_a_service_may_not_declare_anything_on_the_bus(servers: Stack) -> None:
    with httpx.Client(base_url=servers.amqp_management_url, timeout=TIMEOUT_SECONDS) as management:
        rights = {right["user"]: right for right in management.get("/api/permissions").json()}
    assert set(rights) == {"admin", *SERVICES}
    for service in SERVICES:
        assert rights[service]["configure"] == "^$"
        assert rights[service]["read"] == rf"^{service}\."


def test_a_mail_that_is_sent_can_be_read(servers: Stack) -> None:
    with smtplib.SMTP("127.0.0.1", servers.smtp_port) as smtp:
        smtp.sendmail("a@a.example", ["b@b.example"], "Subject: probe of the mailbox\n\nhello\n")
    mails = httpx.get(f"{servers.mailbox_url}/api/messages/", timeout=TIMEOUT_SECONDS).json()["data"]
    assert "probe of the mailbox" in [mail["subject"] for mail in mails]


def test_secrets_are_readable_by_their_owner_only(servers: Stack) -> None:
    files = [file for file in (servers.workspace.root / "secrets").rglob("*") if file.is_file()]
    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
