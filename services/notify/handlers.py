"""What does notify do when it hears that something happened? It writes the mails that the fact calls for."""

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
from services.kit.events import Fact
from services.notify.deps import Deps


async def on_one_time_link_issued(deps: Deps, fact: OneTimeLinkIssued) -> None:
    """The link and the key, to whom they belong."""
    await deps.mails.post(deps.secretary.access(fact).but(mail_to=fact.mail_to))


async def on_approval_requested(deps: Deps, fact: ApprovalRequested) -> None:
    """Each approver gets the whole question and a link of their own."""
    outsiders = tuple(one.address for one in fact.recipients if one.role != "agent")
    for approver in fact.approvers:
        mail = deps.secretary.to_approver(
            "to_approve",
            fact.label,
            approver.address,
            [one.mail_to for one in fact.recipients],
            recipients=fact.recipients,
            quoted=fact.text,
            files=fact.files,
            ends_at=fact.ends_at,
            decide_by=fact.decide_by,
            link=deps.secretary.link("approve", approver.token.get_secret_value()),
        )
        mail = mail.but(blame=fact.label, outsiders=outsiders, useless_after=fact.decide_by)
        await deps.standings.post(mail)


async def on_transfer_released(deps: Deps, fact: TransferReleased) -> None:
    """The sender learns whether all have it, some wait, or who has vouched; the other approvers that it is decided."""
    if fact.approved_by is not None:
        await _approved(deps, fact)
        return
    parcel = fact.parcel
    external_count = sum(one.role == "external" for one in parcel.recipients)
    mail = deps.secretary.to_sender(
        "waiting" if fact.awaiting_approval else "sent",
        parcel.label(),
        recipient_count=len(parcel.recipients),
        external_count=external_count,
        approver_count=len(fact.approvers),
        file_count=len(parcel.files),
        total_bytes=sum(file.size_bytes for file in parcel.files),
        ends_at=parcel.ends_at,
    )
    await deps.mails.post(mail)


async def _approved(deps: Deps, fact: TransferReleased) -> None:
    await deps.standings.hear(fact.parcel.transfer, lambda standing: standing.decide(fact.released_at))
    label, by, at = fact.parcel.label(), fact.approved_by, fact.released_at
    external_count = len(fact.released_to)
    words: dict[str, Any] = {"by": by, "at": at}
    typed = [one.mail_to for one in fact.parcel.recipients]
    mail = deps.secretary.to_sender(
        "approved", label, external_count=external_count, ends_at=fact.parcel.ends_at, **words
    )
    await deps.mails.post(mail)
    for address in fact.approvers:
        if by is not None and address != by.address:
            mail = deps.secretary.to_approver("decided", label, address, typed, outcome="approved", **words)
            await deps.mails.post(mail)


async def on_transfer_refused(deps: Deps, fact: TransferRefused) -> None:
    """The sender gets the reason; the other approvers learn that it is decided."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.end(fact.refused_at))
    words: dict[str, Any] = {"by": fact.refused_by, "at": fact.refused_at}
    await deps.mails.post(deps.secretary.to_sender("refused", fact.label, quoted=fact.reason, **words))
    for address in fact.approvers:
        if address != fact.refused_by.address:
            typed = fact.spellings
            mail = deps.secretary.to_approver("decided", fact.label, address, typed, outcome="refused", **words)
            await deps.mails.post(mail)


async def on_approval_lapsed(deps: Deps, fact: ApprovalLapsed) -> None:
    """The sender and the approvers learn that it is too late."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.end(fact.lapsed_at))
    await deps.mails.post(deps.secretary.to_sender("lapsed", fact.label, at=fact.lapsed_at))
    words: dict[str, Any] = {"outcome": "lapsed", "by": None, "at": fact.lapsed_at}
    for address in fact.approvers:
        await deps.mails.post(deps.secretary.to_approver("decided", fact.label, address, fact.spellings, **words))


