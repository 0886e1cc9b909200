"""Split a pasted list of recipients into entries: each is one address with or without a name, or a text without one.

Newlines and semicolons end a record. A comma ends an entry too, unless only the words of a name stand before it and an
address in angle brackets follows: `Last, First <address>`. Tabs separate the cells of a row; where each address of a
row stands in a cell alone, the cells without an `@` are names. Everything takes time linear in the length of the text.

Without angle brackets, the words before an address are its name when there are several, when the only one is part of
the address, and when they are a label that ends with a colon. Any other word stays apart: in `first last@example.org`
a full stop may be missing, and `last@example.org` may be somebody else. Round brackets after an address hold its name.
Brackets around an address and a full stop after it are dropped. Outside of angle brackets, no address becomes a name.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from services.kit.addresses import MAX_LOCAL_LENGTH
from services.kit.text import fold_case

QUOTES = '"“”„‟«»‹›'
ENCLOSING = QUOTES + "'‘’‚‛`´ \u00a0\u202f"
AROUND = ENCLOSING + "()[]"
"""Characters that may enclose an address."""
INNER_STOP = re.compile(r"\w\w\.\w\w")
"""A full stop inside a word that may be meant as an address."""
BETWEEN_NAMES = re.compile(r"[._+-]")
Span = tuple[int, int]
LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"))
TOKENS = re.compile(
    rf"""
      (?P<quoted> "[^"\n]*" (?=[^\S\t\n]*<[^<>;,\t\n]*>) )
    | (?P<bracketed> <[^<>;,\t\n]*> )
    | (?P<ending> [;\n] )
    | (?P<cell> \t )
    | (?P<comma> , )
    | (?P<remark> \([^()@<>;,\t\n]*\) )
    | (?P<blank> [\s{QUOTES}] )
    | (?P<word> [^\s{QUOTES};,<>]+ | [<>] )
    """,
    re.VERBOSE,
)


class Entry(NamedTuple):
    """`text` is the entry as pasted; `address` the part that has to be an address; `name` its name, maybe empty."""

    text: str
    address: str
    name: str = ""


def split_entries(pasted: str) -> list[Entry]:
    """Return the entries in order, without invisible characters and enclosing quotation marks."""
    return list(_Splitter(without_invisible(pasted.translate(LINE_ENDS))).entries())


def without_invisible(text: str) -> str:
    """Return the text without control and format characters, except tabs and newlines, which separate entries."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one for one in text if one in "\t\n" or unicodedata.category(one) not in ("Cc", "Cf", "Cs"))


class _Splitter:
    """Reads one token after the other; `_words` and `_parts` hold the spans of the current entry and name."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[Span] = []
        self._parts: list[Span] = []
        self._cells: list[list[Entry]] = [[]]

    def entries(self) -> Iterator[Entry]:
        for token in TOKENS.finditer(self._text):
            match token.lastgroup:
                case "quoted" | "word" | "remark":
                    self._word(*token.span())
                case "bracketed":
                    self._bracketed(*token.span())
                case "comma":
                    self._comma()
                case "cell":
                    self._flush()
                    self._cells.append([])
                case "ending":
                    yield from self._record()
        yield from self._record()

    def _word(self, start: int, end: int) -> None:
        """Add a word; a stray bracket belongs to the word next to it."""
        if self._words and self._words[-1][1] == start:
            start = self._words.pop()[0]
        self._words.append((start, end))

    def _bracketed(self, start: int, end: int) -> None:
        """Add an address in angle brackets; its name is the words before it that are not addresses, or one address."""
        count = len(self._words)
        while count and not self._is_address(self._words[count - 1]):
            count -= 1
        if count and count == len(self._words):
            count -= 1
        name = self._words[count:]
        del self._words[count:]
        if self._words:
            self._flush()
        begun = [*self._parts, *name, (start, end)]
        self._parts.clear()
        words = self._text[begun[0][0] : start].strip(ENCLOSING + ",")
        self._cells[-1].append(Entry(self._span(begun), _bare(self._text[start + 1 : end - 1]), words))

    def _comma(self) -> None:
        """End the entry, unless it has no address: then it may be the first part of a name."""
        if any(self._is_address(word) for word in self._words):
            self._flush()
        elif self._words:
            self._parts.append((self._words[0][0], self._words[-1][1]))
            self._words.clear()

    def _flush(self) -> None:
        """End the entry; parts of a name, and words after the last address, become entries without an address."""
        found = [self._plain_entry([part]) for part in self._parts]
        words, start = self._words, 0
        for at, word in enumerate(words):
            if self._is_address(word):
                stop = at + 2 if self._is_remark(words[at + 1 : at + 2]) else at + 1
                found += self._addressed(words[start:at], words[at:stop])
                start = stop
        if words[start:]:
            found.append(self._plain_entry(words[start:]))
        self._cells[-1] += found
        self._parts.clear()
        self._words.clear()

    def _addressed(self, before: list[Span], rest: list[Span]) -> list[Entry]:
        """Return the entry of an address and its remark; the words before it are its name or an entry of their own."""
        address = _bare(self._span(rest[:1]))
        if before and not _is_name([self._span([word]) for word in before], address):
            return [self._plain_entry(before), *self._addressed([], rest)]
        name = before or rest[1:]
        return [Entry(self._span([*before, *rest]), address, self._span(name) if name else "")]

    def _plain_entry(self, spans: list[Span]) -> Entry:
        text = self._span(spans)
        return Entry(text, _bare(text))

    def _record(self) -> list[Entry]:
        self._flush()
        cells, self._cells = self._cells, [[]]
        entries = [entry for cell in cells for entry in cell]
        filled = [cell for cell in cells if any("@" in entry.address for entry in cell)]
        if len(cells) > 1 and filled and not any(entry.name for entry in entries):
            return [entry for cell in filled for entry in cell]
        return entries

    def _is_address(self, span: Span) -> bool:
        return self._text[span[0]] != '"' and "@" in self._text[span[0] : span[1]]

    def _is_remark(self, words: list[Span]) -> bool:
        return any(self._text[start] == "(" and self._text[stop - 1] == ")" for start, stop in words)

    def _span(self, spans: list[Span]) -> str:
        return self._text[spans[0][0] : spans[-1][1]]


def _is_name(words: list[str], address: str) -> bool:
    """Return whether these words name the owner of the address, instead of being part of it or another address."""
    if any(INNER_STOP.search(word) for word in words):
        return False
    lettered = [letters for word in words if (letters := _letters(word))]
    pieces = map(_letters, BETWEEN_NAMES.split(address.partition("@")[0][:MAX_LOCAL_LENGTH]))
    return len(lettered) != 1 or words[-1].endswith(":") or lettered[0] in pieces


def _letters(text: str) -> str:
    """Return the letters of a short text, without case and accents."""
    return "".join(one for one in fold_case(text[:MAX_LOCAL_LENGTH], MAX_LOCAL_LENGTH, "NFKD") if one.isalpha())


def _bare(text: str) -> str:
    """Return the text without enclosing characters, a final full stop, and `mailto:`."""
    bare = text.lstrip(AROUND).rstrip(AROUND + ".")
    return bare[7:].lstrip(AROUND) if bare[:7].lower() == "mailto:" else bare
