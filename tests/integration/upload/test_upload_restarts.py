"""Multipart uploads that the store has aborted by itself: the upload restarts, whenever that happens."""

import asyncio
import hashlib
from typing import Any

import pytest

from services.kit.objects import ObjectStore, StoredPart
from tests.contents import random_content
from tests.integration.upload.service import EXTERNAL, MIB, Upload, UploadSender, slug, split_into_parts

LARGE = random_content(2, 17 * MIB)


@pytest.fixture
def sender(upload: Upload) -> UploadSender:
    return upload.of(EXTERNAL)


async def abort_uploads(upload: Upload) -> None:
    """Abort all uploads, as a store does with those that it finds too old."""
    for pending in await upload.objects[0].multipart_uploads():
        await upload.objects[0].abort_multipart(pending.key, pending.upload_id)


async def planned(sender: UploadSender, draft: str, file: str) -> dict[str, Any]:
    answer = await sender.ask("GET", f"/drafts/{draft}/files/{file}")
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def nothing_is_left(upload: Upload, draft: str) -> None:
    """Delete the draft and check that no bytes remain."""
    await upload.of(EXTERNAL).ask("DELETE", f"/drafts/{draft}")
    await upload.sweep()
    assert await upload.keys() == set()
    assert await upload.pending() == 0


