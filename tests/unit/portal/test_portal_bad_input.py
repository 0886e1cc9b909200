"""Whatever somebody sends to the portal, it is their mistake and not ours: no answer is a 5xx."""

import base64
import json
from collections.abc import AsyncIterator, Iterable

import pytest

from portal.draft_form import draft_patch
from portal.forms import Form
from portal.multipart import MAX_PARTS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import DRAFT
from tests.unit.portal.visitor import Visitor, hidden

COOKIE = "__Host-session"
CLAIMS = {"jti": "a", "sub": "a@b.example", "name": "A", "role": "agent", "iat": 1_700_000_000, "exp": 4_000_000_000}


def forged(payload: bytes | str) -> str:
    raw = payload.encode() if isinstance(payload, str) else payload
    return f"e30.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.c2ln"


COOKIES = {
    "exp beyond every clock": forged(json.dumps({**CLAIMS, "exp": 10**400})),
    "exp after the last day of the calendar": forged(json.dumps({**CLAIMS, "exp": 2**40 - 1})),
    "exp without end": forged(json.dumps({**CLAIMS, "exp": float("inf")})),
    "exp is no number": forged(json.dumps({**CLAIMS, "exp": float("nan")})),
    "half a surrogate pair": forged(json.dumps({**CLAIMS, "name": "\ud800", "jti": "\ud800"})),
    "a deep name": forged(json.dumps(CLAIMS)[:-1] + ',"name":' + "[" * 190 + "]" * 190 + "}"),
    "nul": forged(json.dumps({**CLAIMS, "sub": "\0", "name": "\0"})),
    "not claims": forged("[1, 2]"),
    "not utf-8": forged(b'{"jti": "\xff\xfe"}'),
    "not base64": "e30.!.c2ln",
    "escaped line ends": f'"{forged(json.dumps(CLAIMS))}\\015\\012X-Evil: 1"',
    "a blank at the end": f'"{forged(json.dumps(CLAIMS))} "',
    "escaped nul": f'"{forged(json.dumps(CLAIMS))}\\000"',
    "empty": "",
    "long": "x" * 7_000,
}


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
@pytest.mark.parametrize("address", ["/", "/transfers", "/help", "/access"])
async def test_a_forged_cookie_opens_nothing_and_breaks_nothing(visitor: Visitor, cookie: str, address: str) -> None:
    visitor.cookies[COOKIE] = cookie
    answer = await visitor.get(address)
    assert answer.status_code in (200, 401), answer.text


@pytest.mark.parametrize("days", ["NaN", "1e400", "-Infinity", "9" * 5_000, "[" * 300])
async def test_what_json_cannot_say_is_not_passed_on(api: FakeApi, visitor: Visitor, days: str) -> None:
    visitor.sign_in()
    page = (await visitor.get("/drafts")).text
    said = page.partition('data-csrf="')[2].partition('"')[0]
    headers = {"X-CSRF-Token": said, "Content-Type": "application/json"}
    body = f'{{"validity_days": {days}}}'.encode()
    answer = await visitor._ask("PATCH", f"/api-proxy/drafts/{DRAFT}", content=body, headers=headers)
    assert answer.status_code == 400
    assert not [one for one in api.asked if one.method == "PATCH"]


@pytest.mark.parametrize("step", [".", ".."])
async def test_no_segment_of_an_address_leads_up(api: FakeApi, visitor: Visitor, step: str) -> None:
    visitor.sign_in()
    page = await visitor.get(f"/drafts/{DRAFT}")
    answer = await visitor.send_file(page, f"/drafts/{DRAFT}", ("", b""), query=f"?remove={step}")
    assert answer.status_code == 404
    assert not [one for one in api.asked if one.method == "DELETE"]


@pytest.mark.parametrize("days", ["9" * 5_000, "²", "٣", "-1", "1e3", "NaN", " 7", ""])
def test_days_that_are_no_number_are_not_passed_on(days: str) -> None:
    assert draft_patch(Form(validity_days=days)) == {}


async def test_empty_fields_are_counted_too(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get(f"/drafts/{DRAFT}")
    many = {f"field-{number}": "" for number in range(60)}
    answer = await visitor.send_file(page, f"/drafts/{DRAFT}", ("", b""), **many)
    assert answer.status_code in (413, 422)
    assert not [one for one in api.asked if one.method == "PATCH"]


PAGE = f"/drafts/{DRAFT}"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b0undary"}
CHUNKS = 200


class StreamedBody:
    """A body that is produced as it is read: these parts, then chunk after chunk."""

    def __init__(self, fields: Iterable[tuple[str, str]], chunk: bytes) -> None:
        self._first = b"".join(_part(name, value) for name, value in fields)
        self._chunk = chunk
        self.chunks_read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._first
        for _ in range(CHUNKS):
            self.chunks_read += 1
            yield self._chunk
        yield b"\r\n--b0undary--\r\n"


def _part(name: str, value: str) -> bytes:
    return f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


FILE = b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@pytest.mark.parametrize("person", ["signed in", "expired", "signed out"])
async def test_a_form_of_countless_parts_is_refused_without_reading_the_rest(visitor: Visitor, person: str) -> None:
    visitor.sign_in()
    fields = hidden(await visitor.get(PAGE), PAGE)
    visitor.cookies.clear()
    if person != "signed out":
        visitor.sign_in(age=1000 if person == "expired" else 0)
    body = StreamedBody(fields.items(), _part("to", "a") * MAX_PARTS)
    answer = await visitor._ask("POST", PAGE, content=body, headers=MULTIPART)
    assert answer.status_code == 413
    assert "plus de champs que ceux de ce site" in answer.text
    assert body.chunks_read == 1


@pytest.mark.parametrize("first", [[], [("to", "a")], [("csrf", "")]])
async def test_a_form_that_does_not_begin_with_its_token_is_refused_without_reading_the_rest(
    api: FakeApi, visitor: Visitor, first: list[tuple[str, str]]
) -> None:
    visitor.sign_in()
    body = StreamedBody(first, FILE + bytes(1000))
    answer = await visitor._ask("POST", PAGE, content=body, headers=MULTIPART)
    assert answer.status_code == 403
    assert body.chunks_read <= 1
    assert not api.upload.parts


@pytest.mark.parametrize(("expired", "chunks"), [(True, CHUNKS), (False, 1)])
async def test_without_a_session_what_was_typed_is_kept_and_the_file_is_not_parsed(
    api: FakeApi, visitor: Visitor, expired: bool, chunks: int
) -> None:
    visitor.sign_in()
    fields = hidden(await visitor.get(PAGE), PAGE)
    visitor.cookies.clear()
    if expired:
        api.auth.session = None
        visitor.sign_in(age=1000)
    body = StreamedBody([*fields.items(), ("text", "Deux heures")], FILE + b"\r\n")
    answer = await visitor._ask("POST", PAGE, content=body, headers=MULTIPART)
    assert answer.status_code == 401
    assert "Deux heures" in answer.text
    assert body.chunks_read == chunks
