"""Runs a service in this process for one test: its own database, its instances, sessions, its events."""

import contextlib
import random
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cache
from itertools import cycle, islice
from typing import Any, ClassVar, Generic, TypeVar
from uuid import uuid4

import httpx
from fastapi import APIRouter, FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from devstack.keys import public_keys, signing_key
from devstack.ports import PORT_RANGE, claim, is_free
from devstack.stack import Stack
from services.kit.authentication import SESSION_TOKEN
from services.kit.clock import utc_now
from services.kit.mongo import Database
from services.kit.service import JSON_BYTES, create_api
from services.kit.settings import ServiceSettings
from services.kit.tokens import Signer
from tests.fakes.api.description import description
from tests.passing_time import pass_time

KEY = signing_key()
SIGNER = Signer(KEY, SESSION_TOKEN)
AGENTS = "ministere.example"
PUBLIC_URL = "https://melanissimo.example"
PEPPER = "p" * 40
NETWORK = "203.0.113.7"
MONGO_TIMEOUT_SECONDS = 30.0
PORTS_OF_A_PROCESS = 200
PORT_RANGES = range(10_000, PORT_RANGE.start, PORTS_OF_A_PROCESS)
CLAIMS: list[socket.socket] = []

Documents = AsyncDatabase[dict[str, Any]]
Deps = TypeVar("Deps")
Running = TypeVar("Running", bound="Harness[Any]")


def free_port() -> int:
    """Return a port on which nobody listens, from a range that no other process of a test run uses."""
    return next(port for port in islice(_own_ports(), PORTS_OF_A_PROCESS) if is_free(port))


@cache
def _own_ports() -> Iterator[int]:
    """Return the ports of a range in turn; the claim on its first port ends with this process."""
    for first in random.sample(PORT_RANGES, len(PORT_RANGES)):
        if claimed := claim(first):
            CLAIMS.append(claimed)
            return cycle(range(first + 1, first + PORTS_OF_A_PROCESS))
    raise LookupError("every range is in use")


def signed_in(address: str, role: str = "", name: str = "Camille Martin", session: str = "") -> dict[str, str]:
    """Return the headers of a person with a session; by default, the domain of the address determines the role."""
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
    """Yield an empty database, with the administrator's account; it is dropped at the end."""
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_admin_url, tz_aware=True) as client:
        documents = client[f"{prefix}_{uuid4().hex[:8]}"]
        try:
            yield documents
        finally:
            await client.drop_database(documents.name)


async def _check_refusal(response: httpx.Response) -> None:
    """Fail when a service refuses with a problem that docs/openapi does not name for the operation."""
    if response.is_error:
        await response.aread()
        description().check_refusal(response.request, response)


class Harness(ABC, Generic[Deps]):
    """Instances of one service with one database; no relay publishes, so that outboxes keep all events."""

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
        """Return the dependencies of one instance, with its own connection."""

    @property
    def deps(self) -> Deps:
        """The dependencies of the first instance."""
        return self.instances[0]

    def given(self) -> dict[str, Any]:
        """Return the default settings."""
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
        """Return the database of all instances."""
        return own_database(self.servers, self.service)

    async def start(self, instances: int = 1, **settings: Any) -> None:
        """Start so many instances; `settings` override the default ones."""
        self.documents = await self.closing.enter_async_context(self.database())
        self.settings = self.settings_class(**{**self.given(), **settings})
        for _ in range(instances):
            database = Database(self.servers.mongo_admin_url, self.documents.name, MONGO_TIMEOUT_SECONDS)
            self.closing.callback(database.close)
            deps = self.wire(database)
            self.databases.append(database)
            self.instances.append(deps)
            self.apps.append(create_api(self.service, self.router, deps, self.max_body_bytes))
        await self.databases[0].prepare()

    async def stop(self) -> None:
        """Close everything, in reverse order."""
        await self.closing.aclose()

    def at(self, instance: int = 0, headers: dict[str, str] | None = None, network: str = NETWORK) -> httpx.AsyncClient:
        """Return a client of one instance, from one network."""
        app = self.apps[instance % len(self.apps)]
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(network, 40_000))
        hooks = {"response": [_check_refusal]}
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers, event_hooks=hooks)

    async def announced(self, collection: str, id: str = "") -> list[dict[str, Any]]:
        """Return the entries in the outboxes of all documents or of one, the oldest first."""
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
    """Yield a function that starts a harness with instances and settings; each is stopped at the end."""
    async with AsyncExitStack() as running:

        async def start(instances: int = 1, **settings: Any) -> Running:
            found = new()
            running.push_async_callback(found.stop)
            await found.start(instances, **settings)
            return found

        yield start
