"""Split a pasted list of recipients into entries: each is one address with or without a name, or a text without one.

Newlines and semicolons end a record. A comma ends an entry too, unless only the words of a name stand before it and an
address in angle brackets follows: `Last, First <address>`. Tabs separate the cells of a row; where each address of a
row stands in a cell alone, the cells without an `@` are names. Everything takes time linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

QUOTES = '"“”„‟«»‹›'
ENCLOSING = QUOTES + "'‘’‚‛`´ \u00a0\u202f"
LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"))
TOKENS = re.compile(
    rf"""
      (?P<quoted> "[^"\n]*" (?=[^\S\t\n]*<[^<>;,\t\n]*>) )
    | (?P<bracketed> <[^<>;,\t\n]*> )
    | (?P<ending> [;\n] )
    | (?P<cell> \t )
    | (?P<comma> , )
    | (?P<blank> [\s{QUOTES}] )
    | (?P<word> [^\s{QUOTES};,<>]+ | [<>] )
    """,
    re.VERBOSE,
)


class Entry(NamedTuple):
    """`text` is what was pasted, with its name; `address` what has to be an address; `name` is empty without one."""

    text: str
    address: str
    name: str = ""


def split(pasted: str) -> list[Entry]:
    """The entries in order; invisible characters and enclosing quotation marks are left out."""
    return list(_Splitter(without_invisible(pasted.translate(LINE_ENDS))).entries())


def without_invisible(text: str) -> str:
    """The text without control and format characters; tabs and newlines stay, because they separate."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if sign in "\t\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))


class _Splitter:
    """Reads token after token; `_words` and `_parts` hold the spans of the entry and of the name that have begun."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[tuple[int, int]] = []
        self._parts: list[tuple[int, int]] = []
        self._cells: list[list[Entry]] = [[]]

    def entries(self) -> Iterator[Entry]:
        for token in TOKENS.finditer(self._text):
            match token.lastgroup:
                case "quoted" | "word":
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
        """One more word; a stray bracket belongs to the word that it touches."""
        if self._words and self._words[-1][1] == start:
            start = self._words.pop()[0]
        self._words.append((start, end))

    def _bracketed(self, start: int, end: int) -> None:
        """An address in angle brackets; its name are the words before it that are no addresses, or one that is."""
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
        """Words without an address may be the beginning of a name."""
        if any(self._is_address(word) for word in self._words):
            self._flush()
        elif self._words:
            self._parts.append((self._words[0][0], self._words[-1][1]))
            self._words.clear()

    def _flush(self) -> None:
        """Each part and each run of words is an entry that holds no address; each other word is one that may."""
        found = list(self._parts)
        is_run = False
        for word in self._words:
            is_address = self._is_address(word)
            if is_run and not is_address:
                found[-1] = (found[-1][0], word[1])
            else:
                found.append(word)
            is_run = not is_address
        self._parts.clear()
        self._words.clear()
        self._cells[-1] += [Entry(self._span([one]), _bare(self._span([one]))) for one in found]

    def _record(self) -> list[Entry]:
        self._flush()
        cells, self._cells = self._cells, [[]]
        entries = [entry for cell in cells for entry in cell]
        filled = [cell for cell in cells if any("@" in entry.address for entry in cell)]
        if len(cells) > 1 and filled and not any(entry.name for entry in entries):
            return [entry for cell in filled for entry in cell]
        return entries

    def _is_address(self, span: tuple[int, int]) -> bool:
        return self._text[span[0]] != '"' and "@" in self._text[span[0] : span[1]]

    def _span(self, spans: list[tuple[int, int]]) -> str:
        return self._text[spans[0][0] : spans[-1][1]]


def _bare(text: str) -> str:
    """Without enclosing quotation marks, and without the `mailto:` of a link."""
    bare = text.strip(ENCLOSING)
    return bare[7:].strip(ENCLOSING) if bare[:7].lower() == "mailto:" else bare
