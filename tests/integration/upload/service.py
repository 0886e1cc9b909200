"""Several instances of upload over a real database and a real store, senders with sessions, and a fake gateway."""

import asyncio
import hashlib
import json
import zlib
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import minio

from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.upload.api import router
from services.upload.app import MAX_BODY_BYTES, wire
from services.upload.deps import Deps
from services.upload.domain.lifecycle import REMOVAL_DELAY
from services.upload.orphans import OrphanSweeper
from services.upload.settings import Settings
from services.upload.sweeper import sweep
from tests.eventually import TIMEOUT_SECONDS
from tests.harness import Harness, signed_in

EXTERNAL, AGENT = "camille@ville.example", "dominique@ministere.example"
MIB = 2**20


class PartUpload(NamedTuple):
    """A part with its announced number and digests."""

    number: int
    content: bytes
    sha256: str
    crc32: str


class Upload(Harness[Deps]):
    """`of(address)` returns a sender at an instance; `put_part` does what the gateway does."""

    service = "upload"
    settings_class = Settings
    settings: Settings
    router = router
    max_body_bytes = MAX_BODY_BYTES

    def given(self) -> dict[str, Any]:
        stack = self.servers
        return super().given() | {
            "s3_endpoint": stack.s3_endpoint,
            "s3_region": stack.s3_region,
            "s3_bucket": self.documents.name.replace("_", "-"),
            "s3_access_key": stack.s3_access_key,
            "s3_secret_key": stack.s3_secret_key,
        }

    def wire(self, database: Database) -> Deps:
        objects = ObjectStore.open(self.settings)
        self.closing.callback(objects.close)
        return wire(self.settings, database, objects)

    async def start(self, instances: int = 1, **settings: Any) -> None:
        """Start the instances over a bucket of their own."""
        await super().start(instances, **settings)
        stack = self.servers
        self.bucket = self.settings.s3_bucket
        self.objects: list[ObjectStore] = [deps.objects for deps in self.instances]
        self.store = minio.Minio(
            stack.s3_endpoint.split("//")[1],
            access_key=stack.s3_access_key,
            secret_key=stack.s3_secret_key,
            secure=False,
            region=stack.s3_region,
        )
        await asyncio.to_thread(self.store.make_bucket, self.bucket)
        self.closing.push_async_callback(self._remove_bucket)
        gateway = httpx.AsyncClient(base_url=stack.s3_endpoint, timeout=TIMEOUT_SECONDS)
        self.gateway = await self.closing.enter_async_context(gateway)

    async def _remove_bucket(self) -> None:
        for pending in await self.objects[0].multipart_uploads():
            await self.objects[0].abort_multipart(pending.key, pending.upload_id)
        for found in await self.objects[0].list_objects():
            await self.objects[0].remove(found.key)
        await asyncio.to_thread(self.store.remove_bucket, self.bucket)

    def of(self, address: str = EXTERNAL, instance: int = 0, session: str = "") -> "UploadSender":
        """Return a sender with a session."""
        return UploadSender(self, self.at(instance, signed_in(address, session=session)))

    async def authorize(
        self, parts_url: str, part: PartUpload, instance: int = 0, changed: dict[str, str] | None = None
    ) -> httpx.Response:
        """Request the authorisation of a part, as the gateway does."""
        headers = {
            "X-Original-URI": f"{parts_url}/{part.number}/{part.sha256}",
            "X-Original-Method": "PUT",
            "X-Part-Length": str(len(part.content)),
            "X-Part-CRC32": part.crc32,
        }
        return await self.at(instance).get("/internal/part-authorization", headers={**headers, **(changed or {})})

    async def put_part(self, parts_url: str, part: PartUpload, body: bytes | None = None, instance: int = 0) -> int:
        """Request an authorisation and stream to the store; return the status of the store, or of the refusal."""
        answer = await self.authorize(parts_url, part, instance)
        if answer.status_code != 204:
            return int(answer.headers["x-refusal-status"])
        return await self.stream(answer, part.content if body is None else body)

    async def stream(self, granted: httpx.Response, body: bytes) -> int:
        """PUT a body to the store with the signed headers."""
        headers = {
            "Host": granted.headers["x-store-host"],
            "Authorization": granted.headers["x-store-authorization"],
            "X-Amz-Date": granted.headers["x-store-date"],
            "X-Amz-Content-Sha256": granted.headers["x-store-sha256"],
            "Content-Length": str(len(body)),
        }
        return (await self.gateway.put(granted.headers["x-store-path"], content=body, headers=headers)).status_code

    async def events(self, transfer: str) -> list[dict[str, Any]]:
        """Return the events of a transfer, oldest first; the relay is not running."""
        return await self.announced("transfers", transfer)

    async def watch(self) -> None:
        """Profile every operation of the database from now on."""
        await self.documents.command("profile", 2)

    async def operations(self) -> list[str]:
        """Return the profiled operations with their collections, in order."""
        await self.documents.command("profile", 0)
        noted = await self.documents["system.profile"].find({"op": {"$ne": "killcursors"}}).sort("ts").to_list()
        found = [(one["op"], one["ns"].partition(".")[2], one["command"]) for one in noted]
        return [f"{'aggregate' if 'aggregate' in command else op} {name}" for op, name, command in found]

    async def keys(self) -> set[str]:
        """Return all keys in the bucket."""
        return {found.key for found in await self.objects[0].list_objects()}

    async def pending(self) -> int:
        """Return the number of open multipart uploads."""
        return len(await self.objects[0].multipart_uploads())

    async def sweep(self) -> None:
        """Run the sweeper once the removal delay is over."""
        await self.pass_time(REMOVAL_DELAY)
        await sweep(self.deps)

    def orphans(
        self, age: timedelta = timedelta(0), interval: timedelta = timedelta(0), instance: int = 0
    ) -> OrphanSweeper:
        """Return an orphan sweeper with these bounds."""
        return OrphanSweeper(
            self.databases[instance], self.instances[instance].transfers, self.objects[instance], age, interval
        )


