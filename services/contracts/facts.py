"""Every fact there is."""

from services.contracts.auth import OneTimeLinkIssued, SessionRevoked
from services.contracts.download import (
    DamagedTransferQuarantined,
    FileDownloaded,
    FileSuspended,
    LinkIssued,
    LinkLeftUnused,
    TransferExpired,
)
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.upload import FileVerified, TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.kit.events import Fact

FACTS: tuple[type[Fact], ...] = (
    OneTimeLinkIssued,
    SessionRevoked,
    TransferSubmitted,
    TransferWithdrawn,
    FileVerified,
    TransferQuarantined,
    ApprovalRequested,
    TransferReleased,
    TransferRefused,
    ApprovalLapsed,
    LinkIssued,
    LinkLeftUnused,
    FileDownloaded,
    FileSuspended,
    DamagedTransferQuarantined,
    TransferExpired,
    MailStateChanged,
)
