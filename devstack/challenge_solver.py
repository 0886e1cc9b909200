"""Solves the text questions of the human check."""

import re

# fmt: off
FRENCH = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf", "vingt",
)
ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)
# fmt: on
NUMBERS = {word: value for words in (FRENCH, ENGLISH) for value, word in enumerate(words)}
PLACES = {"premier": 0, "deuxième": 1, "troisième": 2, "quatrième": 3, "first": 0, "second": 1, "third": 2, "fourth": 3}
SUM = r"(?:Combien font|How much is) (\S+) (plus|moins|minus) (\S+)"
LARGEST = r"(?:Quel est le plus grand de ces nombres|Which is the largest of these numbers) ?: (.*)"
PLACE = r"(?:Quel est le|Which is the) (\S+) (?:de ces mots|of these words) ?: (.*)"
LETTER = r"(?:Quelle est la|What is the) (\S+) (?:lettre du mot « |letter of the word “)(\S+?)(?: »|”)"


class QuestionNotUnderstood(Exception):
    """The question has an unknown form."""


def solve(question: str) -> str:
    """Return the answer to a question, in the language of the question."""
    asked = question.rstrip(" ?")
    if found := re.fullmatch(SUM, asked):
        one, other = NUMBERS[found[1]], NUMBERS[found[3]]
        return str(one + other if found[2] == "plus" else one - other)
    if found := re.fullmatch(LARGEST, asked):
        return str(max(NUMBERS[number] for number in found[1].split(", ")))
    if found := re.fullmatch(PLACE, asked):
        return found[2].split(", ")[PLACES[found[1]]]
    if found := re.fullmatch(LETTER, asked):
        return found[2][0 if found[1] in ("première", "first") else -1]
    raise QuestionNotUnderstood(question)
