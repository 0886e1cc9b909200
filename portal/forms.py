"""Reads small forms whole, and refuses those that fail the CSRF check."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from portal.csrf import FIELD, HEADER
from portal.request_context import API_PROXY, any_visitor
from services.kit.refusals import BadRequest, ContentTooLarge

MAX_BYTES = 64 * 1024
MAX_FIELDS = 100


class Form(dict[str, str]):
    """The fields of a form; a field that was not sent is empty."""

    def __missing__(self, _name: str) -> str:
        return ""

    def only(self, *names: str) -> dict[str, str]:
        """Return these fields, stripped."""
        return {name: self[name].strip() for name in names}


async def read_form(request: Request) -> Form:
    """Return the fields; refuse a form that was not sent from a page of this site."""
    form = parse_form(await read_body(request, MAX_BYTES))
    any_visitor(request).verify_form(form[FIELD])
    return form


async def verify_script(request: Request) -> None:
    """Refuse a script's request without the CSRF token of its page."""
    any_visitor(request).verify_form(request.headers.get(HEADER, ""), API_PROXY)


def parse_form(body: bytes) -> Form:
    """Parse `application/x-www-form-urlencoded` in UTF-8."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest() from None
    return Form(fields)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read a whole body; refuse it as soon as it exceeds the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise ContentTooLarge(limit_bytes=max_bytes)
    return bytes(body)


PostedForm = Annotated[Form, Depends(read_form)]
VerifiedScript = Depends(verify_script)
