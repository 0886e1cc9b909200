"""What does the counter do when it hears that…? Every handler may run twice, and in any order with the others."""

from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, TransferRefused, TransferReleased
from services.contracts.upload import FileVerified, TransferQuarantined, TransferWithdrawn
from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.delivery import Mail
from services.download.domain.link import issue
from services.kit.bus import Handler
from services.kit.events import Fact


async def on_transfer_released(deps: Deps, fact: TransferReleased) -> None:
    """A link for each recipient who may have it, unless the transfer has ended; a second time finds them there."""
    contents = Contents.of(fact.parcel)
    await deps.contents.all.add(contents)
    release = lambda delivery: delivery.release(contents.label, contents.ends_at, deps.terms.memory)  # noqa: E731
    await deps.deliveries.hear(contents.id, release)
    delivery, now = await deps.deliveries.read(contents.id)
    if delivery.closing is not None or now >= contents.ends_at:
        return
    for recipient in fact.released_to:
        token = deps.links.token(contents.id, recipient)
        await deps.links.all.add(*issue(deps.links.id(token), token, recipient, contents, deps.terms, now))


async def on_transfer_withdrawn(deps: Deps, fact: TransferWithdrawn) -> None:
    """Every link is dead at once: the delivery is what they are judged by."""
    keep = deps.terms.memory
    close = lambda delivery: delivery.close("withdrawn", fact.label, fact.withdrawn_at, keep)  # noqa: E731
    await deps.deliveries.hear(fact.label.transfer, close)


async def on_transfer_quarantined(deps: Deps, fact: TransferQuarantined) -> None:
    """A file is not what was declared: nothing of the transfer is handed out any more."""
    keep = deps.terms.memory
    close = lambda delivery: delivery.close("quarantined", fact.label, fact.quarantined_at, keep)  # noqa: E731
    await deps.deliveries.hear(fact.label.transfer, close)


async def on_file_verified(deps: Deps, fact: FileVerified) -> None:
    """The pages say so, and the archive is made with the CRC-32 of the bytes."""
    verify = lambda delivery: delivery.verify(fact.file, fact.crc32, fact.verified_at, deps.terms.memory)  # noqa: E731
    await deps.deliveries.hear(fact.transfer, verify)


async def on_transfer_refused(deps: Deps, fact: TransferRefused) -> None:
    """An agent refused to vouch: the links that were given out already are dead too."""
    keep = deps.terms.memory
    close = lambda delivery: delivery.close("refused", fact.label, fact.refused_at, keep)  # noqa: E731
    await deps.deliveries.hear(fact.label.transfer, close)


async def on_approval_lapsed(deps: Deps, fact: ApprovalLapsed) -> None:
    """Nobody decided in time."""
    keep = deps.terms.memory
    close = lambda delivery: delivery.close("lapsed", fact.label, fact.lapsed_at, keep)  # noqa: E731
    await deps.deliveries.hear(fact.label.transfer, close)


async def on_mail_state_changed(deps: Deps, fact: MailStateChanged) -> None:
    """The sender's page shows what became of each mail."""
    mail = Mail(
        recipient=fact.recipient, kind=fact.kind, state=fact.state, reason=fact.reason, changed_at=fact.changed_at
    )
    await deps.deliveries.hear(fact.transfer, lambda delivery: delivery.mailed(mail, deps.terms.memory))


async def on_session_revoked(deps: Deps, fact: SessionRevoked) -> None:
    """The session opens no tracking page any more."""
    await deps.callers.revoke(fact.session)


def heard(deps: Deps) -> dict[type[Fact], Handler]:
    """What the counter listens to."""
    return {
        TransferReleased: partial(on_transfer_released, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        FileVerified: partial(on_file_verified, deps),
        TransferRefused: partial(on_transfer_refused, deps),
        ApprovalLapsed: partial(on_approval_lapsed, deps),
        MailStateChanged: partial(on_mail_state_changed, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
