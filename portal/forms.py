"""What did somebody send with a form? Small forms are read whole, and only when they come from a page of ours."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from portal.csrf import FIELD, HEADER
from portal.visits import RELAY, Visit
from services.kit.refusals import BadRequest, ContentTooLarge

LARGEST_BYTES = 64 * 1024
MOST_FIELDS = 100


class Form(dict[str, str]):
    """The fields of a form; what was not sent is empty."""

    def __missing__(self, _name: str) -> str:
        return ""

    def only(self, *names: str) -> dict[str, str]:
        """Some of the fields, without blanks around them."""
        return {name: self[name].strip() for name in names}


async def posted(request: Request) -> Form:
    """The fields; refuses a form that did not come from a page of this site."""
    form = read(await body_of(request, LARGEST_BYTES))
    Visit(request, request.app.state.deps).verify_form(form[FIELD])
    return form


async def scripted(request: Request) -> None:
    """Refuses a script's request that does not say the token of its page."""
    Visit(request, request.app.state.deps).verify_form(request.headers.get(HEADER, ""), RELAY)


def read(body: bytes) -> Form:
    """`application/x-www-form-urlencoded` in UTF-8."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest() from None
    return Form(fields)


async def body_of(request: Request, largest_bytes: int) -> bytes:
    """All of a small body; refuses a larger one as soon as it is."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest_bytes:
            raise ContentTooLarge(limit_bytes=largest_bytes)
    return bytes(body)


Posted = Annotated[Form, Depends(posted)]
FromScript = Depends(scripted)
