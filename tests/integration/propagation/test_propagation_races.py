"""Approve, refuse, lapse and withdraw at the same instant, on the real database: one outcome and its events (R20)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.contracts.upload import TransferSubmitted, TransferWithdrawn
from services.contracts.values import Parcel
from services.kit.clock import utc_now
from services.kit.refusals import Refusal
from services.propagation.deps import Deps
from services.propagation.domain import approve, refuse
from services.propagation.handlers import on_transfer_submitted, on_transfer_withdrawn
from services.propagation.sweeper import forget_old, lapse_overdue
from tests.integration.propagation.service import PropagationHarness
from tests.unit.propagation.parcels import CLERK, DECISION_PERIOD, OTHER_CLERK, parcel

ROUNDS = 60
DAY = timedelta(days=1)
OUTCOMES = {
    "propagation.transfer-refused.v1": "refused",
    "propagation.approval-lapsed.v1": "lapsed",
}


def about_to_lapse() -> Parcel:
    """Every second one at any moment, the others not before tomorrow."""
    decide_by = utc_now() + random.choice((timedelta(milliseconds=random.randint(-5, 25)), DAY))
    return parcel(sent_at=decide_by - DECISION_PERIOD, ends_at=decide_by + timedelta(days=7))


async def outcomes(deps: Deps, transfer: str) -> list[str]:
    found = []
    for entry in await deps.propagations.all.outbox(transfer):
        if entry.type in OUTCOMES:
            found.append(OUTCOMES[entry.type])
        elif entry.body.get("approved_by"):
            found.append("approved")
    return found


async def at_once(*actors: Callable[[], Awaitable[object]]) -> None:
    barrier = asyncio.Barrier(len(actors))

    async def act(actor: Callable[[], Awaitable[object]]) -> None:
        await barrier.wait()
        await asyncio.sleep(random.random() / 50)
        try:
            await actor()
        except Refusal:
            return

    await asyncio.gather(*(act(actor) for actor in actors))


async def race(propagation: PropagationHarness, deps: Deps) -> tuple[list[str], str]:
    """The outcomes that were announced, and the state once the last moment to decide is over."""
    sent, store = about_to_lapse(), deps.propagations.all
    await on_transfer_submitted(deps, TransferSubmitted(parcel=sent))
    digest = (await store.get(sent.transfer)).approval_snapshot().digest
    withdrawn = TransferWithdrawn(reference=sent.reference(), withdrawn_at=utc_now())
    await at_once(
        lambda: store.update(sent.transfer, lambda one, now: approve(one, CLERK, digest, now)),
        lambda: store.update(sent.transfer, lambda one, now: refuse(one, OTHER_CLERK, digest, "non", now)),
        lambda: lapse_overdue(deps),
        lambda: on_transfer_withdrawn(deps, withdrawn),
    )
    await propagation.pass_time(DAY, "propagations", sent.transfer)
    await lapse_overdue(deps)
    return await outcomes(deps, sent.transfer), (await store.get(sent.transfer)).state


async def test_four_actors_at_the_same_instant_make_exactly_one_outcome(
    propagation: PropagationHarness, deps: Deps
) -> None:
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        told, state = await race(propagation, deps)
        assert len(told) <= 1
        assert state == "withdrawn" or told == [state]
        assert state != "waiting"
        seen[told[0] if told else state] += 1
    assert len(seen) >= 2, f"the race was no race: {seen}"


@pytest.mark.parametrize("order", [("sent", "gone"), ("gone", "sent"), ("gone", "sent", "gone", "sent")])
async def test_a_withdrawal_in_any_order_ends_in_the_same_state(deps: Deps, order: tuple[str, ...]) -> None:
    sent = parcel(sent_at=utc_now())
    for event in order:
        if event == "sent":
            await on_transfer_submitted(deps, TransferSubmitted(parcel=sent))
        else:
            await on_transfer_withdrawn(deps, TransferWithdrawn(reference=sent.reference(), withdrawn_at=utc_now()))
    found = await deps.propagations.all.get(sent.transfer)
    assert found.state == "withdrawn"
    assert len(found.approvers) == 2
    assert found.parcel_or_refuse().text == ""
    assert await outcomes(deps, sent.transfer) == []


async def test_the_same_submission_at_once_from_several_sides_is_asked_about_once(deps: Deps) -> None:
    sent = parcel(sent_at=utc_now())
    await asyncio.gather(*(on_transfer_submitted(deps, TransferSubmitted(parcel=sent)) for _ in range(8)))
    types = [entry.type for entry in await deps.propagations.all.outbox(sent.transfer)]
    assert types == ["propagation.transfer-released.v1", "propagation.approval-requested.v1"]


async def test_an_old_decision_is_forgotten_once_nothing_of_it_waits_to_be_told(deps: Deps) -> None:
    long_ago = utc_now() - timedelta(days=400)
    sent = parcel(sent_at=long_ago, ends_at=long_ago + timedelta(days=3))
    await on_transfer_submitted(deps, TransferSubmitted(parcel=sent))
    await forget_old(deps)
    assert (await deps.propagations.all.get(sent.transfer)).id
    store = deps.propagations.all
    await store.mark_published(sent.transfer, await store.outbox(sent.transfer))
    await forget_old(deps)
    assert await store.find({"_id": sent.transfer}) == []
