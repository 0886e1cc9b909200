"""What does propagation do when it hears that something happened?"""

from collections.abc import Callable
from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.upload import TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.kit.aggregate import Decision
from services.kit.bus import Handler
from services.kit.events import Fact
from services.kit.refusals import NotFound
from services.propagation.deps import Deps
from services.propagation.domain import (
    Propagation,
    approvers,
    begin,
    learn,
    needs_approval,
    quarantine,
    tombstone,
    withdraw,
)


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
    """Close the decision: the sender deleted the transfer."""
    await _end(deps, fact.label.transfer, withdraw, tombstone(fact.label.transfer))


async def on_transfer_quarantined(deps: Deps, fact: TransferQuarantined) -> None:
    """Close the decision: the files are not what was declared."""
    await _end(deps, fact.label.transfer, quarantine, tombstone(fact.label.transfer, "quarantined"))


async def _end(
    deps: Deps, transfer: str, rule: Callable[[Propagation], Decision[Propagation]], instead: Propagation
) -> None:
    """Apply the rule, or leave a tombstone for a submission that is still under way."""
    try:
        await deps.propagations.all.update(transfer, lambda there, _now: rule(there))
    except NotFound:
        if not await deps.propagations.all.add(instead):
            await deps.propagations.all.update(transfer, lambda there, _now: rule(there))


async def on_session_revoked(deps: Deps, fact: SessionRevoked) -> None:
    """Refuse that session from now on."""
    await deps.sessions.revoke(fact.session)


def heard(deps: Deps) -> dict[type[Fact], Handler]:
    """The table of contents."""
    return {
        TransferSubmitted: partial(on_transfer_submitted, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
