"""What an agent can ask with a session: the transfers that they were sent, without looking for the mails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from services.contracts.values import Person, Recipient, Role, TransferReference
from services.download.deps import Deps
from services.download.domain.delivery import Delivery
from services.download.domain.refusals import AgentMailboxOnly
from services.kit.authentication import SESSION_REFUSALS
from services.kit.documents import Document
from services.kit.pagination import Page, PageParameters
from services.kit.refusals import refuses
from services.kit.service import get_deps

router = APIRouter(prefix="/api/download/received")

Wired = Annotated[Deps, Depends(get_deps)]
State = Literal["open", "expired", "lapsed", "refused", "withdrawn", "quarantined", "revoked"]


class ReceivedTransferResponse(BaseModel):
    """A transfer that was sent to the caller; `link` is their token for it, while it works."""

    transfer: str = Field(description="Its id.")
    subject: str
    sender: Person
    sender_role: Role
    issued_at: datetime = Field(description="When the link was issued.")
    ends_at: datetime
    state: State
    files: int = Field(description="How many.")
    total_bytes: int = Field(description="Of all files.")
    has_everything: bool
    link: str | None


@router.get("")
@refuses(*SESSION_REFUSALS, AgentMailboxOnly)
async def received(
    request: Request, response: Response, deps: Wired, page_request: PageParameters
) -> Page[ReceivedTransferResponse]:
    """Return a page, the latest first; the caller has proved the mailbox to which the same links were mailed.

    `has_everything` is as last written: a download that broke inside its last MiB counts up to ten seconds after its
    lease has ended.
    """
    caller = await deps.authenticator.authenticate(request)
    if caller.role != "agent":
        raise AgentMailboxOnly()
    response.headers["Cache-Control"] = "no-store"
    now = await deps.links.now()

    async def responses(links: Sequence[Document]) -> Sequence[ReceivedTransferResponse]:
        deliveries = await deps.deliveries.get_many({link["transfer"] for link in links})
        return [_response(deps, link, deliveries.get(link["transfer"]), now) for link in links]

    return await deps.links.received_by(caller.address, page_request, responses)


def _response(deps: Deps, link: Document, delivery: Delivery | None, now: datetime) -> ReceivedTransferResponse:
    recipient, reference = (
        Recipient.model_validate(link["recipient"]),
        TransferReference.model_validate(link["reference"]),
    )
    state = _state(recipient, link["ends_at"], delivery, now)
    return ReceivedTransferResponse(
        transfer=link["transfer"],
        subject=reference.subject,
        sender=reference.sender,
        sender_role=reference.sender_role,
        issued_at=link["issued_at"],
        ends_at=link["ends_at"],
        state=state,
        files=link["files"],
        total_bytes=link["total_bytes"],
        has_everything=link["files_downloaded"] >= link["files"],
        link=deps.links.token(link["transfer"], recipient) if state == "open" else None,
    )


def _state(recipient: Recipient, ends_at: datetime, delivery: Delivery | None, now: datetime) -> State:
    if delivery is None:
        return "expired"
    if delivery.closing is not None:
        return delivery.closing.outcome
    if delivery.quarantine is not None:
        return "quarantined"
    if delivery.revoked_at(recipient.address):
        return "revoked"
    return "expired" if now >= ends_at else "open"
