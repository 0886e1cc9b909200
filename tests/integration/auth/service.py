"""Several instances of auth over one real database, and the links and keys in their events."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx

from services.auth.api import router
from services.auth.app import wire
from services.auth.deps import Deps
from services.auth.settings import Settings
from services.kit.mongo import Database
from tests.harness import KEY, Harness

WHO = {"last_name": "Dupont", "first_name": "Ana"}


class Mailed(NamedTuple):
    """The link token and the key that a mail would contain."""

    link: str
    key: str


class AuthHarness(Harness[Deps]):
    """`at(n)` is a client of one instance."""

    service = "auth"
    settings_class = Settings
    settings: Settings
    router = router

    def given(self) -> dict[str, Any]:
        return {**super().given(), "session_private_key": KEY, "link_answer_seconds": 0}

    def wire(self, database: Database) -> Deps:
        return wire(self.settings, database)

    async def solved(self, client: httpx.AsyncClient) -> dict[str, str]:
        """Create a challenge; return its id and the right answer."""
        drawn = await client.post("/api/auth/challenges", json={"kind": "question", "language": "fr"})
        assert drawn.status_code == 201, drawn.text
        challenge = drawn.json()["challenge"]
        kept = await self.documents.challenges.find_one({"_id": challenge})
        assert kept
        return {"challenge": challenge, "answer": kept["answers"][0]}

    async def ask(
        self, email: str = "ana@ministere.example", client: httpx.AsyncClient | None = None, **more: str
    ) -> httpx.Response:
        """Request a link with an answered challenge."""
        asking = client or self.at()
        return await asking.post("/api/auth/links", json={"email": email, **await self.solved(asking), **more})

    async def mailed(self, address: str = "ana@ministere.example") -> list[Mailed]:
        """Return the links and keys sent to this address, oldest first."""
        events = [event for event in await self.events("auth.one-time-link-issued.v1") if event["address"] == address]
        return [Mailed(event["token"], event["key"]) for event in events]

    async def link(self, address: str = "ana@ministere.example") -> Mailed:
        """Request a link; return its token and its key."""
        assert (await self.ask(address)).status_code == 202
        return (await self.mailed(address))[-1]

    async def open(self, mailed: Mailed, client: httpx.AsyncClient | None = None, **more: Any) -> httpx.Response:
        """Open a session with a link."""
        body = {"link": mailed.link, "key": mailed.key, **WHO, **more}
        return await (client or self.at()).post("/api/auth/sessions", json=body)

    async def bearer(self, address: str = "ana@ministere.example", instance: int = 0) -> httpx.AsyncClient:
        """Return a client with a session."""
        opened = await self.open(await self.link(address))
        return self.at(instance, headers={"Authorization": f"Bearer {opened.json()['token']}"})

    async def events(self, type: str) -> list[dict[str, Any]]:
        """Return the bodies of the published events of a type, oldest first."""
        return [entry["body"] for entry in await self.announced("sign_ins") if entry["type"] == type]

    async def sign_ins(self) -> Sequence[dict[str, Any]]:
        """Return all sign-in documents."""
        return await self.documents.sign_ins.find().to_list()
