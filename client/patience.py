"""How long to wait before trying again: doubled each time, jittered, and never less than the service asks for."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx

from client.problem import Problem, UnexpectedAnswer

Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """`attempts` in all; the pause before attempt n is a random share of `first_seconds` · 2ⁿ, at most `longest`.

    Whoever is asked to wait longer than `longest_asked_seconds` does not wait: that is an answer, not a failure.
    """

    attempts: int = 8
    first_seconds: float = 0.25
    longest_seconds: float = 20.0
    longest_asked_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def keep_trying(self, attempt: Callable[[], Result]) -> Result:
        """Calls `attempt` until it succeeds; what is not going to pass, and the last failure, is raised."""
        for number in range(self.attempts - 1):
            try:
                return attempt()
            except (httpx.TransportError, UnexpectedAnswer):
                self.sleep(self.pause_seconds(number))
            except Problem as problem:
                if not self.waits_for(problem):
                    raise
                self.sleep(max(self.pause_seconds(number), problem.retry_after_seconds or 0.0))
        return attempt()

    def waits_for(self, problem: Problem) -> bool:
        """Whether it may pass, and soon enough."""
        return problem.is_passing and (problem.retry_after_seconds or 0.0) <= self.longest_asked_seconds

    def pause_seconds(self, number: int) -> float:
        """Full jitter, so that many clients cut off at once do not come back at once."""
        bound: float = min(self.longest_seconds, self.first_seconds * 2**number)
        return random.uniform(bound / 10, bound)  # noqa: S311 - spreads load, keeps no secret


IMPATIENT = Patience(attempts=1)
