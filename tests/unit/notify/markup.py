"""Reading a mail's HTML as a mail program would: a tree, the styles that reach each piece of text, and its contrast."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br"}
WITHOUT_WORDS = {"style", "title"}
SIMPLE = re.compile(r"([a-z][a-z0-9]*)?((?:\.[\w-]+)*)")
MEDIA = re.compile(r"@media([^{]*)\{((?:[^{}]*\{[^}]*\})*)\s*\}")
RULE = re.compile(r"([^{}]+)\{([^}]*)\}")
DARK = "prefers-color-scheme: dark"

Style = dict[str, tuple[str, bool]]
"""Property → value, and whether it is important."""


@dataclass
class Node:
    """An element."""

    tag: str
    attributes: dict[str, str]
    parent: "Node | None"
    children: "list[Node | str]" = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def hidden(self) -> bool:
        here = self.tag in WITHOUT_WORDS or "display:none" in self.attributes.get("style", "").replace(" ", "")
        return here or (self.parent is not None and self.parent.hidden)

    def walk(self) -> "Iterator[Node]":
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()


class ParsedPage(HTMLParser):
    """A page all of whose tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self._open = Node("", {}, None)
        self.comments: list[str] = []
        self.feed(html)
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is not closed"

    @property
    def nodes(self) -> list[Node]:
        return [node for node in self.root.walk() if node.tag]

    @property
    def links(self) -> list[str]:
        return [node.attributes["href"] for node in self.nodes if "href" in node.attributes]

    @property
    def styles(self) -> str:
        return "\n".join(str(node.children[0]) for node in self.nodes if node.tag == "style")

    def words(self) -> Iterator[tuple[Node, str]]:
        """Each piece of text that is seen, and the element that holds it."""
        for node in self.nodes:
            for child in node.children:
                if isinstance(child, str) and child.strip() and not node.hidden:
                    yield node, child.strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute of <{tag}> is there twice"
        node = Node(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(node)
        if tag not in VOID:
            self._open = node

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> ends <{self._open.tag}>"
        assert self._open.parent
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.children.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


class Colours:
    """The colours of a page in the light or in the dark scheme."""

    def __init__(self, page: ParsedPage, *, dark: bool) -> None:
        self._styles: dict[int, Style] = {}
        self._rules = [*_rules(MEDIA.sub("", page.styles))]
        if dark:
            self._rules += [rule for what, body in MEDIA.findall(page.styles) if DARK in what for rule in _rules(body)]

    def contrast(self, node: Node) -> float:
        """WCAG's ratio between the text of this element and what is behind it."""
        ink, paper = self._nearest(node, ("color",)), self._nearest(node, ("background-color", "background"))
        lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    def _nearest(self, node: Node, names: tuple[str, ...]) -> str:
        for name in names:
            if name in (style := self._style(node)):
                return style[name][0]
        assert node.parent, f"no {names[0]}"
        assert not (node.tag == "a" and names == ("color",)), "a link has no colour of its own"
        return self._nearest(node.parent, names)

    def _style(self, node: Node) -> Style:
        if id(node) not in self._styles:
            self._styles[id(node)] = self._cascaded(node)
        return self._styles[id(node)]

    def _cascaded(self, node: Node) -> Style:
        """As the cascade has it: by weight, then order; the element's own style over that; the important over all."""
        matching = sorted(((w, n, style) for n, (parts, w, style) in enumerate(self._rules) if _fits(node, parts)))
        found: Style = {}
        for style in (*(style for _, _, style in matching), _declarations(node.attributes.get("style", ""))):
            found |= {name: given for name, given in style.items() if given[1] or not found.get(name, ("", False))[1]}
        return found


def _rules(css: str) -> Iterator[tuple[list[str], tuple[int, int], Style]]:
    """The parts of each selector, right to left, its weight, and what it says; those we do not write are left out."""
    for selectors, body in RULE.findall(css):
        for selector in selectors.split(","):
            parts = selector.split()[::-1]
            simple = [SIMPLE.fullmatch(part) for part in parts if part != ">"]
            found = [match for match in simple if match]
            if found and len(found) == len(simple):
                weight = sum(match[2].count(".") for match in found), sum(bool(match[1]) for match in found)
                yield parts, weight, _declarations(body)


def _declarations(body: str) -> Style:
    style: Style = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        value, important, _ = value.partition("!important")
        style[name.strip()] = value.strip(), bool(important)
    return style


def _fits(node: Node, parts: list[str]) -> bool:
    first, rest = parts[0], parts[1:]
    match = SIMPLE.fullmatch(first)
    assert match
    if (match[1] or node.tag) != node.tag or not set(match[2].split(".")) - {""} <= node.classes:
        return False
    if not rest:
        return True
    if rest[0] == ">":
        return node.parent is not None and _fits(node.parent, rest[1:])
    above = node.parent
    while above is not None and not _fits(above, rest):
        above = above.parent
    return above is not None


def _luminance(colour: str) -> float:
    assert re.fullmatch("#[0-9a-f]{6}", colour), colour
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
