"""Submitted files are read back: they are verified, or their transfer is quarantined."""

import asyncio
import hashlib
import io
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kit.objects import ObjectStore, StoreUnavailable
from services.upload.file_verifier import damaged, verify_due
from tests.integration.upload.conftest import Started
from tests.integration.upload.service import AGENT, EXTERNAL, MIB, PartUpload, Upload, UploadSender, split_into_parts

LARGE = os.urandom(8 * MIB + 1000)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def sent_with(
    sender: UploadSender,
    content: bytes,
    sha256: str = "",
    falsify: Callable[[PartUpload], PartUpload] = lambda part: part,
) -> str:
    """A transfer of one file, whose declared digest or parts may be false."""
    draft = await sender.begin(to=[AGENT], subject="Relevés")
    plan = await sender.announce(draft, "grand.bin", len(content))
    for part in split_into_parts(plan, content):
        assert await sender.upload.put_part(plan["parts_url"], falsify(part)) == 200
    declared = {"sha256": sha256 or hashlib.sha256(content).hexdigest()}
    answer = await sender.ask("POST", f"/drafts/{draft}/files/{plan['file']}/completion", declared)
    assert answer.status_code == 200, answer.text
    answer = await sender.ask("POST", f"/drafts/{draft}/submission")
    assert answer.status_code == 200, answer.text
    return draft


async def make_due(upload: Upload) -> None:
    """Make every verification due now."""
    await upload.documents.verifications.update_many({}, {"$set": {"due_at": LONG_AGO}})


async def read(upload: Upload, instance: int = 0) -> None:
    await make_due(upload)
    await verify_due(upload.instances[instance])


async def announced(upload: Upload, transfer: str) -> list[dict[str, Any]]:
    """Return the events of a verification, oldest first; the relay is not running."""
    found = await upload.documents.verifications.find_one({"_id": transfer})
    return [entry["body"] for entry in found["outbox"]] if found else []


async def outcome(sender: UploadSender, transfer: str) -> tuple[str, str | None]:
    card = (await sender.ask("GET", f"/transfers/{transfer}")).json()
    return card["state"], card["outcome"]


async def test_a_file_of_several_parts_becomes_verified_and_that_is_announced_once(upload: Upload) -> None:
    transfer = await upload.of(EXTERNAL).sent(LARGE)
    for _ in range(2):
        await read(upload)
    (event,) = await announced(upload, transfer)
    assert (event["sha256"], event["crc32"]) == (hashlib.sha256(LARGE).hexdigest(), zlib.crc32(LARGE))
    assert (event["transfer"], await outcome(upload.of(EXTERNAL), transfer)) == (transfer, ("submitted", None))


async def test_a_small_file_alone_is_not_read_back(upload: Upload) -> None:
    await upload.of(EXTERNAL).sent(b"contents")
    assert await upload.documents.verifications.count_documents({}) == 0


