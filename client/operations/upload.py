"""Operations of the upload service: drafts, their files, and sent transfers."""

from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Any

from client.request import PAGE_SIZE, ApiRequest, api_path, operation, page_query
from client.schemas.upload import (
    CompletedFileSchema,
    DraftSchema,
    DraftSummarySchema,
    FilePlanSchema,
    RecapSchema,
    TransferSchema,
    TransferSummarySchema,
    UploadLimitsSchema,
)
from client.schemas.values import PageSchema


class UploadOperations:
    """The sender's side of a transfer."""

    @operation
    def limits(self) -> ApiRequest[UploadLimitsSchema]:
        return ApiRequest("GET", "/api/upload/config", UploadLimitsSchema)

    @operation
    def create_draft(self, draft: str) -> ApiRequest[DraftSchema]:
        return ApiRequest("PUT", _draft(draft), DraftSchema)

    @operation
    def drafts(self, cursor: str = "", limit: int = PAGE_SIZE) -> ApiRequest[PageSchema[DraftSummarySchema]]:
        """Return a page of the drafts, the most recently changed first."""
        return ApiRequest("GET", "/api/upload/drafts" + page_query(cursor, limit), PageSchema[DraftSummarySchema])

    @operation
    def draft(self, draft: str) -> ApiRequest[DraftSchema]:
        return ApiRequest("GET", _draft(draft), DraftSchema)

    @operation
    def edit_draft(self, /, draft: str, **fields: Any) -> ApiRequest[DraftSchema]:
        """Set any of to, cc, bcc, subject, text, validity_days, language; `DraftFields.to_json` makes them.

        `was` are the digests of the fields that are edited, so that no edit of somebody else is overwritten.
        """
        return ApiRequest("PATCH", _draft(draft), DraftSchema, fields)

    @operation
    def delete_draft(self, draft: str) -> ApiRequest[None]:
        return ApiRequest("DELETE", _draft(draft), NoneType)

    @operation
    def announce_file(
        self,
        draft: str,
        file: str,
        path: str,
        size_bytes: int,
        modified_at: datetime | None = None,
        small_parts: bool = False,
    ) -> ApiRequest[FilePlanSchema]:
        """Announce a file under an id chosen by this client; repeated, return what the service has received.

        With `small_parts` the file is split into the smallest allowed parts, unless a part has already arrived.
        """
        body = {"path": path, "size_bytes": size_bytes, "small_parts": small_parts}
        body |= {"modified_at": modified_at.isoformat()} if modified_at else {}
        return ApiRequest("PUT", _draft(draft, "files", file), FilePlanSchema, body)

    @operation
    def file_plan(self, draft: str, file: str) -> ApiRequest[FilePlanSchema]:
        """Return the plan with a fresh capability and the parts that have arrived."""
        return ApiRequest("GET", _draft(draft, "files", file), FilePlanSchema)

    @operation
    def delete_file(self, draft: str, file: str) -> ApiRequest[None]:
        return ApiRequest("DELETE", _draft(draft, "files", file), NoneType)

    @operation
    def complete_file(self, draft: str, file: str, sha256: str) -> ApiRequest[CompletedFileSchema]:
        return ApiRequest("POST", _draft(draft, "files", file, "completion"), CompletedFileSchema, {"sha256": sha256})

    @operation
    def submit(self, draft: str, was: Mapping[str, str] | None = None) -> ApiRequest[RecapSchema]:
        """Submit a draft; `was` are the digests of the fields as the sender was shown them."""
        body = None if was is None else {"was": dict(was)}
        return ApiRequest("POST", _draft(draft, "submission"), RecapSchema, body)

    @operation
    def sent_transfers(self, cursor: str = "", limit: int = PAGE_SIZE) -> ApiRequest[PageSchema[TransferSummarySchema]]:
        """Return a page of the sent transfers, the latest first."""
        return ApiRequest("GET", "/api/upload/transfers" + page_query(cursor, limit), PageSchema[TransferSummarySchema])

    @operation
    def sent_transfer(self, transfer: str) -> ApiRequest[TransferSchema]:
        return ApiRequest("GET", api_path("upload", "transfers", transfer), TransferSchema)

    @operation
    def withdraw(self, transfer: str) -> ApiRequest[None]:
        return ApiRequest("DELETE", api_path("upload", "transfers", transfer), NoneType)

    @operation
    def extend(self, transfer: str, days: int) -> ApiRequest[TransferSchema]:
        """Keep the transfer for `days` days, counted from the submission."""
        return ApiRequest("PUT", api_path("upload", "transfers", transfer, "validity"), TransferSchema, {"days": days})


def _draft(*segments: str) -> str:
    return api_path("upload", "drafts", *segments)
