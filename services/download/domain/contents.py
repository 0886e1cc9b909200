"""What is in a transfer, and for whom? Written once, never changed."""

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
        """The part of a parcel that the counter needs."""
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
        """One file, or `FileUnknown`."""
        found = next((file for file in self.files if file.file == id), None)
        if found is None:
            raise FileUnknown()
        return found

    def lines(self) -> tuple[FileSummary, ...]:
        """The files as a mail lists them."""
        return tuple(line_of(file) for file in self.files)


def line_of(file: SentFile) -> FileSummary:
    """A file as a mail lists it."""
    return FileSummary(path=file.path, size_bytes=file.size_bytes)
