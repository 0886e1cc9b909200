"""Compares answers without regard to case, accents, spaces and punctuation."""

from services.kit.credentials import constant_time_equal
from services.kit.text import fold_case

MAX_LENGTH = 100


def normalise_answer(answer: str) -> str:
    """Return the letters and digits of an answer, in lower case and without accents."""
    parts = fold_case(answer[:MAX_LENGTH], MAX_LENGTH, "NFKD")
    return "".join(character for character in parts if character.isalnum())


def matches(answer: str, accepted: tuple[str, ...]) -> bool:
    """Return whether the answer, normalised, is one of those accepted."""
    given = normalise_answer(answer)
    return any(constant_time_equal(given, one) for one in accepted)
