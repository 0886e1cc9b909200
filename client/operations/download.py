"""Operations of the download service: links, downloads, and their tracking by the sender."""

from collections.abc import Sequence
from types import NoneType

from client.request import PAGE_SIZE, ApiRequest, api_path, operation, page_query
from client.schemas.download import (
    EndedDownloadSchema,
    FileProgressSchema,
    LinkSchema,
    ReceivedTransferSchema,
    RemindedSchema,
    ResentSchema,
    StartedArchiveSchema,
    StartedFileSchema,
    TrackingSchema,
)
from client.schemas.values import PageSchema


class DownloadOperations:
    """The recipients' side of a transfer, and what its sender sees and changes of it."""

    @operation
    def offer(self, token: str) -> ApiRequest[LinkSchema]:
        """Return the contents of a link; this counts as no download."""
        return ApiRequest("GET", _link(token), LinkSchema)

    @operation
    def mark_opened(self, token: str) -> ApiRequest[None]:
        """Tell the service that a person, not a program that follows links, has seen the contents."""
        return ApiRequest("POST", _link(token, "opened"), NoneType)

    @operation
    def start_download(self, token: str, file: str, download: str) -> ApiRequest[StartedFileSchema]:
        """Start a download, which counts against the limit; repeated with the same id, it counts once."""
        return ApiRequest("PUT", _link(token, "files", file, "downloads", download), StartedFileSchema)

    @operation
    def start_archive(
        self, token: str, download: str, files: Sequence[str] | None = None
    ) -> ApiRequest[StartedArchiveSchema]:
        """Start a download of these files, or all, as one archive; it counts for each of them, once per id."""
        body = None if files is None else {"files": list(files)}
        return ApiRequest("PUT", _link(token, "archive", "downloads", download), StartedArchiveSchema, body)

    @operation
    def give_back(self, token: str, file: str, download: str) -> ApiRequest[EndedDownloadSchema]:
        return ApiRequest("DELETE", _link(token, "files", file, "downloads", download), EndedDownloadSchema)

    @operation
    def received(self, cursor: str = "", limit: int = PAGE_SIZE) -> ApiRequest[PageSchema[ReceivedTransferSchema]]:
        """Return a page of the transfers that this agent received, the latest first."""
        return ApiRequest(
            "GET", "/api/download/received" + page_query(cursor, limit), PageSchema[ReceivedTransferSchema]
        )

    @operation
    def tracking(self, transfer: str) -> ApiRequest[TrackingSchema]:
        return ApiRequest("GET", _tracking(transfer), TrackingSchema)

    @operation
    def recipient_files(
        self, transfer: str, number: int, cursor: str = "", limit: int = PAGE_SIZE
    ) -> ApiRequest[PageSchema[FileProgressSchema]]:
        """Return a page of one recipient's downloads; they are named by their position in the list, from 1."""
        path = _tracking(transfer, "recipients", str(number), "files")
        return ApiRequest("GET", path + page_query(cursor, limit), PageSchema[FileProgressSchema])

    @operation
    def reopen(self, transfer: str, recipient: str, file: str) -> ApiRequest[None]:
        """Let one recipient download a suspended file again."""
        body = {"recipient": recipient, "file": file}
        return ApiRequest("POST", _tracking(transfer, "reopenings"), NoneType, body)

    @operation
    def revoke(self, transfer: str, recipient: str) -> ApiRequest[None]:
        """Disable one recipient's link; a recipient who waits for an approval never gets one."""
        return ApiRequest("POST", _tracking(transfer, "revocations"), NoneType, {"recipient": recipient})

    @operation
    def resend(self, transfer: str, request: str, recipient: str) -> ApiRequest[ResentSchema]:
        """Send the mail with the link again; repeated with the same request id, it is sent once."""
        return ApiRequest("PUT", _tracking(transfer, "resendings", request), ResentSchema, {"recipient": recipient})

    @operation
    def remind(self, transfer: str, request: str, recipient: str | None = None) -> ApiRequest[RemindedSchema]:
        """Remind the recipients who have not downloaded everything, or one; the same request id reminds once."""
        return ApiRequest("PUT", _tracking(transfer, "reminders", request), RemindedSchema, {"recipient": recipient})


def _link(*segments: str) -> str:
    return api_path("download", "links", *segments)


def _tracking(*segments: str) -> str:
    return api_path("download", "transfers", *segments)
