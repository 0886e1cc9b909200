"""Several instances of the service on one real database and one real store, and the people who use them."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI

from devstack.accounts import BUCKET, REGION
from devstack.ports import LOOPBACK
from devstack.s3_client import s3_client
from services.contracts.propagation import TransferReleased
from services.contracts.upload import TransferWithdrawn
from services.contracts.values import Parcel, Person, Recipient, SentFile
from services.download import handlers
from services.download.app import routes, wire
from services.download.deps import Deps
from services.download.settings import Settings
from services.kit.connections import HttpProtocol
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from tests.eventually import eventually
from tests.harness import Harness
from tests.unit.download.sent_files import sent_file

MIB = 1024 * 1024
FILES_URL = "https://fichiers.melanissimo.example"
ANNE = Recipient(address="anne@mairie.example", field="to", role="external")
BRUNO = Recipient(address="bruno@ministere.example", field="bcc", role="agent")


def milliseconds_now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class DownloadHarness(Harness[Deps]):
    """Each instance answers behind a port of its own, as bytes come in pieces only over a real connection."""

    service = "download"
    settings_class = Settings
    settings: Settings
    router = routes()

    def given(self) -> dict[str, Any]:
        access_key, secret_key = self.servers.s3_read_only_keys
        return super().given() | {
            "files_base_url": FILES_URL,
            "s3_endpoint": self.servers.s3_endpoint,
            "s3_region": REGION,
            "s3_bucket": BUCKET,
            "s3_access_key": access_key,
            "s3_secret_key": secret_key,
        }

    def wire(self, database: Database) -> Deps:
        objects = ObjectStore(self.servers.s3_endpoint, REGION, BUCKET, *self.servers.s3_read_only_keys)
        self.closing.callback(objects.close)
        return wire(self.settings, database, objects)

    async def start(self, instances: int = 1, **settings: Any) -> None:
        """Start them, each behind its port."""
        await super().start(instances, **settings)
        self.owner = s3_client(self.servers.workspace, "upload")
        self.closing.callback(self.owner._http.clear)
        self.closing.push_async_callback(
            self.come_to_rest
        )  # a response still reads from the store after its client left
        self.urls = [await self.closing.enter_async_context(served(app)) for app in self.apps]

    def local(self, url: str, instance: int = 0) -> str:
        """Where one instance answers to an address of the files' own origin."""
        return self.urls[instance] + url.removeprefix(FILES_URL)

    @property
    def responses(self) -> int:
        """How many carry bytes now: one that has ended is not among them before its last record is written."""
        return sum(deps.limiter.responses for deps in self.instances)

    async def come_to_rest(self) -> None:
        """Wait until no response carries bytes, and everything is recorded."""
        await eventually(lambda: self.responses == 0)

    async def sent(
        self, *bodies: bytes, part_bytes: int = MIB, to: tuple[Recipient, ...] = (ANNE,), **changes: Any
    ) -> "StoredTransfer":
        """Store files and release a transfer of them."""
        files = tuple([await asyncio.to_thread(self._store, body, part_bytes) for body in bodies])
        parcel = parcel_of(files, to, **changes)
        await handlers.on_transfer_released(self.deps, released(parcel, to))
        return StoredTransfer(self, parcel, bodies)

    def _store(self, body: bytes, part_bytes: int) -> SentFile:
        file = str(uuid4())
        self.owner.put_object(BUCKET, file, io.BytesIO(body), len(body))
        return sent_file(body, part_bytes, file)

    async def withdraw(self, parcel: Parcel) -> None:
        event = TransferWithdrawn(reference=parcel.reference(), withdrawn_at=milliseconds_now())
        await handlers.on_transfer_withdrawn(self.deps, event)


class StoredTransfer:
    """A transfer that was released, seen by one of its recipients."""

    def __init__(self, download: DownloadHarness, parcel: Parcel, bodies: tuple[bytes, ...]) -> None:
        self.download = download
        self.parcel = parcel
        self.bodies = bodies

    @property
    def transfer(self) -> str:
        return self.parcel.transfer

    @property
    def file(self) -> str:
        return self.parcel.files[0].file

    def token(self, recipient: Recipient = ANNE) -> str:
        return self.download.deps.links.token(self.transfer, recipient)

    def link(self, recipient: Recipient = ANNE) -> str:
        return self.download.deps.links.id(self.token(recipient))

    async def start(
        self,
        client: httpx.AsyncClient,
        download: str | None = None,
        instance: int = 0,
        file: str | None = None,
        recipient: Recipient = ANNE,
    ) -> httpx.Response:
        token = self.token(recipient)
        path = f"/api/download/links/{token}/files/{file or self.file}/downloads/{download or uuid4()}"
        return await client.put(self.download.urls[instance] + path, json={})

    async def give_back(self, client: httpx.AsyncClient, download: str) -> httpx.Response:
        path = f"/api/download/links/{self.token()}/files/{self.file}/downloads/{download}"
        return await client.delete(self.download.urls[0] + path)

    async def look(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(f"{self.download.urls[0]}/api/download/links/{self.token()}")

    async def address(
        self,
        client: httpx.AsyncClient,
        download: str | None = None,
        instance: int = 0,
        recipient: Recipient = ANNE,
    ) -> str:
        """Start a download and say where its bytes are."""
        answer = await self.start(client, download, instance, recipient=recipient)
        assert answer.status_code == 200, answer.text
        return self.download.local(answer.json()["url"], instance)

    async def left(self, client: httpx.AsyncClient) -> int:
        return int((await self.look(client)).json()["files"][0]["left"])

    async def announced(self, recipient: Recipient = ANNE) -> list[str]:
        return [entry.type for entry in await self.download.deps.links.all.outbox(self.link(recipient))]

    async def done(self) -> int:
        """How many complete downloads the sender was told of."""
        return (await self.announced()).count("download.file-downloaded.v1")

    async def pass_time(self, by: timedelta, recipient: Recipient = ANNE) -> None:
        await self.download.pass_time(by, "links", self.link(recipient))


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application on a free port for as long as this lasts; its address."""
    config = uvicorn.Config(app, host=LOOPBACK, port=0, loop="none", http=HttpProtocol, lifespan="off", log_config=None)
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, "the server listens")
    yield f"http://{LOOPBACK}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await serving
    await eventually(lambda: not server.server_state.connections, "the last bytes have arrived, or nobody wants them")


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


async def is_done(sent: StoredTransfer, times: int) -> bool:
    """That many complete downloads were announced."""
    done = await sent.done()
    if done != times:
        stored = await sent.download.documents.links.find_one({"_id": sent.link()}, {"quotas": 1, "archives": 1})
        raise AssertionError(f"{done} complete downloads were announced, not {times}: {stored}")
    return True
