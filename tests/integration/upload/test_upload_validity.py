"""Extensions through the API on the real database: who may, until when, and around the end."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from services.contracts.download import TransferExpired
from services.upload.handlers import subscriptions
from tests.integration.upload.service import AGENT, EXTERNAL, Upload, slug
from tests.integration.upload.test_upload_sweeps import reference

EXTENDED = "upload.transfer-extended.v1"


async def test_an_extension_is_counted_from_the_submission_and_announced_once(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    transfer = await senders[0].sent()
    path = f"/transfers/{transfer}/validity"
    answers = await asyncio.gather(*(senders[number % 2].ask("PUT", path, {"days": 14}) for number in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    card = answers[0].json()
    assert card["validity_days"] == 14
    assert datetime.fromisoformat(card["ends_at"]) - datetime.fromisoformat(card["submitted_at"]) == timedelta(days=14)
    (event,) = [event for event in await upload.events(transfer) if event["type"] == EXTENDED]
    assert datetime.fromisoformat(event["body"]["ends_at"]) == datetime.fromisoformat(card["ends_at"])
    assert (await senders[1].ask("GET", f"/transfers/{transfer}")).json()["ends_at"] == card["ends_at"]


async def test_a_validity_is_neither_shortened_nor_over_the_limit(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    path = f"/transfers/{await sender.sent()}/validity"
    refused = [(days, await sender.ask("PUT", path, {"days": days})) for days in (6, 15, 0, -1)]
    assert [(days, answer.status_code, slug(answer)) for days, answer in refused] == [
        (6, 422, "validity-shortened"),
        (15, 422, "validity-out-of-range"),
        (0, 422, "validity-out-of-range"),
        (-1, 422, "validity-out-of-range"),
    ]
    for body in ({}, {"days": "9"}, {"days": 9.5}, {"days": True}):
        assert (await sender.ask("PUT", path, body)).status_code == 422


async def test_anybody_elses_transfer_and_a_draft_are_not_found(upload: Upload) -> None:
    sender, other = upload.of(EXTERNAL), upload.of(AGENT)
    transfer, draft = await sender.sent(), await sender.ready()
    for who, id in ((other, transfer), (sender, draft), (sender, str(uuid4()))):
        answer = await who.ask("PUT", f"/transfers/{id}/validity", {"days": 14})
        assert (answer.status_code, slug(answer)) == (404, "not-found")
    answer = await upload.at().put(f"/api/upload/transfers/{transfer}/validity", json={"days": 14})
    assert answer.status_code == 401


async def test_a_transfer_that_has_ended_is_not_extended(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    withdrawn, over = await sender.sent(), await sender.sent()
    await sender.ask("DELETE", f"/transfers/{withdrawn}")
    answer = await sender.ask("PUT", f"/transfers/{withdrawn}/validity", {"days": 14})
    assert (answer.status_code, slug(answer), answer.json()["outcome"]) == (410, "transfer-ended", "withdrawn")
    await upload.pass_time(timedelta(days=7))
    answer = await sender.ask("PUT", f"/transfers/{over}/validity", {"days": 14})
    assert (answer.status_code, slug(answer), answer.json()["outcome"]) == (410, "transfer-ended", "expired")


async def test_an_expiry_from_before_the_extension_removes_nothing(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(b"one")
    await upload.pass_time(timedelta(days=6, hours=23))
    old_end = (await sender.ask("GET", f"/transfers/{transfer}")).json()["ends_at"]
    assert (await sender.ask("PUT", f"/transfers/{transfer}/validity", {"days": 8})).status_code == 200
    await handle_expiry(upload, transfer, datetime.fromisoformat(old_end) + timedelta(seconds=1))
    await upload.sweep()
    assert len(await upload.keys()) == 1
    card = (await sender.ask("GET", f"/transfers/{transfer}")).json()
    assert card["state"] == "submitted"
    await handle_expiry(upload, transfer, datetime.fromisoformat(card["ends_at"]))
    await upload.sweep()
    assert await upload.keys() == set()


async def handle_expiry(upload: Upload, transfer: str, at: datetime) -> None:
    event = TransferExpired(reference=reference(transfer), report=(), expired_at=at)
    await subscriptions(upload.deps)[TransferExpired](event)
