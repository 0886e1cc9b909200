"""Answers the human check's question by reading it, as somebody who cannot see the picture would."""

import re

# fmt: off
NUMBERS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf", "vingt",
)
# fmt: on
PLACES = ("premier", "deuxième", "troisième", "quatrième")


class QuestionNotUnderstood(Exception):
    """This question has a form that is not known here."""


def answer(question: str) -> str:
    """The answer to a question in French."""
    asked = question.rstrip(" ?")
    if found := re.fullmatch(r"Combien font (\S+) (plus|moins) (\S+)", asked):
        one, other = NUMBERS.index(found[1]), NUMBERS.index(found[3])
        return str(one + other if found[2] == "plus" else one - other)
    if found := re.fullmatch(r"Quel est le plus grand de ces nombres : (.*)", asked):
        return str(max(NUMBERS.index(number) for number in found[1].split(", ")))
    if found := re.fullmatch(r"Quel est le (\S+) de ces mots : (.*)", asked):
        return found[2].split(", ")[PLACES.index(found[1])]
    if found := re.fullmatch(r"Quelle est la (première|dernière) lettre du mot « (\S+) »", asked):
        return found[2][0 if found[1] == "première" else -1]
    raise QuestionNotUnderstood(question)