async def test_a_file_with_a_false_declared_digest_is_submitted_and_then_quarantined(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sent_with(sender, LARGE, sha256="d" * 64)
    assert await outcome(sender, transfer) == ("submitted", None)
    for _ in range(2):
        await read(upload)
    assert await outcome(sender, transfer) == ("closed", "quarantined")
    _, quarantined = await upload.events(transfer)
    assert quarantined["type"] == "upload.transfer-quarantined.v1"
    assert [file["path"] for file in quarantined["body"]["files"]] == ["grand.bin"]
    assert await announced(upload, transfer) == []


async def test_the_bytes_of_a_quarantined_transfer_are_kept_for_a_while(started: Started) -> None:
    upload = await started(evidence_days=5)
    await sent_with(upload.of(EXTERNAL), LARGE, sha256="d" * 64)
    await read(upload)
    await upload.sweep()
    assert len(await upload.keys()) == 1
    await upload.pass_time(timedelta(days=5))
    await upload.sweep()
    assert await upload.keys() == set()
    await upload.published()
    await read(upload)
    assert await upload.documents.verifications.count_documents({}) == 0, "what is over is forgotten"


async def test_a_crc_that_differs_is_corrected_without_a_quarantine(upload: Upload) -> None:
    transfer = await sent_with(upload.of(EXTERNAL), LARGE, falsify=lambda part: part._replace(crc32="00000007"))
    await read(upload)
    (event,) = await announced(upload, transfer)
    assert event["crc32"] == zlib.crc32(LARGE)


async def test_the_crc_of_small_files_is_verified_if_an_archive_may_contain_them(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    draft = await sender.ready(b"one", b"", b"three")
    plan = await sender.announce(draft, "menteur.txt", 4)
    (part,) = split_into_parts(plan, b"four")
    await upload.put_part(plan["parts_url"], part._replace(crc32="00000007"))
    assert (await sender.complete(draft, plan["file"], b"four")).status_code == 200
    assert (await sender.ask("POST", f"/drafts/{draft}/submission")).status_code == 200
    await read(upload)
    events = await announced(upload, draft)
    assert [(event["file"], event["crc32"]) for event in events] == [(plan["file"], zlib.crc32(b"four"))]


async def test_a_byte_that_the_store_has_changed_is_found(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(LARGE)
    (key,) = await upload.keys()
    other = LARGE[:-1] + bytes([LARGE[-1] ^ 1])
    await asyncio.to_thread(upload.store.put_object, upload.bucket, key, io.BytesIO(other), len(other))
    before = damaged._value.get()
    await read(upload)
    assert await outcome(sender, transfer) == ("closed", "quarantined")
    assert damaged._value.get() == before + 1, "one of the two parts"


async def test_another_process_takes_over_after_the_lease_of_a_dead_one(upload: Upload) -> None:
    transfer = await upload.of(EXTERNAL).sent(LARGE)
    await upload.documents.verifications.update_one({"_id": transfer}, {"$set": {"holder": "dead"}})
    await verify_due(upload.instances[1])
    assert await announced(upload, transfer) == [], "its lease lives"
    await read(upload, instance=1)
    assert len(await announced(upload, transfer)) == 1


async def test_several_instances_share_the_work(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfers = [await sender.sent(LARGE) for _ in range(3)]
    await make_due(upload)
    await asyncio.gather(*(verify_due(deps) for deps in upload.instances))
    assert [len(await announced(upload, transfer)) for transfer in transfers] == [1, 1, 1]


class Absent(ObjectStore):
    """A store that cannot be read."""

    def __init__(self) -> None:
        """Nothing to connect to."""

    async def read(self, key: str, offset: int, length: int) -> bytes:
        raise StoreUnavailable()


async def test_an_unavailable_store_postpones_the_verification(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(LARGE)
    await make_due(upload)
    await verify_due(replace(upload.deps, objects=Absent()))
    kept = await upload.documents.verifications.find_one({"_id": transfer})
    assert kept is not None
    assert (kept["failures"], kept["holder"], kept["files"]) == (1, "", {})
    assert await outcome(sender, transfer) == ("submitted", None)
    await read(upload)
    assert len(await announced(upload, transfer)) == 1


async def test_the_verification_of_a_withdrawn_transfer_is_deleted(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(LARGE)
    assert (await sender.ask("DELETE", f"/transfers/{transfer}")).status_code == 204
    await read(upload)
    await upload.sweep()
    await read(upload)
    assert await upload.documents.verifications.count_documents({}) == 0
    assert len(await upload.events(transfer)) == 2


async def test_a_crash_before_the_submission_leaves_no_file_unverified(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    draft = await sender.ready(LARGE)
    await upload.deps.verifications.begin(draft, LONG_AGO)
    await read(upload)
    assert (await sender.ask("POST", f"/drafts/{draft}/submission")).status_code == 200
    await read(upload)
    assert len(await announced(upload, draft)) == 1


@pytest.mark.parametrize("files", [1, 3])
async def test_every_file_is_verified_whatever_their_number(upload: Upload, files: int) -> None:
    transfer = await upload.of(EXTERNAL).sent(*[LARGE] * files)
    await read(upload)
    assert len(await announced(upload, transfer)) == files
