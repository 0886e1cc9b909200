"""Show an address with an internationalised domain in Unicode, and in ASCII too where a reader could be misled."""

import unicodedata

import idna


def readable(address: str) -> str:
    """The address for people to read: `ana@mairie-évian.fr` for `ana@xn--mairie-vian-hbb.fr`.

    A domain stays in A-labels when its Unicode form does not convert back to it. One with letters that are not ASCII
    letters with or without accents can look like another domain, so the address follows in ASCII: `Unicode <ASCII>`.
    """
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        shown = idna.decode(domain)
        if idna.encode(shown) != domain.encode():
            return address
    except UnicodeError:
        return address
    return f"{local}{at}{shown}" if _is_plain(shown) else f"{local}{at}{shown} <{address}>"


def _is_plain(domain: str) -> bool:
    base = (sign for sign in unicodedata.normalize("NFKD", domain) if not unicodedata.combining(sign))
    return all(sign.isascii() or sign in "œæß" for sign in base)
