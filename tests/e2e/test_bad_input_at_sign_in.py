"""Invalid input at sign-in: each refusal has its own name and discloses nothing."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from devstack.challenge_solver import solve
from devstack.people import ACCESS
from tests.e2e.scenario import WRITE, Scenario, refused
from tests.eventually import until

TRICKY = (
    "",
    "personne",
    "a@b@ville.example",
    "a@ministere.example@evil.example",
    '"a b"@ville.example',
    "a(c)@ville.example",
    "a@[127.0.0.1]",
    "a@ville.example\r\nBcc: b@ville.example",
    "a@ville.example, b@ville.example",
    "=?utf-8?q?evil=40evil.example=3e?=@ville.example",
    "a%evil.example@ville.example",
    "evil!a@ville.example",
    "a\u202e@ville.example",
    "a@ville.example\x00",
    "a" * 300 + "@ville.example",
)


def answered(scenario: Scenario) -> tuple[str, str]:
    """A human check and its right answer."""
    challenge = scenario.api_without_retries().create_challenge("question")
    return challenge.challenge, solve(challenge.question or "")


def test_an_unknown_link_and_an_expired_one_are_distinguished_only_for_the_owner(scenario: Scenario) -> None:
    api = scenario.api_without_retries()
    unknown = refused(lambda: api.open_session("A" * 43, "AAAAA", "Nom", "Prénom"))
    assert (unknown.status, unknown.slug) == (404, "one-time-link-unknown")
    person = scenario.external("camille", signed_in=False)
    person.request_link()
    mail = person.wait_for_mail(ACCESS)
    past = datetime.now(UTC) - timedelta(seconds=1)
    scenario.database("auth")["sign_ins"].update_many(
        {"address": person.address}, {"$set": {"expires_at": past}, "$inc": WRITE}
    )
    expired = refused(lambda: person.open_session(mail))
    assert (expired.status, expired.slug) == (410, "one-time-link-expired")


def test_the_human_check_is_good_once_and_only_for_the_right_answer(scenario: Scenario) -> None:
    api, person = scenario.api_without_retries(), scenario.external("camille", signed_in=False)
    challenge, right = answered(scenario)
    assert refused(lambda: api.request_link(person.address, challenge, "pas cela")).slug == "challenge-failed"
    assert refused(lambda: api.request_link(person.address, challenge, right)).slug == "challenge-failed"
    challenge, right = answered(scenario)
    api.request_link(person.address, challenge, right)
    assert refused(lambda: api.request_link(person.address, challenge, right)).slug == "challenge-failed"


@pytest.mark.parametrize("address", TRICKY)
def test_a_malicious_address_gets_no_mail(scenario: Scenario, address: str) -> None:
    before = len(scenario.inbox.all())
    challenge, right = answered(scenario)
    problem = refused(lambda: scenario.api_without_retries().request_link(address, challenge, right))
    assert (problem.status, problem.slug) == (422, "address-not-acceptable")
    assert len(scenario.inbox.all()) == before


def test_the_fourth_link_within_an_hour_is_accepted_like_the_others_and_never_sent(scenario: Scenario) -> None:
    person, neighbour = scenario.external("camille", signed_in=False), scenario.external("sacha", signed_in=False)
    for _ in range(6):
        person.request_link()
    until(lambda: len(scenario.inbox.to(person.address)) == 3, "three mails")
    neighbour.request_link()
    neighbour.wait_for_mail(ACCESS)
    assert len(scenario.inbox.to(person.address)) == 3


def test_requests_for_links_are_limited_per_network(scenario: Scenario) -> None:
    scenario.keep_log("auth")
    scenario.stack.restart("auth", {"CHALLENGES_PER_NETWORK": "5"})
    scenario.database("auth")["rates"].delete_many({})
    api = scenario.api_without_retries()
    try:
        for _ in range(5):
            api.create_challenge()
        problem = refused(api.create_challenge)
        assert (problem.status, problem.slug) == (429, "too-many-challenges")
        assert problem.retry_after_seconds
    finally:
        scenario.database("auth")["rates"].delete_many({})
        scenario.stack.restart("auth", {"CHALLENGES_PER_NETWORK": "100000"})


@pytest.mark.parametrize(
    ("content", "kind", "status", "slug"),
    [
        (b'{"kind": "question"}', "text/plain", 415, "unsupported-media-type"),
        (b'{"kind": "question"}', "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"{", "application/json", 422, "malformed-request"),
        (b"[]", "application/json", 422, "malformed-request"),
        (b"\xff\xfe", "application/json", 422, "malformed-request"),
        (b'{"kind": 7}', "application/json", 422, "malformed-request"),
        (b'{"kind": "smell"}', "application/json", 422, "challenge-not-offered"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "application/json", 400, "bad-request"),
        (b'{"kind": "' + b"x" * 10_000_000 + b'"}', "application/json", 413, "content-too-large"),
    ],
)
def test_a_malformed_body_is_refused(scenario: Scenario, content: bytes, kind: str, status: int, slug: str) -> None:
    answer = httpx.post(
        f"{scenario.stack.gateway_url}/api/auth/challenges", content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"


def test_an_invalid_session_gives_no_access(scenario: Scenario) -> None:
    person = scenario.external("camille")
    genuine = str(person.api.transport.token)
    head, body, signature = genuine.split(".")
    forged = (genuine[:-4] + "AAAA", f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}.{signature}", "x" * 5000, "")
    for token in forged:
        problem = refused(scenario.api_without_retries(token).drafts)
        assert problem.status == 401, token
    assert refused(scenario.api_without_retries().drafts).slug == "unauthenticated"
