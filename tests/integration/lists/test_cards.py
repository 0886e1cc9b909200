"""What is answered of one transfer with the largest legal contents is bounded by its files and its recipients."""

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from tests.harness import signed_in, starting
from tests.integration.download.service import DownloadHarness
from tests.integration.lists.full_lists import (
    SENDER,
    Drafts,
    FollowedFiles,
    FullList,
    Pending,
    SentTransfers,
    recipients,
)
from tests.unit.upload.sample import LIMITS

MIB = 2**20
FILES = "the files of one transfer"
FILES_AND_RECIPIENTS = "the files of one transfer, and its recipients with ten files of each"
PARTS = "the parts of one file"
FIXED = "the settings"
BOUNDED_BY = {
    "GET /api/auth/jwks.json": FIXED,
    "GET /api/upload/config": FIXED,
    "PUT /api/upload/drafts/{draft}": FILES,
    "GET /api/upload/drafts/{draft}": FILES,
    "PATCH /api/upload/drafts/{draft}": FILES,
    "POST /api/upload/drafts/{draft}/submission": FILES,
    "PUT /api/upload/drafts/{draft}/files/{file}": PARTS,
    "GET /api/upload/drafts/{draft}/files/{file}": PARTS,
    "GET /api/upload/transfers/{transfer}": FILES,
    "PUT /api/upload/transfers/{transfer}/validity": FILES,
    "GET /api/propagation/approvals/{token}": FILES,
    "POST /api/propagation/approvals/{token}/approval": FILES,
    "POST /api/propagation/approvals/{token}/refusal": FILES,
    "GET /api/propagation/transfers/{transfer}": FILES,
    "POST /api/propagation/transfers/{transfer}/approval": FILES,
    "POST /api/propagation/transfers/{transfer}/refusal": FILES,
    "GET /api/download/links/{token}": FILES,
    "PUT /api/download/links/{token}/archive/downloads/{download}": FILES,
    "GET /api/download/transfers/{transfer}": FILES_AND_RECIPIENTS,
    "PUT /api/download/transfers/{transfer}/reminders/{id}": "the recipients of one transfer",
}
"""Every answer that holds an array, and is no page of a list; a new one is to be a page, or to be named here."""


def with_arrays() -> set[str]:
    """The operations whose answer has, at whatever depth, an array and is no page."""
    found = set()
    for path in Path("docs/openapi").glob("*.json"):
        document = json.loads(path.read_text())
        for route, operations in document["paths"].items():
            for method, operation in operations.items():
                for status, answer in operation["responses"].items():
                    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                    if status.startswith("2") and _is_open(schema, document, ()):
                        found.add(f"{method.upper()} {route}")
    return found


def _is_open(node: Any, document: Any, above: tuple[str, ...]) -> bool:
    if isinstance(node, list):
        return any(_is_open(one, document, above) for one in node)
    if not isinstance(node, dict):
        return False
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name:
        is_known = name in above or name.startswith("Page_")
        return not is_known and _is_open(document["components"]["schemas"][name], document, (*above, name))
    is_array = node.get("type") == "array" and "maxItems" not in node
    return is_array or any(_is_open(one, document, above) for one in node.values())


def test_every_answer_with_a_list_in_it_is_a_page_or_says_what_bounds_it() -> None:
    assert with_arrays() | {"GET /api/auth/jwks.json"} == set(BOUNDED_BY)


@pytest.mark.parametrize(
    ("of", "path", "most_bytes"),
    [
        (Drafts, "/api/upload/drafts/{}", 6 * MIB),
        (SentTransfers, "/api/upload/transfers/{}", 6 * MIB),
        (Pending, "/api/propagation/transfers/{}", 5 * MIB),
        (FollowedFiles, "/api/download/transfers/{}", 10 * MIB),
    ],
)
async def test_the_largest_transfer_is_answered(servers: Stack, of: type[FullList], path: str, most_bytes: int) -> None:
    async with starting(lambda: of.harness(servers)) as start:
        one = of(await start())
        answer = await one.client.get(path.format(await one.add(0, LIMITS.files)))
        assert answer.status_code == 200, answer.text
        print(f"{path}: {len(answer.content)} bytes")
        assert LIMITS.files * 3_500 < len(answer.content) <= most_bytes


async def test_the_largest_link_is_answered(servers: Stack) -> None:
    async with starting(lambda: DownloadHarness(servers)) as start:
        one = FollowedFiles(await start())
        token = one.service.deps.links.token(await one.add(0, LIMITS.files), recipients()[0])
        answer = await one.client.get(f"/api/download/links/{token}")
        print(f"/api/download/links: {len(answer.content)} bytes")
        assert LIMITS.files * 3_500 < len(answer.content) <= 6 * MIB
        other = one.service.at(0, signed_in(SENDER.address))
        assert (await other.get(f"/api/download/transfers/{one.transfer}/recipients/101/files")).status_code == 404
