"""The event handlers of propagation."""

from collections.abc import Callable
from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.download import RecipientRevoked
from services.contracts.upload import TransferExtended, TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.kit.aggregate import Decision
from services.kit.bus import Handler
from services.kit.events import Event
from services.kit.refusals import NotFound
from services.propagation.deps import Deps
from services.propagation.domain import (
    Propagation,
    begin,
    eligible_approvers,
    needs_approval,
    quarantine,
    tombstone,
    withdraw,
)
from services.propagation.late_events import apply_submission, extend, revoke

Rule = Callable[[Propagation], Decision[Propagation]]


async def on_transfer_submitted(deps: Deps, event: TransferSubmitted) -> None:
    """Release the transfer or request approval; release nothing if the event is repeated or the transfer has ended."""
    parcel = event.parcel
    addresses = eligible_approvers(parcel) if needs_approval(parcel) else ()
    invitations = [deps.invitations.invite(parcel.transfer, address) for address in addresses]
    state, events = begin(parcel, invitations, deps.decision_period, deps.retention)
    if not await deps.propagations.all.add(state, events):
        await deps.propagations.all.update(
            parcel.transfer,
            lambda state, _now: apply_submission(state, parcel, invitations, deps.decision_period, deps.retention),
        )


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """Close the decision, because the sender withdrew the transfer."""
    await _apply_or_tombstone(
        deps, event.reference.transfer, withdraw, tombstone(event.reference.transfer, "withdrawn")
    )


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """Close the decision, because a file is not what was declared."""
    await _apply_or_tombstone(
        deps, event.reference.transfer, quarantine, tombstone(event.reference.transfer, "quarantined")
    )


async def on_transfer_extended(deps: Deps, event: TransferExtended) -> None:
    """Move the end of the transfer and, where it depends on it, of the decision."""
    rule = lambda state: extend(state, event.ends_at, deps.decision_period, deps.retention)  # noqa: E731
    await _amend(deps, event.reference.transfer, rule)


async def on_recipient_revoked(deps: Deps, event: RecipientRevoked) -> None:
    """Release nothing more to this recipient and stop asking them for a decision."""
    await _amend(deps, event.reference.transfer, lambda state: revoke(state, event.recipient.address))


async def _amend(deps: Deps, transfer: str, rule: Rule) -> None:
    """Apply a rule that does not end the transfer."""
    await _apply_or_tombstone(deps, transfer, rule, rule(tombstone(transfer))[0])


async def _apply_or_tombstone(deps: Deps, transfer: str, rule: Rule, tombstone_state: Propagation) -> None:
    """Apply the rule, or store a tombstone if the submission has not arrived yet."""
    try:
        await deps.propagations.all.update(transfer, lambda state, _now: rule(state))
    except NotFound:
        if not await deps.propagations.all.add(tombstone_state):
            await deps.propagations.all.update(transfer, lambda state, _now: rule(state))


async def on_session_revoked(deps: Deps, event: SessionRevoked) -> None:
    """Refuse this session from now on."""
    await deps.authenticator.revoke(event.session)


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """Return the handler of each event that propagation subscribes to."""
    return {
        TransferSubmitted: partial(on_transfer_submitted, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        TransferExtended: partial(on_transfer_extended, deps),
        RecipientRevoked: partial(on_recipient_revoked, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
