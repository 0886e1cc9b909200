"""Show an address with an internationalised domain in Unicode, and in ASCII too where a reader could be misled."""

import unicodedata
from functools import lru_cache

import idna

from services.kit.addresses import MAX_LENGTH
from services.kit.text import normalise


def display_form(address: str) -> str:
    """The address for people to read: `ana@mairie-évian.fr` for `ana@xn--mairie-vian-hbb.fr`.

    A domain stays in A-labels when its Unicode form does not convert back to it. One with letters that are not ASCII
    letters with or without accents can look like another domain, so the address follows in ASCII: `Unicode <ASCII>`.
    """
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain or len(address) > MAX_LENGTH:
        return address
    shown = _unicode_domain(domain)
    return f"{local}{at}{shown}" if _is_plain(shown) else f"{local}{at}{shown} <{address}>"


@lru_cache(maxsize=8_192)
def _unicode_domain(domain: str) -> str:
    """Kept for the next time: a long domain takes half a millisecond, and a list of drafts shows thousands."""
    try:
        shown = idna.decode(domain)
        return shown if idna.encode(shown) == domain.encode() else domain
    except UnicodeError:
        return domain


def _is_plain(domain: str) -> bool:
    """Letters with the accents that are written as one with them: a mark of its own can hide in its letter (i̇, l̷)."""
    if any(unicodedata.category(sign).startswith("M") for sign in normalise(domain, MAX_LENGTH)):
        return False
    base = (sign for sign in normalise(domain, MAX_LENGTH, "NFKD") if not unicodedata.combining(sign))
    return all(sign.isascii() or sign in "œæß" for sign in base)
