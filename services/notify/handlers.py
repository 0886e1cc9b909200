"""What does notify do when it hears that something happened? It writes the mails that the event calls for."""

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
    """The link and the key, to whom they belong."""
    await deps.mails.post(deps.secretary.access(event).evolve(mail_to=event.mail_to))


async def on_approval_requested(deps: Deps, event: ApprovalRequested) -> None:
    """Each approver gets the whole question and a link of their own."""
    outsiders = tuple(one.address for one in event.recipients if one.role != "agent")
    for approver in event.approvers:
        mail = deps.secretary.to_approver(
            "to_approve",
            event.reference,
            approver.address,
            [one.mail_to for one in event.recipients],
            recipients=event.recipients,
            quoted=event.text,
            files=event.files,
            ends_at=event.ends_at,
            decide_by=event.decide_by,
            link=deps.secretary.link("approve", approver.token.get_secret_value()),
        )
        mail = mail.evolve(blame=event.reference, outsiders=outsiders, useless_after=event.decide_by)
        await deps.standings.post(mail)


async def on_transfer_released(deps: Deps, event: TransferReleased) -> None:
    """The sender learns whether all have it, some wait, or who has vouched; the other approvers that it is decided."""
    if event.approved_by is not None:
        await _approved(deps, event)
        return
    parcel = event.parcel
    external_count = sum(one.role == "external" for one in parcel.recipients)
    mail = deps.secretary.to_sender(
        "waiting" if event.awaiting_approval else "sent",
        parcel.reference(),
        recipient_count=len(parcel.recipients),
        external_count=external_count,
        approver_count=len(event.approvers),
        file_count=len(parcel.files),
        total_bytes=sum(file.size_bytes for file in parcel.files),
        ends_at=parcel.ends_at,
    )
    await deps.mails.post(mail)


async def _approved(deps: Deps, event: TransferReleased) -> None:
    await deps.standings.hear(event.parcel.transfer, lambda standing: standing.decide(event.released_at))
    reference, by, at = event.parcel.reference(), event.approved_by, event.released_at
    external_count = len(event.released_to)
    words: dict[str, Any] = {"by": by, "at": at}
    typed = [one.mail_to for one in event.parcel.recipients]
    mail = deps.secretary.to_sender(
        "approved", reference, external_count=external_count, ends_at=event.parcel.ends_at, **words
    )
    await deps.mails.post(mail)
    for address in event.approvers:
        if by is not None and address != by.address:
            mail = deps.secretary.to_approver("decided", reference, address, typed, outcome="approved", **words)
            await deps.mails.post(mail)


async def on_transfer_refused(deps: Deps, event: TransferRefused) -> None:
    """The sender gets the reason; the other approvers learn that it is decided."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.end(event.refused_at))
    words: dict[str, Any] = {"by": event.refused_by, "at": event.refused_at}
    await deps.mails.post(deps.secretary.to_sender("refused", event.reference, quoted=event.reason, **words))
    for address in event.approvers:
        if address != event.refused_by.address:
            typed = event.spellings
            mail = deps.secretary.to_approver("decided", event.reference, address, typed, outcome="refused", **words)
            await deps.mails.post(mail)


async def on_approval_lapsed(deps: Deps, event: ApprovalLapsed) -> None:
    """The sender and the approvers learn that it is too late."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.end(event.lapsed_at))
    await deps.mails.post(deps.secretary.to_sender("lapsed", event.reference, at=event.lapsed_at))
    words: dict[str, Any] = {"outcome": "lapsed", "by": None, "at": event.lapsed_at}
    for address in event.approvers:
        await deps.mails.post(deps.secretary.to_approver("decided", event.reference, address, event.spellings, **words))


