"""Lists as pages, bounded in items and bytes; a cursor leads to the next page."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.kit import url_safe
from services.kit.refusals import BadRequest, refuses

MAX_ITEMS = 100
DEFAULT_ITEMS = 50
MAX_BYTES = 2**20
"""The size of a page in bytes, as JSON. A single item may exceed it only where an operator's limits are that large."""
ENVELOPE_BYTES = 512
"""The size of a page without items: names, brackets and a cursor."""
MAX_CURSOR_LENGTH = 160
CURSOR_PATTERN = re.compile(r"([0-9]{1,14})\.([0-9A-Za-z-]{0,64})")
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

Item = TypeVar("Item", bound=BaseModel)
Source = TypeVar("Source")


class CursorNotValid(BadRequest):
    """This is not a cursor of a list; start again without one."""

    title_fr = "Ceci n'est pas un curseur de liste ; recommencez sans curseur."


class Page(BaseModel, Generic[Item]):
    """Some items of a list, in order; `next_cursor` leads to the next page, and is null on the last one."""

    # The framework does not pass the docstring on to `Page[…]`.
    model_config = ConfigDict(
        json_schema_extra={"description": "Some items of a list; `next_cursor` is null at its end."}
    )

    items: Annotated[list[Item], Field(max_length=MAX_ITEMS)]
    next_cursor: str | None


class Position(NamedTuple):
    """The position of an item in its list; `id` distinguishes items with the same sort key.

    The sort key is the date in milliseconds since 1970, or in a constant list the item's index.
    """

    sort_key: int
    id: str = ""


class PageRequest(NamedTuple):
    """The requested page: at most `limit` items after a position."""

    limit: int = DEFAULT_ITEMS
    after: Position | None = None


@refuses(CursorNotValid)
def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS, description="How many items at most.")] = DEFAULT_ITEMS,
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR_LENGTH, description="`next_cursor` of the page before.")
    ] = None,
) -> PageRequest:
    """Return the requested page; every list has these two parameters."""
    return PageRequest(limit, decode_cursor(cursor) if cursor is not None else None)


PageParameters = Annotated[PageRequest, Depends(page_request)]


def encode_cursor(position: Position) -> str:
    """Return a position as a string for an address; it is encoded, not signed (ADR 21)."""
    return url_safe.encode(f"{position.sort_key}.{position.id}".encode())


def decode_cursor(cursor: str) -> Position:
    """Return the position that a cursor encodes, whoever made it; raises `CursorNotValid` if it encodes none.

    A list contains its reader's own items only, at whatever position it begins.
    """
    try:
        plain = url_safe.decode(cursor).decode()
    except ValueError:
        raise CursorNotValid() from None
    if not (found := CURSOR_PATTERN.fullmatch(plain)):
        raise CursorNotValid()
    return Position(int(found[1]), found[2])


class PageBuilder(Generic[Item]):
    """Builds a page; the first item that it does not take begins the next page."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: list[Item] = []
        self._bytes = ENVELOPE_BYTES
        self._last: Position | None = None

    def add(self, item: Item, position: Position) -> bool:
        """Add an item; return false if the page has no room for it. The first item always fits."""
        size = len(item.model_dump_json(by_alias=True).encode()) + 1
        if self._items and (len(self._items) >= self._limit or self._bytes + size > MAX_BYTES):
            return False
        self._items.append(item)
        self._bytes += size
        self._last = position
        return True

    def build(self, *, is_last: bool) -> Page[Item]:
        """Return the page; the last page has no cursor."""
        follows = None if is_last or self._last is None else encode_cursor(self._last)
        return Page(items=self._items, next_cursor=follows)


def paginate(sources: Sequence[Source], request: PageRequest, to_item: Callable[[Source], Item]) -> Page[Item]:
    """Return a page of a constant list in memory."""
    builder: PageBuilder[Item] = PageBuilder(request.limit)
    for index in range(request.after.sort_key if request.after else 0, len(sources)):
        if not builder.add(to_item(sources[index]), Position(index + 1)):
            return builder.build(is_last=False)
    return builder.build(is_last=True)
