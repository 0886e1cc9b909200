"""Requests: refusals become problems, transient failures are retried, other responses are unexpected."""

import json

import httpx
import pytest

from client.api import Api
from client.errors import Problem, UnexpectedResponse
from client.retry import NO_RETRY, RetryPolicy
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import KEY, LIMITS, TOKEN
from tests.fakes.api.problems import problem


def api_with_response(answer: httpx.Response, retry: RetryPolicy = NO_RETRY) -> Api:
    transport = httpx.MockTransport(lambda request: answer)
    return Api("https://api.example/", retry=retry, http=httpx.Client(transport=transport))


def test_a_refusal_carries_its_type_its_status_and_its_members() -> None:
    body = {"type": "/problems/downloads-exhausted", "title": "Trois fois", "status": 410, "limit": 3}
    answer = httpx.Response(410, json=body, headers={"content-type": "application/problem+json"})
    with pytest.raises(Problem, match="410 /problems/downloads-exhausted: Trois fois") as caught:
        api_with_response(answer).limits()
    assert caught.value.slug == "downloads-exhausted"
    assert caught.value.members["limit"] == 3


@pytest.mark.parametrize("content", [b"<html>", b"[1]", b"{"])
def test_a_refusal_that_is_no_problem_document_is_still_a_problem(content: bytes) -> None:
    answer = httpx.Response(502, content=content, headers={"content-type": "application/problem+json"})
    with pytest.raises(Problem) as caught:
        api_with_response(answer).limits()
    assert caught.value.type == "about:blank"
    assert caught.value.is_transient


def test_a_success_without_json_is_unexpected() -> None:
    with pytest.raises(UnexpectedResponse):
        api_with_response(httpx.Response(200, content=b"<html>")).limits()


def test_a_request_that_is_safe_to_repeat_is_retried(api: FakeApi) -> None:
    refusals = [problem("unavailable"), problem("too-many-requests", retry_after="7")]
    api.faults.append(lambda request: refusals.pop() if refusals else None)
    assert api.client().limits().document == LIMITS
    assert api.pauses[0] == 7
    assert len(api.pauses) == 2


def test_opening_a_session_is_retried_under_the_same_id_so_that_the_link_is_redeemed_once(api: FakeApi) -> None:
    def lose_the_first_answer(request: httpx.Request) -> None:
        if len(api.asked) == 1:
            raise httpx.ReadError("cut")

    api.faults.append(lose_the_first_answer)
    api.client().open_session(TOKEN, KEY, "Lovelace", "Ada")
    first, second = (json.loads(request.content)["request_id"] for request in api.asked)
    assert first == second


def test_the_answer_to_a_challenge_is_not_retried() -> None:
    asked: list[str] = []

    def down(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ReadError("cut")

    client = Api("https://api.example", http=httpx.Client(transport=httpx.MockTransport(down)))
    with pytest.raises(httpx.ReadError):
        client.request_link("a@ville.example", "challenge", "7")
    assert len(asked) == 1


def test_the_backoff_doubles_has_jitter_and_has_a_limit() -> None:
    retry = RetryPolicy(base_seconds=1, max_seconds=8)
    for number, bound in enumerate([1, 2, 4, 8, 8, 8]):
        found = {retry.backoff_seconds(number) for _ in range(200)}
        assert max(found) <= bound
        assert min(found) >= bound / 10
        assert len(found) > 100
