"""A one-time link opens one session, with its key, before it expires."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain import (
    LinkAlreadyUsed,
    OneTimeLinkExpired,
    RedeemAttempt,
    Session,
    SignIn,
    SignInPolicy,
    TooManyWrongKeys,
    WrongKey,
    active_session,
    issue,
    redeem,
    revoke,
    role_of,
    session_or_refuse,
)
from services.contracts.auth import OneTimeLinkIssued, SessionRevoked
from services.kit.addresses import Domains
from services.kit.events import Event
from services.kit.refusals import Refusal

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
POLICY = SignInPolicy()
RIGHT, WRONG = "right", "wrong"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def link() -> SignIn:
    return issue("l1", RIGHT, "ana@mairie.example", "fr", "t0ken", "k3y", NOW, POLICY)[0]


def attempt(key: str = RIGHT, name: str = "Ana Dupont", request_id: str | None = None) -> RedeemAttempt:
    return RedeemAttempt(key, name, request_id)


def tried(state: SignIn, made: RedeemAttempt, now: datetime = NOW) -> SignIn:
    return redeem(state, made, "external", now, POLICY)[0]


def session(**changes: Any) -> SignIn:
    return tried(link(), attempt(**changes))


def test_the_event_of_a_link_has_its_secrets_and_the_document_has_not() -> None:
    state, events = issue("l1", RIGHT, "ana@mairie.example", "en", "t0ken", "k3y", NOW, POLICY)
    [event] = events
    assert isinstance(event, OneTimeLinkIssued)
    assert (event.link, event.address, event.language, event.expires_at) == ("l1", state.address, "en", NOW + HOUR)
    assert (event.token.get_secret_value(), event.key.get_secret_value()) == ("t0ken", "k3y")
    assert "t0ken" not in repr(events)
    assert "k3y" not in repr(events)
    assert "t0ken" not in state.model_dump_json()
    assert "k3y" not in state.model_dump_json()


def test_the_right_key_opens_a_session_of_twenty_four_hours() -> None:
    opened_session = session_or_refuse(session(), POLICY)
    assert (opened_session.name, opened_session.role) == ("Ana Dupont", "external")
    assert (opened_session.started_at, opened_session.ends_at) == (NOW, NOW + 24 * HOUR)


def test_a_link_opens_one_session() -> None:
    for made in (attempt(), attempt(WRONG), attempt(name="Eva")):
        with pytest.raises(LinkAlreadyUsed):
            tried(session(), made)


def test_a_wrong_key_is_refused_with_the_attempts_that_are_left() -> None:
    state = link()
    for left in (4, 3, 2, 1):
        state = tried(state, attempt(WRONG))
        with pytest.raises(WrongKey) as refusal:
            session_or_refuse(state, POLICY)
        assert refusal.value.members == {"attempts_left": left}


def test_the_fifth_wrong_key_ends_the_link_and_the_right_one_comes_too_late() -> None:
    state = link()
    for _ in range(5):
        state = tried(state, attempt(WRONG))
    with pytest.raises(TooManyWrongKeys):
        session_or_refuse(state, POLICY)
    for key in (RIGHT, WRONG):
        with pytest.raises(TooManyWrongKeys):
            tried(state, attempt(key))


def test_the_fifth_attempt_may_be_the_right_one() -> None:
    state = link()
    for _ in range(4):
        state = tried(state, attempt(WRONG))
    assert session_or_refuse(tried(state, attempt()), POLICY).name == "Ana Dupont"


def test_a_link_lives_sixty_minutes_to_the_second() -> None:
    assert tried(link(), attempt(), NOW + HOUR - timedelta(seconds=1)).session
    for key in (RIGHT, WRONG):
        with pytest.raises(OneTimeLinkExpired):
            tried(link(), attempt(key), NOW + HOUR)


def test_a_used_link_is_said_to_be_used_even_when_it_has_expired_too() -> None:
    with pytest.raises(LinkAlreadyUsed):
        tried(session(), attempt(), NOW + 2 * HOUR)


def test_the_same_request_again_within_two_minutes_is_the_same_session() -> None:
    first = session(request_id="u1")
    again = tried(first, attempt(request_id="u1"), NOW + 2 * MINUTE - timedelta(seconds=1))
    assert again == first


@pytest.mark.parametrize(
    ("made", "now"),
    [
        (attempt(request_id="u1"), NOW + 2 * MINUTE),
        (attempt(request_id="u2"), NOW),
        (attempt(request_id=None), NOW),
        (attempt(WRONG, request_id="u1"), NOW),
        (attempt(name="Eva", request_id="u1"), NOW),
    ],
    ids=["too late", "another id", "no id", "a wrong key", "another name"],
)
def test_another_request_is_not_the_same_request(made: RedeemAttempt, now: datetime) -> None:
    with pytest.raises(LinkAlreadyUsed):
        tried(session(request_id="u1"), made, now)


def test_a_request_without_an_id_is_never_taken_for_a_repeated_one() -> None:
    with pytest.raises(LinkAlreadyUsed):
        tried(session(request_id=None), attempt(request_id=None))


def test_a_revoked_session_is_not_given_again() -> None:
    revoked, _ = revoke(session(request_id="u1"), NOW)
    with pytest.raises(LinkAlreadyUsed):
        tried(revoked, attempt(request_id="u1"))


def test_a_revocation_is_announced_once() -> None:
    revoked, events = revoke(session(), NOW + MINUTE)
    assert events == [SessionRevoked(session="l1", revoked_at=NOW + MINUTE)]
    assert revoke(revoked, NOW + HOUR) == (revoked, [])


def test_there_is_nothing_to_revoke_in_a_link_or_after_the_end() -> None:
    assert revoke(link(), NOW) == (link(), [])
    assert revoke(session(), NOW + 24 * HOUR)[1] == []


def test_a_session_is_active_until_its_end_or_its_revocation() -> None:
    assert active_session(link(), NOW) is None
    assert active_session(session(), NOW + 24 * HOUR - timedelta(seconds=1)) is not None
    assert active_session(session(), NOW + 24 * HOUR) is None
    assert active_session(revoke(session(), NOW)[0], NOW) is None


def test_an_ended_sign_in_is_kept_for_a_day() -> None:
    """So that the holder of an expired link is told so, and the document outlives its session."""
    assert link().forget_at == NOW + 25 * HOUR
    assert session().forget_at == NOW + 48 * HOUR


def test_the_role_follows_the_domain_that_was_proven() -> None:
    agents = Domains(["ministere.example"])
    assert role_of("ana@ministere.example", agents) == "agent"
    assert role_of("ana@ministere.example.org", agents) == "external"


TRIES = st.lists(st.tuples(st.booleans(), st.sampled_from([None, "u1", "u2"]), st.integers(0, 90)), max_size=12)


@given(TRIES)
def test_whatever_is_tried_at_most_one_session_opens_after_at_most_five_attempts(tries: list[Any]) -> None:
    state, now, seen = link(), NOW, set[tuple[datetime, str | None]]()
    announced: list[Event] = []
    for right, request_id, minutes in tries:
        now += timedelta(minutes=minutes)
        try:
            state, events = redeem(
                state, attempt(RIGHT if right else WRONG, request_id=request_id), "agent", now, POLICY
            )
            announced += events
            found: Session = session_or_refuse(state, POLICY)
            seen.add((found.started_at, found.request_id))
        except Refusal:
            pass
    assert len(seen) <= 1
    assert state.attempts <= 5
    assert announced == []
    if state.session:
        assert state.session.started_at < state.expires_at
