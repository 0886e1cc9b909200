"""The last record of a GET covers every byte that was sent, and is tried again while the database is away."""

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
from services.download.streaming.throughput import FIRST_CHUNK_BYTES
from services.kit.connections import EXTENSION
from services.kit.refusals import Unavailable
from tests.unit.download.link_driver import MIB
from tests.unit.download.recorded_download import ATTEMPTS, SIZE, RecordedDownload


class Parts:
    """The bytes of a range, in chunks of one MiB."""

    held_bytes = MIB

    async def prefetch(self) -> None:
        """They are there."""

    async def chunks(self) -> AsyncIterator[memoryview]:
        while True:
            yield memoryview(bytes(MIB))

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def recorded() -> RecordedDownload:
    return RecordedDownload(ATTEMPTS["file"])


def handed(recorded: RecordedDownload) -> Ranges:
    assert recorded.download is not None
    return recorded.download.handed_out


async def test_a_response_that_is_cancelled_while_it_sends_records_what_it_sent(
    recorded: RecordedDownload,
) -> None:
    blocked = asyncio.Event()
    sent: list[int] = []

    async def send(message: Any) -> None:
        sent.append(len(message.get("body", b"")))
        if sum(sent) > FIRST_CHUNK_BYTES:
            blocked.set()
            await asyncio.Event().wait()

    served = DownloadResponse(
        ResponseHead(200, {}),
        recorded.get(0).recorder,
        Parts(),  # type: ignore[arg-type]
        DownloadLimiter(SlotLimits(1, 1, SIZE, 1.0)),
        "203.0.113.7",
        SimpleNamespace(),  # type: ignore[arg-type]
    )
    scope = {"extensions": {EXTENSION: SimpleNamespace()}}
    response = asyncio.create_task(served(scope, asyncio.Event().wait, send))  # type: ignore[arg-type]
    await blocked.wait()
    response.cancel()
    with pytest.raises(asyncio.CancelledError):
        await response
    assert handed(recorded) == ((0, sum(sent)),)


@pytest.mark.parametrize("ends_well", [True, False])
async def test_while_the_database_is_away_the_last_record_is_tried_again(
    recorded: RecordedDownload, ends_well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_recorder, "PAUSE_SECONDS", 0)
    get = recorded.get(0)
    recorded.hand(get, 50 * MIB)
    update, refused = recorded.links.update, iter([True, True, False])

    async def update_when_back(*change: Any) -> Any:
        if next(refused):
            raise Unavailable()
        return await update(*change)

    monkeypatch.setattr(recorded.links, "update", update_when_back)
    await (get.recorder.on_success() if ends_well else get.recorder.on_abort())
    assert handed(recorded) == ((0, 50 * MIB),)


async def test_a_database_that_stays_away_is_not_waited_for_for_ever(
    recorded: RecordedDownload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_recorder, "PAUSE_SECONDS", 0)
    get = recorded.get(0)
    recorded.hand(get, 50 * MIB)

    async def refuse(*_change: Any) -> None:
        raise Unavailable()

    monkeypatch.setattr(recorded.links, "update", refuse)
    await get.recorder.on_abort()
    with pytest.raises(Unavailable):
        await get.recorder.on_success()


async def test_what_was_handed_over_is_counted_before_it_is_waited_for(recorded: RecordedDownload) -> None:
    get = recorded.get(0)
    recorded.hand(get, SIZE)
    await get.recorder.record_all_sent()
    link = await recorded.links.get("l")
    assert link.quotas["f"].coverage == ((0, SIZE, 1),)
    await get.recorder.on_success()
    link = await recorded.links.get("l")
    assert (recorded.is_done, link.quotas["f"].coverage) == (True, ((0, SIZE, 1),))
