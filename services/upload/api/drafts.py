"""Endpoints of drafts: create, list, read, edit, delete, submit."""

import asyncio

from fastapi import APIRouter, Response

from services.kit.authentication import Caller
from services.kit.pagination import Page, PageParameters
from services.kit.rate_limit import RateLimit
from services.kit.refusals import refuses
from services.upload.api.dependencies import OF_DRAFT, PREFIX, CurrentCaller, Id, Wired, language_of, sender_of
from services.upload.api.schemas import DraftResponse, DraftSummaryResponse, RecapResponse
from services.upload.api.views import draft_summary, draft_view, json_response, recap_view
from services.upload.deps import Deps
from services.upload.domain.draft_edits import (
    DraftEdit,
    TooManyDrafts,
    TooManyRecipients,
    ValidityOutOfRange,
    apply_edit,
    parse_edit,
)
from services.upload.domain.edit_conflicts import (
    DraftChangedElsewhere,
    SubmissionPrecondition,
    SubmissionRequest,
    require_unchanged,
)
from services.upload.domain.lifecycle import discard
from services.upload.domain.submission import INCOMPLETE, TooManyTransfers, refuse_incomplete, submit
from services.upload.domain.text_sanitising import SubjectTooLong, TextTooLong
from services.upload.domain.transfer import Transfer, editable_by, new_draft, owned_by
from services.upload.domain.verification import needs_verification

router = APIRouter(prefix=f"{PREFIX}/drafts")
DAY_SECONDS = 86_400


@router.put("/{draft}", response_model=DraftResponse)
@refuses(*OF_DRAFT, TooManyDrafts)
async def create_draft(draft: Id, deps: Wired, caller: CurrentCaller) -> Response:
    """Create a draft under an id chosen by the client; a repetition returns the draft as it is now."""
    found = await deps.transfers.find(str(draft)) or await _new(deps, str(draft), caller)
    return json_response(draft_view(editable_by(caller.address, found), deps))


@router.get("", response_model=Page[DraftSummaryResponse])
async def list_drafts(deps: Wired, caller: CurrentCaller, page_request: PageParameters) -> Response:
    """List the caller's drafts, the last updated first."""
    return json_response(await deps.transfers.drafts_of(caller.address, page_request, draft_summary))


@router.get("/{draft}", response_model=DraftResponse)
@refuses(*OF_DRAFT)
async def get_draft(draft: Id, deps: Wired, caller: CurrentCaller) -> Response:
    """Return one draft."""
    found, _ = await deps.transfers.read(str(draft))
    return json_response(draft_view(editable_by(caller.address, found), deps))


@router.patch("/{draft}", response_model=DraftResponse)
@refuses(*OF_DRAFT, TooManyRecipients, SubjectTooLong, TextTooLong, ValidityOutOfRange, DraftChangedElsewhere)
async def edit_draft(draft: Id, edit: DraftEdit, deps: Wired, caller: CurrentCaller) -> Response:
    """Edit the named fields; a list of recipients is replaced as a whole, and each entry may be a pasted list."""
    typed = await asyncio.to_thread(parse_edit, edit, deps.limits)
    after = await deps.transfers.update(
        str(draft), lambda state, now: (apply_edit(editable_by(caller.address, state), typed, deps.limits, now), [])
    )
    return json_response(draft_view(after, deps))


@router.delete("/{draft}", status_code=204)
@refuses(*OF_DRAFT)
async def delete_draft(draft: Id, deps: Wired, caller: CurrentCaller) -> None:
    """Delete the draft with its files; a repetition changes nothing. Withdraw a submitted transfer instead."""
    await deps.transfers.update(str(draft), lambda state, now: (discard(_deletable(caller.address, state), now), []))


@router.post("/{draft}/submission", response_model=RecapResponse)
@refuses(*OF_DRAFT, *INCOMPLETE, DraftChangedElsewhere, TooManyTransfers)
async def submit_draft(
    draft: Id, deps: Wired, caller: CurrentCaller, submission: SubmissionRequest | None = None
) -> Response:
    """Submit the draft, if it is unchanged since it was shown; a repetition returns the same recap."""
    was = (submission or SubmissionRequest()).was
    snapshot = await deps.transfers.read(str(draft))
    if owned_by(caller.address, snapshot[0]).submitted_at is None:
        await _refuse_early(deps, snapshot[0], caller, was)
        if needs_verification(snapshot[0]):
            await deps.verifications.begin(str(draft), snapshot[1])
    sent = await deps.transfers.update(
        str(draft),
        lambda state, now: submit(
            require_unchanged(owned_by(caller.address, state), was), sender_of(caller), deps.limits, deps.agents, now
        ),
        snapshot,
    )
    return json_response(recap_view(sent))


async def _new(deps: Deps, id: str, caller: Caller) -> Transfer:
    now, days = await deps.transfers.now(), deps.limits.usual_validity_days
    return await deps.transfers.create_draft(
        new_draft(id, sender_of(caller), language_of(caller), days, now), deps.limits
    )


async def _refuse_early(deps: Deps, draft: Transfer, caller: Caller, was: SubmissionPrecondition) -> None:
    """Refuse what is incomplete or was changed before it counts, once, against the limit of the day."""
    sender = sender_of(caller)
    refuse_incomplete(editable_by(caller.address, draft).evolve(sender=sender), deps.limits, deps.agents)
    require_unchanged(draft, was)
    rate = RateLimit("submissions", deps.limits.transfers_per_day.of(sender.role), DAY_SECONDS)
    if not await deps.rate_limiter.allows(rate, draft.sender_mailbox, draft.id):
        raise TooManyTransfers(limit=rate.limit, retry_after_seconds=DAY_SECONDS // 24)


def _deletable(address: str, transfer: Transfer) -> Transfer:
    return transfer if owned_by(address, transfer).outcome == "discarded" else editable_by(address, transfer)
