"""Handlers of the events that this service subscribes to."""

from datetime import datetime

from services.contracts.auth import SessionRevoked
from services.contracts.download import FileDamageDetected, TransferExpired
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.kit.bus import Handler
from services.kit.events import Event
from services.upload.deps import Deps
from services.upload.domain.lifecycle import close, quarantine
from services.upload.domain.transfer import Outcome
from services.upload.domain.validity import expire


async def on_session_revoked(deps: Deps, event: SessionRevoked) -> None:
    """Reject the tokens of this session from now on."""
    await deps.authenticator.revoke(event.session)


async def on_transfer_refused(deps: Deps, event: TransferRefused) -> None:
    """Close the transfer and remove its bytes: an agent refused it."""
    await _close(deps, event.reference.transfer, "refused", event.refused_at)


async def on_approval_lapsed(deps: Deps, event: ApprovalLapsed) -> None:
    """Close the transfer and remove its bytes: nobody decided in time."""
    await _close(deps, event.reference.transfer, "lapsed", event.lapsed_at)


async def on_transfer_expired(deps: Deps, event: TransferExpired) -> None:
    """Close the transfer and remove its bytes, unless it was extended before this end."""
    at = event.expired_at
    await deps.transfers.update(event.reference.transfer, lambda state, now: (expire(state, at, now), []))


async def on_file_damage_detected(deps: Deps, event: FileDamageDetected) -> None:
    """Quarantine the transfer: a stored file has changed since its upload. The bytes are kept as evidence."""
    retention = deps.transfers.retention
    await deps.transfers.update(
        event.reference.transfer, lambda transfer, now: quarantine(transfer, [event.file], retention, now)
    )


async def _close(deps: Deps, transfer: str, outcome: Outcome, at: datetime) -> None:
    await deps.transfers.update(transfer, lambda state, now: (close(state, outcome, at, now), []))


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """Return the handler of each event that this service subscribes to."""
    return {
        SessionRevoked: lambda event: on_session_revoked(deps, event),
        TransferRefused: lambda event: on_transfer_refused(deps, event),
        ApprovalLapsed: lambda event: on_approval_lapsed(deps, event),
        FileDamageDetected: lambda event: on_file_damage_detected(deps, event),
        TransferExpired: lambda event: on_transfer_expired(deps, event),
    }
