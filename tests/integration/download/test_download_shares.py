"""Clients that take all the slots they can get leave some to everybody else."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from services.contracts.values import Recipient
from tests.eventually import eventually
from tests.integration.download.conftest import Started
from tests.integration.download.reader import ask_download
from tests.integration.download.service import MIB, StoredTransfer, is_done, noise

LINKS, GETS = 10, 8
CROWD = tuple(Recipient(address=f"r{n}@mairie.example", field="to", role="external") for n in range(LINKS))


async def lines_of(sent: StoredTransfer, client: httpx.AsyncClient, closing: AsyncExitStack, network: str) -> list[int]:
    """Ask for the bytes on every link of the crowd, and read no more than the head; the answers' statuses."""
    statuses: list[int] = []
    for recipient in CROWD:
        address = await sent.address(client, recipient=recipient)
        for _ in range(GETS):
            status, _reader, writer = await ask_download(address, headers=f"X-Forwarded-For: {network}\r\n")
            closing.callback(leave, writer)
            statuses.append(status)
    return statuses


async def test_ten_links_with_eight_silent_requests_each_leave_half_of_the_slots(
    started: Started, client: httpx.AsyncClient
) -> None:
    download = await started(running_downloads=32)
    sent = await download.sent(noise(20 * MIB), part_bytes=5 * MIB, to=CROWD)
    async with AsyncExitStack() as closing:
        statuses = await lines_of(sent, client, closing, "203.0.113.1")
        assert (statuses.count(206), statuses.count(503)) == (16, 64)
        for n in range(16):
            address = await (await download.sent(noise(MIB))).address(client)
            answer = await client.get(address, headers={"X-Forwarded-For": f"198.51.100.{n}"})
            assert answer.status_code == 200
        again = await sent.address(client, recipient=CROWD[0])
        busy = await client.get(again, headers={"X-Forwarded-For": "203.0.113.1"})
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")


async def test_when_silent_clients_from_everywhere_hold_all_slots_a_newcomer_is_served(
    started: Started, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    download = await started(running_downloads=4)
    sent, other = await download.sent(noise(20 * MIB), part_bytes=5 * MIB), await download.sent(noise(MIB))
    silent = await sent.address(client)
    address = await other.address(client)
    async with AsyncExitStack() as closing:
        for n in range(4):
            forwarded = f"X-Forwarded-For: 203.0.113.{n}\r\n"
            status, _reader, writer = await ask_download(silent, headers=forwarded)
            closing.callback(leave, writer)
            assert status == 206
        newcomer = {"X-Forwarded-For": "198.51.100.1"}
        assert (await client.get(address, headers=newcomer)).status_code == 503
        monkeypatch.setattr("services.download.streaming.throughput.MEASURED_SECONDS", 0.0)
        await eventually(lambda: is_served(client, address, newcomer), "one of them makes room")
        await eventually(lambda: is_done(other, 1))
        await eventually(lambda: download.responses == 3)
        assert await sent.done() == 0


def leave(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def is_served(client: httpx.AsyncClient, address: str, headers: dict[str, str]) -> bool:
    return (await client.get(address, headers=headers)).status_code == 200
