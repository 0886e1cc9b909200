"""Every list that docs/openapi describes is bounded, and can be walked through while it changes."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from services.kit.pagination import DEFAULT_ITEMS, MAX_CURSOR_LENGTH, MAX_ITEMS
from tests.harness import starting
from tests.integration.lists.full_lists import FULL_LISTS, FullList
from tests.integration.upload.service import slug
from tests.unit.upload.sample import LIMITS

BOUND_BYTES = 2**20
APART = 30
"""One item in so many has as many files as one may have: to fill a database with nothing else takes minutes."""


def described() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation that answers a page, as its service describes it."""
    for path in sorted(Path("docs/openapi").glob("*.json")):
        for route, operations in json.loads(path.read_text())["paths"].items():
            for method, operation in operations.items():
                content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
                if "/Page_" in content.get("schema", {}).get("$ref", ""):
                    yield f"{method.upper()} {route}", operation


DESCRIBED = dict(described())


@pytest.fixture(params=sorted(DESCRIBED))
async def empty(request: pytest.FixtureRequest, servers: Stack) -> AsyncIterator[FullList]:
    """One of the lists, with nothing in it; a list that nobody here can fill fails."""
    make = FULL_LISTS[request.param]
    async with starting(lambda: make.harness(servers)) as start:
        yield make(await start())


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_list_is_asked_for_with_the_same_words(name: str) -> None:
    asked = {one["name"]: one["schema"] for one in DESCRIBED[name]["parameters"] if one["in"] == "query"}
    assert set(asked) >= {"limit", "cursor"}
    assert (asked["limit"]["maximum"], asked["limit"]["default"]) == (MAX_ITEMS, DEFAULT_ITEMS)


async def test_a_page_of_the_largest_items_is_within_its_bound(empty: FullList) -> None:
    await empty.fill(APART)
    first = await empty.ask(limit=MAX_ITEMS)
    assert first.status_code == 200, first.text
    print(f"{empty.path}: {len(first.json()['items'])} items, {len(first.content)} bytes")
    assert len(first.content) <= BOUND_BYTES
    found, page = list(first.json()["items"]), first.json()
    while page["next_cursor"]:
        answer = await empty.ask(limit=MAX_ITEMS, cursor=page["next_cursor"])
        assert len(answer.content) <= BOUND_BYTES
        page = answer.json()
        found += page["items"]
    assert len({one[empty.id_name] for one in found}) == len(found) == empty.most
    if empty.changes:
        assert {one["files"] for one in found} == {LIMITS.files, 1}
    if "total_bytes" in found[0]:
        assert max(one["total_bytes"] for one in found) == 7 * LIMITS.files


async def test_walking_shows_each_item_once_while_others_come_and_go(empty: FullList) -> None:
    if not empty.changes:
        return
    ids = [await empty.add(number, 1) for number in range(0, 60, 2)]
    kept, leaving = set(ids[::2]), ids[1::2]
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 4}
    number = -1
    while True:
        page = (await empty.ask(**query)).json()
        seen += [one[empty.id_name] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
        for moved in (number, 60 - number):
            await empty.add(moved, 1)
        number += 4
        if leaving:
            await empty.remove(leaving.pop(0))
            await empty.remove(leaving.pop(-1))
    assert len(seen) == len(set(seen))
    assert kept <= set(seen)


async def test_a_page_that_cannot_be_is_refused(empty: FullList) -> None:
    if not empty.changes:
        await empty.add(0, 1)
    before_all_time = base64.urlsafe_b64encode(b"-99999999999999.a").decode()
    for cursor in ("", "x", "é", "MTIz", "LTE.", before_all_time, "a" * MAX_CURSOR_LENGTH):
        answer = await empty.ask(cursor=cursor)
        assert (answer.status_code, slug(answer)) == (400, "cursor-not-valid"), cursor
    for query in ({"limit": 0}, {"limit": MAX_ITEMS + 1}, {"limit": "many"}, {"cursor": "a" * (MAX_CURSOR_LENGTH + 1)}):
        answer = await empty.ask(**query)
        assert (answer.status_code, slug(answer)) == (422, "malformed-request"), query
