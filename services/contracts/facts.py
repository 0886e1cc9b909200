"""Every fact there is."""

from services.contracts.auth import OneTimeLinkIssued, SessionRevoked
from services.contracts.download import (
    DamagedTransferQuarantined,
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
from services.kit.events import Fact

FACTS: tuple[type[Fact], ...] = (
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
    DamagedTransferQuarantined,
    TransferExpired,
    MailStateChanged,
)