@pytest.mark.parametrize("sent", [0, 1, 3])
@pytest.mark.parametrize("asked_with", ["GET", "PUT"])
async def test_a_file_whose_upload_was_aborted_is_sent_again_from_the_start(
    upload: Upload, sender: UploadSender, sent: int, asked_with: str
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    parts = split_into_parts(plan, LARGE)
    for part in parts[:sent]:
        assert await upload.put_part(plan["parts_url"], part) == 200
    await abort_uploads(upload)
    assert await upload.put_part(plan["parts_url"], parts[-1]) == 404
    if asked_with == "GET":
        again = await planned(sender, draft, plan["file"])
    else:
        again = await sender.announce(draft, "grand.bin", len(LARGE), plan["file"])
    assert (again["state"], again["parts"]) == ("receiving", [])
    assert again["restarted_at"]
    for part in parts:
        assert await upload.put_part(again["parts_url"], part) == 200
    assert (await sender.complete(draft, plan["file"], LARGE)).status_code == 200
    [key] = await upload.keys()
    assert await upload.objects[0].read(key, 0, len(LARGE)) == LARGE
    await nothing_is_left(upload, draft)


async def test_an_upload_that_was_aborted_before_any_part_was_announced_lost_nothing(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    await abort_uploads(upload)
    again = await planned(sender, draft, plan["file"])
    assert again["restarted_at"] is None
    assert await upload.put_part(again["parts_url"], split_into_parts(plan, LARGE)[0]) == 200


async def test_a_restarted_upload_may_have_other_bytes(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    assert await upload.put_part(plan["parts_url"], split_into_parts(plan, LARGE)[0]) == 200
    await abort_uploads(upload)
    again = await planned(sender, draft, plan["file"])
    other = random_content(3, len(LARGE))
    for part in split_into_parts(again, other):
        assert await upload.put_part(again["parts_url"], part) == 200
    assert (await sender.complete(draft, plan["file"], other)).status_code == 200


async def test_an_upload_that_was_aborted_before_its_completion_is_sent_again(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    for part in split_into_parts(plan, LARGE):
        assert await upload.put_part(plan["parts_url"], part) == 200
    await abort_uploads(upload)
    refused = await sender.complete(draft, plan["file"], LARGE)
    assert (refused.status_code, slug(refused)) == (409, "parts-missing")
    assert refused.json()["parts"] == [1, 2, 3]
    again = await planned(sender, draft, plan["file"])
    for part in split_into_parts(plan, LARGE):
        assert await upload.put_part(again["parts_url"], part) == 200
    assert (await sender.complete(draft, plan["file"], LARGE)).status_code == 200


async def test_an_upload_that_is_aborted_during_its_completion_is_sent_again(
    upload: Upload, sender: UploadSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    for part in split_into_parts(plan, LARGE):
        assert await upload.put_part(plan["parts_url"], part) == 200
    complete = ObjectStore.complete_multipart

    async def given_up(objects: ObjectStore, key: str, upload_id: str, parts: list[StoredPart]) -> None:
        await abort_uploads(upload)
        await complete(objects, key, upload_id, parts)

    monkeypatch.setattr(ObjectStore, "complete_multipart", given_up)
    refused = await sender.complete(draft, plan["file"], LARGE)
    assert (refused.status_code, slug(refused)) == (409, "parts-missing")
    assert (await planned(sender, draft, plan["file"]))["restarted_at"]


async def test_a_file_of_one_part_that_was_lost_is_sent_again_under_the_same_key(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", 5)
    [part] = split_into_parts(plan, b"bytes")
    assert await upload.put_part(plan["parts_url"], part) == 200
    [key] = await upload.keys()
    await upload.objects[0].remove(key)
    refused = await sender.complete(draft, plan["file"], b"bytes")
    assert (refused.status_code, slug(refused)) == (409, "parts-missing")
    again = await planned(sender, draft, plan["file"])
    assert again["parts"] == []
    assert await upload.put_part(again["parts_url"], part) == 200
    assert (await sender.complete(draft, plan["file"], b"bytes")).status_code == 200


async def test_concurrent_requests_restart_one_upload_and_parts_that_arrive_count(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].begin()
    plan = await senders[0].announce(draft, "grand.bin", len(LARGE))
    parts = split_into_parts(plan, LARGE)
    assert await upload.put_part(plan["parts_url"], parts[0]) == 200
    await abort_uploads(upload)
    asked = [planned(senders[number % 2], draft, plan["file"]) for number in range(10)]
    arriving = [upload.put_part(plan["parts_url"], part, instance=1) for part in parts]
    statuses = (await asyncio.gather(*arriving, *asked))[: len(parts)]
    assert set(statuses) <= {200, 404}
    assert await upload.pending() == 1
    there = {part["number"] for part in (await planned(senders[0], draft, plan["file"]))["parts"]}
    for part in parts:
        if part.number not in there:
            assert await upload.put_part(plan["parts_url"], part) == 200
    assert (await senders[0].complete(draft, plan["file"], LARGE)).status_code == 200
    assert len(await upload.keys()) == 1
    await nothing_is_left(upload, draft)


async def test_restarting_and_removing_at_once_leaves_nothing(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].begin()
    for number in range(6):
        plan = await senders[0].announce(draft, f"{number}.bin", len(LARGE))
        assert await upload.put_part(plan["parts_url"], split_into_parts(plan, LARGE)[0]) == 200
        await abort_uploads(upload)
        path = f"/drafts/{draft}/files/{plan['file']}"
        asked, removed = await asyncio.gather(senders[0].ask("GET", path), senders[1].ask("DELETE", path))
        assert asked.status_code in (200, 404)
        assert removed.status_code == 204
    await nothing_is_left(upload, draft)


async def test_an_object_whose_completion_was_not_recorded_is_not_restarted(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    for part in split_into_parts(plan, LARGE):
        assert await upload.put_part(plan["parts_url"], part) == 200
    file = (await upload.deps.transfers.read(draft))[0].file(plan["file"])
    await upload.deps.uploads.complete(file, hashlib.sha256(LARGE).hexdigest())
    again = await planned(sender, draft, plan["file"])
    assert (len(again["parts"]), again["restarted_at"]) == (3, None)


async def test_a_restart_that_was_not_recorded_is_repeated(
    upload: Upload, sender: UploadSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the store and the database: the upload that no draft refers to is an orphan."""
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    assert await upload.put_part(plan["parts_url"], split_into_parts(plan, LARGE)[0]) == 200
    await abort_uploads(upload)
    with monkeypatch.context() as dying:
        dying.setattr(upload.deps.transfers, "update_snapshot", None)
        dying.setattr(upload.deps.uploads, "abort", None)
        assert (await sender.ask("GET", f"/drafts/{draft}/files/{plan['file']}")).status_code == 500
    assert await upload.pending() == 1
    again = await planned(sender, draft, plan["file"])
    assert again["restarted_at"]
    assert await upload.pending() == 2
    for _ in range(2):
        await upload.orphans().sweep()
    assert await upload.pending() == 1
    assert await upload.put_part(again["parts_url"], split_into_parts(plan, LARGE)[0]) == 200


async def test_a_file_of_which_nothing_has_arrived_gets_smaller_parts_when_asked(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    body = {"path": "grand.bin", "size_bytes": len(LARGE), "small_parts": True}
    path = f"/drafts/{draft}/files/{plan['file']}"
    small = (await sender.ask("PUT", path, body)).json()
    assert (small["part_size_bytes"], small["part_count"]) == (5 * MIB, 4)
    assert small["restarted_at"] is None
    parts = split_into_parts(small, LARGE)
    assert await upload.put_part(small["parts_url"], parts[0]) == 200
    same = (await sender.ask("PUT", path, body)).json()
    assert [part["number"] for part in same["parts"]] == [1]
    for part in parts[1:]:
        assert await upload.put_part(small["parts_url"], part) == 200
    assert (await sender.complete(draft, plan["file"], LARGE)).status_code == 200
    await nothing_is_left(upload, draft)


async def test_a_file_with_parts_keeps_their_size(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    assert await upload.put_part(plan["parts_url"], split_into_parts(plan, LARGE)[0]) == 200
    body = {"path": "grand.bin", "size_bytes": len(LARGE), "small_parts": True}
    same = (await sender.ask("PUT", f"/drafts/{draft}/files/{plan['file']}", body)).json()
    assert (same["part_size_bytes"], len(same["parts"])) == (8 * MIB, 1)
