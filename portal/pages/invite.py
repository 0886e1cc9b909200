"""How does an agent help somebody in who cannot pass the human check? With a link to their mailbox."""

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.gateway import Refused
from portal.language import LANGUAGES
from portal.visits import Member, Visit

router = APIRouter()
IN_FORM = "address-not-acceptable"


@router.get("/invite")
async def ask(visit: Member) -> Response:
    """An address, and the language of the mail."""
    return _form(visit)


@router.post("/invite")
async def invite(visit: Member, form: Posted) -> Response:
    """The same answer for every address."""
    email, language = form["email"].strip(), form["language"]
    try:
        await visit.ask.invite(email, language if language in LANGUAGES else visit.language)
    except Refused as refused:
        if refused.slug != IN_FORM:
            raise
        return _form(visit, email, language, refused.title)
    return visit.go("/invite/sent")


@router.get("/invite/sent")
async def sent(visit: Member) -> Response:
    """What the person who was invited does now."""
    return visit.show("invite/sent.html")


def _form(visit: Visit, email: str = "", language: str = "", error: str = "") -> Response:
    values = {"email": email, "chosen": language or visit.language, "error": error}
    return visit.show("invite/ask.html", 422 if error else 200, **values)
