"""Whoever reads the question can answer it: the demonstration and the stories do, in every form there is."""

from typing import get_args

import pytest

from devstack.human_check import QuestionNotUnderstood, answer
from services.auth.challenges.question import QuestionProvider
from services.contracts.values import Language


@pytest.mark.parametrize("language", get_args(Language))
async def test_every_question_is_answered_rightly(language: Language) -> None:
    for _ in range(500):
        challenge = await QuestionProvider().draw(language)
        assert await QuestionProvider().accepts(challenge, answer(str(challenge.question))), challenge.question


def test_a_form_that_is_not_known_is_said_to_be_so() -> None:
    with pytest.raises(QuestionNotUnderstood):
        answer("Quelle heure est-il ?")
