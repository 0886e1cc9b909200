"""Lets an agent invite somebody who cannot pass the human check: a link is sent to their mailbox."""

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from portal.forms import PostedForm
from portal.language import LANGUAGES
from portal.request_context import RequestContext, SignedIn

router = APIRouter()
FORM_ERROR = "address-not-acceptable"


@router.get("/invite")
async def show_form(context: SignedIn) -> Response:
    """Ask for an address and the language of the mail."""
    return _form(context)


@router.post("/invite")
async def invite(context: SignedIn, form: PostedForm) -> Response:
    """Give the same answer for every address."""
    email, language = form["email"].strip(), form["language"]
    try:
        await context.api.invite(email, language if language in LANGUAGES else context.language)
    except Problem as problem:
        if problem.slug != FORM_ERROR:
            raise
        return _form(context, email, language, problem.title)
    return context.redirect("/invite/sent")


@router.get("/invite/sent")
async def sent(context: SignedIn) -> Response:
    """Tell the agent what the invited person does next."""
    return context.render("invite/sent.html")


def _form(context: RequestContext, email: str = "", language: str = "", error: str = "") -> Response:
    values = {"email": email, "chosen": language or context.language, "error": error}
    return context.render("invite/ask.html", 422 if error else 200, **values)
