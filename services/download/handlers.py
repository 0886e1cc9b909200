"""The event handlers; each may run twice, late, and in any order with the others."""

from datetime import datetime, timedelta
from functools import partial

from services.contracts.auth import SessionRevoked
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, TransferRefused, TransferReleased
from services.contracts.upload import FileVerified, TransferExtended, TransferQuarantined, TransferWithdrawn
from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.delivery import MailStatus
from services.download.domain.link import Decision, Link
from services.download.domain.mails import LinkMailContent, extend, issue
from services.kit.bus import Handler
from services.kit.events import Event


async def on_transfer_released(deps: Deps, event: TransferReleased) -> None:
    """Make a link for each recipient of the release, unless the transfer has ended; a second time changes nothing."""
    contents = Contents.of(event.parcel)
    await deps.contents.all.add(contents)
    release = lambda delivery: delivery.release(contents.reference, contents.ends_at, deps.policy.retention)  # noqa: E731
    await deps.deliveries.apply(contents.id, release)
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
    """Give the delivery and each of its links the later end, and tell recipients who have not everything."""
    transfer, keep = event.reference.transfer, deps.policy.retention
    await deps.deliveries.apply(transfer, lambda delivery: delivery.extend(event.ends_at, keep))
    await _extend_links(deps, transfer)


async def _extend_links(deps: Deps, transfer: str) -> None:
    """Give each link the end of its delivery; both events do it, because either may come second."""
    delivery, _ = await deps.deliveries.read(transfer)
    if delivery.extended_to is None or delivery.ends_at is None or not delivery.is_open:
        return
    contents, ends_at, reminder = await deps.contents.get(transfer), delivery.ends_at, deps.policy.reminder
    async for link in deps.links.of(transfer):
        if link.ends_at < ends_at and delivery.is_open_to(link.recipient.address):
            content = deps.links.mail_content(link, contents)
            await deps.links.all.update(link.id, partial(_extended, content, ends_at, reminder))


def _extended(content: LinkMailContent, ends_at: datetime, reminder: timedelta, link: Link, now: datetime) -> Decision:
    return extend(link, content, ends_at, reminder, now)


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """Close the delivery: every link is refused at once, because each request reads the delivery."""
    keep = deps.policy.retention
    close = lambda delivery: delivery.close("withdrawn", event.reference, event.withdrawn_at, keep)  # noqa: E731
    await deps.deliveries.apply(event.reference.transfer, close)


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """Close the delivery: a file is not what was declared, so nothing of the transfer is handed out any more."""
    keep = deps.policy.retention
    close = lambda delivery: delivery.close("quarantined", event.reference, event.quarantined_at, keep)  # noqa: E731
    await deps.deliveries.apply(event.reference.transfer, close)


async def on_file_verified(deps: Deps, event: FileVerified) -> None:
    """Note that a file is verified; its archive is made with this CRC-32."""
    verify = lambda delivery: delivery.verify(event.file, event.crc32, event.verified_at, deps.policy.retention)  # noqa: E731
    await deps.deliveries.apply(event.transfer, verify)


async def on_transfer_refused(deps: Deps, event: TransferRefused) -> None:
    """Close the delivery, also for the recipients to whom it was released before."""
    keep = deps.policy.retention
    close = lambda delivery: delivery.close("refused", event.reference, event.refused_at, keep)  # noqa: E731
    await deps.deliveries.apply(event.reference.transfer, close)


async def on_approval_lapsed(deps: Deps, event: ApprovalLapsed) -> None:
    """Close the delivery: nobody decided in time."""
    keep = deps.policy.retention
    close = lambda delivery: delivery.close("lapsed", event.reference, event.lapsed_at, keep)  # noqa: E731
    await deps.deliveries.apply(event.reference.transfer, close)


async def on_mail_state_changed(deps: Deps, event: MailStateChanged) -> None:
    """Record the state of a mail for the sender's page."""
    mail = MailStatus(
        recipient=event.recipient, kind=event.kind, state=event.state, reason=event.reason, changed_at=event.changed_at
    )
    await deps.deliveries.apply(
        event.transfer, lambda delivery: delivery.record_mail_state(mail, deps.policy.retention)
    )


async def on_session_revoked(deps: Deps, event: SessionRevoked) -> None:
    """Refuse this session from now on."""
    await deps.authenticator.revoke(event.session)


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """Return the handler of each event."""
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
