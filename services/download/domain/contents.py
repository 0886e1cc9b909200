"""What was sent, and to whom: written once, never changed."""

from datetime import datetime
from typing import Self

from services.contracts.values import FileSummary, Parcel, Recipient, SentFile, TransferReference
from services.download.domain.refusals import FileUnknown
from services.kit.aggregate import Aggregate


class Contents(Aggregate):
    """A transfer as it was submitted; `id` is the transfer's."""

    reference: TransferReference
    recipients: tuple[Recipient, ...]
    text: str
    files: tuple[SentFile, ...]
    submitted_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        """Return what downloads need of a parcel."""
        return cls(
            id=parcel.transfer,
            reference=parcel.reference(),
            recipients=parcel.recipients,
            text=parcel.text,
            files=parcel.files,
            submitted_at=parcel.submitted_at,
            ends_at=parcel.ends_at,
        )

    def file(self, id: str) -> SentFile:
        """Return one file, or refuse with `FileUnknown`."""
        found = next((file for file in self.files if file.file == id), None)
        if found is None:
            raise FileUnknown()
        return found

    def summaries(self) -> tuple[FileSummary, ...]:
        """Return the files as mails and events list them."""
        return tuple(summary_of(file) for file in self.files)


def summary_of(file: SentFile) -> FileSummary:
    """Return a file as mails and events list it."""
    return FileSummary(path=file.path, size_bytes=file.size_bytes)
