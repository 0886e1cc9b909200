"""The solver of the devstack answers every question of the human check."""

from typing import get_args

import pytest

from devstack.challenge_solver import QuestionNotUnderstood, solve
from services.auth.challenges.question import QuestionProvider
from services.contracts.values import Language


@pytest.mark.parametrize("language", get_args(Language))
async def test_every_question_is_solved(language: Language) -> None:
    for _ in range(500):
        challenge = await QuestionProvider().draw(language)
        assert await QuestionProvider().accepts(challenge, solve(str(challenge.question))), challenge.question


def test_an_unknown_form_raises_an_error() -> None:
    with pytest.raises(QuestionNotUnderstood):
        solve("Quelle heure est-il ?")
