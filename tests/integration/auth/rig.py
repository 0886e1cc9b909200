"""Several instances of auth over one real database, and eyes for what they wrote."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from devstack.keys import signing_key
from services.auth.api import router
from services.auth.app import wire
from services.auth.deps import Deps
from services.auth.settings import Settings
from services.kit.mongo import Database
from services.kit.service import api
from tests.passing_time import pass_time

NETWORK = "203.0.113.7"
KEY = signing_key()
WHO = {"last_name": "Dupont", "first_name": "Ana"}


class Mailed(NamedTuple):
    """What the mail to a person would hold."""

    link: str
    key: str


class Auth:
    """`at(n)` is a client of one instance; the relay is not running, so that outboxes keep what was announced."""

    def __init__(self, mongo_url: str, instances: int, settings: dict[str, Any]) -> None:
        self.name = f"auth_{uuid4().hex[:8]}"
        self._url = mongo_url
        self._eyes: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url, tz_aware=True)
        self.documents = self._eyes[self.name]
        self.settings = Settings(
            **{
                "public_base_url": "https://melanissimo.example",
                "mongo_url": SecretStr(mongo_url),
                "amqp_url": SecretStr("amqp://auth:not-used-here@127.0.0.1/"),
                "session_private_key": SecretStr(KEY),
                "pepper": SecretStr("p" * 40),
                "agent_domains": "ministere.example,.ministere.example",
                "link_answer_seconds": 0,
                **settings,
            }
        )
        self._databases = [Database(mongo_url, self.name) for _ in range(instances)]
        self.deps: list[Deps] = [wire(self.settings, database) for database in self._databases]

    async def start(self) -> None:
        """Create the indexes."""
        await self._databases[0].prepare()

    async def stop(self) -> None:
        """Leave nothing behind."""
        await self._eyes.drop_database(self.name)
        await self._eyes.close()
        for database in self._databases:
            database.close()

    def at(self, instance: int = 0, network: str = NETWORK, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client of one instance, from one network."""
        app = api("auth", router, self.deps[instance % len(self.deps)])
        transport = httpx.ASGITransport(app, client=(network, 40_000))
        return httpx.AsyncClient(transport=transport, base_url="https://melanissimo.example", headers=headers)

    async def solved(self, client: httpx.AsyncClient) -> dict[str, str]:
        """A human check, and its right answer."""
        drawn = await client.post("/api/auth/challenges", json={"kind": "question", "language": "fr"})
        assert drawn.status_code == 201, drawn.text
        challenge = drawn.json()["challenge"]
        kept = await self.documents.challenges.find_one({"_id": challenge})
        assert kept
        return {"challenge": challenge, "answer": kept["answers"][0]}

    async def ask(
        self, email: str = "ana@ministere.example", client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        """Ask for a link, having answered a human check."""
        asking = client or self.at()
        return await asking.post("/api/auth/links", json={"email": email, **await self.solved(asking)})

    async def mailed(self, address: str = "ana@ministere.example") -> list[Mailed]:
        """What would be in the mails to this address, oldest first."""
        facts = [fact for fact in await self.facts("auth.one-time-link-issued.v1") if fact["address"] == address]
        return [Mailed(fact["token"], fact["key"]) for fact in facts]

    async def link(self, address: str = "ana@ministere.example") -> Mailed:
        """A fresh link and its key."""
        assert (await self.ask(address)).status_code == 202
        return (await self.mailed(address))[-1]

    async def open(self, mailed: Mailed, client: httpx.AsyncClient | None = None, **more: Any) -> httpx.Response:
        """Use a link."""
        body = {"link": mailed.link, "key": mailed.key, **WHO, **more}
        return await (client or self.at()).post("/api/auth/sessions", json=body)

    async def bearer(self, address: str = "ana@ministere.example", instance: int = 0) -> httpx.AsyncClient:
        """A client with a session."""
        opened = await self.open(await self.link(address))
        return self.at(instance, headers={"Authorization": f"Bearer {opened.json()['token']}"})

    async def facts(self, type: str) -> list[dict[str, Any]]:
        """The bodies of announced facts, oldest first."""
        entries = [entry async for kept in self.documents.admissions.find() for entry in kept["outbox"]]
        return [entry["body"] for entry in sorted(entries, key=lambda entry: entry["at"]) if entry["type"] == type]

    async def admissions(self) -> Sequence[dict[str, Any]]:
        """Every document."""
        return await self.documents.admissions.find().to_list()

    async def published(self) -> None:
        """As if the relay had published everything."""
        await self.documents.admissions.update_many({}, {"$set": {"outbox": []}})

    async def pass_time(self, **by: float) -> None:
        """Make time pass for everything."""
        for name in ("admissions", "challenges", "mailboxes"):
            await pass_time(self.documents[name], timedelta(**by))
