"""The running product in a test: people with mailboxes, files to send, and access to every store."""

import random
import signal
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import minio
from pymongo import MongoClient
from pymongo.database import Database

from client.api import Api
from client.draft_fields import DraftFields
from client.errors import Problem
from client.retry import NO_RETRY, RetryPolicy
from client.schemas.upload import RecapSchema
from client.sources import SourceFile
from client.upload import Uploader
from devstack.inbox import Inbox
from devstack.people import OFFER, ApiUser
from devstack.s3_client import s3_client
from devstack.stack import Stack
from tests.eventually import TIMEOUT_SECONDS

WRITE = {"version": 1}  # added to a document that a test changes directly, so that a service that has read it retries
AGENTS = "ministere.example"
# A killed service is back within seconds, so clients retry every half second; on a busy machine for many times as long.
FREQUENT_RETRIES = RetryPolicy(attempts=300, max_seconds=0.5, sleep=lambda seconds: time.sleep(min(seconds, 0.5)))


@dataclass
class SentTransfer:
    """A transfer whose submission was acknowledged."""

    transfer: str
    sender: ApiUser
    files: dict[str, bytes]
    recap: RecapSchema


@dataclass
class Scenario:
    """What an end-to-end test needs; the oracle checks `acknowledged` transfers, the test of the logs `canaries`."""

    stack: Stack
    folder: Path
    acknowledged: list[str] = field(default_factory=list)
    canaries: set[str] = field(default_factory=set)
    logs: list[str] = field(default_factory=list)
    apis: list[Api] = field(default_factory=list)
    # Transfers for which a killed download service forgot some sent bytes.
    with_lost_progress: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.stack.mailbox_url)
        self.http = httpx.Client(timeout=TIMEOUT_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))
        self.mongo: MongoClient[dict[str, Any]] = MongoClient(self.stack.mongo_admin_url, tz_aware=True)
        self.bucket: minio.Minio = s3_client(self.stack.workspace, "upload")

    def close(self) -> None:
        """Close every connection."""
        for api in self.apis:
            api.transport.close()
        self.inbox.close()
        self.http.close()
        self.mongo.close()
        self.bucket._http.clear()

    # --- people ---

    def external(self, name: str, signed_in: bool = True) -> ApiUser:
        """Return an external person with a new address."""
        return self._person(name, f"{name}.ville.example", signed_in)

    def agent(self, name: str, signed_in: bool = False) -> ApiUser:
        """Return an agent with a new address."""
        return self._person(name, AGENTS, signed_in)

    def _person(self, name: str, domain: str, signed_in: bool) -> ApiUser:
        mark = uuid.uuid4().hex[:10]
        person = ApiUser(
            self.api(FREQUENT_RETRIES), self.inbox, f"{name}.{mark}@{domain}", f"Prénom{mark}", f"Nom{mark}"
        )
        self.canaries |= {mark, person.address}
        if signed_in:
            person.sign_in()
            self.canaries.add(str(person.api.transport.token))
        return person

    def api_without_retries(self, token: str | None = None) -> Api:
        """Return a client that never retries, so that a test sees the first response."""
        api = self.api(NO_RETRY)
        api.transport.token = token
        return api

    def api(self, retry: RetryPolicy) -> Api:
        """Return a client that is closed with the scenario."""
        self.apis.append(Api(self.stack.gateway_url, retry=retry))
        return self.apis[-1]

    # --- sending ---

    def draft(self, sender: ApiUser, to: Iterable[str], subject: str = "Objet", **fields: Any) -> str:
        """Create a draft with everything except files; return its id."""
        draft = str(uuid.uuid4())
        sender.api.create_draft(draft)
        details = DraftFields(to=tuple(to), subject=subject, text="Bonjour")
        sender.api.edit_draft(draft, **(details.to_json() | fields))
        return draft

    def source(self, name: str, content: bytes) -> SourceFile:
        """Create a file on the sender's disk."""
        path = self.folder / uuid.uuid4().hex
        path.write_bytes(content)
        return SourceFile(path, name)

    def put(self, sender: ApiUser, draft: str, files: dict[str, bytes]) -> None:
        """Upload files into a draft."""
        Uploader(sender.api).send_all(draft, [self.source(name, content) for name, content in files.items()])

    def send(
        self, sender: ApiUser, to: Iterable[str], files: dict[str, bytes] | None = None, **fields: Any
    ) -> SentTransfer:
        """Send a transfer; by default, of one small file with a unique name."""
        if files is None:
            files = {f"secret-{uuid.uuid4().hex[:10]}.txt": random.randbytes(1000)}
        draft = self.draft(sender, to, **fields)
        self.put(sender, draft, files)
        return self.submit(sender, draft, files)

    def submit(self, sender: ApiUser, draft: str, files: dict[str, bytes]) -> SentTransfer:
        """Submit a draft and record that it was acknowledged."""
        recap = sender.api.submit(draft)
        self.canaries |= {name for name in files if len(name) > 8}
        self.acknowledged.append(recap.transfer)
        return SentTransfer(recap.transfer, sender, files, recap)

    def link(self, person: ApiUser, seen: int = 0) -> str:
        """Return the token of the link in a recipient's mail."""
        return person.wait_for_mail(OFFER, seen).token(OFFER)

    def has_no_link(self, person: ApiUser) -> bool:
        """Return whether this address has no mail with a link to files."""
        return not self.inbox.with_page(person.address, OFFER)

    # --- stores and processes ---

    def database(self, service: str) -> Database[dict[str, Any]]:
        """Return a service's database, with the administrator's account."""
        return self.mongo[service]

    def objects(self) -> set[str]:
        """Return the keys of all objects in the bucket."""
        found = self.bucket.list_objects(self.stack.s3_bucket, recursive=True)
        return {str(item.object_name) for item in found}

    def keys(self, transfer: str) -> set[str]:
        """Return the keys of a transfer's objects."""
        document = self.database("upload")["transfers"].find_one({"_id": transfer})
        return {file["key"] for file in document["files"].values()} if document else set()

    def kill(self, service: str) -> None:
        """Send SIGKILL to a service; it stays stopped until `restart_killed`."""
        self.stack.kill(service, signal.SIGKILL)

    def restart_killed(self, service: str) -> None:
        """Start a killed service again, and keep its earlier log."""
        self.keep_log(service)
        if service == "notify":
            self.end_leases()
        self.stack.restart(service)

    def end_leases(self) -> None:
        """Expire the claims of a killed notify service, which would otherwise hold for minutes."""
        mails = self.database("notify")["mails"]
        mails.update_many({"state": "waiting"}, {"$set": {"next_at": datetime(2000, 1, 1, tzinfo=UTC)}, "$inc": WRITE})

    def keep_log(self, component: str) -> None:
        """Keep what a component has logged, because a restart rotates its log; the mail server's log is excluded."""
        log = self.stack.workspace.log(component)
        if component != "mailbox" and log.exists():
            self.logs.append(log.read_text(errors="replace"))


def abort_uploads(stack: Stack) -> None:
    """Abort all unfinished multipart uploads, as a store does when they are too old."""
    bucket = s3_client(stack.workspace, "upload")
    for one in bucket._list_multipart_uploads(stack.s3_bucket).uploads:
        with suppress(minio.error.S3Error):  # the product itself aborts those whose file was removed
            bucket._abort_multipart_upload(stack.s3_bucket, one.object_name, str(one.upload_id))
    bucket._http.clear()


def refused(ask: Callable[[], object]) -> Problem:
    """Return the problem with which a request is refused."""
    try:
        ask()
    except Problem as problem:
        return problem
    raise AssertionError("it was not refused")
