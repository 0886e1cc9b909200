"""What was written, sent and received, and what waits: lists in pages, searched by whoever and whatever is in them."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Annotated, NamedTuple, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from portal.asking import ROWS
from portal.cards import Item, Page
from portal.visits import Member, Visit
from services.kit.text import MAX_SHORT_LENGTH, fold_case

router = APIRouter()
LONGEST_SEARCH = 100
LOOKED_THROUGH_AT_ONCE = 100
LOOKED_THROUGH = 2_000
LONGEST_TRAIL = 40

Cursors = Annotated[list[str], Query(max_length=LONGEST_TRAIL + 1)]
"""The cursors of the pages that were turned, the one that is shown last: they lead back without a script."""


class Ask(Protocol[Item]):
    """One list of a service."""

    async def __call__(self, cursor: str, limit: int) -> Page[Item]:
        """A page of it."""


class Turns(NamedTuple):
    """Where the pages before and after are; none where there is none."""

    previous: str | None
    next: str | None


@router.get("/drafts")
async def drafts(visit: Member, cursor: Cursors = []) -> Response:  # noqa: B006 - fastapi copies it
    """One's drafts, the last touched first."""
    return await _show(visit, "drafts/list.html", visit.ask.drafts, cursor)


@router.get("/transfers")
async def transfers(visit: Member, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """What one has sent, the latest first."""
    words = lambda one: (one.subject, *(to.address for to in one.recipients))  # noqa: E731
    return await _show(visit, "transfers/list.html", visit.ask.transfers, cursor, q, words)


@router.get("/received")
async def received(visit: Member, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """What was sent to an agent, the latest first."""
    words = lambda one: (one.subject, one.sender.address, one.sender.name)  # noqa: E731
    return await _show(visit, "transfers/received.html", visit.ask.received, cursor, q, words)


@router.get("/pending")
async def pending(visit: Member, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """What waits for an agent's decision, the most urgent first."""
    words = lambda one: (one.subject, one.sender.address, one.sender.declared_name)  # noqa: E731
    return await _show(visit, "approve/pending.html", visit.ask.pending, cursor, q, words)


async def _show(
    visit: Visit,
    template: str,
    ask: Ask[Item],
    cursors: list[str],
    q: str = "",
    words: Callable[[Item], Iterable[str]] = lambda _one: (),
) -> Response:
    wanted, here = searched(q), visit.request.url.path
    page, is_any = await found(ask, cursors[-1] if cursors else "", wanted, words)
    turns = turned(here, wanted, cursors, page.next_cursor)
    return visit.show(template, rows=page.items, q=wanted, any=is_any, turns=turns)


async def found(
    ask: Ask[Item], cursor: str, wanted: str, words: Callable[[Item], Iterable[str]]
) -> tuple[Page[Item], bool]:
    """A page, and whether there was anything to search; what matches is looked for in a bounded part of the list."""
    if not wanted:
        page = await ask(cursor, ROWS)
        return page, bool(page.items)
    rows: list[Item] = []
    is_any = False
    for _ in range(LOOKED_THROUGH // LOOKED_THROUGH_AT_ONCE):
        page = await ask(cursor, LOOKED_THROUGH_AT_ONCE)
        is_any = is_any or bool(page.items)
        rows += [one for one in page.items if holds(wanted, *words(one))]
        if len(rows) >= ROWS or page.next_cursor is None:
            break
        cursor = page.next_cursor
    return page.model_copy(update={"items": rows}), is_any


def turned(path: str, wanted: str, cursors: list[str], following: str | None) -> Turns:
    """The addresses of the pages beside the one that the last of these cursors leads to."""
    before = _address(path, wanted, cursors[:-1]) if cursors else None
    after = _address(path, wanted, [*cursors, following][-LONGEST_TRAIL:]) if following else None
    return Turns(before, after)


def searched(typed: str) -> str:
    """What is searched for, without blanks around it, and not too long."""
    return typed.strip()[:LONGEST_SEARCH]


def holds(wanted: str, *words: str) -> bool:
    """Each word that is searched for is in one of these, with or without accents."""
    text = " ".join(_plain(one) for one in words)
    return all(word in text for word in _plain(wanted).split())


def _address(path: str, wanted: str, cursors: list[str]) -> str:
    query = urlencode([*([("q", wanted)] if wanted else []), *(("cursor", one) for one in cursors)])
    return f"{path}?{query}" if query else path


def _plain(text: str) -> str:
    letters = fold_case(text[:MAX_SHORT_LENGTH], MAX_SHORT_LENGTH, "NFKD")
    return letters if letters.isascii() else "".join(one for one in letters if not unicodedata.combining(one))
