"""Which human checks are there? A table of kinds; an operator chooses which are offered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.auth.challenges.image import ImageCode
from services.auth.challenges.question import Question
from services.auth.domain import Challenge
from services.contracts.values import Language


class HumanCheck(Protocol):
    """What a kind of check must do; a provider from outside would ask its own server in `accepts`."""

    async def draw(self, language: Language) -> Challenge:
        """A fresh challenge, with all that is needed to show it."""

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """Whether this answers it."""


KINDS: Mapping[str, Callable[[], HumanCheck]] = {"image": ImageCode, "question": Question}


def offered(kinds: Sequence[str]) -> dict[str, HumanCheck]:
    """The checks of these kinds; `ValueError` for a kind that does not exist."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"CHALLENGE_KINDS holds {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return {kind: KINDS[kind]() for kind in kinds}
