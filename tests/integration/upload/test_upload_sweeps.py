"""Both sweepers: bytes are removed, drafts discarded, orphans found, and a healthy run has none."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.contracts.auth import SessionRevoked
from services.contracts.download import TransferExpired
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.contracts.values import Person, TransferReference
from services.kit.clock import utc_now
from services.kit.events import Event
from services.kit.objects import ObjectStore, StoreUnavailable
from services.kit.refusals import NotFound
from services.upload.domain.lifecycle import REMOVAL_DELAY
from services.upload.file_uploads import FileUploads
from services.upload.handlers import subscriptions
from services.upload.orphans import orphans
from services.upload.sweeper import sweep
from tests.integration.upload.service import EXTERNAL, MIB, Upload

LARGE = bytes(9 * MIB)


def reference(transfer: str) -> TransferReference:
    sender = Person(address=EXTERNAL, name="Camille Martin")
    return TransferReference(transfer=transfer, sender=sender, sender_role="external", subject="S", language="fr")


def ends(transfer: str) -> dict[str, Event]:
    now, one = utc_now(), reference(transfer)
    agent = Person(address="a@ministere.example")
    return {
        "refused": TransferRefused(reference=one, refused_by=agent, reason="", approvers=(), refused_at=now),
        "lapsed": ApprovalLapsed(reference=one, approvers=(), lapsed_at=now),
        "expired": TransferExpired(reference=one, report=(), expired_at=now + timedelta(days=8)),
    }


@pytest.mark.parametrize("outcome", ["refused", "lapsed", "expired"])
async def test_the_end_of_a_transfer_removes_its_bytes(upload: Upload, outcome: str) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(b"one", LARGE)
    assert len(await upload.keys()) == 2
    event = ends(transfer)[outcome]
    for _ in range(2):
        await subscriptions(upload.deps)[type(event)](event)
    await upload.sweep()
    assert await upload.keys() == set()
    card = (await sender.ask("GET", f"/transfers/{transfer}")).json()
    assert (card["state"], card["outcome"]) == ("closed", outcome)
    assert card["purged_at"]


async def test_the_end_of_an_unknown_transfer_is_refused(upload: Upload) -> None:
    event = ends(str(uuid4()))["expired"]
    with pytest.raises(NotFound):
        await subscriptions(upload.deps)[type(event)](event)


async def test_a_revoked_session_is_refused(upload: Upload) -> None:
    session = str(uuid4())
    sender = upload.of(EXTERNAL, session=session)
    assert (await sender.ask("GET", "/drafts")).status_code == 200
    event = SessionRevoked(session=session, revoked_at=utc_now())
    await subscriptions(upload.deps)[SessionRevoked](event)
    assert (await upload.of(EXTERNAL, 1, session).ask("GET", "/drafts")).status_code == 401


async def test_withdrawn_bytes_are_removed_and_a_second_time_later(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(b"one")
    [key] = await upload.keys()
    await sender.ask("DELETE", f"/transfers/{transfer}")
    await upload.sweep()
    assert await upload.keys() == set()
    await upload.objects[0].put(key, b"came late")
    await upload.sweep()
    assert await upload.keys() == {key}
    await upload.pass_time(timedelta(minutes=121))
    await upload.sweep()
    assert await upload.keys() == set()
    kept = await upload.documents.transfers.find_one({"_id": transfer})
    assert kept is not None
    assert kept["pending_removals"] == []


async def test_a_removed_file_and_a_discarded_draft_leave_nothing(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    draft = await sender.ready(b"one")
    plan = await sender.announce(draft, "grand.bin", len(LARGE))
    await sender.send_file(draft, "moyen.bin", LARGE)
    assert await upload.pending() == 1
    for _ in range(2):
        assert (await sender.ask("DELETE", f"/drafts/{draft}/files/{plan['file']}")).status_code == 204
    await upload.sweep()
    assert (await upload.pending(), len(await upload.keys())) == (0, 2)
    for _ in range(2):
        assert (await sender.ask("DELETE", f"/drafts/{draft}")).status_code == 204
    await upload.sweep()
    assert await upload.keys() == set()
    assert (await sender.ask("GET", f"/drafts/{draft}")).status_code == 404
    await upload.pass_time(timedelta(minutes=121))
    await upload.sweep()
    assert await upload.documents.transfers.count_documents({}) == 0


async def test_a_draft_without_edits_for_a_fortnight_is_discarded(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    draft = await sender.ready(b"one")
    await upload.pass_time(timedelta(days=13))
    await upload.sweep()
    assert (await sender.ask("PATCH", f"/drafts/{draft}", {"subject": "again"})).status_code == 200
    await upload.pass_time(timedelta(days=13))
    await upload.sweep()
    assert len(await upload.keys()) == 1
    await upload.pass_time(timedelta(days=1))
    await upload.sweep()
    assert await upload.keys() == set()
    assert (await sender.ask("GET", f"/drafts/{draft}")).status_code == 404


async def test_three_sweepers_at_once_give_the_result_of_one(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    for _ in range(8):
        await sender.ask("DELETE", f"/transfers/{await sender.sent(b'one')}")
    await upload.pass_time(REMOVAL_DELAY)
    await asyncio.gather(*(sweep(upload.instances[number % 2]) for number in range(3)))
    assert await upload.keys() == set()
    kept = await upload.documents.transfers.find().to_list()
    assert all(len(one["pending_removals"]) == 1 and one["purged_at"] for one in kept)


async def test_history_is_deleted_after_a_year_once_the_outbox_is_empty(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(b"one")
    await sender.ask("DELETE", f"/transfers/{transfer}")
    await upload.sweep()
    await upload.pass_time(timedelta(days=366))
    await upload.sweep()
    await upload.sweep()
    assert (await sender.ask("GET", f"/transfers/{transfer}")).status_code == 200
    await upload.published()
    await upload.sweep()
    assert (await sender.ask("GET", f"/transfers/{transfer}")).status_code == 404


async def test_a_healthy_run_has_no_orphans(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    await sender.sent(b"one", LARGE)
    draft = await sender.ready(b"two")
    await sender.announce(draft, "grand.bin", len(LARGE))
    gone = await sender.announce(draft, "parti.bin", len(LARGE))
    await sender.ask("DELETE", f"/drafts/{draft}/files/{gone['file']}")
    for _ in range(2):
        await upload.orphans().sweep()
        assert _orphan_count() == 0
    assert (len(await upload.keys()), await upload.pending()) == (3, 2)


async def test_an_orphan_is_removed_at_the_second_check(upload: Upload) -> None:
    bucket = upload.objects[0]
    await upload.of(EXTERNAL).sent(b"one")
    [kept] = await upload.keys()
    unknown = f"{uuid4()}/{uuid4().hex}"
    await bucket.put(unknown, b"x")
    await bucket.put(f"{kept.split('/')[0]}/{uuid4().hex}", b"x")
    await bucket.start_multipart(unknown)
    await upload.orphans().sweep()
    assert _orphan_count() == 3
    assert (len(await upload.keys()), await upload.pending()) == (3, 1)
    await upload.orphans(instance=1).sweep()
    assert (await upload.keys(), await upload.pending()) == ({kept}, 0)
    await upload.orphans().sweep()
    assert _orphan_count() == 0


async def test_recent_objects_and_recent_candidates_are_not_removed(upload: Upload) -> None:
    bucket = upload.objects[0]
    await bucket.put(f"{uuid4()}/{uuid4().hex}", b"x")
    for _ in range(3):
        await upload.orphans(age=timedelta(hours=1)).sweep()
    assert len(await upload.keys()) == 1
    for _ in range(3):
        await upload.orphans(interval=timedelta(minutes=30)).sweep()
    assert len(await upload.keys()) == 1


async def test_an_unavailable_store_leaves_the_removals_pending(upload: Upload) -> None:
    sender, deps = upload.of(EXTERNAL), upload.deps
    transfer = await sender.sent(b"one")
    await sender.ask("DELETE", f"/transfers/{transfer}")
    nowhere = ObjectStore("http://127.0.0.1:9", "us-east-1", upload.bucket, "key", "secret")
    await upload.pass_time(REMOVAL_DELAY)
    with pytest.raises(StoreUnavailable):
        await sweep(replace(deps, uploads=FileUploads(nowhere, deps.part_digests)))
    nowhere.close()
    assert (await sender.ask("GET", f"/transfers/{transfer}")).json()["purged_at"] is None
    await upload.sweep()
    assert await upload.keys() == set()


async def test_an_upload_that_the_store_is_completing_stays_pending_until_the_next_sweep(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_completing(_key: str, _upload_id: str) -> bool:
        return False

    sender = upload.of(EXTERNAL)
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", len(LARGE))
    await sender.ask("DELETE", f"/drafts/{draft}/files/{plan['file']}")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(upload.objects[0], "abort_multipart", is_completing)
        await upload.sweep()
    assert await upload.pending() == 1
    await upload.sweep()
    assert await upload.pending() == 0


def _orphan_count() -> float:
    """Return the number of orphans at the last check."""
    [metric] = orphans.collect()
    return metric.samples[0].value
