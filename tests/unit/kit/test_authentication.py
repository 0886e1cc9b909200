"""Who is asking is looked at once in two seconds, and a revocation ends that."""

from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi import Request

from devstack.keys import public_keys, signing_key
from services.kit import authentication
from services.kit.authentication import CACHE_SECONDS, SESSION_TOKEN, SessionExpired, TokenAuthenticator
from services.kit.clock import utc_now
from services.kit.mongo import ExpiringDocuments
from services.kit.refusals import Unauthenticated
from services.kit.tokens import Signer, Verifier

KEY = signing_key()
SIGNER, VERIFIER = Signer(KEY, SESSION_TOKEN), Verifier(public_keys(KEY), SESSION_TOKEN)


class Book:
    """Revoked sessions, and how often somebody looked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.looks = 0

    async def get(self, id: str) -> dict[str, Any] | None:
        self.looks += 1
        return {} if id in self.revoked else None

    async def mark(self, id: str, *, seconds: int) -> None:
        self.revoked.add(id)


class Clock:
    """Steady seconds that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(authentication, "monotonic_seconds", clock)
    return clock


def replica(book: Book) -> TokenAuthenticator:
    return TokenAuthenticator(VERIFIER, cast(ExpiringDocuments, book))


def request(session: str) -> Request:
    claims = {"name": "Camille", "role": "agent", "language": "fr"}
    token = SIGNER.sign(subject="c@ville.example", id=session, now=utc_now(), life=timedelta(minutes=5), claims=claims)
    return asking(f"Bearer {token}")


def asking(authorization: str) -> Request:
    return Request({"type": "http", "headers": [(b"authorization", authorization.encode())]})


async def test_a_session_is_looked_at_once_in_two_seconds(clock: Clock) -> None:
    book = Book()
    sessions, ours = replica(book), request("s")
    for _ in range(5):
        assert (await sessions.authenticate(ours)).session == "s"
    assert book.looks == 1
    clock.now += CACHE_SECONDS
    await sessions.authenticate(ours)
    assert book.looks == 2


async def test_a_revocation_ends_it_at_once_where_it_is_heard_and_after_two_seconds_elsewhere(clock: Clock) -> None:
    book = Book()
    here, elsewhere, ours = replica(book), replica(book), request("s")
    for sessions in (here, elsewhere):
        await sessions.authenticate(ours)
    await here.revoke("s")
    with pytest.raises(SessionExpired):
        await here.authenticate(ours)
    await elsewhere.authenticate(ours)
    clock.now += CACHE_SECONDS
    with pytest.raises(SessionExpired):
        await elsewhere.authenticate(ours)


async def test_another_session_of_the_same_person_goes_on(clock: Clock) -> None:
    sessions, other = replica(Book()), request("other")
    await sessions.authenticate(other)
    await sessions.authenticate(request("s"))
    await sessions.revoke("s")
    assert (await sessions.authenticate(other)).session == "other"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic x", "Bearer x.y.z"])
async def test_what_is_not_good_is_never_remembered(clock: Clock, authorization: str) -> None:
    sessions = replica(Book())
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await sessions.authenticate(asking(authorization))
    assert not sessions._recently_verified


async def test_no_more_than_so_many_sessions_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "MAX_CACHED", 3)
    sessions = replica(Book())
    for number in range(6):
        await sessions.authenticate(request(str(number)))
    assert len(sessions._recently_verified) == 3
