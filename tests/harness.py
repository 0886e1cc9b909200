"""A service in this process for one test: its own database, its instances, people with sessions, what it announced."""

import contextlib
import random
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar
from uuid import uuid4

import httpx
from fastapi import APIRouter, FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from devstack.keys import public_keys, signing_key
from devstack.ports import LOOPBACK, PORT_RANGE
from devstack.stack import Stack
from services.kit.authentication import SESSION_TOKEN
from services.kit.clock import utc_now
from services.kit.mongo import Database
from services.kit.service import JSON_BYTES, create_api
from services.kit.settings import ServiceSettings
from services.kit.tokens import Signer
from tests.passing_time import pass_time

KEY = signing_key()
SIGNER = Signer(KEY, SESSION_TOKEN)
AGENTS = "ministere.example"
PUBLIC_URL = "https://melanissimo.example"
PEPPER = "p" * 40
NETWORK = "203.0.113.7"
UNUSED_PORTS = iter(random.sample(range(10_000, PORT_RANGE.start), PORT_RANGE.start - 10_000))

Documents = AsyncDatabase[dict[str, Any]]
Deps = TypeVar("Deps")
Running = TypeVar("Running", bound="Harness[Any]")


def free_port() -> int:
    """A port that is free; neither the system nor the stack nor another call of this hands it out meanwhile."""
    for port in UNUSED_PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise LookupError("every port was used")


def signed_in(address: str, role: str = "", name: str = "Camille Martin", session: str = "") -> dict[str, str]:
    """The headers of a person with a session; unless given, their role follows from the domain of their address."""
    token = SIGNER.sign(
        subject=address,
        id=session or str(uuid4()),
        now=utc_now(),
        life=timedelta(minutes=15),
        claims={
            "name": name,
            "role": role or ("agent" if address.endswith(f"@{AGENTS}") else "external"),
            "language": "fr",
        },
    )
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def own_database(servers: Stack, prefix: str) -> AsyncIterator[Documents]:
    """An empty database, as seen without any service, which is dropped at the end."""
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_admin_url, tz_aware=True) as client:
        documents = client[f"{prefix}_{uuid4().hex[:8]}"]
        try:
            yield documents
        finally:
            await client.drop_database(documents.name)


class Harness(ABC, Generic[Deps]):
    """Instances of one service over one database; no relay publishes, so that outboxes keep what was announced."""

    service: ClassVar[str]
    settings_class: ClassVar[type[ServiceSettings]]
    router: ClassVar[APIRouter] = APIRouter()
    max_body_bytes: ClassVar[int] = JSON_BYTES
    settings: ServiceSettings
    documents: Documents

    def __init__(self, servers: Stack) -> None:
        self.servers = servers
        self.databases: list[Database] = []
        self.instances: list[Deps] = []
        self.apps: list[FastAPI] = []
        self.closing = AsyncExitStack()

    @abstractmethod
    def wire(self, database: Database) -> Deps:
        """What one instance needs, over a connection of its own."""

    @property
    def deps(self) -> Deps:
        """What the first instance uses."""
        return self.instances[0]

    def given(self) -> dict[str, Any]:
        """The settings, unless a test has other ones."""
        return {
            "public_base_url": PUBLIC_URL,
            "mongo_url": self.servers.mongo_admin_url,
            "mongo_database": self.documents.name,
            "amqp_url": self.servers.amqp_url(self.service),
            "session_jwks": public_keys(KEY),
            "pepper": PEPPER,
            "agent_domains": f"{AGENTS},.{AGENTS}",
        }

    def database(self) -> contextlib.AbstractAsyncContextManager[Documents]:
        """The one over which all instances run."""
        return own_database(self.servers, self.service)

    async def start(self, instances: int = 1, **settings: Any) -> None:
        """Start so many instances, with these settings instead of the given ones."""
        self.documents = await self.closing.enter_async_context(self.database())
        self.settings = self.settings_class(**{**self.given(), **settings})
        for _ in range(instances):
            database = Database(self.servers.mongo_admin_url, self.documents.name)
            self.closing.callback(database.close)
            deps = self.wire(database)
            self.databases.append(database)
            self.instances.append(deps)
            self.apps.append(create_api(self.service, self.router, deps, self.max_body_bytes))
        await self.databases[0].prepare()

    async def stop(self) -> None:
        """Close everything, in the opposite order, and leave nothing behind."""
        await self.closing.aclose()

    def at(self, instance: int = 0, headers: dict[str, str] | None = None, network: str = NETWORK) -> httpx.AsyncClient:
        """A client of one instance, from one network."""
        app = self.apps[instance % len(self.apps)]
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(network, 40_000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers)

    async def announced(self, collection: str, id: str = "") -> list[dict[str, Any]]:
        """The entries in the outboxes of all documents or of one, oldest first."""
        found = self.documents[collection].find({"_id": id} if id else {}, {"outbox": 1})
        return sorted([entry async for kept in found for entry in kept["outbox"]], key=lambda entry: entry["at"])

    async def published(self) -> None:
        """Empty all outboxes, as if the relay had published everything."""
        for aggregates in self.databases[0].repositories:
            await self.documents[aggregates.name].update_many({}, {"$set": {"outbox": []}})

    async def pass_time(self, by: timedelta, collection: str = "", id: str = "") -> None:
        """Make time pass for the whole database, or for one document of a collection."""
        for name in [collection] if collection else await self.documents.list_collection_names():
            await pass_time(self.documents[name], by, {"_id": id} if id else None)


@asynccontextmanager
async def starting(new: Callable[[], Running]) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    """A function that starts one with so many instances and settings; whatever it started is stopped at the end."""
    async with AsyncExitStack() as running:

        async def start(instances: int = 1, **settings: Any) -> Running:
            found = new()
            running.push_async_callback(found.stop)
            await found.start(instances, **settings)
            return found

        yield start
