"""An agent sees what was sent to them, on the real database, and nobody else does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.download.rig import ANNE, BRUNO, Rig, noise

from devstack.keys import public_keys, signing_key
from services.kit.callers import SESSION
from services.kit.clock import utc_now
from services.kit.tokens import Signer
from tests.eventually import eventually
from tests.integration.download.conftest import Started

KEY = signing_key()


@pytest.fixture
async def rig(started: Started) -> Rig:
    return await started(session_jwks=public_keys(KEY))


async def received(rig: Rig, client: httpx.AsyncClient, address: str = BRUNO.address, role: str = "agent") -> Any:
    claims = {"name": "Bruno", "role": role, "language": "fr"}
    life = timedelta(minutes=5)
    token = Signer(KEY, SESSION).sign(subject=address, id=str(uuid4()), now=utc_now(), life=life, claims=claims)
    headers = {"Authorization": f"Bearer {token}"}
    return await client.get(f"{rig.urls[0]}/api/download/received", headers=headers)


async def test_the_latest_comes_first_and_leads_to_ones_own_link(rig: Rig, client: httpx.AsyncClient) -> None:
    first = await rig.sent(noise(10), noise(20), to=(ANNE, BRUNO))
    second = await rig.sent(noise(30), to=(BRUNO,))
    await rig.sent(noise(1), to=(ANNE,))
    answer = await received(rig, client)
    assert answer.headers["cache-control"] == "no-store"
    newer, older = answer.json()
    assert [newer["transfer"], older["transfer"]] == [second.transfer, first.transfer]
    assert (older["files"], older["total_bytes"], older["state"]) == (2, 30, "open")
    assert older["link"] == first.token(BRUNO)
    assert older["sender"]["address"] == "paul@prefecture.example"
    assert (await client.get(f"{rig.urls[0]}/api/download/links/{newer['link']}")).status_code == 200


async def test_what_was_downloaded_and_what_has_ended_is_said(rig: Rig, client: httpx.AsyncClient) -> None:
    done, gone, over = [await rig.sent(noise(10), to=(BRUNO,)) for _ in range(3)]
    path = f"/api/download/links/{done.token(BRUNO)}/files/{done.file}/downloads/{uuid4()}"
    url = (await client.put(rig.urls[0] + path, json={})).json()["url"].removeprefix("http://127.0.0.1:1")
    await client.get(rig.urls[0] + url)
    await rig.withdraw(gone.parcel)
    await over.pass_time(timedelta(days=7), BRUNO)

    async def as_it_is() -> bool:
        cards = {one["transfer"]: one for one in (await received(rig, client)).json()}
        assert (cards[gone.transfer]["state"], cards[gone.transfer]["link"]) == ("withdrawn", None)
        assert (cards[over.transfer]["state"], cards[over.transfer]["link"]) == ("expired", None)
        return bool(cards[done.transfer]["has_everything"])

    await eventually(as_it_is)


async def test_only_an_agent_has_such_a_list_and_only_their_own(rig: Rig, client: httpx.AsyncClient) -> None:
    await rig.sent(noise(10), to=(ANNE, BRUNO))
    outsider = await received(rig, client, ANNE.address, "external")
    assert (outsider.status_code, outsider.json()["type"]) == (403, "/problems/agent-mailbox-only")
    assert (await received(rig, client, "autre@ministere.example")).json() == []
    assert (await client.get(f"{rig.urls[0]}/api/download/received")).status_code == 401
