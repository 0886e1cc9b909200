"""Several instances of the counter on one real database and one real store, and people who use them."""

import asyncio
import hashlib
import io
import os
import zlib
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from motor.motor_asyncio import AsyncIOMotorClient

from devstack.accounts import BUCKET, REGION
from devstack.keys import public_keys, signing_key
from devstack.s3_client import s3_client
from devstack.stack import Stack
from services.contracts.propagation import TransferReleased
from services.contracts.upload import TransferWithdrawn
from services.contracts.values import Parcel, Part, Person, Recipient, SentFile
from services.download import handlers
from services.download.app import routes, wire
from services.download.deps import Deps
from services.download.settings import Settings
from services.kit.mongo import Database
from services.kit.objects import Objects
from services.kit.service import api
from tests.eventually import eventually
from tests.passing_time import pass_time

MIB = 1024 * 1024
PEPPER = "p" * 40
NOBODY = public_keys(signing_key())
ANNE = Recipient(address="anne@mairie.example", field="to", role="external")
BRUNO = Recipient(address="bruno@ministere.example", field="bcc", role="agent")


def milliseconds_now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Rig:
    """`instances` of the application, each with its own connections, behind its own port."""

    def __init__(self, servers: Stack) -> None:
        self.servers = servers
        self.owner = s3_client(servers.workspace, "upload")
        self.instances: list[Deps] = []
        self.urls: list[str] = []
        self._closing: list[Any] = []
        self.database = f"download_{uuid4().hex[:8]}"
        self.mongo: Any = AsyncIOMotorClient(servers.mongo_admin_url, tz_aware=True)[self.database]

    @property
    def deps(self) -> Deps:
        return self.instances[0]

    async def start(self, instances: int = 1, **settings: Any) -> None:
        for _ in range(instances):
            found = self.settings(**settings)
            database = Database(found.mongo_url.get_secret_value(), found.mongo_database)
            access, secret = self.servers.s3_read_only_keys
            objects = Objects(found.s3_endpoint, found.s3_region, found.s3_bucket, access, secret)
            deps = wire(found, database, objects)
            await database.prepare()
            self.instances.append(deps)
            app = api("download", routes(), deps)
            config = uvicorn.Config(
                app, host="127.0.0.1", port=0, loop="none", http="httptools", lifespan="off", log_config=None
            )
            server = _Server(config)
            serving = asyncio.create_task(server.serve())
            await eventually(lambda: server.started)  # noqa: B023 - it is looked at before the next one is made
            port = server.servers[0].sockets[0].getsockname()[1]
            self.urls.append(f"http://127.0.0.1:{port}")
            self._closing.append((server, serving, database, objects))

    def settings(self, **changes: Any) -> Settings:
        given = {
            "public_base_url": "http://127.0.0.1:1",
            "mongo_url": self.servers.mongo_admin_url,
            "mongo_database": self.database,
            "amqp_url": self.servers.amqp_url("download"),
            "s3_endpoint": self.servers.s3_endpoint,
            "s3_region": REGION,
            "s3_bucket": BUCKET,
            "s3_access_key": self.servers.s3_read_only_keys[0],
            "s3_secret_key": self.servers.s3_read_only_keys[1],
            "session_jwks": NOBODY,
            "pepper": PEPPER,
            "files_base_url": "http://127.0.0.1:1",
        }
        return Settings(**{**given, **changes})

    @property
    def responses(self) -> int:
        """How many carry bytes now: one that has ended is not among them before its last record is written."""
        return sum(deps.counter._taken.total() for deps in self.instances)

    async def come_to_rest(self) -> None:
        """Wait until no response carries bytes, and all is booked."""
        await eventually(lambda: self.responses == 0)

    async def stop(self) -> None:
        for server, serving, database, objects in self._closing:
            server.should_exit = server.force_exit = True
            await serving
            database.close()
            objects.close()
        await self.mongo.client.drop_database(self.database)
        self.mongo.client.close()

    async def sent(
        self, *bodies: bytes, part_bytes: int = MIB, to: tuple[Recipient, ...] = (ANNE,), **changes: Any
    ) -> "Sent":
        """Store files and release a transfer of them."""
        files = tuple([await asyncio.to_thread(self._store, body, part_bytes) for body in bodies])
        parcel = parcel_of(files, to, **changes)
        await handlers.on_transfer_released(self.deps, released(parcel, to))
        return Sent(self, parcel, bodies)

    def _store(self, body: bytes, part_bytes: int) -> SentFile:
        file = str(uuid4())
        self.owner.put_object(BUCKET, file, io.BytesIO(body), len(body))
        return sent_file(body, part_bytes, file)

    async def withdraw(self, parcel: Parcel) -> None:
        fact = TransferWithdrawn(label=parcel.label(), withdrawn_at=milliseconds_now())
        await handlers.on_transfer_withdrawn(self.deps, fact)

    async def move(self, collection: str, id: str, by: timedelta) -> None:
        """Make time pass for one document."""
        await pass_time(self.mongo[collection], by, {"_id": id})


