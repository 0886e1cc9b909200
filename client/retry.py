"""How long to wait before trying again: doubled each time, jittered, and never less than the service asks for."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx

from client.errors import Problem, UnexpectedResponse

Result = TypeVar("Result")


@dataclass(frozen=True)
class RetryPolicy:
    """`attempts` in all; the pause before attempt n is a random share of `first_seconds` · 2ⁿ, at most `longest`.

    Whoever is asked to wait longer than `longest_asked_seconds` does not wait: that is an answer, not a failure.
    """

    attempts: int = 8
    base_seconds: float = 0.25
    max_seconds: float = 20.0
    max_retry_after_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, attempt: Callable[[], Result]) -> Result:
        """Calls `attempt` until it succeeds; what is not going to pass, and the last failure, is raised."""
        for number in range(self.attempts - 1):
            try:
                return attempt()
            except (httpx.TransportError, UnexpectedResponse):
                self.sleep(self.backoff_seconds(number))
            except Problem as problem:
                if not self.is_retryable(problem):
                    raise
                self.sleep(max(self.backoff_seconds(number), problem.retry_after_seconds or 0.0))
        return attempt()

    def is_retryable(self, problem: Problem) -> bool:
        """Whether it may pass, and soon enough."""
        return problem.is_transient and (problem.retry_after_seconds or 0.0) <= self.max_retry_after_seconds

    def backoff_seconds(self, number: int) -> float:
        """Full jitter, so that many clients cut off at once do not come back at once."""
        bound: float = min(self.max_seconds, self.base_seconds * 2**number)
        return random.uniform(bound / 10, bound)  # noqa: S311 - spreads load, keeps no secret


NO_RETRY = RetryPolicy(attempts=1)
