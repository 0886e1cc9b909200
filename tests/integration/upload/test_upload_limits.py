"""Limits that are counts hold under a hundred concurrent requests to two instances on the real database."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.upload.conftest import Started
from tests.integration.upload.service import EXTERNAL, Upload, UploadSender, slug

AT_ONCE = 100


async def at_once(upload: Upload, ask: Callable[[UploadSender, int], Awaitable[httpx.Response]]) -> Counter[str]:
    """Send a hundred concurrent requests, half of them to each instance; return the number of each answer."""
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    answers = await asyncio.gather(*(ask(senders[number % 2], number) for number in range(AT_ONCE)))
    return Counter("yes" if answer.is_success else slug(answer) for answer in answers)


async def test_a_hundred_drafts_begun_at_once_are_as_many_as_are_allowed(upload: Upload) -> None:
    said = await at_once(upload, lambda sender, _: sender.ask("PUT", f"/drafts/{uuid4()}", {}))
    assert said == {"yes": 50, "too-many-drafts": 50}
    assert await upload.documents.transfers.count_documents({"state": "draft"}) == 50
    (first, *_) = (await upload.of(EXTERNAL).ask("GET", "/drafts")).json()["items"]
    assert (await upload.of(EXTERNAL).ask("DELETE", f"/drafts/{first['draft']}")).status_code == 204
    said = await at_once(upload, lambda sender, _: sender.ask("PUT", f"/drafts/{uuid4()}", {}))
    assert said == {"yes": 1, "too-many-drafts": 99}


async def test_one_draft_begun_a_hundred_times_at_once_is_one_draft(upload: Upload) -> None:
    draft = uuid4()
    assert await at_once(upload, lambda sender, _: sender.ask("PUT", f"/drafts/{draft}", {})) == {"yes": 100}
    assert await upload.documents.transfers.count_documents({}) == 1


@pytest.mark.parametrize(
    ("settings", "size_bytes", "name"),
    [
        ({"max_files": 20}, 1, "too-many-files"),
        ({"max_transfer_bytes_external": 2_000}, 100, "transfer-too-large"),
    ],
)
async def test_a_hundred_files_announced_at_once_are_as_many_as_fit(
    started: Started, settings: dict[str, Any], size_bytes: int, name: str
) -> None:
    upload = await started(instances=2, **settings)
    draft = await upload.of(EXTERNAL).begin()

    async def announce(sender: UploadSender, number: int) -> httpx.Response:
        body = {"path": f"{number}.txt", "size_bytes": size_bytes}
        return await sender.ask("PUT", f"/drafts/{draft}/files/{uuid4()}", body)

    assert await at_once(upload, announce) == {"yes": 20, name: 80}
    assert len((await upload.of(EXTERNAL).ask("GET", f"/drafts/{draft}")).json()["files"]) == 20


async def test_a_hundred_lists_of_recipients_written_at_once_leave_one_that_is_allowed(started: Started) -> None:
    upload = await started(instances=2, max_recipients=20)
    draft = await upload.of(EXTERNAL).begin()

    async def write(sender: UploadSender, number: int) -> httpx.Response:
        field = ("to", "cc", "bcc")[number % 3]
        people = [f"{field}{number}-{one}@ville.example" for one in range(8)]
        return await sender.ask("PATCH", f"/drafts/{draft}", {field: people})

    said = await at_once(upload, write)
    assert set(said) == {"yes", "too-many-recipients"}
    assert len((await upload.of(EXTERNAL).ask("GET", f"/drafts/{draft}")).json()["recipients"]) <= 20


async def test_a_hundred_drafts_sent_at_once_are_as_many_as_a_day_allows(started: Started) -> None:
    upload = await started(instances=2, transfers_per_day_external=20, max_drafts=AT_ONCE)
    drafts = [await upload.of(EXTERNAL).ready(b"x") for _ in range(40)]
    said = await at_once(upload, lambda sender, number: sender.ask("POST", f"/drafts/{drafts[number % 40]}/submission"))
    assert said["too-many-transfers"]
    assert await upload.documents.transfers.count_documents({"state": "submitted"}) == 20


async def test_a_submission_that_is_repeated_at_once_counts_once(started: Started) -> None:
    upload = await started(instances=2, transfers_per_day_external=20, max_drafts=AT_ONCE)
    drafts = [await upload.of(EXTERNAL).ready(b"x") for _ in range(21)]

    async def submit(sender: UploadSender, number: int) -> httpx.Response:
        return await sender.ask("POST", f"/drafts/{drafts[number // 5]}/submission")

    assert await at_once(upload, submit) == {"yes": AT_ONCE}
    assert slug(await upload.of(EXTERNAL).ask("POST", f"/drafts/{drafts[-1]}/submission")) == "too-many-transfers"
