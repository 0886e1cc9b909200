"""All responses of a process share one query for whether they may go on."""

import asyncio
from collections.abc import Collection

import pytest

from services.download.domain.delivery import DeliveryKey
from services.download.streaming import revocation_cache
from services.download.streaming.revocation_cache import MAX_AGE_SECONDS, RevocationCache
from services.kit.refusals import Unavailable


class FakeRevocationSource:
    """Remembers what was asked; when `away` it answers nothing."""

    def __init__(self) -> None:
        self.over: set[DeliveryKey] = set()
        self.asked: list[set[DeliveryKey]] = []
        self.away = False

    async def closed(self, watched: Collection[DeliveryKey]) -> set[DeliveryKey]:
        self.asked.append(set(watched))
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable()
        return self.over & set(watched)


def of(transfer: str, recipient: str = "anne@mairie.example") -> DeliveryKey:
    return DeliveryKey(transfer, recipient)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(revocation_cache, "monotonic_seconds", lambda: now[0])
    return now


async def test_many_who_ask_at_once_are_answered_by_one_look(now: list[float]) -> None:
    source = FakeRevocationSource()
    cache = RevocationCache(source)
    await asyncio.gather(*(cache.is_open(of(f"t{number % 10}")) for number in range(100)))
    now[0] += MAX_AGE_SECONDS + 0.001
    assert all(await asyncio.gather(*(cache.is_open(of(f"t{number % 10}")) for number in range(100))))
    assert len(source.asked) == 3, "the second time, one look is enough for all"


async def test_a_closing_is_noticed_a_moment_later(now: list[float]) -> None:
    source = FakeRevocationSource()
    cache = RevocationCache(source)
    assert await cache.is_open(of("t"))
    source.over.add(of("t"))
    now[0] += MAX_AGE_SECONDS - 0.01
    assert await cache.is_open(of("t")), "nobody looks so often"
    now[0] += 0.011
    assert not await cache.is_open(of("t"))


async def test_what_was_not_asked_about_lately_is_looked_at_anew(now: list[float]) -> None:
    source = FakeRevocationSource()
    cache = RevocationCache(source)
    source.over.add(of("b"))
    assert await cache.is_open(of("a"))
    assert not await cache.is_open(of("b"))
    assert source.asked == [{of("a")}, {of("a"), of("b")}]
    for _ in range(2):
        now[0] += MAX_AGE_SECONDS + 0.001
        assert await cache.is_open(of("a"))
    assert source.asked[-1] == {of("a")}, "what is not asked for any more is forgotten"


async def test_while_nobody_can_be_asked_what_was_known_holds(now: list[float]) -> None:
    source = FakeRevocationSource()
    cache = RevocationCache(source)
    source.over.add(of("b"))
    assert await cache.is_open(of("a"))
    assert not await cache.is_open(of("b"))
    source.away = True
    now[0] += MAX_AGE_SECONDS + 0.001
    assert await cache.is_open(of("a"))
    now[0] += MAX_AGE_SECONDS + 0.001
    assert await cache.is_open(of("c")), "the lease bounds how long this can last"


async def test_what_is_closed_to_one_recipient_stays_open_to_the_others(now: list[float]) -> None:
    source = FakeRevocationSource()
    cache = RevocationCache(source)
    source.over.add(of("t", "anne@mairie.example"))
    assert not await cache.is_open(of("t", "anne@mairie.example"))
    assert await cache.is_open(of("t", "bruno@ministere.example"))