async def on_transfer_withdrawn(deps: Deps, fact: TransferWithdrawn) -> None:
    """The sender has it in writing."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.end(fact.withdrawn_at))
    await deps.mails.post(deps.secretary.to_sender("withdrawn", fact.label, at=fact.withdrawn_at))


async def on_transfer_quarantined(deps: Deps, fact: TransferQuarantined) -> None:
    """The sender learns which files are not what they announced, and what to do."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.end(fact.quarantined_at))
    words: dict[str, Any] = {"files": fact.files, "at": fact.quarantined_at}
    await deps.mails.post(deps.secretary.to_sender("quarantined", fact.label, **words))


async def on_transfer_extended(deps: Deps, fact: TransferExtended) -> None:
    """What waits for a recipient's server may arrive until later."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.until(fact.ends_at))


async def on_recipient_revoked(deps: Deps, fact: RecipientRevoked) -> None:
    """Cancel unsent mail to this recipient."""
    change = lambda standing: standing.without(fact.recipient.address, fact.revoked_at)  # noqa: E731
    await deps.standings.hear(fact.label.transfer, change)


async def on_link_issued(deps: Deps, fact: LinkIssued) -> None:
    """A recipient gets the link that is theirs; once more, each time its sender asks."""
    mail = deps.secretary.to_recipient(
        "link",
        fact.label,
        fact.recipient,
        fact.ends_at,
        about=fact.asked_at.isoformat() if fact.asked_at else "",
        link=deps.secretary.link("download", fact.token.get_secret_value()),
        quoted=fact.text,
        files=fact.files,
        downloads_per_file=fact.downloads_per_file,
        ends_at=fact.ends_at,
    )
    await deps.standings.post(mail.but(asked=fact.asked_at is not None))


async def on_link_left_unused(deps: Deps, fact: LinkLeftUnused) -> None:
    """A recipient who has not fetched everything is reminded: once before each end, and when the sender asks."""
    mail = deps.secretary.to_recipient(
        "reminder",
        fact.label,
        fact.recipient,
        fact.ends_at,
        about=(fact.asked_at or fact.ends_at).isoformat(),
        link=deps.secretary.link("download", fact.token.get_secret_value()),
        files=fact.files,
        ends_at=fact.ends_at,
        asked=fact.asked_at is not None,
    )
    await deps.standings.post(mail.but(asked=fact.asked_at is not None))


async def on_link_extended(deps: Deps, fact: LinkExtended) -> None:
    """A recipient who has not fetched everything learns of the new end, of which this may be the first news."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.until(fact.ends_at))
    mail = deps.secretary.to_recipient(
        "extended",
        fact.label,
        fact.recipient,
        fact.ends_at,
        about=fact.ends_at.isoformat(),
        link=deps.secretary.link("download", fact.token.get_secret_value()),
        files=fact.files,
        ends_at=fact.ends_at,
    )
    await deps.standings.post(mail)


async def on_file_downloaded(deps: Deps, fact: FileDownloaded) -> None:
    """A recipient's first download is told at once; the others wait for the daily mail."""
    if not await deps.digests.is_first(fact):
        await deps.digests.keep(fact)
        return
    words: dict[str, Any] = {"file": fact.file, "at": fact.downloaded_at}
    mail = deps.secretary.to_sender("downloaded", fact.label, about=fact.recipient, recipient=fact.recipient, **words)
    await deps.mails.post(mail)


async def on_file_suspended(deps: Deps, fact: FileSuspended) -> None:
    """The sender learns of it each time, because only they can open it again."""
    about = "\n".join((fact.recipient, fact.file.path, fact.suspended_at.isoformat()))
    words: dict[str, Any] = {"recipient": fact.recipient, "file": fact.file, "at": fact.suspended_at}
    await deps.mails.post(deps.secretary.to_sender("suspended", fact.label, about=about, **words))


async def on_transfer_expired(deps: Deps, fact: TransferExpired) -> None:
    """The closing report; another one, should an extension have been heard of too late."""
    await deps.standings.hear(fact.label.transfer, lambda standing: standing.expire(fact.expired_at))
    about, words = fact.expired_at.isoformat(), {"report": fact.report, "at": fact.expired_at}
    await deps.mails.post(deps.secretary.to_sender("expired", fact.label, about=about, **words))


def heard(deps: Deps) -> dict[type[Fact], Handler]:
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
