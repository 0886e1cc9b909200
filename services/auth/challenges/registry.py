"""The kinds of challenges; an operator chooses which of them are offered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.auth.challenges.image import ImageProvider
from services.auth.challenges.question import QuestionProvider
from services.auth.domain import Challenge
from services.contracts.values import Language


class ChallengeProvider(Protocol):
    """The interface of a kind of challenge; an external provider would ask its own server in `accepts`."""

    async def draw(self, language: Language) -> Challenge:
        """Return a new challenge, with everything needed to display it."""

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """Return whether the answer is right."""


PROVIDERS: Mapping[str, Callable[[], ChallengeProvider]] = {"image": ImageProvider, "question": QuestionProvider}


def create_providers(kinds: Sequence[str]) -> dict[str, ChallengeProvider]:
    """Return the providers of these kinds; raise `ValueError` for an unknown kind."""
    unknown = [kind for kind in kinds if kind not in PROVIDERS]
    if unknown:
        raise ValueError(f"CHALLENGE_KINDS holds {', '.join(unknown)}; there are {', '.join(PROVIDERS)}")
    return {kind: PROVIDERS[kind]() for kind in kinds}
