"""The list of all events."""

from services.contracts.auth import OneTimeLinkIssued, SessionRevoked
from services.contracts.download import (
    FileDamageDetected,
    FileDownloaded,
    FileSuspended,
    LinkExtended,
    LinkIssued,
    LinkLeftUnused,
    RecipientRevoked,
    TransferExpired,
)
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.upload import (
    FileVerified,
    TransferExtended,
    TransferQuarantined,
    TransferSubmitted,
    TransferWithdrawn,
)
from services.kit.events import Event

ALL_EVENTS: tuple[type[Event], ...] = (
    OneTimeLinkIssued,
    SessionRevoked,
    TransferSubmitted,
    TransferWithdrawn,
    TransferExtended,
    FileVerified,
    TransferQuarantined,
    ApprovalRequested,
    TransferReleased,
    TransferRefused,
    ApprovalLapsed,
    LinkIssued,
    LinkLeftUnused,
    LinkExtended,
    RecipientRevoked,
    FileDownloaded,
    FileSuspended,
    FileDamageDetected,
    TransferExpired,
    MailStateChanged,
)
