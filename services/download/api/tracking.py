"""What can a sender ask with a session? To see what became of a transfer, and to change what one recipient may do."""

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AfterValidator, BaseModel

from services.contracts.values import Recipient
from services.download.api.tracking_schemas import (
    FIRST_FILES,
    RemindedResponse,
    ResentResponse,
    TrackedFileResponse,
    TrackingResponse,
    tracked_file_response,
    tracked_recipient_response,
    tracking_response,
    without_link,
)
from services.download.deps import Deps
from services.download.domain import mails
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.refusals import (
    LinkExpired,
    LinkUnknown,
    NobodyToRemind,
    RecipientHasNoLink,
    RecipientUnknown,
    TransferUnknown,
)
from services.download.offers import offer_of
from services.kit.addresses import AddressNotAcceptable, normal_form
from services.kit.pagination import Page, PageParameters, paginate
from services.kit.service import get_deps
from services.kit.text import ShortText

router = APIRouter(prefix="/api/download/transfers/{transfer}")

Wired = Annotated[Deps, Depends(get_deps)]


def _compared(typed: str) -> str:
    """The address in normal form; what is no address names nobody."""
    try:
        return normal_form(typed)
    except AddressNotAcceptable:
        return typed


Typed = Annotated[ShortText, AfterValidator(_compared)]


class RecipientRequest(BaseModel):
    """One recipient, by their address."""

    recipient: Typed


class ReopenRequest(RecipientRequest):
    """What is opened again, and for whom."""

    file: ShortText


class ReminderRequest(BaseModel):
    """Who is reminded: everybody who has not downloaded everything, unless one recipient is named."""

    recipient: Typed | None = None


@router.get("")
async def track(transfer: str, request: Request, deps: Wired) -> TrackingResponse:
    """The sender's view: who was told, who opened, who downloaded what, who has not."""
    delivery, contents, now = await _sent_by_caller(deps, transfer, request)
    cards = {one.address: without_link(one, delivery) for one in contents.recipients}
    async for one in deps.links.followed(transfer, [file.file for file in contents.files[:FIRST_FILES]]):
        cards[one.link.recipient.address] = tracked_recipient_response(one, contents, delivery, now)
    return tracking_response(delivery, contents, list(cards.values()))


@router.get("/recipients/{number}/files")
async def files_of_recipient(
    transfer: str, number: Annotated[int, Path(ge=1)], request: Request, deps: Wired, page_request: PageParameters
) -> Page[TrackedFileResponse]:
    """What one recipient did with each file, in the order of the transfer; nothing while they have no link.

    `number` is their place in the list of recipients, the first is 1: an address does not belong into an address.
    """
    sent = await _sent_by_caller(deps, transfer, request)
    if number > len(sent.contents.recipients):
        raise RecipientUnknown()
    id = deps.links.id(deps.links.token(transfer, sent.contents.recipients[number - 1]))
    try:
        link, now = await deps.links.read(id)
    except LinkUnknown:
        return Page(items=[], next_cursor=None)
    return paginate(sent.contents.files, page_request, lambda file: tracked_file_response(file, link, now))


@router.post("/reopenings", status_code=204)
async def reopen(transfer: str, wish: ReopenRequest, request: Request, deps: Wired) -> None:
    """The sender opens a file again that was suspended on one recipient's link."""
    sent = await _sent_by_caller(deps, transfer, request)
    recipient = next((one for one in sent.contents.recipients if one.address == wish.recipient), None)
    if recipient is None:
        raise LinkUnknown()
    id = deps.links.id(deps.links.token(transfer, recipient))
    await deps.links.read(id)
    await deps.links.all.update(id, lambda link, now: link.reopen(wish.file, now))


@router.post("/revocations", status_code=204)
async def revoke(transfer: str, wish: RecipientRequest, request: Request, deps: Wired) -> None:
    """Take one recipient's right back: their link is dead at once, or they never get one. Again changes nothing.

    Refuses what has ended, and the last agent who could approve while somebody waits for it.
    """
    sent = await _sent_by_caller(deps, transfer, request)
    recipient = sent.recipient(wish.recipient)
    linked = await deps.links.addresses(transfer)
    await deps.deliveries.all.update(
        transfer, lambda delivery, now: delivery.revoke(recipient, sent.contents.recipients, linked, now)
    )


