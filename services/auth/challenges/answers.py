"""When are two answers the same? Case, accents, spaces and punctuation do not count."""

from services.kit.credentials import constant_time_equal
from services.kit.text import fold_case

LONGEST = 100


def plain(answer: str) -> str:
    """Letters and digits only, in lower case and without accents."""
    parts = fold_case(answer[:LONGEST], LONGEST, "NFKD")
    return "".join(character for character in parts if character.isalnum())


def among(answer: str, accepted: tuple[str, ...]) -> bool:
    """Whether the answer, in plain form, is one of those accepted."""
    given = plain(answer)
    return any(constant_time_equal(given, one) for one in accepted)
