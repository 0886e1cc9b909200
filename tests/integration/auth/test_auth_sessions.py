"""Redeeming a link: one session, five attempts, sixty minutes, by the database's clock."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.sessions import SessionClaims
from services.kit.clock import utc_now
from tests.harness import KEY
from tests.integration.auth.conftest import Started
from tests.integration.auth.service import AuthHarness, Mailed


def kind(problem: dict[str, object]) -> str:
    return str(problem["type"]).removeprefix("/problems/")


async def test_the_key_opens_a_session_for_the_mailbox_that_was_proven(auth: AuthHarness) -> None:
    mailed, before = await auth.link(), utc_now()
    opened = await auth.open(mailed)
    assert opened.status_code == 201
    body = opened.json()
    assert (body["email"], body["role"], body["name"]) == ("ana@ministere.example", "agent", "Ana Dupont")
    assert opened.headers["cache-control"] == "no-store"
    begun = datetime.fromisoformat(body["expires_at"]) - timedelta(minutes=15)
    assert before - timedelta(seconds=1) < begun <= utc_now(), "tokens know whole seconds only"
    client = auth.at(headers={"Authorization": f"Bearer {body['token']}"})
    shown = (await client.get("/api/auth/sessions/current")).json()
    assert shown["email"] == "ana@ministere.example"
    assert (shown["role"], shown["name"], shown["language"]) == ("agent", "Ana Dupont", "fr")


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ana@ministere.example", "agent"),
        ("ana@dgfip.ministere.example", "agent"),
        ("ana@evilministere.example", "external"),
        ("ana@ministere.example.evil.org", "external"),
    ],
)
async def test_the_role_follows_the_exact_domain(auth: AuthHarness, address: str, role: str) -> None:
    assert (await auth.open(await auth.link(address))).json()["role"] == role


async def test_the_key_may_be_typed_carelessly(auth: AuthHarness) -> None:
    mailed = await auth.link()
    careless = f"  {mailed.key.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}\n"
    assert (await auth.open(mailed._replace(key=careless))).status_code == 201


async def test_a_used_link_an_expired_one_and_one_ended_by_wrong_keys_are_told_apart(auth: AuthHarness) -> None:
    used, expired, ended = await auth.link(), await auth.link(), await auth.link()
    await auth.open(used)
    left = [(await auth.open(ended._replace(key="wrong"))).json() for _ in range(5)]
    assert [refusal.get("attempts_left") for refusal in left] == [4, 3, 2, 1, None]
    assert [kind(refusal) for refusal in left] == ["wrong-key"] * 4 + ["too-many-wrong-keys"]
    again = await auth.open(used)
    right_key = await auth.open(ended)
    await auth.pass_time(timedelta(minutes=60))
    late = await auth.open(expired)
    assert (again.status_code, kind(again.json())) == (410, "link-already-used")
    assert (right_key.status_code, kind(right_key.json())) == (410, "too-many-wrong-keys")
    assert (late.status_code, kind(late.json())) == (410, "one-time-link-expired")


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 5000, "../../x", "\x00", '{"$gt": ""}'])
async def test_unknown_and_malformed_links_look_the_same(auth: AuthHarness, token: str) -> None:
    refused = await auth.open(Mailed(token, "wrong"))
    assert (refused.status_code, kind(refused.json())) == (404, "one-time-link-unknown")
    assert set(refused.json()) == {"type", "title", "status", "reference"}


async def test_half_a_character_is_a_malformed_request(auth: AuthHarness) -> None:
    body = b'{"link": "\\ud800", "key": "x", "last_name": "a", "first_name": "b"}'
    refused = await auth.at().post("/api/auth/sessions", content=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, kind(refused.json())) == (422, "malformed-request")


async def test_a_missing_name_is_refused_and_counts_as_no_attempt(auth: AuthHarness) -> None:
    mailed = await auth.link()
    refused = await auth.open(mailed, last_name="\u200b ")
    assert kind(refused.json()) == "person-name-not-acceptable"
    assert (await auth.sign_ins())[0]["attempts"] == 0
    assert (await auth.open(mailed, last_name="D\u202eupont\n")).json()["name"] == "Ana Dupont"


async def test_looking_at_a_link_spends_nothing(auth: AuthHarness) -> None:
    mailed = await auth.link()
    client = auth.at()
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = await client.request(method, "/api/auth/sessions", params={"link": mailed.link, "key": mailed.key})
        assert answer.status_code == 405
    for empty in ({}, {"link": mailed.link}, {"link": mailed.link, "key": "", "last_name": "", "first_name": ""}):
        assert (await client.post("/api/auth/sessions", json=empty)).status_code == 422
    assert (await auth.sign_ins())[0]["attempts"] == 0
    assert (await auth.open(mailed)).status_code == 201


@pytest.mark.parametrize(("times", "instances"), [(200, 2), (1000, 3)])
async def test_a_thousand_at_once_open_one_session(started: Started, times: int, instances: int) -> None:
    auth = await started(instances)
    mailed = await auth.link()
    clients = [auth.at(n) for n in range(instances)]
    answers = await asyncio.gather(*(auth.open(mailed, clients[n % instances]) for n in range(times)))
    seen = Counter(answer.status_code for answer in answers)
    assert seen == {201: 1, 410: times - 1}
    [sign_in] = await auth.sign_ins()
    assert sign_in["attempts"] == 1


async def test_five_hundred_wrong_keys_at_once_are_five_attempts(started: Started) -> None:
    auth = await started(instances=3)
    mailed = await auth.link()
    clients = [auth.at(n) for n in range(3)]
    wrong = mailed._replace(key="wrong")
    answers = await asyncio.gather(*(auth.open(wrong, clients[n % 3]) for n in range(500)))
    seen = Counter(kind(answer.json()) for answer in answers)
    assert seen == {"wrong-key": 4, "too-many-wrong-keys": 496}
    [sign_in] = await auth.sign_ins()
    assert sign_in["attempts"] == 5
    assert kind((await auth.open(mailed)).json()) == "too-many-wrong-keys"


async def test_right_and_wrong_keys_at_once_never_open_two_sessions(started: Started) -> None:
    auth = await started(instances=2)
    mailed = await auth.link()
    clients = [auth.at(0), auth.at(1)]
    keys = [mailed.key if n % 7 == 3 else "wrong" for n in range(70)]
    tried = [mailed._replace(key=key) for key in keys]
    answers = await asyncio.gather(*(auth.open(one, clients[n % 2]) for n, one in enumerate(tried)))
    assert sum(answer.status_code == 201 for answer in answers) <= 1
    [sign_in] = await auth.sign_ins()
    assert sign_in["attempts"] <= 5


async def test_the_same_request_again_is_the_same_session(started: Started) -> None:
    auth = await started(instances=3)
    mailed, id = await auth.link(), str(uuid4())
    clients = [auth.at(n) for n in range(3)]
    answers = await asyncio.gather(*(auth.open(mailed, clients[n % 3], request_id=id) for n in range(60)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["name"] for answer in answers} == {"Ana Dupont"}
    [sign_in] = await auth.sign_ins()
    assert sign_in["attempts"] == 1
    other = await auth.open(mailed, request_id=str(uuid4()))
    assert kind(other.json()) == "link-already-used"
    await auth.pass_time(timedelta(seconds=121))
    assert kind((await auth.open(mailed, request_id=id)).json()) == "link-already-used"


@pytest.mark.parametrize("days", [-15, 15])
async def test_a_wrong_clock_in_the_process_changes_nothing(
    started: Started, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    def skewed() -> datetime:
        return datetime.now(UTC) + timedelta(days=days)

    auth = await started(links_per_mailbox=100)
    for module in ("kit.outbox_entry", "auth.session_tokens"):
        monkeypatch.setattr(f"services.{module}.utc_now", skewed)
    live, over = await auth.link(), await auth.link()
    await auth.pass_time(timedelta(minutes=50))
    opened = await auth.open(live)
    assert opened.status_code == 201
    client = auth.at(headers={"Authorization": f"Bearer {opened.json()['token']}"})
    assert (await client.get("/api/auth/sessions/current")).status_code == 200
    await auth.pass_time(timedelta(minutes=10))
    assert kind((await auth.open(over)).json()) == "one-time-link-expired"


async def test_a_session_is_renewed_until_its_end_and_not_after(auth: AuthHarness) -> None:
    client = await auth.bearer()
    renewed = await client.post("/api/auth/sessions/current/renewal")
    assert renewed.status_code == 200
    again = auth.at(headers={"Authorization": f"Bearer {renewed.json()['token']}"})
    await auth.pass_time(timedelta(hours=23, minutes=50))
    last = await again.post("/api/auth/sessions/current/renewal")
    assert datetime.fromisoformat(last.json()["expires_at"]) - utc_now() <= timedelta(minutes=10)
    await auth.pass_time(timedelta(minutes=10))
    for refused in (
        await again.post("/api/auth/sessions/current/renewal"),
        await again.get("/api/auth/sessions/current"),
    ):
        assert (refused.status_code, kind(refused.json())) == (401, "session-expired")


async def test_a_session_goes_on_after_hours_in_which_nobody_used_it(
    auth: AuthHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other, begun = await auth.bearer(), await auth.bearer("eva@b.fr"), utc_now()

    async def passed(hours: int, since: int = 0) -> None:
        monkeypatch.setattr("services.auth.session_tokens.utc_now", lambda: begun + timedelta(hours=hours))
        await auth.pass_time(timedelta(hours=hours - since))

    await passed(20)
    assert kind((await client.get("/api/auth/sessions/current")).json()) == "session-expired"
    renewed = await client.post("/api/auth/sessions/current/renewal")
    assert renewed.status_code == 200
    again = auth.at(headers={"Authorization": f"Bearer {renewed.json()['token']}"})
    assert (await again.get("/api/auth/sessions/current")).status_code == 200
    assert (await other.delete("/api/auth/sessions/current")).status_code == 204
    assert kind((await other.post("/api/auth/sessions/current/renewal")).json()) == "session-expired"
    await passed(25, since=20)
    for late in (client, again):
        assert kind((await late.post("/api/auth/sessions/current/renewal")).json()) == "session-expired"


async def test_a_person_is_named_the_same_in_each_session_and_nobody_else_is(auth: AuthHarness) -> None:
    tokens = [(await auth.bearer(address)).headers["authorization"] for address in ("a@b.fr", "a@b.fr", "c@b.fr")]
    known = [SessionClaims.parse(token.removeprefix("Bearer ")) for token in tokens]
    named = [one.person for one in known if one]
    assert named[0] == named[1] != named[2]
    assert [len(one) for one in named] == [43, 43, 43]


async def test_a_closed_session_is_refused_at_once_everywhere(started: Started) -> None:
    auth = await started(instances=2)
    client = await auth.bearer()
    elsewhere = await auth.bearer("eva@b.fr", instance=1)
    assert (await client.delete("/api/auth/sessions/current")).status_code == 204
    assert (await client.delete("/api/auth/sessions/current")).status_code == 204
    other = auth.at(1, headers=dict(client.headers))
    for refused in (
        await other.get("/api/auth/sessions/current"),
        await other.post("/api/auth/sessions/current/renewal"),
    ):
        assert (refused.status_code, kind(refused.json())) == (401, "session-expired")
    assert (await elsewhere.get("/api/auth/sessions/current")).status_code == 200
    [event] = await auth.events("auth.session-revoked.v1")
    [kept] = [one for one in await auth.sign_ins() if one["address"] == "ana@ministere.example"]
    assert event["session"] == kept["_id"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic x", "Bearer x", "Bearer a.b.c", "bearer é"])
async def test_without_a_genuine_token_there_is_no_session(auth: AuthHarness, header: str | None) -> None:
    headers = [(b"authorization", header.encode())] if header is not None else []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/renewal")):
        refused = await auth.at().request(method, f"/api/auth/sessions/current{path}", headers=headers)
        assert refused.status_code == 401


async def test_the_published_keys_verify_and_cannot_sign(auth: AuthHarness) -> None:
    published = await auth.at().get("/api/auth/jwks.json")
    [key] = published.json()["keys"]
    assert set(key) == {"crv", "kty", "x", "y", "kid", "use", "alg"}
    assert "max-age" in published.headers["cache-control"]


async def test_tokens_of_a_retired_key_are_honoured(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    from devstack.keys import public_keys, signing_key

    old = await started()
    token = (await old.open(await old.link())).json()["token"]
    new = await started(session_private_key=signing_key(), retired_session_jwks=public_keys(KEY))
    await new.documents.sign_ins.insert_many(await old.sign_ins())
    client = new.at(headers={"Authorization": f"Bearer {token}"})
    renewed = await client.post("/api/auth/sessions/current/renewal")
    assert renewed.status_code == 200
    assert len((await client.get("/api/auth/jwks.json")).json()["keys"]) == 2


async def test_what_is_long_over_is_forgotten_and_what_is_not_stays(auth: AuthHarness) -> None:
    from services.auth.sweeper import forget

    old = await auth.link()
    await auth.open(await auth.link("eva@b.fr"))
    await auth.pass_time(timedelta(hours=25, seconds=1))
    await auth.link("new@b.fr")
    await forget(auth.deps)
    assert len(await auth.sign_ins()) == 3, "nothing is forgotten before it was announced"
    await auth.published()
    await forget(auth.deps)
    kept = {one["address"] for one in await auth.sign_ins()}
    assert kept == {"eva@b.fr", "new@b.fr"}
    assert kind((await auth.open(old)).json()) == "one-time-link-unknown"
    await auth.pass_time(timedelta(hours=48))
    await forget(auth.deps)
    assert await auth.sign_ins() == []