@router.put("/resendings/{id}")
async def resend(transfer: str, id: UUID, wish: RecipientRequest, request: Request, deps: Wired) -> ResentResponse:
    """Have the mail with the link sent to one recipient once more; the same id again sends nothing more.

    Refuses what has ended, who has no link (yet, or no more), a second mail within ten minutes, a sixth within a day.
    """
    sent = await _sent_by_caller(deps, transfer, request)
    link = await _link_of(deps, sent, wish.recipient)
    offer = offer_of(deps, link, sent.contents)
    link = await deps.links.all.update(link.id, lambda link, now: mails.resend(link, offer, str(id), now))
    return ResentResponse(recipient=link.recipient.address, asked_at=link.resent.at if link.resent else sent.now)


@router.put("/reminders/{id}")
async def remind(
    transfer: str, id: UUID, request: Request, deps: Wired, wish: ReminderRequest | None = None
) -> RemindedResponse:
    """Remind those who have not downloaded everything, or one of them; the same id again reminds nobody more.

    Nobody is reminded twice within a day: who was is passed over, or refused when they alone were named.
    """
    sent, named = await _sent_by_caller(deps, transfer, request), wish.recipient if wish else None
    if named is not None:
        link = await _link_of(deps, sent, named)
        offer = offer_of(deps, link, sent.contents)
        await deps.links.all.update(link.id, lambda link, now: mails.remind(link, offer, str(id), now))
        return RemindedResponse(reminded=[named], passed_over=[])
    sent.must_be_open()
    reminded, passed_over = list[str](), list[str]()
    async for one in deps.links.of(transfer):
        if sent.delivery.revoked_at(one.recipient.address):
            continue
        after = await _remind_unless_barred(deps, one, sent.contents, str(id))
        if mails.was_reminded(after, str(id)):
            reminded.append(one.recipient.address)
        elif not after.has_everything(len(sent.contents.files), sent.now):
            passed_over.append(one.recipient.address)
    if not reminded:
        raise NobodyToRemind()
    return RemindedResponse(reminded=reminded, passed_over=passed_over)


async def _remind_unless_barred(deps: Deps, link: Link, contents: Contents, id: str) -> Link:
    offer = offer_of(deps, link, contents)
    return await deps.links.all.update(link.id, lambda link, now: mails.remind_unless_barred(link, offer, id, now))


class _Sent(NamedTuple):
    """A transfer of whoever asks, and the database's time."""

    delivery: Delivery
    contents: Contents
    now: datetime

    def recipient(self, address: str) -> Recipient:
        """One of those it was sent to."""
        found = next((one for one in self.contents.recipients if one.address == address), None)
        if found is None:
            raise RecipientUnknown()
        return found

    def must_be_open(self) -> None:
        """Refuse with the reason when it has ended."""
        self.delivery.must_be_open()
        if self.delivery.is_over(self.now):
            raise LinkExpired()


async def _link_of(deps: Deps, sent: _Sent, address: str) -> Link:
    """The link of one recipient, while it leads somewhere."""
    recipient = sent.recipient(address)
    sent.must_be_open()
    sent.delivery.must_be_open_to(address)
    id = deps.links.id(deps.links.token(sent.contents.id, recipient))
    try:
        return (await deps.links.read(id))[0]
    except LinkUnknown:
        raise RecipientHasNoLink() from None


async def _sent_by_caller(deps: Deps, transfer: str, request: Request) -> _Sent:
    caller = await deps.authenticator.authenticate(request)
    delivery, now = await deps.deliveries.read(transfer)
    if delivery.reference is None or delivery.reference.sender.address != caller.address:
        raise TransferUnknown()
    return _Sent(delivery, await deps.contents.get(transfer), now)