async def on_transfer_withdrawn(deps: Deps, event: TransferWithdrawn) -> None:
    """The sender has it in writing."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.end(event.withdrawn_at))
    await deps.mails.post(deps.secretary.to_sender("withdrawn", event.reference, at=event.withdrawn_at))


async def on_transfer_quarantined(deps: Deps, event: TransferQuarantined) -> None:
    """The sender learns which files are not what they announced, and what to do."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.end(event.quarantined_at))
    words: dict[str, Any] = {"files": event.files, "at": event.quarantined_at}
    await deps.mails.post(deps.secretary.to_sender("quarantined", event.reference, **words))


async def on_transfer_extended(deps: Deps, event: TransferExtended) -> None:
    """What waits for a recipient's server may arrive until later."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.until(event.ends_at))


async def on_recipient_revoked(deps: Deps, event: RecipientRevoked) -> None:
    """Cancel unsent mail to this recipient."""
    change = lambda standing: standing.without(event.recipient.address, event.revoked_at)  # noqa: E731
    await deps.standings.hear(event.reference.transfer, change)


async def on_link_issued(deps: Deps, event: LinkIssued) -> None:
    """A recipient gets the link that is theirs; once more, each time its sender asks."""
    mail = deps.secretary.to_recipient(
        "link",
        event.reference,
        event.recipient,
        event.ends_at,
        about=event.asked_at.isoformat() if event.asked_at else "",
        link=deps.secretary.link("download", event.token.get_secret_value()),
        quoted=event.text,
        files=event.files,
        downloads_per_file=event.downloads_per_file,
        ends_at=event.ends_at,
    )
    await deps.standings.post(mail.evolve(asked=event.asked_at is not None))


async def on_link_left_unused(deps: Deps, event: LinkLeftUnused) -> None:
    """A recipient who has not fetched everything is reminded: once before each end, and when the sender asks."""
    mail = deps.secretary.to_recipient(
        "reminder",
        event.reference,
        event.recipient,
        event.ends_at,
        about=(event.asked_at or event.ends_at).isoformat(),
        link=deps.secretary.link("download", event.token.get_secret_value()),
        files=event.files,
        ends_at=event.ends_at,
        asked=event.asked_at is not None,
    )
    await deps.standings.post(mail.evolve(asked=event.asked_at is not None))


async def on_link_extended(deps: Deps, event: LinkExtended) -> None:
    """A recipient who has not fetched everything learns of the new end, of which this may be the first news."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.until(event.ends_at))
    mail = deps.secretary.to_recipient(
        "extended",
        event.reference,
        event.recipient,
        event.ends_at,
        about=event.ends_at.isoformat(),
        link=deps.secretary.link("download", event.token.get_secret_value()),
        files=event.files,
        ends_at=event.ends_at,
    )
    await deps.standings.post(mail)


async def on_file_downloaded(deps: Deps, event: FileDownloaded) -> None:
    """A recipient's first download is told at once; the others wait for the daily mail."""
    if not await deps.digests.is_first(event):
        await deps.digests.keep(event)
        return
    words: dict[str, Any] = {"file": event.file, "at": event.downloaded_at}
    mail = deps.secretary.to_sender(
        "downloaded", event.reference, about=event.recipient, recipient=event.recipient, **words
    )
    await deps.mails.post(mail)


async def on_file_suspended(deps: Deps, event: FileSuspended) -> None:
    """The sender learns of it each time, because only they can open it again."""
    about = "\n".join((event.recipient, event.file.path, event.suspended_at.isoformat()))
    words: dict[str, Any] = {"recipient": event.recipient, "file": event.file, "at": event.suspended_at}
    await deps.mails.post(deps.secretary.to_sender("suspended", event.reference, about=about, **words))


async def on_transfer_expired(deps: Deps, event: TransferExpired) -> None:
    """The closing report; another one, should an extension have been heard of too late."""
    await deps.standings.hear(event.reference.transfer, lambda standing: standing.expire(event.expired_at))
    about, words = event.expired_at.isoformat(), {"report": event.report, "at": event.expired_at}
    await deps.mails.post(deps.secretary.to_sender("expired", event.reference, about=about, **words))


def subscriptions(deps: Deps) -> dict[type[Event], Handler]:
    """The table of contents."""
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
