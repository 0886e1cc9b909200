"""What do we do when we hear that…?"""

from datetime import datetime

from services.contracts.auth import SessionRevoked
from services.contracts.download import DamagedTransferQuarantined, TransferExpired
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.kit.bus import Handler
from services.kit.events import Fact
from services.upload.deps import Deps
from services.upload.domain.ending import close, quarantine
from services.upload.domain.extending import expire
from services.upload.domain.transfer import Outcome


async def on_session_revoked(deps: Deps, fact: SessionRevoked) -> None:
    """Its tokens open nothing here any more."""
    await deps.callers.revoke(fact.session)


async def on_transfer_refused(deps: Deps, fact: TransferRefused) -> None:
    """An agent said no: the bytes go."""
    await _close(deps, fact.label.transfer, "refused", fact.refused_at)


async def on_approval_lapsed(deps: Deps, fact: ApprovalLapsed) -> None:
    """Nobody decided: the bytes go."""
    await _close(deps, fact.label.transfer, "lapsed", fact.lapsed_at)


async def on_transfer_expired(deps: Deps, fact: TransferExpired) -> None:
    """The last day is over: the bytes go, unless it was extended before that."""
    at = fact.expired_at
    await deps.transfers.update(fact.label.transfer, lambda state, now: (expire(state, at, now), []))


async def on_damaged_transfer_quarantined(deps: Deps, fact: DamagedTransferQuarantined) -> None:
    """What is stored has changed since it arrived: nobody gets any of it, and the bytes are kept."""
    keeping = deps.transfers.keeping
    await deps.transfers.update(
        fact.label.transfer, lambda transfer, now: quarantine(transfer, [fact.file], keeping, now)
    )


async def _close(deps: Deps, transfer: str, outcome: Outcome, at: datetime) -> None:
    await deps.transfers.update(transfer, lambda state, now: (close(state, outcome, at, now), []))


def heard(deps: Deps) -> dict[type[Fact], Handler]:
    """The table of contents: what this service hears."""
    return {
        SessionRevoked: lambda fact: on_session_revoked(deps, fact),
        TransferRefused: lambda fact: on_transfer_refused(deps, fact),
        ApprovalLapsed: lambda fact: on_approval_lapsed(deps, fact),
        DamagedTransferQuarantined: lambda fact: on_damaged_transfer_quarantined(deps, fact),
        TransferExpired: lambda fact: on_transfer_expired(deps, fact),
    }
