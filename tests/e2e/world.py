"""The whole product as a story sees it: people with mailboxes, files to send, and a way to look behind the curtain."""

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
from client.letter import Letter
from client.patience import IMPATIENT, Patience
from client.problem import Json, Problem
from client.sources import Source
from client.upload import Uploader
from devstack.inbox import Inbox
from devstack.people import OFFER, ApiUser
from devstack.s3_client import s3_client
from devstack.stack import Stack
from tests.eventually import PATIENCE_SECONDS

WRITE = {"version": 1}  # added to a document that is changed behind a service's back: whoever has read it decides again
AGENTS = "ministere.example"
# A service that was killed is back within seconds, so nobody waits longer than half of one before asking again; on a
# busy machine that takes many times as long.
HURRIED = Patience(attempts=300, longest_seconds=0.5, sleep=lambda seconds: time.sleep(min(seconds, 0.5)))


@dataclass
class Sent:
    """A transfer that was acknowledged."""

    transfer: str
    sender: ApiUser
    files: dict[str, bytes]
    recap: Json


@dataclass
class World:
    """Everything a story needs; `acknowledged` transfers and `canaries` are what the oracle asks about later."""

    stack: Stack
    folder: Path
    acknowledged: list[str] = field(default_factory=list)
    canaries: set[str] = field(default_factory=set)
    logs: list[str] = field(default_factory=list)
    apis: list[Api] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)  # transfers of which a killed counter forgot some sent bytes

    def __post_init__(self) -> None:
        self.letters = Inbox(self.stack.mailbox_url)
        self.http = httpx.Client(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))
        self.mongo: MongoClient[dict[str, Any]] = MongoClient(self.stack.mongo_admin_url, tz_aware=True)
        self.bucket: minio.Minio = s3_client(self.stack.workspace, "upload")

    def close(self) -> None:
        """Let go of every connection."""
        for api in self.apis:
            api.wire.close()
        self.letters.close()
        self.http.close()
        self.mongo.close()
        self.bucket._http.clear()

    # --- people ---

    def outsider(self, name: str, signed_in: bool = True) -> ApiUser:
        """Somebody outside the ministries, with an address nobody else has."""
        return self._person(name, f"{name}.ville.example", signed_in)

    def agent(self, name: str, signed_in: bool = False) -> ApiUser:
        """Somebody of the ministries."""
        return self._person(name, AGENTS, signed_in)

    def _person(self, name: str, domain: str, signed_in: bool) -> ApiUser:
        mark = uuid.uuid4().hex[:10]
        person = ApiUser(self.api(HURRIED), self.letters, f"{name}.{mark}@{domain}", f"Prénom{mark}", f"Nom{mark}")
        self.canaries |= {mark, person.address}
        if signed_in:
            person.sign_in()
            self.canaries.add(str(person.api.wire.token))
        return person

    def impatient(self, token: str | None = None) -> Api:
        """A client that never tries twice, so that a story sees the first answer."""
        api = self.api(IMPATIENT)
        api.wire.token = token
        return api

    def api(self, patience: Patience) -> Api:
        """A client that the world closes."""
        self.apis.append(Api(self.stack.gateway_url, patience=patience))
        return self.apis[-1]

    # --- sending ---

    def draft(self, sender: ApiUser, to: Iterable[str], subject: str = "Objet", **fields: Any) -> str:
        """A draft with everything but files."""
        draft = str(uuid.uuid4())
        sender.api.begin_draft(draft)
        letter = Letter(to=tuple(to), subject=subject, text="Bonjour")
        sender.api.edit_draft(draft, **(letter.fields() | fields))
        return draft

    def source(self, name: str, content: bytes) -> Source:
        """A file on the sender's disk."""
        path = self.folder / uuid.uuid4().hex
        path.write_bytes(content)
        return Source(path, name)

    def put(self, sender: ApiUser, draft: str, files: dict[str, bytes]) -> None:
        """Upload files into a draft."""
        Uploader(sender.api).send_all(draft, [self.source(name, content) for name, content in files.items()])

    def send(self, sender: ApiUser, to: Iterable[str], files: dict[str, bytes] | None = None, **fields: Any) -> Sent:
        """A whole transfer; without files, one small file with a telling name."""
        if files is None:
            files = {f"secret-{uuid.uuid4().hex[:10]}.txt": random.randbytes(1000)}
        draft = self.draft(sender, to, **fields)
        self.put(sender, draft, files)
        return self.submit(sender, draft, files)

    def submit(self, sender: ApiUser, draft: str, files: dict[str, bytes]) -> Sent:
        """Send a draft and remembers that it was acknowledged."""
        recap = sender.api.submit(draft)
        self.canaries |= {name for name in files if len(name) > 8}
        self.acknowledged.append(recap["transfer"])
        return Sent(recap["transfer"], sender, files, recap)

    def link(self, person: ApiUser, seen: int = 0) -> str:
        """The token of the link in a recipient's mail."""
        return person.wait_for_mail(OFFER, seen).token(OFFER)

    def has_no_link(self, person: ApiUser) -> bool:
        """No mail with a link to files has come to this address."""
        return not self.letters.with_page(person.address, OFFER)

    # --- behind the curtain ---

    def database(self, service: str) -> Database[dict[str, Any]]:
        """A service's database, as the administrator sees it."""
        return self.mongo[service]

    def objects(self) -> set[str]:
        """The keys of everything in the bucket."""
        found = self.bucket.list_objects(self.stack.s3_bucket, recursive=True)
        return {str(item.object_name) for item in found}

    def keys(self, transfer: str) -> set[str]:
        """The keys of a transfer's objects."""
        document = self.database("upload")["transfers"].find_one({"_id": transfer})
        return {file["key"] for file in document["files"].values()} if document else set()

    def kill(self, service: str) -> None:
        """SIGKILL; stays dead until `revive`."""
        self.stack.kill(service, signal.SIGKILL)

    def revive(self, service: str) -> None:
        """Start a killed service again; the log of its former life is kept."""
        self.keep_log(service)
        if service == "notify":
            self.end_leases()
        self.stack.restart(service)

    def end_leases(self) -> None:
        """Move the time on for the mails that a dead postman had in hand, which nobody else touches for minutes."""
        mails = self.database("notify")["mails"]
        mails.update_many({"state": "waiting"}, {"$set": {"next_at": datetime(2000, 1, 1, tzinfo=UTC)}, "$inc": WRITE})

    def keep_log(self, part: str) -> None:
        """Take over what a part has logged, because a restart turns its log over; whoever plays the relay may talk."""
        log = self.stack.workspace.log(part)
        if part != "mailbox" and log.exists():
            self.logs.append(log.read_text(errors="replace"))


def give_up_uploads(stack: Stack) -> None:
    """Drop all unfinished uploads, as a store does when it finds them too old."""
    bucket = s3_client(stack.workspace, "upload")
    for one in bucket._list_multipart_uploads(stack.s3_bucket).uploads:
        with suppress(minio.error.S3Error):  # the product itself drops those whose file was removed
            bucket._abort_multipart_upload(stack.s3_bucket, one.object_name, str(one.upload_id))
    bucket._http.clear()


def refused(ask: Callable[[], object]) -> Problem:
    """The problem with which something is refused."""
    try:
        ask()
    except Problem as problem:
        return problem
    raise AssertionError("it was not refused")
