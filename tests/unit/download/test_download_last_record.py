"""The last record of a GET covers every byte that left, and is not given up when the database is away for a moment."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from services.download.domain.ranges import Ranges
from services.download.streaming import progress_recorder
from services.download.streaming.limiter import DownloadLimiter
from services.download.streaming.response import DownloadResponse, ResponseHead
from services.download.streaming.slots import SlotLimits
from services.download.streaming.throughput import FIRST_CHUNK
from services.kit.connections import EXTENSION
from services.kit.refusals import Unavailable
from tests.unit.download.link_driver import MIB
from tests.unit.download.recorded_download import ATTEMPTS, SIZE, RecordedDownload


class Parts:
    """The bytes of a range, in parts of one MiB."""

    holds_bytes = MIB

    async def first(self) -> None:
        """They are there."""

    async def parts(self) -> AsyncIterator[memoryview]:
        while True:
            yield memoryview(bytes(MIB))

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def booked() -> RecordedDownload:
    return RecordedDownload(ATTEMPTS["file"])


def handed(booked: RecordedDownload) -> Ranges:
    assert booked.download is not None
    return booked.download.handed


async def test_a_response_that_is_cancelled_while_it_sends_books_what_it_was_sending(booked: RecordedDownload) -> None:
    blocked = asyncio.Event()
    sent: list[int] = []

    async def send(message: Any) -> None:
        sent.append(len(message.get("body", b"")))
        if sum(sent) > FIRST_CHUNK:
            blocked.set()
            await asyncio.Event().wait()

    serving = DownloadResponse(
        ResponseHead(200, {}),
        booked.get(0).journal,
        Parts(),  # type: ignore[arg-type]
        DownloadLimiter(SlotLimits(1, 1, SIZE, 1.0)),
        "203.0.113.7",
        SimpleNamespace(),  # type: ignore[arg-type]
    )
    scope = {"extensions": {EXTENSION: SimpleNamespace()}}
    response = asyncio.create_task(serving(scope, asyncio.Event().wait, send))  # type: ignore[arg-type]
    await blocked.wait()
    response.cancel()
    with pytest.raises(asyncio.CancelledError):
        await response
    assert handed(booked) == ((0, sum(sent)),)


@pytest.mark.parametrize("ends_well", [True, False])
async def test_while_the_database_is_away_the_last_record_is_tried_again(
    booked: RecordedDownload, ends_well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_recorder, "PAUSE_SECONDS", 0)
    get = booked.get(0)
    booked.hand(get, 50 * MIB)
    update, refused = booked.links.update, iter([True, True, False])

    async def update_when_back(*change: Any) -> Any:
        if next(refused):
            raise Unavailable()
        return await update(*change)

    monkeypatch.setattr(booked.links, "update", update_when_back)
    await (get.journal.ended_well() if ends_well else get.journal.broken())
    assert handed(booked) == ((0, 50 * MIB),)


async def test_a_database_that_stays_away_is_not_waited_for_for_ever(
    booked: RecordedDownload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_recorder, "PAUSE_SECONDS", 0)
    get = booked.get(0)
    booked.hand(get, 50 * MIB)

    async def refuse(*_change: Any) -> None:
        raise Unavailable()

    monkeypatch.setattr(booked.links, "update", refuse)
    await get.journal.broken()
    with pytest.raises(Unavailable):
        await get.journal.ended_well()


async def test_what_was_handed_over_is_counted_before_it_is_waited_for(booked: RecordedDownload) -> None:
    get = booked.get(0)
    booked.hand(get, SIZE)
    await get.journal.all_handed_over()
    link = await booked.links.get("l")
    assert link.quotas["f"].coverage == ((0, SIZE, 1),)
    await get.journal.ended_well()
    link = await booked.links.get("l")
    assert (booked.is_done, link.quotas["f"].coverage) == (True, ((0, SIZE, 1),))
