"""Whatever somebody sends to the portal, it is their mistake and not ours: no answer is a 5xx."""

import base64
import json

import pytest

from portal.draft_form import draft_patch
from portal.forms import Form
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import DRAFT
from tests.unit.portal.visitor import Visitor

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
