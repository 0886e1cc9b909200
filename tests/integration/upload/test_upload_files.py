"""Files through the API and into the real store, with the signatures that the gateway gets."""

import asyncio
import hashlib
from uuid import uuid4

import pytest

from tests.contents import random_content
from tests.integration.upload.conftest import Started
from tests.integration.upload.service import AGENT, EXTERNAL, MIB, Upload, UploadSender, part_of, slug, split_into_parts


def large() -> bytes:
    return random_content(1, 20 * MIB + 5)


@pytest.fixture
def sender(upload: Upload) -> UploadSender:
    return upload.of(EXTERNAL)


@pytest.mark.parametrize("content", [b"", b"x", b"y" * (8 * MIB)], ids=["empty", "a byte", "one whole part"])
async def test_a_small_file_is_one_put(upload: Upload, sender: UploadSender, content: bytes) -> None:
    draft = await sender.begin()
    file = await sender.send_file(draft, "a.bin", content)
    shown = (await sender.ask("GET", f"/drafts/{draft}/files/{file}")).json()
    assert shown["state"] == "complete"
    assert shown["part_count"] == 1
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert await upload.pending() == 0
    [key] = await upload.keys()
    assert await upload.objects[0].read(key, 0, len(content)) == content


async def test_a_large_file_arrives_byte_for_byte(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(large()))
    assert (plan["part_size_bytes"], plan["part_count"]) == (8 * MIB, 3)
    parts = split_into_parts(plan, large())
    assert await asyncio.gather(*(upload.put_part(plan["parts_url"], part) for part in parts)) == [200, 200, 200]
    done = await sender.complete(draft, plan["file"], large())
    assert done.json()["state"] == "complete"
    [key] = await upload.keys()
    assert await upload.objects[0].read(key, 0, len(large())) == large()
    assert await upload.pending() == 0


async def test_what_has_arrived_is_not_sent_again(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(large()))
    first, second, last = split_into_parts(plan, large())
    assert await upload.put_part(plan["parts_url"], last) == 200
    await upload.authorize(plan["parts_url"], first)
    again = upload.of(EXTERNAL, instance=1)
    resumed = (await again.ask("GET", f"/drafts/{draft}/files/{plan['file']}")).json()
    assert resumed["parts"] == [{"number": 3, "size_bytes": len(last.content), "sha256": last.sha256}]
    missing = await again.complete(draft, plan["file"], large())
    assert (missing.status_code, slug(missing)) == (409, "parts-missing")
    assert missing.json()["parts"] == [1, 2]
    for part in (first, second):
        assert await upload.put_part(resumed["parts_url"], part) == 200
    assert (await again.complete(draft, plan["file"], large())).status_code == 200


async def test_a_file_announced_again_keeps_its_parts(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "grand.bin", len(large()))
    assert await upload.put_part(plan["parts_url"], split_into_parts(plan, large())[0]) == 200
    again = await sender.announce(draft, "grand.bin", len(large()), plan["file"])
    assert [part["number"] for part in again["parts"]] == [1]
    assert await upload.pending() == 1


async def test_fifty_announcements_at_once_are_one_file(upload: Upload) -> None:
    draft = await upload.of(EXTERNAL).begin()
    file = str(uuid4())
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    await asyncio.gather(
        *(senders[number % 2].announce(draft, "grand.bin", len(large()), file) for number in range(50))
    )
    shown = (await senders[0].ask("GET", f"/drafts/{draft}")).json()
    assert [one["file"] for one in shown["files"]] == [file]
    assert await upload.pending() == 1


