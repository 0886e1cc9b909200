"""Mail addresses: one normal form, and domains matched exactly, never by suffix or display name."""

import re
import unicodedata
from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from services.kit.refusals import Unprocessable

MAX_LENGTH = 254
MAX_LOCAL_LENGTH = 64
FORBIDDEN_CHARACTERS = set('"(),:;<>[]\\ ')
FORBIDDEN_IN_LOCAL = ("=?", "%", "!", "/", "`", "|", "{", "}")
STRICT_LOCAL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+'-]{0,62}[A-Za-z0-9])?")


class AddressNotAcceptable(Unprocessable):
    """This is not a mail address that can be used here."""

    title_fr = "Cette adresse de messagerie ne peut pas être utilisée ici."


def normal_form(raw: str) -> str:
    """Return the address as it is stored, compared and hashed: lower case, domain in ASCII (A-labels).

    Refuses what `smtp_form` refuses.
    """
    return smtp_form(raw).lower()


def smtp_form(raw: str) -> str:
    """Return the address for delivery: the local part as typed, because its server may be case-sensitive (RFC 5321).

    The domain is in lower case and in ASCII (A-labels). Refuses control and format characters, comments, quoted local
    parts, address literals, several `@`, encoded words, percent hacks, bang paths, more than 254 characters, and more
    than 64 before the `@`.
    """
    if not isinstance(raw, str) or len(raw) > MAX_LENGTH:
        raise AddressNotAcceptable()
    if any(unicodedata.category(character) in ("Cc", "Cf") or character in FORBIDDEN_CHARACTERS for character in raw):
        raise AddressNotAcceptable()
    if raw.count("@") != 1:
        raise AddressNotAcceptable()
    try:
        found = validate_email(
            raw,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_smtputf8=False,
            check_deliverability=False,
        )
    except EmailNotValidError as error:
        raise AddressNotAcceptable() from error
    local, domain = found.local_part, found.ascii_domain
    if len(local) > MAX_LOCAL_LENGTH or any(trick in local for trick in FORBIDDEN_IN_LOCAL):
        raise AddressNotAcceptable()
    return f"{local}@{domain.lower()}"


def mailbox_of(address: str) -> str:
    """Return the address without its plus tag: for limits, and to compare persons."""
    local, domain = address.rsplit("@", 1)
    return f"{local.split('+', 1)[0] or local}@{domain}"


def domain_of(address: str) -> str:
    """Return the domain of an address in normal form."""
    return address.rsplit("@", 1)[1]


class Domains:
    """A set of domains; an entry with a leading dot includes all subdomains."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Skip blank entries; raises `ValueError` for an entry that is not a domain, to reveal typing errors."""
        cleaned = [entry.strip() for entry in entries if entry.strip()]
        self._exact = {_domain(entry.removeprefix(".")) for entry in cleaned}
        self._below = tuple(f".{_domain(entry[1:])}" for entry in cleaned if entry.startswith("."))

    def contains(self, address: str) -> bool:
        """Return whether an address in normal form has a plain local part and one of these domains."""
        local, domain = address.rsplit("@", 1)
        if not STRICT_LOCAL.fullmatch(local):
            return False
        return domain in self._exact or bool(self._below and domain.endswith(self._below))


def _domain(entry: str) -> str:
    """Return the domain in the normal form of addresses."""
    try:
        return domain_of(normal_form(f"x@{entry}"))
    except AddressNotAcceptable:
        raise ValueError(f"{entry!r} is not a domain") from None
