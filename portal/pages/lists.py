"""Paginated lists of drafts, transfers, received transfers and pending decisions, with search by subject and person."""

import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, NamedTuple, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from client.schemas.values import Item, PageSchema
from portal.request_context import RequestContext, SignedIn
from services.kit.text import MAX_SHORT_LENGTH, fold_case

router = APIRouter()
PAGE_SIZE = 50
"""How many rows a list shows on one page."""
MAX_SEARCH = 100
SEARCH_PAGE_SIZE = 100
MAX_SEARCHED_ROWS = 2_000
MAX_CURSORS = 40

Cursors = Annotated[list[str], Query(max_length=MAX_CURSORS + 1)]
"""The cursors of the pages before, and of this one: they lead back without a script."""


class FetchPage(Protocol[Item]):
    """An endpoint that lists something."""

    def __call__(self, cursor: str, limit: int) -> Awaitable[PageSchema[Item]]:
        """Fetch one page."""


class PageLinks(NamedTuple):
    """The addresses of the previous and the next page, where there is one."""

    previous: str | None
    next: str | None


@router.get("/drafts")
async def drafts(context: SignedIn, cursor: Cursors = []) -> Response:  # noqa: B006 - fastapi copies it
    """List the person's drafts, the latest change first."""
    return await _show(context, "drafts/list.html", context.api.drafts, cursor)


@router.get("/transfers")
async def transfers(context: SignedIn, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """List the person's transfers, the latest first."""
    texts = lambda one: (one.subject, *(to.address for to in one.recipients))  # noqa: E731
    return await _show(context, "transfers/list.html", context.api.sent_transfers, cursor, q, texts)


@router.get("/received")
async def received(context: SignedIn, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """List the transfers that an agent received, the latest first."""
    texts = lambda one: (one.subject, one.sender.address, one.sender.name)  # noqa: E731
    return await _show(context, "transfers/received.html", context.api.received, cursor, q, texts)


@router.get("/pending")
async def pending(context: SignedIn, q: str = "", cursor: Cursors = []) -> Response:  # noqa: B006
    """List the decisions that wait for an agent, the most urgent first."""
    texts = lambda one: (one.subject, one.sender.address, one.sender.declared_name)  # noqa: E731
    return await _show(context, "approve/pending.html", context.api.pending, cursor, q, texts)


async def _show(
    context: RequestContext,
    template: str,
    fetch: FetchPage[Item],
    cursors: list[str],
    q: str = "",
    texts: Callable[[Item], Iterable[str]] = lambda _item: (),
) -> Response:
    query, path = normalise_query(q), context.request.url.path
    page, is_any = await search(fetch, cursors[-1] if cursors else "", query, texts)
    links = page_links(path, query, cursors, page.next_cursor)
    return context.render(template, rows=page.items, q=query, any=is_any, links=links)


async def search(
    fetch: FetchPage[Item], cursor: str, query: str, texts: Callable[[Item], Iterable[str]]
) -> tuple[PageSchema[Item], bool]:
    """Return a page of matching items, and whether the list has any; only the first rows are searched."""
    if not query:
        page = await fetch(cursor, PAGE_SIZE)
        return page, bool(page.items)
    rows: list[Item] = []
    is_any = False
    for _ in range(MAX_SEARCHED_ROWS // SEARCH_PAGE_SIZE):
        page = await fetch(cursor, SEARCH_PAGE_SIZE)
        is_any = is_any or bool(page.items)
        rows += [one for one in page.items if matches(query, *texts(one))]
        if len(rows) >= PAGE_SIZE or page.next_cursor is None:
            break
        cursor = page.next_cursor
    return page.model_copy(update={"items": rows}), is_any


def page_links(path: str, query: str, cursors: list[str], next_cursor: str | None) -> PageLinks:
    """Return the addresses of the pages before and after the one of the last cursor."""
    before = _address(path, query, cursors[:-1]) if cursors else None
    after = _address(path, query, [*cursors, next_cursor][-MAX_CURSORS:]) if next_cursor else None
    return PageLinks(before, after)


def normalise_query(typed: str) -> str:
    """Return the query stripped and cut to the maximum length."""
    return typed.strip()[:MAX_SEARCH]


def matches(query: str, *texts: str) -> bool:
    """Whether each word of the query is in one of the texts, ignoring case and accents."""
    text = " ".join(_fold(one) for one in texts)
    return all(word in text for word in _fold(query).split())


def _address(path: str, query: str, cursors: list[str]) -> str:
    parameters = urlencode([*([("q", query)] if query else []), *(("cursor", one) for one in cursors)])
    return f"{path}?{parameters}" if parameters else path


def _fold(text: str) -> str:
    letters = fold_case(text[:MAX_SHORT_LENGTH], MAX_SHORT_LENGTH, "NFKD")
    return letters if letters.isascii() else "".join(one for one in letters if not unicodedata.combining(one))