class UploadSender:
    """A sender with a session, and shortcuts to the states that tests start from."""

    def __init__(self, upload: Upload, client: httpx.AsyncClient) -> None:
        self.upload = upload
        self.client = client

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request below `/api/upload`."""
        return await self.client.request(method, f"/api/upload{path}", json=body)

    async def begin(self, **fields: Any) -> str:
        """Create a draft, and edit it if there are fields."""
        draft = str(uuid4())
        assert (await self.ask("PUT", f"/drafts/{draft}", {})).status_code == 200
        if fields:
            answer = await self.ask("PATCH", f"/drafts/{draft}", fields)
            assert answer.status_code == 200, answer.text
        return draft

    async def announce(self, draft: str, path: str, size: int, file: str | None = None) -> dict[str, Any]:
        """Announce a file and return its plan."""
        id = file or str(uuid4())
        answer = await self.ask("PUT", f"/drafts/{draft}/files/{id}", {"path": path, "size_bytes": size})
        assert answer.status_code == 200, answer.text
        plan: dict[str, Any] = answer.json()
        return plan

    async def complete(self, draft: str, file: str, content: bytes) -> httpx.Response:
        """Complete a file."""
        digest = hashlib.sha256(content).hexdigest()
        return await self.ask("POST", f"/drafts/{draft}/files/{file}/completion", {"sha256": digest})

    async def send_file(self, draft: str, path: str, content: bytes) -> str:
        """Announce, send and complete a file; return its id."""
        plan = await self.announce(draft, path, len(content))
        for part in split_into_parts(plan, content):
            assert await self.upload.put_part(plan["parts_url"], part) == 200
        answer = await self.complete(draft, plan["file"], content)
        assert answer.status_code == 200, answer.text
        return str(plan["file"])

    async def ready(self, *contents: bytes, to: str = AGENT) -> str:
        """Create a draft that can be submitted."""
        draft = await self.begin(to=[to], subject="Relevés")
        for number, content in enumerate(contents or (b"contents",)):
            await self.send_file(draft, f"relevé {number}.csv", content)
        return draft

    async def sent(self, *contents: bytes, to: str = AGENT) -> str:
        """Submit a draft; return the id of the transfer."""
        draft = await self.ready(*contents, to=to)
        answer = await self.ask("POST", f"/drafts/{draft}/submission")
        assert answer.status_code == 200, answer.text
        return draft


def split_into_parts(plan: dict[str, Any], content: bytes) -> list[PartUpload]:
    """Return the parts of a file, according to its plan."""
    size = plan["part_size_bytes"]
    runs = [content[start : start + size] for start in range(0, len(content), size)] or [b""]
    return [part_of(number, run) for number, run in enumerate(runs, start=1)]


def part_of(number: int, content: bytes) -> PartUpload:
    """Return one part."""
    return PartUpload(number, content, hashlib.sha256(content).hexdigest(), f"{zlib.crc32(content):08x}")


def slug(answer: httpx.Response) -> str:
    """Return the slug of a problem."""
    return str(json.loads(answer.content)["type"]).removeprefix("/problems/")
