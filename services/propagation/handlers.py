"""What does propagation do when it hears that something happened?"""

from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.upload import TransferSubmitted, TransferWithdrawn
from services.kit.bus import Handler
from services.kit.events import Fact
from services.kit.refusals import NotFound
from services.propagation.deps import Deps
from services.propagation.domain import approvers, begin, learn, needs_approval, tombstone, withdraw


async def on_transfer_submitted(deps: Deps, fact: TransferSubmitted) -> None:
    """Release it, or ask for approval; again, or after its withdrawal, release nothing."""
    parcel = fact.parcel
    asked = approvers(parcel) if needs_approval(parcel) else ()
    invited = [deps.invitations.to(parcel.transfer, address) for address in asked]
    state, facts = begin(parcel, invited, deps.open_for, deps.keep_for)
    if not await deps.propagations.all.add(state, facts):
        await deps.propagations.all.update(
            parcel.transfer, lambda there, _now: learn(there, parcel, invited, deps.keep_for)
        )


async def on_transfer_withdrawn(deps: Deps, fact: TransferWithdrawn) -> None:
    """Close the decision, or leave a tombstone for a submission that is still under way."""
    transfer = fact.label.transfer
    try:
        await deps.propagations.all.update(transfer, lambda there, _now: withdraw(there))
    except NotFound:
        if not await deps.propagations.all.add(tombstone(transfer)):
            await deps.propagations.all.update(transfer, lambda there, _now: withdraw(there))


async def on_session_revoked(deps: Deps, fact: SessionRevoked) -> None:
    """Refuse that session from now on."""
    await deps.sessions.revoke(fact.session)


def heard(deps: Deps) -> dict[type[Fact], Handler]:
    """The table of contents."""
    return {
        TransferSubmitted: partial(on_transfer_submitted, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