class Sent:
    """A transfer that was released, seen by one of its recipients."""

    def __init__(self, rig: Rig, parcel: Parcel, bodies: tuple[bytes, ...]) -> None:
        self.rig = rig
        self.parcel = parcel
        self.bodies = bodies

    @property
    def transfer(self) -> str:
        return self.parcel.transfer

    @property
    def file(self) -> str:
        return self.parcel.files[0].file

    def token(self, recipient: Recipient = ANNE) -> str:
        return self.rig.deps.links.token(self.transfer, recipient)

    def link(self, recipient: Recipient = ANNE) -> str:
        return self.rig.deps.links.id(self.token(recipient))

    async def start(
        self, client: httpx.AsyncClient, download: str | None = None, instance: int = 0, file: str | None = None
    ) -> httpx.Response:
        path = f"/api/download/links/{self.token()}/files/{file or self.file}/downloads/{download or uuid4()}"
        return await client.put(self.rig.urls[instance] + path, json={})

    async def give_back(self, client: httpx.AsyncClient, download: str) -> httpx.Response:
        path = f"/api/download/links/{self.token()}/files/{self.file}/downloads/{download}"
        return await client.delete(self.rig.urls[0] + path)

    async def look(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(f"{self.rig.urls[0]}/api/download/links/{self.token()}")

    async def address(self, client: httpx.AsyncClient, download: str | None = None, instance: int = 0) -> str:
        """Start a download and say where its bytes are."""
        answer = await self.start(client, download, instance)
        assert answer.status_code == 200, answer.text
        return self.rig.urls[instance] + str(answer.json()["url"]).removeprefix("http://127.0.0.1:1")

    async def left(self, client: httpx.AsyncClient) -> int:
        return int((await self.look(client)).json()["files"][0]["left"])

    async def announced(self, recipient: Recipient = ANNE) -> list[str]:
        return [entry.type for entry in await self.rig.deps.links.all.outbox(self.link(recipient))]

    async def done(self) -> int:
        """How many complete downloads the sender was told of."""
        return (await self.announced()).count("download.file-downloaded.v1")

    async def pass_time(self, by: timedelta, recipient: Recipient = ANNE) -> None:
        await self.rig.move("links", self.link(recipient), by)


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def parcel_of(files: tuple[SentFile, ...], to: tuple[Recipient, ...] = (ANNE,), **changes: Any) -> Parcel:
    now = milliseconds_now()
    fields: dict[str, Any] = {
        "transfer": str(uuid4()),
        "sender": Person(address="paul@prefecture.example", name="Paul"),
        "sender_role": "agent",
        "subject": "Plans",
        "language": "fr",
        "recipients": to,
        "text": "Voici les plans.",
        "files": files,
        "submitted_at": now,
        "ends_at": changes.get("submitted_at", now) + timedelta(days=7),
    }
    return Parcel(**{**fields, **changes})


def sent_file(body: bytes, part_bytes: int, file: str, path: str = "plans/été.zip") -> SentFile:
    pieces = [body[at : at + part_bytes] for at in range(0, len(body), part_bytes)]
    return SentFile(
        file=file,
        path=path,
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        crc32=zlib.crc32(body),
        object_key=file,
        parts=tuple(
            Part(size_bytes=len(one), sha256=hashlib.sha256(one).hexdigest(), crc32=zlib.crc32(one)) for one in pieces
        ),
    )


def released(parcel: Parcel, to: tuple[Recipient, ...], awaiting: bool = False) -> TransferReleased:
    return TransferReleased(
        parcel=parcel,
        released_to=to,
        awaiting_approval=awaiting,
        approved_by=None,
        approvers=(),
        released_at=parcel.submitted_at,
    )


def noise(size_bytes: int) -> bytes:
    return os.urandom(size_bytes)


async def is_done(sent: Sent, times: int) -> bool:
    """That many complete downloads were announced."""
    done = await sent.done()
    if done != times:
        book = await sent.rig.mongo.links.find_one({"_id": sent.link()}, {"shelves": 1, "archives": 1})
        raise AssertionError(f"{done} complete downloads were announced, not {times}: {book}")
    return True
