"""Who is it for? Pasted lists are split, what cannot be read is kept with its reason, nobody is named twice."""

import re
import unicodedata
from collections.abc import Iterable
from typing import get_args

from pydantic import BaseModel, ConfigDict

from services.contracts.values import Field, Recipient, Role
from services.kit.addresses import AddressNotAcceptable, Domains, normal_form

FIELDS: tuple[Field, ...] = get_args(Field)
SEPARATORS = ";,\n\r\t"
NAMED = re.compile(r'(?:[^<>"]|"[^"]*")*<([^<>]*)>\s*')
LONGEST_UNREADABLE = 254


class Unreadable(BaseModel):
    """What somebody typed among the recipients and is no address; `reason` is a word for the screen to explain."""

    model_config = ConfigDict(frozen=True)

    text: str
    field: Field
    reason: str


def role_of(address: str, agents: Domains) -> Role:
    """Agent or external: the one place where the service decides it of a recipient."""
    return "agent" if agents.hold(address) else "external"


def pieces_of(entries: Iterable[str]) -> list[str]:
    """What may be addresses, each once and in order.

    Each entry may be an address, `Name <address>`, or a list of them separated by `;`, `,`, a newline or a tab.
    """
    return list(dict.fromkeys(piece for entry in entries for piece in split(entry)))


def read(pieces: Iterable[str], field: Field) -> tuple[tuple[str, ...], tuple[Unreadable, ...]]:
    """The addresses, in normal form and in order, each once; and what is not one.

    One address can take a millisecond, so whoever asks bounds their number.
    """
    addresses: dict[str, None] = {}
    unreadable: dict[str, Unreadable] = {}
    for piece in pieces:
        try:
            addresses[normal_form(_address_in(piece))] = None
        except AddressNotAcceptable:
            shown = _shown(piece)
            unreadable[shown] = Unreadable(text=shown, field=field, reason=_reason(piece))
    return tuple(addresses), tuple(unreadable.values())


def folded(lists: dict[Field, tuple[str, ...]], agents: Domains) -> tuple[Recipient, ...]:
    """Everybody once, with their role: `to` goes before `cc`, `cc` before `bcc`."""
    found: dict[str, Recipient] = {}
    for field in FIELDS:
        for address in lists[field]:
            if address not in found:
                found[address] = Recipient(address=address, field=field, role=role_of(address, agents))
    return tuple(found.values())


def split(text: str) -> list[str]:
    """The pieces of a pasted list; a separator between double quotes belongs to a name."""
    pieces, piece, quoted = [], "", False
    balanced = text.count('"') % 2 == 0
    for character in text:
        if character == '"' and balanced:
            quoted = not quoted
        if character in SEPARATORS and not quoted:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    return [found.strip() for found in (*pieces, piece) if found.strip()]


def _address_in(piece: str) -> str:
    named = NAMED.fullmatch(piece)
    return named[1].strip() if named else piece


def _reason(piece: str) -> str:
    signs = _address_in(piece).count("@")
    return "no-at-sign" if signs == 0 else "several-at-signs" if signs > 1 else "not-acceptable"


def _shown(piece: str) -> str:
    plain = (character for character in piece if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return "".join(plain)[:LONGEST_UNREADABLE]