async def test_bytes_with_another_digest_are_refused_by_the_store(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", 5)
    assert await upload.put_part(plan["parts_url"], part_of(1, b"right"), body=b"wrong") in (400, 403)
    assert await upload.keys() == set()
    assert (await sender.complete(draft, plan["file"], b"right")).json()["parts"] == [1]
    assert await upload.put_part(plan["parts_url"], part_of(1, b"right")) == 200


async def test_the_digest_of_the_whole_is_checked_where_it_can_be(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", 5)
    await upload.put_part(plan["parts_url"], part_of(1, b"right"))
    refused = await sender.complete(draft, plan["file"], b"wrong")
    assert (refused.status_code, slug(refused)) == (409, "digest-differs")
    assert (await sender.complete(draft, plan["file"], b"right")).status_code == 200
    assert slug(await sender.complete(draft, plan["file"], b"wrong")) == "digest-differs"


@pytest.mark.parametrize("content", [b"small", large()], ids=["one part", "three parts"])
async def test_fifty_completions_at_once_are_one(upload: Upload, content: bytes) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].begin()
    plan = await senders[0].announce(draft, "a.bin", len(content))
    for part in split_into_parts(plan, content):
        assert await upload.put_part(plan["parts_url"], part) == 200
    answers = await asyncio.gather(
        *(senders[number % 2].complete(draft, plan["file"], content) for number in range(50))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(await upload.keys()) == 1
    assert await upload.pending() == 0


async def test_a_completion_is_repeated_after_a_crash_between_the_store_and_the_database(
    upload: Upload, sender: UploadSender
) -> None:
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", len(large()))
    for part in split_into_parts(plan, large()):
        await upload.put_part(plan["parts_url"], part)
    file = (await upload.deps.transfers.read(draft))[0].file(plan["file"])
    await upload.deps.uploads.complete(file, hashlib.sha256(large()).hexdigest())
    resumed = (await sender.ask("GET", f"/drafts/{draft}/files/{plan['file']}")).json()
    assert (resumed["state"], len(resumed["parts"])) == ("receiving", 3)
    assert (await sender.complete(draft, plan["file"], large())).status_code == 200
    assert len(await upload.keys()) == 1


async def test_completing_and_removing_at_once_leaves_nothing(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].begin()
    for number in range(12):
        content = large() if number % 3 == 0 else b"small"
        plan = await senders[0].announce(draft, f"{number}.bin", len(content))
        for part in split_into_parts(plan, content):
            assert await upload.put_part(plan["parts_url"], part) == 200
        path = f"/drafts/{draft}/files/{plan['file']}"
        done, removed, _ = await asyncio.gather(
            senders[0].complete(draft, plan["file"], content), senders[1].ask("DELETE", path), upload.sweep()
        )
        assert done.status_code in (200, 404, 409, 503)
        assert removed.status_code == 204
    await upload.sweep()
    assert (await senders[0].ask("GET", f"/drafts/{draft}")).json()["files"] == []
    assert await upload.keys() == set()
    assert await upload.pending() == 0


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"path": "../x", "size_bytes": 1}, 422, "name-not-acceptable"),
        ({"path": "a\u0000b", "size_bytes": 1}, 422, "name-not-acceptable"),
        ({"path": "a.exe", "size_bytes": 1}, 422, "extension-refused"),
        ({"path": "a", "size_bytes": 10**9 + 1}, 413, "transfer-too-large"),
        ({"path": "a", "size_bytes": 5 * 10**12}, 413, "transfer-too-large"),
        ({"path": "a", "size_bytes": -1}, 422, "malformed-request"),
        ({"path": "a", "size_bytes": 10**30}, 422, "malformed-request"),
        ({"path": "a", "size_bytes": 1, "modified_at": "yesterday"}, 422, "malformed-request"),
        ({"path": "a"}, 422, "malformed-request"),
    ],
)
async def test_a_file_that_is_not_allowed_is_refused_before_its_bytes(
    upload: Upload, sender: UploadSender, body: dict[str, object], status: int, name: str
) -> None:
    draft = await sender.begin()
    answer = await sender.ask("PUT", f"/drafts/{draft}/files/{uuid4()}", body)
    assert (answer.status_code, slug(answer)) == (status, name)
    assert await upload.pending() == 0


async def test_a_half_surrogate_in_a_name_is_refused(sender: UploadSender) -> None:
    draft = await sender.begin()
    url = f"/api/upload/drafts/{draft}/files/{uuid4()}"
    body = b'{"path": "a\\ud800.pdf", "size_bytes": 1}'
    answer = await sender.client.put(url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_one_file_too_many_is_refused(started: Started) -> None:
    sender = (await started(max_files=1)).of(AGENT)
    draft = await sender.begin()
    await sender.announce(draft, "a", 1)
    body = {"path": "b", "size_bytes": 1}
    answer = await sender.ask("PUT", f"/drafts/{draft}/files/{uuid4()}", body)
    assert (answer.status_code, slug(answer)) == (422, "too-many-files")
