"""The events of one transfer's whole life."""

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from services.contracts.auth import OneTimeLinkIssued
from services.contracts.download import (
    FileDownloaded,
    FileSuspended,
    LinkExtended,
    LinkIssued,
    LinkLeftUnused,
    RecipientReport,
    RecipientRevoked,
    TransferExpired,
)
from services.contracts.propagation import (
    ApprovalLapsed,
    ApprovalRequested,
    ApproverInvitation,
    TransferRefused,
    TransferReleased,
)
from services.contracts.upload import TransferExtended, TransferQuarantined, TransferWithdrawn
from services.contracts.values import FileSummary, Parcel, Person, Recipient, TransferReference
from services.kit.events import Event

AT = datetime(2026, 3, 3, 13, 5, tzinfo=UTC)
ENDS_AT = datetime(2099, 1, 1, tzinfo=UTC)
SENDER = Person(address="maire@ville.example", name="Camille Maire")
AGENTS = ("dominique@ministere.example", "claude@ministere.example")
FIRM = "contact@firme.example"
BY = Person(address=AGENTS[0], name="Dominique")
FILES = (FileSummary(path="Été/plan.pdf", size_bytes=7), FileSummary(path="vide.txt", size_bytes=0))
RECIPIENTS = tuple(
    Recipient(address=address, field="to", role="agent" if address in AGENTS else "external")
    for address in (*AGENTS, FIRM)
)


def reference(transfer: str) -> TransferReference:
    return TransferReference(
        transfer=transfer, sender=SENDER, sender_role="external", subject="Plans d'été", language="fr"
    )


def parcel(transfer: str) -> Parcel:
    return Parcel(
        **reference(transfer).model_dump(),
        recipients=RECIPIENTS,
        text="Bonjour",
        files=(),
        submitted_at=AT,
        ends_at=ENDS_AT,
    )


def secret(name: str) -> SecretStr:
    return SecretStr(f"SECRET-{name}")


def link_issued(transfer: str, address: str = FIRM, ends_at: datetime = ENDS_AT) -> LinkIssued:
    return LinkIssued(
        reference=reference(transfer),
        recipient=Recipient(address=address, field="to", role="external"),
        token=secret("download"),
        text="Bonjour",
        files=FILES,
        downloads_per_file=3,
        ends_at=ends_at,
    )


def left_unused(transfer: str, asked_at: datetime | None = None) -> LinkLeftUnused:
    return LinkLeftUnused(
        reference=reference(transfer),
        recipient=RECIPIENTS[2],
        token=secret("download"),
        files=FILES,
        ends_at=ENDS_AT,
        asked_at=asked_at,
    )


def extended(transfer: str, ends_at: datetime) -> TransferExtended:
    return TransferExtended(reference=reference(transfer), ends_at=ends_at, extended_at=AT)


def revoked(transfer: str, address: str = FIRM) -> RecipientRevoked:
    recipient = next(one for one in RECIPIENTS if one.address == address)
    return RecipientRevoked(reference=reference(transfer), recipient=recipient, revoked_at=AT)


def downloaded(transfer: str, address: str, number: int, path: str = "Été/plan.pdf") -> FileDownloaded:
    return FileDownloaded(
        reference=reference(transfer),
        recipient=address,
        file=FileSummary(path=path, size_bytes=7),
        times=number,
        downloaded_at=AT + timedelta(minutes=number),
    )


def released(transfer: str, by: Person | None, *, awaiting: bool) -> TransferReleased:
    return TransferReleased(
        parcel=parcel(transfer),
        released_to=RECIPIENTS[2:] if by else RECIPIENTS[:2],
        awaiting_approval=awaiting,
        approved_by=by,
        approvers=AGENTS,
        released_at=AT,
    )


def one_time_link(link: str) -> OneTimeLinkIssued:
    return OneTimeLinkIssued(
        link=link, address=FIRM, language="fr", token=secret("t"), key=secret("k"), expires_at=ENDS_AT
    )


def endings(transfer: str) -> dict[str, Event]:
    """Each way in which a transfer ends before its last day."""
    about = reference(transfer)
    return {
        "withdrawn": TransferWithdrawn(reference=about, withdrawn_at=AT),
        "refused": TransferRefused(reference=about, refused_by=BY, reason="non", approvers=AGENTS, refused_at=AT),
        "quarantined": TransferQuarantined(reference=about, files=FILES, quarantined_at=AT),
        "lapsed": ApprovalLapsed(reference=about, approvers=AGENTS, lapsed_at=AT),
    }


def expired(transfer: str) -> TransferExpired:
    report = (RecipientReport(recipient=FIRM, files_downloaded=1, files_in_all=2),)
    return TransferExpired(reference=reference(transfer), report=report, expired_at=AT)


def link_extended(transfer: str, ends_at: datetime = ENDS_AT) -> LinkExtended:
    return LinkExtended(
        reference=reference(transfer), recipient=RECIPIENTS[2], token=secret("download"), files=FILES, ends_at=ends_at
    )


def approval_requested(transfer: str) -> ApprovalRequested:
    asked = tuple(ApproverInvitation(address=address, token=secret("approve")) for address in AGENTS)
    return ApprovalRequested(
        reference=reference(transfer),
        recipients=RECIPIENTS,
        text="Bonjour",
        files=FILES,
        approvers=asked,
        ends_at=ENDS_AT,
        decide_by=ENDS_AT,
    )


def before_its_end(transfer: str) -> list[Event]:
    """The events of a transfer that nobody has decided and that has not ended."""
    ends = (TransferRefused, ApprovalLapsed, TransferWithdrawn, TransferQuarantined, TransferExpired)
    decided = released(transfer, BY, awaiting=False)
    return [event for event in whole_life(transfer) if not isinstance(event, ends) and event != decided]


def whole_life(transfer: str) -> list[Event]:
    """One of each, and more than can happen to one transfer."""
    about = reference(transfer)
    return [
        one_time_link(transfer),
        approval_requested(transfer),
        released(transfer, None, awaiting=True),
        released(transfer, BY, awaiting=False),
        *endings(transfer).values(),
        extended(transfer, ENDS_AT),
        revoked(transfer, AGENTS[1]),
        *(link_issued(transfer, address) for address in (*AGENTS, FIRM)),
        link_issued(transfer).model_copy(update={"asked_at": AT}),
        left_unused(transfer),
        left_unused(transfer, asked_at=AT),
        link_extended(transfer),
        downloaded(transfer, FIRM, 1),
        downloaded(transfer, FIRM, 2),
        downloaded(transfer, AGENTS[0], 1),
        *(FileSuspended(reference=about, recipient=FIRM, file=file, suspended_at=AT) for file in FILES[:2]),
        FileSuspended(reference=about, recipient=FIRM, file=FILES[0], suspended_at=AT + timedelta(days=1)),
        expired(transfer),
    ]
