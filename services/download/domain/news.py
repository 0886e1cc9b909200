"""What is the sender told of? Events about one recipient, each announced once."""

from datetime import datetime

from services.contracts.download import FileDownloaded, FileSuspended
from services.contracts.values import FileSummary, TransferReference
from services.download.domain.quota import FileQuota


def downloaded(
    reference: TransferReference, recipient: str, before: FileQuota, after: FileQuota
) -> list[FileDownloaded]:
    """One event for each download that this change made done, in the order in which they ended."""
    known = {id for id, one in before.downloads.items() if one.state == "done"}
    done = [(one.ended_at, id) for id, one in after.downloads.items() if one.state == "done" and one.ended_at]
    fresh = sorted(entry for entry in done if entry[1] not in known)
    return [
        FileDownloaded(
            reference=reference, recipient=recipient, file=after.line, times=len(known) + place, downloaded_at=ended_at
        )
        for place, (ended_at, _) in enumerate(fresh, start=1)
    ]


def suspended(reference: TransferReference, recipient: str, file: FileSummary, now: datetime) -> FileSuspended:
    """Return the news that a file was sent too often."""
    return FileSuspended(reference=reference, recipient=recipient, file=file, suspended_at=now)
