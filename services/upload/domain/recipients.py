"""Recipients: parse pasted lists, keep unreadable entries with a reason, and merge duplicates."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from pydantic import BaseModel, ConfigDict

from services.contracts.values import Field, Recipient, Role
from services.kit.addresses import AddressNotAcceptable, Domains, smtp_form
from services.upload.domain.recipient_list_parser import Entry, split_entries

FIELDS: tuple[Field, ...] = get_args(Field)
MAX_UNREADABLE_LENGTH = 254
LOCAL_PART_CHARACTER = re.compile(r"[A-Za-z0-9.!#$&'*+=?^_~/`{|}%-]")


class Unreadable(BaseModel):
    """An entry among the recipients that is not an address; `reason` is a code that clients translate.

    `character` is the character that an address cannot have, if that is the reason; as `U+XXXX` if it is invisible.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    field: Field
    reason: str
    character: str = ""


class ParsedList(NamedTuple):
    """The addresses and the unreadable entries of a list."""

    addresses: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]


def role_of(address: str, agents: Domains) -> Role:
    """Return the role of a recipient; the service decides it nowhere else."""
    return "agent" if agents.contains(address) else "external"


def split_lists(pasted: Iterable[str]) -> list[Entry]:
    """Return the distinct entries of these texts, in order; each text may be a pasted list."""
    return list(dict.fromkeys(entry for text in pasted for entry in split_entries(text)))


def parse_addresses(pieces: Iterable[Entry], field: Field) -> ParsedList:
    """Return the distinct addresses in order, as mail is sent to them, and the entries that are not addresses.

    One address can take a millisecond: callers bound the number of entries.
    """
    addresses: dict[str, str] = {}
    unreadable: dict[str, Unreadable] = {}
    for entry in pieces:
        try:
            found = smtp_form(entry.address)
            addresses.setdefault(found.lower(), found)
        except AddressNotAcceptable:
            text = entry.text[:MAX_UNREADABLE_LENGTH]
            unreadable[text] = _diagnosed(text, entry.address, field)
    return ParsedList(tuple(addresses.values()), tuple(unreadable.values()))


def merge_recipients(
    lists: Mapping[Field, Sequence[str]], agents: Domains, spellings: Sequence[str] = ()
) -> tuple[Recipient, ...]:
    """Return each recipient once, with their role: `to` takes precedence over `cc`, and `cc` over `bcc`.

    `lists` are in normal form; `spellings` are the addresses that were typed with capitals, as mail is sent to them.
    """
    typed = {spelling.lower(): spelling for spelling in spellings}
    found: dict[str, Recipient] = {}
    for field in FIELDS:
        for address in lists[field]:
            if address not in found:
                role = role_of(address, agents)
                found[address] = Recipient(address=address, field=field, role=role, mail_to=typed.get(address, ""))
    return tuple(found.values())


def _diagnosed(text: str, address: str, field: Field) -> Unreadable:
    at_signs = address.count("@")
    if at_signs != 1:
        return Unreadable(text=text, field=field, reason="several-at-signs" if at_signs else "no-at-sign")
    local, _, domain = address.partition("@")
    invalid = next((one for one in local if not LOCAL_PART_CHARACTER.match(one)), None) or _invalid_in(domain)
    if invalid is None:
        return Unreadable(text=text, field=field, reason="not-acceptable")
    return Unreadable(text=text, field=field, reason="character-not-acceptable", character=_printable(invalid))


def _invalid_in(domain: str) -> str | None:
    """Return the first character that a domain cannot have; letters of all scripts are allowed."""
    return next((one for one in domain if one not in ".-" and unicodedata.category(one)[0] not in "LMN"), None)


def _printable(character: str) -> str:
    is_visible = unicodedata.category(character)[0] in "LNPS"
    return character if is_visible else f"U+{ord(character):04X}"
