"""Requesting a link: a challenge, one mail, and the same response for everybody."""

import asyncio
from datetime import timedelta

import pytest

from services.auth import api
from services.auth.deps import Deps
from services.contracts.values import Language
from tests.harness import NETWORK
from tests.integration.auth.conftest import Started
from tests.integration.auth.service import AuthHarness, Mailed


async def test_an_answered_challenge_sends_one_link_with_its_key(auth: AuthHarness) -> None:
    answer = await auth.ask("Ana@Ministere.Example")
    assert (answer.status_code, answer.json()) == (202, {})
    [event] = await auth.events("auth.one-time-link-issued.v1")
    assert event["address"] == "ana@ministere.example"
    assert event["language"] == "fr"
    assert len(event["token"]) == 43
    assert len(event["key"].replace("-", "")) == 26


async def test_an_agent_invites_somebody_who_needs_no_challenge(auth: AuthHarness) -> None:
    agent = await auth.bearer("ana@ministere.example")
    answer = await agent.post("/api/auth/invitations", json={"email": "Leo@Ville.Example", "language": "en"})
    assert (answer.status_code, answer.json()) == (202, {})
    [event] = [
        one for one in await auth.events("auth.one-time-link-issued.v1") if one["address"] == "leo@ville.example"
    ]
    assert event["language"] == "en"
    opened = await auth.open(Mailed(event["token"], event["key"]))
    assert (opened.status_code, opened.json()["role"]) == (201, "external")


