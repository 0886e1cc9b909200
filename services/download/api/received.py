"""What can an agent ask with a session, who was sent something? What there is, without looking for the mail."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from services.contracts.values import Person, Role
from services.download.deps import Deps
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.refusals import AgentMailboxOnly
from services.kit.service import wired

router = APIRouter(prefix="/api/download/received")

Wired = Annotated[Deps, Depends(wired)]


class ReceivedCard(BaseModel):
    """A transfer that was sent to whoever asks; `link` is their token for it, while it leads somewhere."""

    transfer: str
    subject: str
    sender: Person
    sender_role: Role
    issued_at: datetime | None
    ends_at: datetime
    state: Literal["open", "expired", "lapsed", "refused", "withdrawn", "quarantined", "revoked"]
    files: int
    total_bytes: int
    has_everything: bool
    link: str | None


@router.get("")
async def received(request: Request, response: Response, deps: Wired) -> list[ReceivedCard]:
    """The latest first. Looking costs nothing; whoever proved a mailbox could read the same links there."""
    caller = await deps.callers.of(request)
    if caller.role != "agent":
        raise AgentMailboxOnly()
    response.headers["Cache-Control"] = "no-store"
    links, now = await deps.links.received_by(caller.address), await deps.links.now()
    deliveries = await deps.deliveries.some([link.transfer for link in links])
    return [_card(deps, link, deliveries[link.transfer], now) for link in links if link.transfer in deliveries]


def _card(deps: Deps, link: Link, delivery: Delivery, now: datetime) -> ReceivedCard:
    state = _state(link, delivery, now)
    return ReceivedCard(
        transfer=link.transfer,
        subject=link.label.subject,
        sender=link.label.sender,
        sender_role=link.label.sender_role,
        issued_at=link.issued_at,
        ends_at=link.ends_at,
        state=state,
        files=link.files,
        total_bytes=link.total_bytes,
        has_everything=link.has_everything(link.files, now),
        link=deps.links.token(link.transfer, link.recipient) if state == "open" else None,
    )


def _state(
    link: Link, delivery: Delivery, now: datetime
) -> Literal["open", "expired", "lapsed", "refused", "withdrawn", "quarantined", "revoked"]:
    if delivery.closing is not None:
        return delivery.closing.outcome
    if delivery.quarantine is not None:
        return "quarantined"
    if delivery.revoked_at(link.recipient.address):
        return "revoked"
    return "expired" if now >= link.ends_at else "open"
