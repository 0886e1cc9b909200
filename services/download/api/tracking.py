"""What a sender can ask with a session: to see who has downloaded what, and to change what one recipient may do."""

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
    ENDED,
    EverythingDownloaded,
    FileUnknown,
    LastApproverNeeded,
    LinkExpired,
    LinkRevoked,
    LinkUnknown,
    NobodyToRemind,
    RecipientHasNoLink,
    RecipientUnknown,
    RemindedLately,
    ResentLately,
    ResentOften,
    TransferUnknown,
)
from services.kit.addresses import AddressNotAcceptable, normal_form
from services.kit.authentication import SESSION_REFUSALS
from services.kit.pagination import Page, PageParameters, paginate
from services.kit.refusals import refuses
from services.kit.service import get_deps
from services.kit.text import ShortText

router = APIRouter(prefix="/api/download/transfers/{transfer}")

Wired = Annotated[Deps, Depends(get_deps)]
OF_SENDER = (*SESSION_REFUSALS, TransferUnknown)
NO_MAIL = (RecipientUnknown, RecipientHasNoLink, LinkRevoked, *ENDED)


def _in_normal_form(typed: str) -> str:
    """Return the address in normal form; text that is no address matches no recipient."""
    try:
        return normal_form(typed)
    except AddressNotAcceptable:
        return typed


Typed = Annotated[ShortText, AfterValidator(_in_normal_form)]


class RecipientRequest(BaseModel):
    """One recipient, by their address."""

    recipient: Typed


class ReopenRequest(RecipientRequest):
    """The file to open again, and for whom."""

    file: ShortText


class ReminderRequest(BaseModel):
    """Who is reminded: one recipient, or by default everybody who has not downloaded everything."""

    recipient: Typed | None = None


@router.get("")
@refuses(*OF_SENDER)
async def track(transfer: str, request: Request, deps: Wired) -> TrackingResponse:
    """Return who was told, who has opened the link, who has downloaded what, and who has not."""
    delivery, contents, now = await _sent_by_caller(deps, transfer, request)
    recipients = {one.address: without_link(one, delivery) for one in contents.recipients}
    async for one in deps.links.tracked(transfer, [file.file for file in contents.files[:FIRST_FILES]]):
        recipients[one.link.recipient.address] = tracked_recipient_response(one, contents, delivery, now)
    return tracking_response(delivery, contents, list(recipients.values()))


@router.get("/recipients/{number}/files")
@refuses(*OF_SENDER, RecipientUnknown)
async def files_of_recipient(
    transfer: str, number: Annotated[int, Path(ge=1)], request: Request, deps: Wired, page_request: PageParameters
) -> Page[TrackedFileResponse]:
    """Return what one recipient did with each file, in the order of the transfer; nothing while they have no link.

    `number` is their place in the list of recipients, from 1: no URL contains a mail address.
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
@refuses(*OF_SENDER, LinkUnknown, FileUnknown)
async def reopen(transfer: str, body: ReopenRequest, request: Request, deps: Wired) -> None:
    """Open a file again that was suspended on one recipient's link."""
    sent = await _sent_by_caller(deps, transfer, request)
    recipient = next((one for one in sent.contents.recipients if one.address == body.recipient), None)
    if recipient is None:
        raise LinkUnknown()
    id = deps.links.id(deps.links.token(transfer, recipient))
    await deps.links.read(id)
    await deps.links.all.update(id, lambda link, now: link.reopen(body.file, now))


@router.post("/revocations", status_code=204)
@refuses(*OF_SENDER, RecipientUnknown, *ENDED, LastApproverNeeded)
async def revoke(transfer: str, body: RecipientRequest, request: Request, deps: Wired) -> None:
    """Take one recipient's right back: their link stops working at once, or they never get one.

    A second time changes nothing. Refuses after the end, and to revoke the last agent who could approve while somebody
    waits for an approval.
    """
    sent = await _sent_by_caller(deps, transfer, request)
    recipient = sent.recipient(body.recipient)
    linked = await deps.links.addresses(transfer)
    await deps.deliveries.all.update(
        transfer, lambda delivery, now: delivery.revoke(recipient, sent.contents.recipients, linked, now)
    )


@router.put("/resendings/{id}")
@refuses(*OF_SENDER, *NO_MAIL, ResentLately, ResentOften)
async def resend(transfer: str, id: UUID, body: RecipientRequest, request: Request, deps: Wired) -> ResentResponse:
    """Send the mail with the link to one recipient again; the same id again sends nothing more.

    Refuses after the end, for a recipient without a link, a second mail within ten minutes, and a sixth within a day.
    """
    sent = await _sent_by_caller(deps, transfer, request)
    link = await _link_of(deps, sent, body.recipient)
    content = deps.links.mail_content(link, sent.contents)
    link = await deps.links.all.update(link.id, lambda link, now: mails.resend(link, content, str(id), now))
    return ResentResponse(recipient=link.recipient.address, asked_at=link.resent.at if link.resent else sent.now)


@router.put("/reminders/{id}")
@refuses(*OF_SENDER, *NO_MAIL, EverythingDownloaded, RemindedLately, NobodyToRemind)
async def remind(
    transfer: str, id: UUID, request: Request, deps: Wired, body: ReminderRequest | None = None
) -> RemindedResponse:
    """Remind those who have not downloaded everything, or one of them; the same id again sends nothing more.

    Nobody is reminded twice within a day: they are passed over, or refused if only they were named.
    """
    sent, named = await _sent_by_caller(deps, transfer, request), body.recipient if body else None
    if named is not None:
        link = await _link_of(deps, sent, named)
        content = deps.links.mail_content(link, sent.contents)
        await deps.links.all.update(link.id, lambda link, now: mails.remind(link, content, str(id), now))
        return RemindedResponse(reminded=[named], passed_over=[])
    sent.must_be_open()
    reminded, passed_over = list[str](), list[str]()
    async for one in deps.links.of(transfer):
        if sent.delivery.revoked_at(one.recipient.address):
            continue
        after = await _remind_if_allowed(deps, one, sent.contents, str(id))
        if mails.was_reminded(after, str(id)):
            reminded.append(one.recipient.address)
        elif not after.has_everything(len(sent.contents.files), sent.now):
            passed_over.append(one.recipient.address)
    if not reminded:
        raise NobodyToRemind()
    return RemindedResponse(reminded=reminded, passed_over=passed_over)


async def _remind_if_allowed(deps: Deps, link: Link, contents: Contents, id: str) -> Link:
    content = deps.links.mail_content(link, contents)
    return await deps.links.all.update(link.id, lambda link, now: mails.remind_if_allowed(link, content, id, now))


class _Sent(NamedTuple):
    """A transfer that the caller has sent, and the database's time."""

    delivery: Delivery
    contents: Contents
    now: datetime

    def recipient(self, address: str) -> Recipient:
        """Return one of its recipients, or refuse with `RecipientUnknown`."""
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
    """Return the link of one recipient, or refuse when it works no more or there is none."""
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
