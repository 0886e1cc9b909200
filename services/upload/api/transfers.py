"""Endpoints of submitted transfers: list, read, extend, withdraw."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, StrictInt

from services.kit.pagination import Page, PageParameters
from services.kit.refusals import NotFound, refuses
from services.upload.api.dependencies import PREFIX, CurrentCaller, Id, Wired
from services.upload.api.schemas import TransferResponse, TransferSummaryResponse
from services.upload.api.views import json_response, transfer_summary, transfer_view
from services.upload.domain.draft_edits import ValidityOutOfRange
from services.upload.domain.lifecycle import withdraw
from services.upload.domain.transfer import Transfer, owned_by
from services.upload.domain.validity import TransferEnded, ValidityShortened, extend

router = APIRouter(prefix=f"{PREFIX}/transfers")


class ValidityRequest(BaseModel):
    """The validity in days of 24 hours, from the submission to the end."""

    days: StrictInt


@router.get("", response_model=Page[TransferSummaryResponse])
async def list_transfers(deps: Wired, caller: CurrentCaller, page_request: PageParameters) -> Response:
    """List the caller's submitted transfers, the latest first."""
    return json_response(await deps.transfers.sent_by(caller.address, page_request, transfer_summary))


@router.get("/{transfer}", response_model=TransferResponse)
@refuses(NotFound)
async def get_transfer(transfer: Id, deps: Wired, caller: CurrentCaller) -> Response:
    """Return one transfer."""
    found, _ = await deps.transfers.read(str(transfer))
    return json_response(transfer_view(_sent(caller.address, found), deps))


@router.delete("/{transfer}", status_code=204)
@refuses(NotFound)
async def withdraw_transfer(transfer: Id, deps: Wired, caller: CurrentCaller) -> None:
    """Withdraw the transfer: its links stop working and its bytes are removed. A repetition changes nothing."""
    await deps.transfers.update(str(transfer), lambda state, now: withdraw(_sent(caller.address, state), now))


@router.put("/{transfer}/validity", response_model=TransferResponse)
@refuses(NotFound, TransferEnded, ValidityOutOfRange, ValidityShortened)
async def extend_validity(transfer: Id, validity: ValidityRequest, deps: Wired, caller: CurrentCaller) -> Response:
    """Extend the validity within the limits of every transfer; the same number of days changes nothing.

    Refuse fewer days than before, and a transfer that has ended.
    """
    after = await deps.transfers.update(
        str(transfer), lambda state, now: extend(_sent(caller.address, state), validity.days, deps.limits, now)
    )
    return json_response(transfer_view(after, deps))


def _sent(address: str, transfer: Transfer) -> Transfer:
    own = owned_by(address, transfer)
    if own.submitted_at is None:
        raise NotFound()
    return own