async def test_nobody_but_an_agent_invites_and_an_invitation_counts_as_a_link(started: Started) -> None:
    auth = await started()
    wish = {"email": "leo@ville.example"}
    external = await auth.bearer("camille@ville.example")
    refused = await external.post("/api/auth/invitations", json=wish)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/only-agents-invite")
    assert (await auth.at().post("/api/auth/invitations", json=wish)).status_code == 401
    agent = await auth.bearer("ana@ministere.example")
    answers = [await agent.post("/api/auth/invitations", json=wish) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    assert answers[-1].json()["type"] == "/problems/link-quota-exceeded"
    assert 3500 < int(answers[-1].headers["retry-after"]) <= 3600
    invited = [one for one in await auth.events("auth.one-time-link-issued.v1") if one["address"] == wish["email"]]
    assert len(invited) == 3


async def test_whoever_asks_in_anothers_name_cannot_use_up_the_links_of_a_device_that_they_signed_in_on(
    started: Started,
) -> None:
    auth = await started(instances=2)
    device = (await auth.open(await auth.link("ana@b.fr"))).json()["device"]
    for _ in range(12):
        assert (await auth.ask("ana@b.fr", auth.at(network="198.51.100.1"))).status_code == 202
    assert len(await auth.mailed("ana@b.fr")) == 3, "strangers have used up what they may ask for"
    answers = [await auth.ask("Ana+x@B.fr", auth.at(n % 2), device=device) for n in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429]
    assert answers[-1].json()["type"] == "/problems/link-quota-exceeded"
    assert len(await auth.mailed("ana+x@b.fr")) == 3


async def test_the_invitation_of_an_agent_reaches_somebody_whose_links_were_used_up(started: Started) -> None:
    auth = await started()
    agent = await auth.bearer()
    for _ in range(4):
        await auth.ask("leo@b.fr")
    assert (await agent.post("/api/auth/invitations", json={"email": "leo@b.fr"})).status_code == 202
    assert len(await auth.mailed("leo@b.fr")) == 4


@pytest.mark.parametrize("device", ["", "a.b.c", "..", "x" * 200, "a.99999999999.b", "é.4102444800.é", "a.1.b"])
async def test_an_invalid_device_token_is_counted_like_none(started: Started, device: str) -> None:
    auth = await started(links_per_mailbox=1)
    answers = [await auth.ask("ana@b.fr", device=device) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(await auth.sign_ins()) == 1


async def test_a_device_token_is_valid_for_its_own_mailbox_only(started: Started) -> None:
    auth = await started(links_per_mailbox=1)
    device = (await auth.open(await auth.link("eva@b.fr"))).json()["device"]
    for _ in range(2):
        await auth.ask("ana@b.fr", device=device)
    assert len(await auth.mailed("ana@b.fr")) == 1


async def test_no_secret_stays_in_the_database_once_its_event_was_published(auth: AuthHarness) -> None:
    mailed = await auth.link()
    await auth.published()
    for name in await auth.documents.list_collection_names():
        kept = str(await auth.documents[name].find().to_list())
        assert mailed.link not in kept
        assert mailed.key not in kept
        assert mailed.key.replace("-", "") not in kept


async def test_a_wrong_answer_uses_up_the_challenge(auth: AuthHarness) -> None:
    client = auth.at()
    solved = await auth.solved(client)
    wish = {"email": "ana@ministere.example", **solved}
    wrong = await client.post("/api/auth/links", json={**wish, "answer": "wrong"})
    late = await client.post("/api/auth/links", json=wish)
    unknown = await client.post("/api/auth/links", json={**wish, "challenge": "unknown"})
    for refused in (wrong, late, unknown):
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/challenge-failed")
        assert set(refused.json()) == {"type", "title", "status", "reference"}
    assert await auth.events("auth.one-time-link-issued.v1") == []


async def test_a_challenge_expires_after_five_minutes_by_the_databases_clock(auth: AuthHarness) -> None:
    client = auth.at()
    solved = await auth.solved(client)
    kept = await auth.documents.challenges.find_one({})
    assert kept
    await auth.pass_time(timedelta(seconds=301))
    answer = await client.post("/api/auth/links", json={"email": "ana@ministere.example", **solved})
    assert answer.json()["type"] == "/problems/challenge-failed"


async def test_one_answered_challenge_sends_one_link_however_often_it_is_posted(started: Started) -> None:
    auth = await started(instances=2, links_per_mailbox=1000, links_per_mailbox_per_day=1000)
    clients = [auth.at(0), auth.at(1)]
    wish = {"email": "ana@ministere.example", **await auth.solved(clients[0])}
    answers = await asyncio.gather(*(clients[n % 2].post("/api/auth/links", json=wish) for n in range(100)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 99
    assert len(await auth.events("auth.one-time-link-issued.v1")) == 1


async def test_an_unusable_address_does_not_use_up_the_challenge(auth: AuthHarness) -> None:
    client = auth.at()
    solved = await auth.solved(client)
    refused = await client.post("/api/auth/links", json={"email": "ana@evil.org@ministere.example", **solved})
    assert refused.json()["type"] == "/problems/address-not-acceptable"
    assert (await client.post("/api/auth/links", json={"email": "ana@b.fr", **solved})).status_code == 202


async def test_the_fourth_link_of_an_hour_is_not_sent_and_nobody_can_tell(started: Started) -> None:
    auth = await started(instances=2)
    spellings = ["ana@b.fr", "ANA@b.fr", "ana+x@b.fr", "ana+y@B.fr"]
    answers = [await auth.ask(email, auth.at(n)) for n, email in enumerate(spellings)]
    assert [(answer.status_code, answer.text) for answer in answers] == [(202, "{}")] * 4
    assert {frozenset(answer.headers) for answer in answers} == {frozenset(answers[0].headers)}
    assert len(await auth.sign_ins()) == 3


async def test_two_hundred_requests_at_once_over_two_instances_send_three_mails(started: Started) -> None:
    auth = await started(instances=2, challenges_per_network=2000, links_per_network=2000)
    clients = [auth.at(0), auth.at(1)]
    answers = await asyncio.gather(*(auth.ask("ana@b.fr", clients[n % 2]) for n in range(200)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await auth.sign_ins()) == 3


async def test_an_hour_later_another_link_is_sent(started: Started) -> None:
    auth = await started()
    for _ in range(4):
        await auth.ask("ana@b.fr")
    await auth.pass_time(timedelta(hours=1))
    await auth.ask("ana@b.fr")
    assert len(await auth.sign_ins()) == 4


async def test_the_links_of_a_day_are_limited_and_nobody_can_tell(started: Started) -> None:
    auth = await started(links_per_mailbox=100, links_per_mailbox_per_day=2)
    assert [(await auth.ask("ana@b.fr")).status_code for _ in range(4)] == [202] * 4
    assert len(await auth.sign_ins()) == 2


@pytest.mark.parametrize(
    ("setting", "emails"),
    [
        ("links_per_domain", [f"ana{n}@b.fr" for n in range(4)]),
        ("links_per_network", [f"ana@b{n}.fr" for n in range(4)]),
        ("links_total", [f"ana@b{n}.fr" for n in range(4)]),
    ],
)
async def test_whoever_meets_a_limit_that_many_share_is_told_and_not_promised_a_mail(
    started: Started, setting: str, emails: list[str]
) -> None:
    auth = await started(**{"links_per_mailbox": 100, setting: 2})
    answers = [await auth.ask(email) for email in emails]
    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
    assert answers[-1].json()["type"] == "/problems/too-many-link-requests"
    assert 3500 < int(answers[-1].headers["retry-after"]) <= 3600
    assert len(await auth.sign_ins()) == 2


async def test_a_shared_limit_answers_the_same_whether_an_address_has_had_its_links_or_not(started: Started) -> None:
    auth = await started(links_per_mailbox=1, links_per_domain=2)
    for email in ("ana@b.fr", "eva@b.fr"):
        await auth.ask(email)
    answers = [await auth.ask(email) for email in ("ana@b.fr", "leo@b.fr")]
    assert [answer.status_code for answer in answers] == [429, 429]


async def test_an_agent_who_meets_a_shared_limit_is_told_that_no_invitation_was_sent(started: Started) -> None:
    auth = await started(links_per_network=2)
    agent = await auth.bearer()
    answers = [await agent.post("/api/auth/invitations", json={"email": f"leo@b{n}.fr"}) for n in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]


async def test_a_hundred_and_ten_people_behind_one_address_are_each_sent_their_link(started: Started) -> None:
    auth = await started()
    answers = [await auth.ask(f"ana{n}@b{n}.fr") for n in range(110)]
    assert {answer.status_code for answer in answers} == {202}
    assert len(await auth.sign_ins()) == 110


async def test_one_network_does_not_use_up_what_all_share(started: Started) -> None:
    auth = await started(links_per_network=2, links_total=3)
    for n in range(6):
        await auth.ask(f"ana@b{n}.fr")
    await auth.ask("eva@c.fr", auth.at(network="198.51.100.1"))
    assert len(await auth.mailed("eva@c.fr")) == 1


async def test_an_ipv6_network_is_its_first_half(started: Started) -> None:
    auth = await started(links_per_network=2)
    for n in range(4):
        await auth.ask(f"ana@b{n}.fr", auth.at(network=f"2001:db8:0:1::{n}"))
    await auth.ask("eva@c.fr", auth.at(network="2001:db8:0:2::1"))
    assert len(await auth.sign_ins()) == 3


async def test_the_counters_name_nobody(auth: AuthHarness) -> None:
    await auth.ask("ana@b.fr")
    for name in ("rates", "link_quotas"):
        kept = str(await auth.documents[name].find().to_list())
        assert kept != "[]"
        assert not any(word in kept for word in ("ana", "b.fr", NETWORK))


class Clock:
    """Time passes by so much work or sleep as it is told."""

    now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_an_answer_takes_the_same_time_whether_a_link_was_sent_or_not(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, send = Clock(), api._send_link

    async def send_slowly(deps: Deps, address: str, language: Language) -> None:
        await clock.sleep(0.1)
        await send(deps, address, language)

    monkeypatch.setattr(api, "_send_link", send_slowly)
    monkeypatch.setattr(api, "monotonic_seconds", lambda: clock.now)
    monkeypatch.setattr(api, "asyncio", clock)
    auth = await started(link_answer_seconds=0.25)
    seconds = []
    for _ in range(5):
        before = clock.now
        await auth.ask("ana@b.fr")
        seconds.append(clock.now - before)
    assert len(await auth.sign_ins()) == 3
    assert seconds == pytest.approx([0.25] * 5)
