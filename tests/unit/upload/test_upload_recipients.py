"""How pasted lists of recipients are parsed: a table of cases, and the property that nothing is lost."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.upload.domain.recipient_list_parser import QUOTES, split_entries, without_invisible
from services.upload.domain.recipients import ParsedList, parse_addresses, split_lists

Reading = tuple[list[str], list[str]]

CASES: dict[str, Reading] = {
    # Separators.
    "": ([], []),
    " ;, \n\t;": ([], []),
    "a@b.fr;c@d.fr": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr, c@d.fr": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr\r\nc@d.fr": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr\tc@d.fr": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr c@d.fr": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr\u2028c@d.fr\xa0e@f.fr": (["a@b.fr", "c@d.fr", "e@f.fr"], []),
    # Invisible characters and enclosing quotation marks.
    "a@ministere.example, \u200bc@ville.example": (["a@ministere.example", "c@ville.example"], []),
    "\ufeffa@b.fr\u200e; c\u00ad@d.fr\u202c": (["a@b.fr", "c@d.fr"], []),
    "'c@ville.example'": (["c@ville.example"], []),
    '"a@b.fr"; “c@d.fr”; « e@f.fr »; ‘g@h.fr’': (["a@b.fr", "c@d.fr", "e@f.fr", "g@h.fr"], []),
    "'o'brien@b.fr'": (["o'brien@b.fr"], []),
    "\"'a@b.fr'\" <a@b.fr>": (["a@b.fr"], []),
    '"a@b.fr, c@d.fr"': (["a@b.fr", "c@d.fr"], []),
    "mailto:a@b.fr; Claude<mailto:c@d.fr>": (["a@b.fr", "c@d.fr"], []),
    # Names.
    "Camille Martin <camille@ville.example>": (["camille@ville.example"], []),
    "<a@b.fr>; < c@d.fr >": (["a@b.fr", "c@d.fr"], []),
    "Camille <a@b.fr> Sacha <c@d.fr>": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr Claude <c@d.fr>": (["a@b.fr", "c@d.fr"], []),
    '"Martin, Camille; DSI" <a@b.fr>; c@d.fr': (["a@b.fr", "c@d.fr"], []),
    "Martin, Claude <claude.martin@ministere.example>; Petit, Sacha <sacha@ville.example>;": (
        ["claude.martin@ministere.example", "sacha@ville.example"],
        [],
    ),
    "Martin, Claude <a@b.fr>, Petit, Sacha <c@d.fr>": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr <c@d.fr>": (["c@d.fr"], []),
    '"agent@ministere.example" <evil@evil.example>': (["evil@evil.example"], []),
    # Names without angle brackets, and brackets of other kinds.
    "Jean Dupont jean@ville.example": (["jean@ville.example"], []),
    "Jean Dupont jean@b.fr; Zoé Petit zoe@d.fr, e@f.fr": (["jean@b.fr", "zoe@d.fr", "e@f.fr"], []),
    "Jean Dupont jean@b.fr Zoé Petit zoe@d.fr": (["jean@b.fr", "zoe@d.fr"], []),
    "Jean jean.dupont@b.fr; Élodie elodie@d.fr; DSI dsi-nord@e.fr": (
        ["jean.dupont@b.fr", "elodie@d.fr", "dsi-nord@e.fr"],
        [],
    ),
    "À : a@b.fr; Cc: c@d.fr": (["a@b.fr", "c@d.fr"], []),
    "- a@b.fr\n• c@d.fr\n3) e@f.fr": (["a@b.fr", "c@d.fr", "e@f.fr"], []),
    "(c@ville.example)": (["c@ville.example"], []),
    "(a@b.fr, c@d.fr); [e@f.fr].": (["a@b.fr", "c@d.fr", "e@f.fr"], []),
    "Jean Dupont (jean@ville.example)": (["jean@ville.example"], []),
    "Dupont Jean [mailto:jean@ville.example]": (["jean@ville.example"], []),
    "jean@ville.example (Jean Dupont)": (["jean@ville.example"], []),
    "a@b.fr (Anne) c@d.fr (Chef de bureau)": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr (Anne) <c@d.fr>": (["a@b.fr", "c@d.fr"], []),
    "a@b.fr (c@d.fr)": (["a@b.fr", "c@d.fr"], []),
    "Jean Dupont jean@b.fr <c@d.fr>": (["c@d.fr"], ["Jean Dupont"]),
    "Jean Dupont (DSI) <a@b.fr>": (["a@b.fr"], []),
    "Écrivez à a@b.fr.": (["a@b.fr"], []),
    # What may be the rest of an address, or another one, is told apart.
    "jean . dupont@b.fr": (["dupont@b.fr"], ["jean ."]),
    "anne.martin jean dupont@b.fr": (["dupont@b.fr"], ["anne.martin jean"]),
    "Jean Dupont, Zoé Petit zoe@d.fr": (["zoe@d.fr"], ["Jean Dupont"]),
    "a@b.fr et Zoé": (["a@b.fr"], ["et Zoé"]),
    "Jean Dupont jean@ville": ([], ["Jean Dupont jean@ville"]),
    "m martin@b.fr": (["martin@b.fr"], ["m"]),
    # Rows of a table.
    "Claude Martin\tclaude@b.fr\nPetit\tSacha\tsacha@d.fr": (["claude@b.fr", "sacha@d.fr"], []),
    "claude@b.fr\tMartin, Claude": (["claude@b.fr"], []),
    '"Martin, Claude"\t"claude@b.fr"': (["claude@b.fr"], []),
    "Martin\t<claude@b.fr>": (["claude@b.fr"], []),
    "oups\t; a@b.fr": (["a@b.fr"], ["oups"]),
    "a@b.fr\tc@d.fr, pas une adresse": (["a@b.fr", "c@d.fr"], ["pas une adresse"]),
    "Zoé <a@b.fr>\tpas une adresse": (["a@b.fr"], ["pas une adresse"]),
    # What is no address is told apart, and its neighbours are read.
    "a@b.fr; pas une adresse, c@d@e.fr\nx@y": (["a@b.fr"], ["pas une adresse", "c@d@e.fr", "x@y"]),
    "oups, a@b.fr": (["a@b.fr"], ["oups"]),
    "Martin; Claude <a@b.fr>": (["a@b.fr"], ["Martin"]),
    "sacha dupont@b.fr": (["dupont@b.fr"], ["sacha"]),
    "Claude <>; Sacha <pas une adresse>": ([], ["Claude <>", "Sacha <pas une adresse>"]),
    "Claude <a@b.fr; c@d.fr>": ([], ["Claude", "<a@b.fr", "c@d.fr>"]),
    '"Camille <a@b.fr>; c@d.fr': (["a@b.fr", "c@d.fr"], []),
    # An address is sent to as it was typed, and known in lower case.
    "Ana.Durand@B.fr; ana.durand@b.fr": (["Ana.Durand@b.fr"], []),
    "élodie <elodie@mairie-évian.fr>": (["elodie@xn--mairie-vian-hbb.fr"], []),
}

REASONS = {
    "oups": ("no-at-sign", ""),
    "a@b@c.fr": ("several-at-signs", ""),
    "rené@ville.example": ("character-not-acceptable", "é"),
    "o’brien@ville.example": ("character-not-acceptable", "’"),
    "a@(ville.example": ("character-not-acceptable", "("),
    "a\u3164b@ville.example": ("character-not-acceptable", "\u3164"),
    "a\ufe0f@ville.example": ("character-not-acceptable", "U+FE0F"),
    "<a@ville.example": ("character-not-acceptable", "<"),
    "a@ville": ("not-acceptable", ""),
    "a..b@ville.example": ("not-acceptable", ""),
}


@pytest.mark.parametrize(("pasted", "expected"), CASES.items(), ids=ascii)
def test_a_pasted_list_is_parsed(pasted: str, expected: Reading) -> None:
    found = reading(pasted)
    assert (list(found.addresses), [one.text for one in found.unreadable]) == expected


@pytest.mark.parametrize(("pasted", "expected"), REASONS.items(), ids=ascii)
def test_an_unreadable_entry_has_a_reason(pasted: str, expected: tuple[str, str]) -> None:
    assert [(one.reason, one.character) for one in reading(pasted).unreadable] == [expected]


PIECES = st.sampled_from(
    [
        "a@b.fr",
        "C@d.fr",
        "oups",
        "un mot",
        "(un mot)",
        "(c@d.fr).",
        "x@y",
        "e@f@g.fr",
        "é@b.fr",
        "Nom <h@i.fr>",
        "<",
        ">",
        '"',
        "'",
        "<>",
        "\u200b",
    ]
)
GAPS = st.sampled_from([",", ";", "\n", "\t", " ", ", ", "; ", "\r\n", ""])
LISTS = st.lists(st.tuples(PIECES, GAPS), max_size=12).map(lambda pairs: "".join(piece + gap for piece, gap in pairs))


@given(st.one_of(LISTS, st.text(alphabet='ab@.;,\n\t"<> é’\u200b', max_size=60), st.text(max_size=80)))
@example('"a@b.fr" <oups')
def test_each_entry_is_an_address_a_name_or_an_unreadable_entry(pasted: str) -> None:
    entries = split_entries(pasted)
    told = "".join(entry.text for entry in entries)
    assert all(word in told for word in words_with_an_at_sign(pasted))
    assert "@" in pasted or letters(told) == letters(pasted)
    found = reading(pasted)
    refused = {one.text for one in found.unreadable}
    for entry in entries:
        alone = reading(entry.text)
        assert entry.text[:254] in refused or {one.lower() for one in alone.addresses} & {
            one.lower() for one in found.addresses
        }


@given(LISTS)
def test_an_unreadable_entry_is_unreadable_when_it_is_parsed_again(pasted: str) -> None:
    refused = [one.text for one in reading(pasted).unreadable]
    assert reading("\n".join(refused)).addresses == ()


@pytest.mark.parametrize(
    "sign",
    [
        '"',
        "<",
        ">",
        ",",
        ";",
        "\t",
        "'",
        "a ",
        "@",
        '"<',
        '"" ',
        "a@b.c ",
        "\u200b",
        "<a@b.c>",
        "(",
        "(a ",
        "(a) ",
        "a b@b.c ",
        "a. ",
    ],
)
def test_the_longest_list_is_parsed_in_linear_time(sign: str) -> None:
    """In quadratic time this would take hours."""
    pasted = sign * (100_000 // len(sign))
    assert bool(reading(pasted).addresses) == ("@b" in sign)


def reading(pasted: str) -> ParsedList:
    return parse_addresses(split_lists([pasted]), "to")


def words_with_an_at_sign(pasted: str) -> list[str]:
    return [word for word in re.split(rf"[\s{QUOTES};,<>]+", without_invisible(pasted)) if "@" in word]


def letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())
