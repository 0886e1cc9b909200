"""What does propagation do when it hears that something happened?"""

from collections.abc import Callable
from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.download import RecipientRevoked
from services.contracts.upload import TransferExtended, TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.kit.aggregate import Decision
from services.kit.bus import Handler
from services.kit.events import Event
from services.kit.refusals import NotFound
from services.propagation.amending import extend, learn, revoke
from services.propagation.deps import Deps
from services.propagation.domain import (
    Propagation,
    approvers,
    begin,
    needs_approval,
    quarantine,
    tombstone,
    withdraw,
)

Rule = Callable[[Propagation], Decision[Propagation]]


async def on_transfer_submitted(deps: Deps, event: TransferSubmitted) -> None:
    """Release it, or ask for approval; again, or after its withdrawal, release nothing."""
    parcel = event.parcel
    asked = approvers(parcel) if needs_approval(parcel) else ()
    invited = [deps.invitations.to(parcel.transfer, address) for address in asked]
    state, events = begin(parcel, invited, deps.open_for, deps.keep_for)
    if not await deps.propagations.all.add(state, events):
        await deps.propagations.all.update(
            parcel.transfer, lambda there, _now: learn(there, parcel, invited, deps.open_for, deps.keep_for)
        )


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """Close the decision: the sender deleted the transfer."""
    await _end(deps, event.reference.transfer, withdraw, tombstone(event.reference.transfer, "withdrawn"))


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """Close the decision: the files are not what was declared."""
    await _end(deps, event.reference.transfer, quarantine, tombstone(event.reference.transfer, "quarantined"))


async def on_transfer_extended(deps: Deps, event: TransferExtended) -> None:
    """It ends later, and so may the decision."""
    rule = lambda there: extend(there, event.ends_at, deps.open_for, deps.keep_for)  # noqa: E731
    await _heard(deps, event.reference.transfer, rule)


async def on_recipient_revoked(deps: Deps, event: RecipientRevoked) -> None:
    """One recipient is none any more."""
    await _heard(deps, event.reference.transfer, lambda there: revoke(there, event.recipient.address))


async def _heard(deps: Deps, transfer: str, rule: Rule) -> None:
    """Apply a rule that ends nothing."""
    await _end(deps, transfer, rule, rule(tombstone(transfer))[0])


async def _end(deps: Deps, transfer: str, rule: Rule, instead: Propagation) -> None:
    """Apply the rule, or leave a tombstone for a submission that is still under way."""
    try:
        await deps.propagations.all.update(transfer, lambda there, _now: rule(there))
    except NotFound:
        if not await deps.propagations.all.add(instead):
            await deps.propagations.all.update(transfer, lambda there, _now: rule(there))


async def on_session_revoked(deps: Deps, event: SessionRevoked) -> None:
    """Refuse that session from now on."""
    await deps.sessions.revoke(event.session)


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """The table of contents."""
    return {
        TransferSubmitted: partial(on_transfer_submitted, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        TransferExtended: partial(on_transfer_extended, deps),
        RecipientRevoked: partial(on_recipient_revoked, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
