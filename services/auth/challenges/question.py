"""Questions in words, for people who can use neither the image nor the recording: several forms, two languages."""

import secrets
from collections.abc import Callable

from services.auth.challenges.answers import matches, normalise_answer
from services.auth.challenges.vocabulary import NUMBERS, ORDINALS, THINGS
from services.auth.domain import Challenge
from services.contracts.values import Language

LARGEST_TERM = 10
LISTED = 4

QuestionAndAnswers = tuple[str, tuple[str, ...]]
"""A question and its right answers."""


class QuestionProvider:
    """Draws one of the question forms at random."""

    async def draw(self, language: Language) -> Challenge:
        """Return a random question; a number can be answered in digits or in words."""
        form = secrets.choice(FORMS)
        question, answers = form(language)
        accepted = tuple(normalise_answer(answer) for answer in answers)
        return Challenge(kind="question", language=language, question=question, answers=accepted)

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """Return whether the answer is one of the right ones, in any case, with or without accents."""
        return matches(answer, challenge.answers)


def _sum(language: Language) -> QuestionAndAnswers:
    one, other = _term(), _term()
    words = NUMBERS[language]
    asked = {
        "fr": f"Combien font {words[one]} plus {words[other]} ?",
        "en": f"How much is {words[one]} plus {words[other]}?",
    }
    return asked[language], _number(one + other, language)


def _difference(language: Language) -> QuestionAndAnswers:
    taken = _term()
    left = _term()
    words = NUMBERS[language]
    asked = {
        "fr": f"Combien font {words[taken + left]} moins {words[taken]} ?",
        "en": f"How much is {words[taken + left]} minus {words[taken]}?",
    }
    return asked[language], _number(left, language)


def _largest(language: Language) -> QuestionAndAnswers:
    numbers = secrets.SystemRandom().sample(range(1, len(NUMBERS[language])), LISTED)
    split_list = ", ".join(NUMBERS[language][number] for number in numbers)
    asked = {
        "fr": f"Quel est le plus grand de ces nombres : {split_list} ?",
        "en": f"Which is the largest of these numbers: {split_list}?",
    }
    return asked[language], _number(max(numbers), language)


def _nth_word(language: Language) -> QuestionAndAnswers:
    things = secrets.SystemRandom().sample(THINGS[language], LISTED)
    place = secrets.randbelow(LISTED)
    asked = {
        "fr": f"Quel est le {ORDINALS['fr'][place]} de ces mots : {', '.join(things)} ?",
        "en": f"Which is the {ORDINALS['en'][place]} of these words: {', '.join(things)}?",
    }
    return asked[language], (things[place],)


def _edge_letter(language: Language) -> QuestionAndAnswers:
    thing = secrets.choice(THINGS[language])
    first = secrets.choice((True, False))
    asked = {
        "fr": f"Quelle est la {'première' if first else 'dernière'} lettre du mot « {thing} » ?",
        "en": f"What is the {'first' if first else 'last'} letter of the word “{thing}”?",
    }
    return asked[language], (thing[0] if first else thing[-1],)


def _term() -> int:
    return 1 + secrets.randbelow(LARGEST_TERM)


def _number(value: int, language: Language) -> tuple[str, ...]:
    return str(value), NUMBERS[language][value]


FORMS: tuple[Callable[[Language], QuestionAndAnswers], ...] = (_sum, _difference, _largest, _nth_word, _edge_letter)
