"""Signing in: an address and a human check; then the link from the mail, its key, and a name."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from portal.forms import PostedForm
from portal.honeypot import FIELD
from portal.request_context import UNAUTHENTICATED, AnyVisitor, RequestContext
from portal.sessions import device_of, set_device, set_session

router = APIRouter()
CHALLENGE_KINDS = ("image", "question")
REQUEST_ERROR_FIELDS = {"challenge-failed": "answer", "address-not-acceptable": "email"}
SIGN_IN_ERROR_FIELDS = {"wrong-key": "key", "person-name-not-acceptable": "last_name"}


@router.get("/access")
async def show_request_form(context: AnyVisitor) -> Response:
    """Ask for an address and a human check: an image by default, a question for those who cannot see it."""
    return await _request_form(context, context.request.query_params.get("kind", CHALLENGE_KINDS[0]))


@router.post("/access")
async def request_link(context: AnyVisitor, form: PostedForm) -> Response:
    """Give the same answer for every address; ask a likely bot to try again."""
    if context.deps.honeypot.is_triggered(form, context.now()) and not await _is_agent(context):
        return await _request_form(context, form["kind"], form["email"], {"honeypot": form[FIELD]})
    try:
        device = device_of(context.request)
        await context.api.request_link(form["email"].strip(), form["challenge"], form["answer"], device)
    except Problem as problem:
        if problem.slug not in REQUEST_ERROR_FIELDS:
            raise
        errors = {REQUEST_ERROR_FIELDS[problem.slug]: problem.title}
        return await _request_form(context, form["kind"], form["email"], errors)
    return context.redirect("/access/sent")


@router.get("/access/sent")
async def link_sent(context: AnyVisitor) -> Response:
    """Tell the person to check their mailbox."""
    return context.render("access/link_sent.html")


@router.get("/access/{token}")
async def show_sign_in_form(context: AnyVisitor, token: str) -> Response:
    """Ask for name and key; the link is not checked or used up, because mail scanners open every link."""
    return _sign_in_page(context, token, {}, {})


@router.post("/access/{token}")
async def open_session(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Redeem the link with its key; after a wrong key, show the attempts that are left."""
    typed = form.only("last_name", "first_name", "key", "request_id")
    try:
        session = await context.api.open_session(token, **typed)
    except Problem as problem:
        if problem.slug not in SIGN_IN_ERROR_FIELDS:
            raise
        return _sign_in_page(context, token, typed, {SIGN_IN_ERROR_FIELDS[problem.slug]: problem})
    set_session(context.request, session.token)
    set_device(context.request, session.device)
    return context.redirect("/")


@router.post("/sign-out")
async def sign_out(context: AnyVisitor, form: PostedForm) -> Response:  # noqa: ARG001 - reading the form is checking it
    """End the session on every device that has its token; a session that has ended already is accepted."""
    try:
        await context.session_api.close_session()
    except Problem as problem:
        if problem.status != UNAUTHENTICATED:
            raise
    context.end_session()
    return context.redirect("/")


async def _request_form(
    context: RequestContext, kind: str, email: str = "", errors: dict[str, str] | None = None
) -> Response:
    challenge = await context.api.create_challenge(kind if kind in CHALLENGE_KINDS else CHALLENGE_KINDS[0])
    stamp = context.deps.honeypot.stamp(challenge.challenge, context.now())
    values = {"challenge": challenge, "stamp": stamp, "email": email, "errors": errors or {}}
    return context.render("access/request_link.html", 422 if errors else 200, **values)


async def _is_agent(context: RequestContext) -> bool:
    """Whether the auth service says so; the cookie alone can be forged."""
    if context.session is None:
        return False
    try:
        return (await context.api.current_session()).role == "agent"
    except Problem:
        return False


def _sign_in_page(context: RequestContext, token: str, typed: dict[str, str], errors: dict[str, Problem]) -> Response:
    values = {"last_name": "", "first_name": "", "key": "", "request_id": str(uuid.uuid4()), **typed}
    return context.render("access/sign_in.html", 422 if errors else 200, token=token, typed=values, errors=errors)
