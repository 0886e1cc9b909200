"""What does the counter do when it hears that…? Every handler may run twice, and in any order with the others."""

from datetime import datetime, timedelta
from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, TransferRefused, TransferReleased
from services.contracts.upload import FileVerified, TransferExtended, TransferQuarantined, TransferWithdrawn
from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.delivery import Mail
from services.download.domain.link import Decision, Link, issue
from services.download.domain.mails import LinkMailContent, extend
from services.download.offers import offer_of
from services.kit.bus import Handler
from services.kit.events import Event


async def on_transfer_released(deps: Deps, event: TransferReleased) -> None:
    """A link for each recipient who may have it, unless the transfer has ended; a second time finds them there."""
    contents = Contents.of(event.parcel)
    await deps.contents.all.add(contents)
    release = lambda delivery: delivery.release(contents.reference, contents.ends_at, deps.policy.memory)  # noqa: E731
    await deps.deliveries.hear(contents.id, release)
    delivery, now = await deps.deliveries.read(contents.id)
    if delivery.closing is not None or delivery.ends_at is None or now >= delivery.ends_at:
        return
    for recipient in event.released_to:
        if delivery.revoked_at(recipient.address):
            continue
        token = deps.links.token(contents.id, recipient)
        link = issue(deps.links.id(token), token, recipient, contents, deps.policy, delivery.ends_at, now)
        await deps.links.all.add(*link)
    await _extend_links(deps, contents.id)


async def on_transfer_extended(deps: Deps, event: TransferExtended) -> None:
    """It ends later: the delivery, by which it is closed, and each of its links; who has not everything is told."""
    transfer, keep = event.reference.transfer, deps.policy.memory
    await deps.deliveries.hear(transfer, lambda delivery: delivery.extend(event.ends_at, keep))
    await _extend_links(deps, transfer)


async def _extend_links(deps: Deps, transfer: str) -> None:
    """Each link ends with its delivery: whoever comes second, the release or the extension, sees to it."""
    delivery, _ = await deps.deliveries.read(transfer)
    if delivery.extended_to is None or delivery.ends_at is None or not delivery.open:
        return
    contents, ends_at, reminder = await deps.contents.get(transfer), delivery.ends_at, deps.policy.reminder
    async for link in deps.links.of(transfer):
        if link.ends_at < ends_at and delivery.is_open_to(link.recipient.address):
            offer = offer_of(deps, link, contents)
            await deps.links.all.update(link.id, partial(_extended, offer, ends_at, reminder))


def _extended(offer: LinkMailContent, ends_at: datetime, reminder: timedelta, link: Link, now: datetime) -> Decision:
    return extend(link, offer, ends_at, reminder, now)


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """Every link is dead at once: the delivery is what they are judged by."""
    keep = deps.policy.memory
    close = lambda delivery: delivery.close("withdrawn", event.reference, event.withdrawn_at, keep)  # noqa: E731
    await deps.deliveries.hear(event.reference.transfer, close)


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """A file is not what was declared: nothing of the transfer is handed out any more."""
    keep = deps.policy.memory
    close = lambda delivery: delivery.close("quarantined", event.reference, event.quarantined_at, keep)  # noqa: E731
    await deps.deliveries.hear(event.reference.transfer, close)


async def on_file_verified(deps: Deps, event: FileVerified) -> None:
    """The pages say so, and the archive is made with the CRC-32 of the bytes."""
    verify = lambda delivery: delivery.verify(event.file, event.crc32, event.verified_at, deps.policy.memory)  # noqa: E731
    await deps.deliveries.hear(event.transfer, verify)


async def on_transfer_refused(deps: Deps, event: TransferRefused) -> None:
    """An agent refused to vouch: the links that were given out already are dead too."""
    keep = deps.policy.memory
    close = lambda delivery: delivery.close("refused", event.reference, event.refused_at, keep)  # noqa: E731
    await deps.deliveries.hear(event.reference.transfer, close)


async def on_approval_lapsed(deps: Deps, event: ApprovalLapsed) -> None:
    """Nobody decided in time."""
    keep = deps.policy.memory
    close = lambda delivery: delivery.close("lapsed", event.reference, event.lapsed_at, keep)  # noqa: E731
    await deps.deliveries.hear(event.reference.transfer, close)


async def on_mail_state_changed(deps: Deps, event: MailStateChanged) -> None:
    """The sender's page shows what became of each mail."""
    mail = Mail(
        recipient=event.recipient, kind=event.kind, state=event.state, reason=event.reason, changed_at=event.changed_at
    )
    await deps.deliveries.hear(event.transfer, lambda delivery: delivery.mailed(mail, deps.policy.memory))


async def on_session_revoked(deps: Deps, event: SessionRevoked) -> None:
    """The session opens no tracking page any more."""
    await deps.authenticator.revoke(event.session)


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """What the counter listens to."""
    return {
        TransferReleased: partial(on_transfer_released, deps),
        TransferExtended: partial(on_transfer_extended, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        FileVerified: partial(on_file_verified, deps),
        TransferRefused: partial(on_transfer_refused, deps),
        ApprovalLapsed: partial(on_approval_lapsed, deps),
        MailStateChanged: partial(on_mail_state_changed, deps),
        SessionRevoked: partial(on_session_revoked, deps),
    }
