"""How does somebody come in? An address and a human check; then the link from the mail, its key, and a name."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.gateway import Refused
from portal.sessions import device_of, hold, remember_device
from portal.trap import FIELD
from portal.visits import UNAUTHENTICATED, Visit, Visited

router = APIRouter()
KINDS = ("image", "question")
IN_ASKING = {"challenge-failed": "answer", "address-not-acceptable": "email"}
IN_ENTERING = {"wrong-key": "key", "person-name-not-acceptable": "last_name"}


@router.get("/access")
async def ask(visit: Visited) -> Response:
    """Address and human check; the image is what people know, the question is for who cannot see it."""
    return await _form(visit, visit.request.query_params.get("kind", KINDS[0]))


@router.post("/access")
async def send(visit: Visited, form: Posted) -> Response:
    """The same answer for every address: look in your mailbox. What looks like a machine is asked to try again."""
    if visit.deps.trap.springs(form, visit.now()) and not await _is_agent(visit):
        return await _form(visit, form["kind"], form["email"], {"sprung": form[FIELD]})
    try:
        device = device_of(visit.request)
        await visit.ask.request_link(form["email"].strip(), form["challenge"], form["answer"], device)
    except Refused as refused:
        if refused.slug not in IN_ASKING:
            raise
        return await _form(visit, form["kind"], form["email"], {IN_ASKING[refused.slug]: refused.title})
    return visit.go("/access/sent")


@router.get("/access/sent")
async def sent(visit: Visited) -> Response:
    """Look in your mailbox."""
    return visit.show("access/sent.html")


@router.get("/access/{token}")
async def enter(visit: Visited, token: str) -> Response:
    """Name and key; nothing is asked of the link and nothing spent, because mail scanners open every link."""
    return _entrance(visit, token, {}, {})


@router.post("/access/{token}")
async def open_session(visit: Visited, token: str, form: Posted) -> Response:
    """Spend the link with its key; a wrong key is told with the tries that are left."""
    wish = form.only("last_name", "first_name", "key", "request_id")
    try:
        held, device = await visit.ask.open_session({**wish, "link": token})
    except Refused as refused:
        if refused.slug not in IN_ENTERING:
            raise
        return _entrance(visit, token, wish, {IN_ENTERING[refused.slug]: refused})
    hold(visit.request, held)
    remember_device(visit.request, device)
    return visit.go("/")


@router.post("/sign-out")
async def sign_out(visit: Visited, form: Posted) -> Response:  # noqa: ARG001 - reading the form is checking it
    """End the session everywhere; a session that is over already is as good."""
    try:
        await visit.ask_of_session.close_session()
    except Refused as refused:
        if refused.status != UNAUTHENTICATED:
            raise
    visit.forget()
    return visit.go("/")


async def _form(visit: Visit, kind: str, email: str = "", errors: dict[str, str] | None = None) -> Response:
    challenge = await visit.ask.draw_challenge(kind if kind in KINDS else KINDS[0])
    stamp = visit.deps.trap.stamp(challenge.challenge, visit.now())
    values = {"challenge": challenge, "stamp": stamp, "email": email, "errors": errors or {}}
    return visit.show("access/ask.html", 422 if errors else 200, **values)


async def _is_agent(visit: Visit) -> bool:
    """Not as the cookie says, which anybody can write: as the service says that opened the session."""
    if visit.visitor is None:
        return False
    try:
        return await visit.ask.role() == "agent"
    except Refused:
        return False


def _entrance(visit: Visit, token: str, typed: dict[str, str], errors: dict[str, Refused]) -> Response:
    values = {"last_name": "", "first_name": "", "key": "", "request_id": str(uuid.uuid4()), **typed}
    return visit.show("access/enter.html", 422 if errors else 200, token=token, typed=values, errors=errors)
