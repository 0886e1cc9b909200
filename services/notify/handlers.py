"""Enqueue the mails that each event calls for, and record what it says of its transfer."""

from functools import partial
from typing import Any

from services.contracts.auth import OneTimeLinkIssued
from services.contracts.download import (
    FileDownloaded,
    FileSuspended,
    LinkExtended,
    LinkIssued,
    LinkLeftUnused,
    RecipientRevoked,
    TransferExpired,
)
from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.upload import TransferExtended, TransferQuarantined, TransferWithdrawn
from services.kit.bus import Handler
from services.kit.events import Event
from services.notify.deps import Deps


async def on_one_time_link_issued(deps: Deps, event: OneTimeLinkIssued) -> None:
    """Send the one-time link and the key to their owner."""
    await deps.mails.enqueue(deps.composer.access(event))


async def on_approval_requested(deps: Deps, event: ApprovalRequested) -> None:
    """Ask each approver, with all that the decision is about and a link of their own."""
    externals = tuple(one.address for one in event.recipients if one.role != "agent")
    for approver in event.approvers:
        mail = deps.composer.to_approver(
            "to_approve",
            event.reference,
            approver.address,
            [one.mail_to for one in event.recipients],
            recipients=event.recipients,
            quoted=event.text,
            files=event.files,
            ends_at=event.ends_at,
            decide_by=event.decide_by,
            link=deps.composer.page_url("approve", approver.token.get_secret_value()),
        )
        mail = mail.evolve(notify_on_failure=event.reference, external_addresses=externals, expires_at=event.decide_by)
        await deps.transfer_statuses.enqueue(mail)


async def on_transfer_released(deps: Deps, event: TransferReleased) -> None:
    """Tell the sender who has it, who waits, or who approved; tell the other approvers that it is decided."""
    if event.approved_by is not None:
        await _approved(deps, event)
        return
    parcel = event.parcel
    external_count = sum(one.role == "external" for one in parcel.recipients)
    mail = deps.composer.to_sender(
        "waiting" if event.awaiting_approval else "sent",
        parcel.reference(),
        recipient_count=len(parcel.recipients),
        external_count=external_count,
        approver_count=len(event.approvers),
        file_count=len(parcel.files),
        total_bytes=sum(file.size_bytes for file in parcel.files),
        ends_at=parcel.ends_at,
    )
    await deps.mails.enqueue(mail)


async def _approved(deps: Deps, event: TransferReleased) -> None:
    await deps.transfer_statuses.record(event.parcel.transfer, lambda status: status.approve(event.released_at))
    reference, by, at = event.parcel.reference(), event.approved_by, event.released_at
    external_count = len(event.released_to)
    context: dict[str, Any] = {"by": by, "at": at}
    typed = [one.mail_to for one in event.parcel.recipients]
    mail = deps.composer.to_sender(
        "approved", reference, external_count=external_count, ends_at=event.parcel.ends_at, **context
    )
    await deps.mails.enqueue(mail)
    for address in event.approvers:
        if by is not None and address != by.address:
            mail = deps.composer.to_approver("decided", reference, address, typed, outcome="approved", **context)
            await deps.mails.enqueue(mail)


async def on_transfer_refused(deps: Deps, event: TransferRefused) -> None:
    """Tell the sender the reason, and the other approvers that it is decided."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.end(event.refused_at))
    context: dict[str, Any] = {"by": event.refused_by, "at": event.refused_at}
    await deps.mails.enqueue(deps.composer.to_sender("refused", event.reference, quoted=event.reason, **context))
    for address in event.approvers:
        if address != event.refused_by.address:
            typed = event.spellings
            mail = deps.composer.to_approver("decided", event.reference, address, typed, outcome="refused", **context)
            await deps.mails.enqueue(mail)


async def on_approval_lapsed(deps: Deps, event: ApprovalLapsed) -> None:
    """Tell the sender and the approvers that nobody decided in time."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.end(event.lapsed_at))
    await deps.mails.enqueue(deps.composer.to_sender("lapsed", event.reference, at=event.lapsed_at))
    context: dict[str, Any] = {"outcome": "lapsed", "by": None, "at": event.lapsed_at}
    for address in event.approvers:
        await deps.mails.enqueue(
            deps.composer.to_approver("decided", event.reference, address, event.spellings, **context)
        )


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """Confirm the withdrawal to the sender."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.end(event.withdrawn_at))
    await deps.mails.enqueue(deps.composer.to_sender("withdrawn", event.reference, at=event.withdrawn_at))


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """Tell the sender which files differ from what was announced, and what to do."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.end(event.quarantined_at))
    context: dict[str, Any] = {"files": event.files, "at": event.quarantined_at}
    await deps.mails.enqueue(deps.composer.to_sender("quarantined", event.reference, **context))


