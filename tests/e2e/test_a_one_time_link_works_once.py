"""Signing in: the link and the key of a mail work once, whatever the number of attempts."""

from concurrent.futures import ThreadPoolExecutor

from client.errors import Problem
from devstack.people import ACCESS
from tests.e2e.scenario import Scenario, refused

AT_ONCE = 200


def test_of_two_hundred_attempts_at_once_exactly_one_opens_a_session(scenario: Scenario) -> None:
    person = scenario.external("camille", signed_in=False)
    person.request_link()
    mail = person.wait_for_mail(ACCESS)
    link, key = mail.token(ACCESS), str(mail.key)
    api = scenario.api_without_retries()

    def attempt(number: int) -> str:
        try:
            return api.open_session(link, key, "Nom", f"Prénom {number}").role
        except Problem as problem:
            return problem.slug

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(attempt, range(AT_ONCE)))
    assert outcomes.count("external") == 1
    assert set(outcomes) == {"external", "link-already-used"}


def test_a_used_link_is_refused_with_an_explanation(scenario: Scenario) -> None:
    person = scenario.external("camille", signed_in=False)
    person.request_link()
    mail = person.wait_for_mail(ACCESS)
    session = person.open_session(mail)
    assert (session.email, session.role) == (person.address, "external")
    problem = refused(lambda: person.open_session(mail))
    assert (problem.status, problem.slug) == (410, "link-already-used")


def test_five_wrong_keys_end_the_link_and_the_right_one_comes_too_late(scenario: Scenario) -> None:
    person = scenario.external("camille", signed_in=False)
    person.request_link()
    mail = person.wait_for_mail(ACCESS)
    link = mail.token(ACCESS)
    tried = [refused(lambda: person.api.open_session(link, "AAAAA-AAAAA", "Nom", "Prénom")) for _ in range(5)]
    assert [problem.slug for problem in tried] == ["wrong-key"] * 4 + ["too-many-wrong-keys"]
    assert [problem.members.get("attempts_left") for problem in tried[:4]] == [4, 3, 2, 1]
    assert refused(lambda: person.open_session(mail)).slug == "too-many-wrong-keys"


def test_a_closed_session_gives_no_access(scenario: Scenario) -> None:
    person = scenario.external("camille")
    person.api.drafts()
    person.api.close_session()
    assert refused(person.api.current_session).slug == "session-expired"
