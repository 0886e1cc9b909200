"""Retry with exponential back-off and jitter, and never sooner than the service asks."""

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
    """Up to `attempts` attempts, with pauses between them.

    The pause before retry n is a random share of `base_seconds` · 2ⁿ, at most `max_seconds`. A `Retry-After` of more
    than `max_retry_after_seconds` is a final answer.
    """

    attempts: int = 8
    base_seconds: float = 0.25
    max_seconds: float = 20.0
    max_retry_after_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, attempt: Callable[[], Result]) -> Result:
        """Call `attempt` until it succeeds; raise a failure that is not transient, and the last failure."""
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
        """Return whether the problem is transient and its `Retry-After` short enough."""
        return problem.is_transient and (problem.retry_after_seconds or 0.0) <= self.max_retry_after_seconds

    def backoff_seconds(self, number: int) -> float:
        """Return a pause with jitter, so that many clients that lost their connection do not come back together."""
        bound: float = min(self.max_seconds, self.base_seconds * 2**number)
        return random.uniform(bound / 10, bound)  # noqa: S311 - spreads load, keeps no secret


NO_RETRY = RetryPolicy(attempts=1)
