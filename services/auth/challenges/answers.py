"""When are two answers the same? Case, accents, spaces and punctuation do not count."""

from services.kit.secrets import same
from services.kit.text import folded

LONGEST = 100


def plain(answer: str) -> str:
    """Letters and digits only, in lower case and without accents."""
    parts = folded(answer[:LONGEST], LONGEST, "NFKD")
    return "".join(character for character in parts if character.isalnum())


def among(answer: str, accepted: tuple[str, ...]) -> bool:
    """Whether the answer, in plain form, is one of those accepted."""
    given = plain(answer)
    return any(same(given, one) for one in accepted)
