"""SignInRateLimiter that count something hold when a hundred ask at once, over two instances on the real database."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from devstack.stack import Stack
from services.auth.rate_limits import SignInLimits, SignInRateLimiter
from services.auth.store import LinkQuotas
from services.contracts.values import FileSummary
from services.download.domain import link as links
from services.download.domain.download import MAX_RANGES, Download, GetProgress, GetStart
from services.download.domain.link import Decision, FileAttempt, Link, MailRequest
from services.download.domain.mails import DAY, RESENT_A_DAY, LinkMailContent, remind, resend
from services.download.domain.quota import MAX_LOADS, MAX_SENT_BYTES, FileQuota
from services.kit.aggregate import Aggregate
from services.kit.clock import utc_now
from services.kit.mongo import Database
from services.kit.rate_limit import RateLimiter
from services.kit.refusals import Refusal
from services.upload.domain.files import Announcement, announce, without_file
from services.upload.domain.lifecycle import MAX_SECOND_REMOVALS, after_removal
from services.upload.domain.transfer import PendingRemoval, Transfer
from tests.harness import MONGO_TIMEOUT_SECONDS
from tests.unit.download.link_driver import MIB, new_link
from tests.unit.upload.sample import HOUR, LIMITS, RETENTION, draft

AT_ONCE, MOST = 100, 20
ROOMY = SignInLimits()._replace(links_per_mailbox=AT_ONCE, links_per_mailbox_per_day=AT_ONCE)
SMALL, LARGE = FileSummary(path="a", size_bytes=MIB), FileSummary(path="a", size_bytes=100 * MIB)
CONTENT = LinkMailContent("token", "", (SMALL,))

Ask = Callable[[int], Awaitable[Any]]
Begin = Callable[[Sequence[Database]], Awaitable[Ask]]


class Case(NamedTuple):
    """How a hundred questions are put, by number, and how often each answer must be given."""

    begin: Begin
    answers: dict[str, int]


def counted(ask: Callable[[SignInRateLimiter, int], Awaitable[Any]], **limits: int) -> Begin:
    """A question to the limits of sign-in, each instance with its own."""

    async def begin(replicas: Sequence[Database]) -> Ask:
        ours = [_limits(one, ROOMY._replace(**limits)) for one in replicas]
        return lambda number: ask(ours[number % 2], number)

    return begin


def _limits(database: Database, limits: SignInLimits) -> SignInRateLimiter:
    return SignInRateLimiter(RateLimiter(database), LinkQuotas(database), limits, lambda kind, text: f"{kind} {text}")


def ruled(state: Callable[[datetime], Aggregate], rule: Callable[[Any, int, datetime], Any]) -> Begin:
    """A rule that each question applies to the same document."""

    async def begin(replicas: Sequence[Database]) -> Ask:
        first = state(utc_now())
        stores = [one.repository("ruled", type(first)) for one in replicas]
        await stores[0].add(first)
        return lambda number: stores[number % 2].update(first.id, lambda now, at: rule(now, number, at))

    return begin


def open_link(now: datetime, **more: Any) -> Link:
    return new_link(limit=1_000).evolve(ends_at=now + 7 * DAY, **more)


def sent_mails(now: datetime) -> Link:
    """One mail fewer was sent again than a day allows."""
    earlier = tuple(now - hours * HOUR for hours in range(RESENT_A_DAY, 2, -1))
    return open_link(now, resent=MailRequest(id="before", at=now - 2 * HOUR, earlier=earlier))


def sent_often(now: datetime) -> Link:
    most = MAX_LOADS * SMALL.size_bytes + MAX_SENT_BYTES
    return open_link(now, quotas={"f": FileQuota(path="a", size_bytes=SMALL.size_bytes, limit=1_000, sent_bytes=most)})


def in_ranges(now: datetime) -> Link:
    times = tuple((3 * (AT_ONCE + piece), 3 * (AT_ONCE + piece) + 1, 1) for piece in range(MAX_RANGES))
    one = Download(size_bytes=LARGE.size_bytes, started_at=now, lease_until=now + HOUR, times=times)
    quota = FileQuota(path="a", size_bytes=LARGE.size_bytes, limit=1_000, downloads={"d": one})
    return open_link(now, quotas={"f": quota})


def fetched(link: Link, file: FileSummary, id: str, span: tuple[int, int], now: datetime) -> Decision:
    """One GET, from its beginning to its end."""
    get = f"{id} {span} {link.version}"
    attempt = FileAttempt(file, "f", id)
    link, begun = attempt.fetch(link, GetStart(get, span, span[1]), now)
    link, ended = attempt.progress(link, GetProgress(get, span[1], span[1]), now)
    return link, [*begun, *ended]


def one_byte(number: int) -> tuple[int, int]:
    """Which touches no other one."""
    return 3 * number + 1, 3 * number + 2


def announced_and_removed(transfer: Transfer, number: int, now: datetime) -> tuple[Transfer, list[Any]]:
    file, asked = str(number), Announcement(path=f"{number}.txt", size_bytes=1)
    limits = LIMITS.model_copy(update={"files": MOST})
    return without_file(announce(transfer, file, asked, file, None, limits, now), file, now), []


def late_bytes(now: datetime) -> Transfer:
    """One removed file fewer is looked for once more than are allowed; a hundred others were just removed."""
    looked = [PendingRemoval(key=f"old {n}", upload_id=None, due_at=now + HOUR, removed_once=True) for n in range(99)]
    due = [PendingRemoval(key=str(n), upload_id=None, due_at=now - HOUR) for n in range(AT_ONCE)]
    return draft().evolve(pending_removals=(*looked, *due))


def seen_to_be_gone(transfer: Transfer, number: int, now: datetime) -> tuple[Transfer, list[Any]]:
    after = after_removal(transfer, {str(number)}, RETENTION, now)
    assert sum(one.removed_once for one in after.pending_removals) == MAX_SECOND_REMOVALS
    return after, []


CASES = {
    "links to one person a day": Case(
        counted(lambda ours, _: ours.allow_link("a@b.fr", "net"), links_per_mailbox_per_day=MOST), {"yes": 20, "no": 80}
    ),
    "links for one network an hour": Case(
        counted(lambda ours, n: ours.allow_link(f"a{n}@b{n}.fr", "net"), links_per_network=MOST),
        {"yes": 20, "too-many-link-requests": 80},
    ),
    "links to one mail domain an hour": Case(
        counted(lambda ours, n: ours.allow_link(f"a{n}@b.fr", f"net {n}"), links_per_domain=MOST),
        {"yes": 20, "too-many-link-requests": 80},
    ),
    "links in all an hour": Case(
        counted(lambda ours, n: ours.allow_link(f"a{n}@b{n}.fr", f"net {n}"), links_total=MOST),
        {"yes": 20, "too-many-link-requests": 80},
    ),
    "human checks for one network an hour": Case(
        counted(lambda ours, _: ours.count_challenge("net"), challenges_per_network=MOST),
        {"yes": 20, "too-many-challenges": 80},
    ),
    "human checks read aloud for one network an hour": Case(
        counted(lambda ours, _: ours.count_recording("net"), recordings_per_network=MOST),
        {"yes": 20, "too-many-challenges": 80},
    ),
    "removed files of one draft whose bytes are still there, before no file is added (429)": Case(
        ruled(lambda _: draft(), announced_and_removed), {"yes": 20, "removals-under-way": 80}
    ),
    "removed files of one draft that are looked for once more": Case(ruled(late_bytes, seen_to_be_gone), {"yes": 100}),
    "times that a file is sent, and 1 GiB, before it is suspended": Case(
        ruled(sent_often, lambda link, n, now: fetched(link, SMALL, str(n), (0, MIB), now)),
        {"yes": 1, "downloads-suspended": 99},
    ),
    "times that a small file is handed out in one download": Case(
        ruled(open_link, lambda link, _, now: fetched(link, SMALL, "d", (0, MIB), now)),
        {"yes": 3, "download-already-done": 97},
    ),
    "steps of the coverage of one link": Case(
        ruled(open_link, lambda link, n, now: fetched(link, LARGE, str(n), one_byte(n), now)),
        {"yes": MOST + 1, "download-spent": 79},
    ),
    "ranges of one download": Case(
        ruled(in_ranges, lambda link, n, now: fetched(link, LARGE, "d", one_byte(n), now)),
        {"yes": 1, "download-spent": 99},
    ),
    "mails with one link, sent again": Case(
        ruled(open_link, lambda link, n, now: resend(link, CONTENT, str(n), now)), {"yes": 1, "resent-lately": 99}
    ),
    "the same in a day": Case(
        ruled(sent_mails, lambda link, n, now: resend(link, CONTENT, str(n), now)), {"yes": 1, "resent-lately": 99}
    ),
    "reminders of one link": Case(
        ruled(open_link, lambda link, n, now: remind(link, CONTENT, str(n), now)), {"yes": 1, "reminded-lately": 99}
    ),
}
"""By what `tools/limits.py` calls them."""


@pytest.fixture
def replicas(servers: Stack, database: Database) -> Iterator[list[Database]]:
    other = Database(servers.mongo_admin_url, database._database.name, MONGO_TIMEOUT_SECONDS)
    yield [database, other]
    other.close()


@pytest.mark.parametrize("what", CASES)
async def test_a_hundred_at_once_never_pass_a_limit(
    replicas: list[Database], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(links, "MAX_STEPS", MOST)
    ask = await CASES[what].begin(replicas)
    said = await asyncio.gather(*(answer(ask, number) for number in range(AT_ONCE)))
    assert Counter(said) == CASES[what].answers


async def answer(ask: Ask, number: int) -> str:
    try:
        return "no" if await ask(number) is False else "yes"
    except Refusal as refusal:
        return refusal.slug()