async def on_transfer_extended(deps: Deps, event: TransferExtended) -> None:
    """Let mails that wait be sent until the new end."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.extend(event.ends_at))


async def on_recipient_revoked(deps: Deps, event: RecipientRevoked) -> None:
    """Cancel unsent mail to this recipient."""
    change = lambda status: status.revoke(event.recipient.address, event.revoked_at)  # noqa: E731
    await deps.transfer_statuses.record(event.reference.transfer, change)


async def on_link_issued(deps: Deps, event: LinkIssued) -> None:
    """Send a recipient their link, and again each time the sender asks."""
    mail = deps.composer.to_recipient(
        "link",
        event.reference,
        event.recipient,
        event.ends_at,
        about=event.asked_at.isoformat() if event.asked_at else "",
        link=deps.composer.page_url("download", event.token.get_secret_value()),
        quoted=event.text,
        files=event.files,
        downloads_per_file=event.downloads_per_file,
        ends_at=event.ends_at,
    )
    await deps.transfer_statuses.enqueue(mail.evolve(asked=event.asked_at is not None))


async def on_link_left_unused(deps: Deps, event: LinkLeftUnused) -> None:
    """Remind a recipient who has not downloaded everything: before each end, and when the sender asks."""
    mail = deps.composer.to_recipient(
        "reminder",
        event.reference,
        event.recipient,
        event.ends_at,
        about=(event.asked_at or event.ends_at).isoformat(),
        link=deps.composer.page_url("download", event.token.get_secret_value()),
        files=event.files,
        ends_at=event.ends_at,
        asked=event.asked_at is not None,
    )
    await deps.transfer_statuses.enqueue(mail.evolve(asked=event.asked_at is not None))


async def on_link_extended(deps: Deps, event: LinkExtended) -> None:
    """Tell a recipient who has not downloaded everything the new end; this event may arrive before the extension."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.extend(event.ends_at))
    mail = deps.composer.to_recipient(
        "extended",
        event.reference,
        event.recipient,
        event.ends_at,
        about=event.ends_at.isoformat(),
        link=deps.composer.page_url("download", event.token.get_secret_value()),
        files=event.files,
        ends_at=event.ends_at,
    )
    await deps.transfer_statuses.enqueue(mail)


async def on_file_downloaded(deps: Deps, event: FileDownloaded) -> None:
    """Report a recipient's first download at once; leave the others for the daily summary."""
    if not await deps.daily_summaries.is_first(event):
        await deps.daily_summaries.add(event)
        return
    context: dict[str, Any] = {"file": event.file, "at": event.downloaded_at}
    mail = deps.composer.to_sender(
        "downloaded", event.reference, about=event.recipient, recipient=event.recipient, **context
    )
    await deps.mails.enqueue(mail)


async def on_file_suspended(deps: Deps, event: FileSuspended) -> None:
    """Tell the sender each time, because only they can reopen the file."""
    about = "\n".join((event.recipient, event.file.path, event.suspended_at.isoformat()))
    context: dict[str, Any] = {"recipient": event.recipient, "file": event.file, "at": event.suspended_at}
    await deps.mails.enqueue(deps.composer.to_sender("suspended", event.reference, about=about, **context))


async def on_transfer_expired(deps: Deps, event: TransferExpired) -> None:
    """Send the final report; another one after an extension that arrived late."""
    await deps.transfer_statuses.record(event.reference.transfer, lambda status: status.expire(event.expired_at))
    about, context = event.expired_at.isoformat(), {"report": event.report, "at": event.expired_at}
    await deps.mails.enqueue(deps.composer.to_sender("expired", event.reference, about=about, **context))


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """Return the handler of each event."""
    return {
        OneTimeLinkIssued: partial(on_one_time_link_issued, deps),
        ApprovalRequested: partial(on_approval_requested, deps),
        TransferReleased: partial(on_transfer_released, deps),
        TransferRefused: partial(on_transfer_refused, deps),
        ApprovalLapsed: partial(on_approval_lapsed, deps),
        TransferWithdrawn: partial(on_transfer_withdrawn, deps),
        TransferExtended: partial(on_transfer_extended, deps),
        RecipientRevoked: partial(on_recipient_revoked, deps),
        LinkExtended: partial(on_link_extended, deps),
        TransferQuarantined: partial(on_transfer_quarantined, deps),
        LinkIssued: partial(on_link_issued, deps),
        LinkLeftUnused: partial(on_link_left_unused, deps),
        FileDownloaded: partial(on_file_downloaded, deps),
        FileSuspended: partial(on_file_suspended, deps),
        TransferExpired: partial(on_transfer_expired, deps),
    }
