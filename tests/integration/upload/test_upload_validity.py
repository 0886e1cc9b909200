"""A later end through the API, on the real database: who may, until when, and what if it is just over."""

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


async def test_neither_less_than_before_nor_more_than_the_longest(upload: Upload) -> None:
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


async def test_to_anybody_else_and_of_a_draft_there_is_nothing_to_extend(upload: Upload) -> None:
    sender, other = upload.of(EXTERNAL), upload.of(AGENT)
    transfer, draft = await sender.sent(), await sender.ready()
    for who, id in ((other, transfer), (sender, draft), (sender, str(uuid4()))):
        answer = await who.ask("PUT", f"/transfers/{id}/validity", {"days": 14})
        assert (answer.status_code, slug(answer)) == (404, "not-found")
    answer = await upload.at().put(f"/api/upload/transfers/{transfer}/validity", json={"days": 14})
    assert answer.status_code == 401


async def test_what_has_ended_is_not_extended(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    withdrawn, over = await sender.sent(), await sender.sent()
    await sender.ask("DELETE", f"/transfers/{withdrawn}")
    answer = await sender.ask("PUT", f"/transfers/{withdrawn}/validity", {"days": 14})
    assert (answer.status_code, slug(answer), answer.json()["outcome"]) == (410, "transfer-ended", "withdrawn")
    await upload.pass_time(timedelta(days=7))
    answer = await sender.ask("PUT", f"/transfers/{over}/validity", {"days": 14})
    assert (answer.status_code, slug(answer), answer.json()["outcome"]) == (410, "transfer-ended", "expired")


async def test_an_end_that_was_found_before_the_extension_was_heard_of_removes_nothing(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    transfer = await sender.sent(b"one")
    await upload.pass_time(timedelta(days=6, hours=23))
    old_end = (await sender.ask("GET", f"/transfers/{transfer}")).json()["ends_at"]
    assert (await sender.ask("PUT", f"/transfers/{transfer}/validity", {"days": 8})).status_code == 200
    await hear_the_end(upload, transfer, datetime.fromisoformat(old_end) + timedelta(seconds=1))
    await upload.sweep()
    assert len(await upload.keys()) == 1
    card = (await sender.ask("GET", f"/transfers/{transfer}")).json()
    assert card["state"] == "submitted"
    await hear_the_end(upload, transfer, datetime.fromisoformat(card["ends_at"]))
    await upload.sweep()
    assert await upload.keys() == set()


async def hear_the_end(upload: Upload, transfer: str, at: datetime) -> None:
    event = TransferExpired(reference=reference(transfer), report=(), expired_at=at)
    await subscriptions(upload.deps)[TransferExpired](event)
