"""Convert drafts, transfers and files to JSON responses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from services.contracts.values import Part, Recipient
from services.kit.documents import Document
from services.kit.idn import display_form
from services.upload.api.schemas import (
    AddressesByRoleResponse,
    CompleteFileResponse,
    DraftProblemResponse,
    DraftResponse,
    DraftSummaryResponse,
    FilePlanResponse,
    RecapResponse,
    StoredPartResponse,
    TransferRecipientResponse,
    TransferResponse,
    TransferSummaryResponse,
)
from services.upload.deps import Deps
from services.upload.domain.edit_conflicts import field_digests
from services.upload.domain.submission import approvers_of, needs_approval, problem_view, problems, recipients_of
from services.upload.domain.transfer import File, Transfer


def json_response(response: BaseModel) -> Response:
    """Return a JSON response; a thousand files are serialised straight to bytes, without a second validation."""
    body = response.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def draft_summary(document: Document) -> DraftSummaryResponse:
    """Return a draft in a list, from the projected document."""
    return DraftSummaryResponse(draft=document["_id"], **document)


def transfer_summary(document: Document) -> TransferSummaryResponse:
    """Return a submitted transfer in a list, from the projected document."""
    return TransferSummaryResponse(transfer=document["_id"], **document)


def draft_view(draft: Transfer, deps: Deps) -> DraftResponse:
    """Return a draft with the problems that prevent its submission."""
    found = problems(draft, deps.limits, deps.agents)
    return DraftResponse(
        draft=draft.id,
        digests=field_digests(draft),
        **_content_fields(draft, deps),
        problems=[DraftProblemResponse(**problem_view(problem)) for problem in found],
    )


def transfer_view(transfer: Transfer, deps: Deps) -> TransferResponse:
    """Return a submitted transfer."""
    return TransferResponse(
        transfer=transfer.id,
        **_content_fields(transfer, deps),
        outcome=transfer.outcome,
        submitted_at=transfer.submitted_at,
        ends_at=transfer.ends_at,
        closed_at=transfer.closed_at,
        purged_at=transfer.purged_at,
    )


def recap_view(transfer: Transfer) -> RecapResponse:
    """Return the recap of a submission."""
    waits = needs_approval(transfer.sender, transfer.recipients)
    return RecapResponse(
        transfer=transfer.id,
        submitted_at=transfer.submitted_at,
        ends_at=transfer.ends_at,
        needs_approval=waits,
        approvers=approvers_of(transfer.sender, transfer.recipients) if waits else [],
        recipients=by_role(transfer.recipients),
        files=[_file_fields(id, file) for id, file in transfer.files.items()],
        total_bytes=transfer.total_bytes,
    )


def by_role(recipients: tuple[Recipient, ...]) -> AddressesByRoleResponse:
    """Return the addresses of the agents, and of the external recipients."""
    return AddressesByRoleResponse(
        agent=[one.address for one in recipients if one.role == "agent"],
        external=[one.address for one in recipients if one.role == "external"],
    )


def file_plan_view(
    id: str, file: File, capability: str, ends: datetime, arrived: Mapping[int, Part]
) -> FilePlanResponse:
    """Return a file, the URL for its parts, and those that have arrived."""
    return FilePlanResponse(
        **_file_fields(id, file),
        part_size_bytes=file.part_bytes,
        part_count=file.part_count,
        restarted_at=file.restarted_at,
        parts_url=f"/parts/{capability}",
        capability_expires_at=ends,
        parts=[
            StoredPartResponse(number=number, size_bytes=part.size_bytes, sha256=part.sha256)
            for number, part in sorted(arrived.items())
        ],
    )


def complete_file_view(id: str, file: File) -> CompleteFileResponse:
    """Return a complete file."""
    return CompleteFileResponse(**_file_fields(id, file), part_size_bytes=file.part_bytes, part_count=file.part_count)


def _content_fields(transfer: Transfer, deps: Deps) -> dict[str, Any]:
    recipients = recipients_of(transfer, deps.agents)
    waits = needs_approval(transfer.sender, recipients)
    return {
        "state": transfer.state,
        "sender": transfer.sender,
        "recipients": [
            TransferRecipientResponse(**dict(one), shown=display_form(one.mail_to or one.address)) for one in recipients
        ],
        "needs_approval": waits,
        "approvers": approvers_of(transfer.sender, recipients) if waits else [],
        "unreadable": transfer.unreadable,
        "subject": transfer.subject,
        "text": transfer.text,
        "validity_days": transfer.validity_days,
        "language": transfer.language,
        "files": [_file_fields(id, file) for id, file in transfer.files.items()],
        "total_bytes": transfer.total_bytes,
        "created_at": transfer.created_at,
        "updated_at": transfer.updated_at,
    }


def _file_fields(id: str, file: File) -> dict[str, Any]:
    return {
        "file": id,
        "path": file.path,
        "size_bytes": file.size_bytes,
        "modified_at": file.modified_at,
        "state": file.state,
        "sha256": file.sha256 or None,
        "crc32": f"{file.crc32:08x}" if file.state == "complete" else None,
    }
