"""Display addresses with internationalised domains in Unicode, and also in ASCII where a reader could be misled."""

import unicodedata
from functools import lru_cache

import idna

from services.kit.addresses import MAX_LENGTH
from services.kit.text import normalise


def display_form(address: str) -> str:
    """Return the address for display: `ana@mairie-évian.fr` for `ana@xn--mairie-vian-hbb.fr`.

    A domain stays in A-labels when its Unicode form does not convert back to it. One with letters that are not ASCII
    letters with or without accents can look like another domain, so the address follows in ASCII: `Unicode <ASCII>`.
    """
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain or len(address) > MAX_LENGTH:
        return address
    shown = _unicode_domain(domain)
    return f"{local}{at}{shown}" if _is_unambiguous(shown) else f"{local}{at}{shown} <{address}>"


@lru_cache(maxsize=8_192)
def _unicode_domain(domain: str) -> str:
    """Cached: a long domain takes half a millisecond, and a list of drafts shows thousands."""
    try:
        shown = idna.decode(domain)
        return shown if idna.encode(shown) == domain.encode() else domain
    except UnicodeError:
        return domain


def _is_unambiguous(domain: str) -> bool:
    """Return whether it has only precomposed accents: a separate mark can be invisible in its letter (i̇, l̷)."""
    if any(unicodedata.category(sign).startswith("M") for sign in normalise(domain, MAX_LENGTH)):
        return False
    base = (sign for sign in normalise(domain, MAX_LENGTH, "NFKD") if not unicodedata.combining(sign))
    return all(sign.isascii() or sign in "œæß" for sign in base)
