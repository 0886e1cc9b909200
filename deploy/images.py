"""Compares every image that the repository names with the table of images; run by `make check`.

    python -m deploy.images

An image outside the table, another version than the table's and a row that nothing uses are errors. A row that nobody
has looked at for 90 days, and one that is no longer supported, are warnings.
"""

import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

PROJECT = Path(__file__).resolve().parent.parent
TABLE = "deploy/images.yaml"
OURS = "melanissimo/"  # built here, from the Dockerfiles
LOOK_AGAIN = timedelta(days=90)

MANIFESTS = ("compose*.y*ml", "deploy/**/*.y*ml")
RECIPES = ("deploy/Dockerfile*",)
PAGES = ("*.md", "docs/**/*.md", "deploy/**/*.md")
HISTORY = re.compile(r"CHANGELOG\.md|docs/adr/")  # what was true then stays written
FILLED_IN = re.compile(r"deploy/k8s/base/")  # names without a version, which the overlay gives

_DEFAULT = re.compile(r"\$\{\w+:-(.+)\}")
_IN_RECIPE = re.compile(r"^(?:FROM\s+|ARG BASE=|COPY --from=)(\S+)(?:\s+AS\s+(\S+))?", re.MULTILINE | re.IGNORECASE)
_IN_PAGE = re.compile(r"(?<![\w./:@-])((?:[a-z0-9][\w.-]*/)*[a-z0-9][\w.-]*):((?:v?\d|RELEASE\.)[\w.-]*\w)")


class Image(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tag: str
    digest: str | None = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    purpose: str
    looked_at: date
    supported_until: date | None
    support: str | None

    @model_validator(mode="after")
    def _says_something_of_support(self) -> Self:
        if not (self.supported_until or self.support):
            raise ValueError(f"{self.name}: without supported_until, support says why")
        return self

    @property
    def tagged(self) -> str:
        """Name and tag, as a page names it."""
        return f"{self.name}:{self.tag}"

    @property
    def reference(self) -> str:
        """What is pulled: name, tag and, where it is known, digest."""
        return f"{self.tagged}@{self.digest}" if self.digest else self.tagged


class Mention(NamedTuple):
    """An image that a file names."""

    file: str
    image: str

    @property
    def name(self) -> str:
        """The image's name, without tag and digest."""
        head, slash, last = self.image.partition("@")[0].rpartition("/")
        return f"{head}{slash}{last.partition(':')[0]}"


def table(root: Path = PROJECT) -> dict[str, Image]:
    """The rows by name; refuses one that is not whole, and two of one name."""
    rows = TypeAdapter(list[Image]).validate_python(yaml.safe_load((root / TABLE).read_text(encoding="utf-8")))
    found = {row.name: row for row in rows}
    if len(found) < len(rows):
        raise ValueError(f"{TABLE}: two rows have the same name")
    return found


def mentions(images: dict[str, Image], root: Path = PROJECT) -> Iterator[Mention]:
    """Every image that a manifest, a Dockerfile or a page names, but for our own."""
    for file, text in _files(root, *MANIFESTS):
        for document in yaml.safe_load_all(text):
            yield from (Mention(file, image) for image in _in_manifest(document))
    for file, text in _files(root, *RECIPES):
        yield from (Mention(file, image) for image in _in_recipe(text))
    for file, text in _files(root, *PAGES):
        if not HISTORY.match(file):
            yield from (Mention(file, image) for image in _in_page(text, images))


def errors(images: dict[str, Image], found: list[Mention]) -> list[str]:
    """One line for each mention that differs from the table, and for each row that nothing uses."""
    wrong = [
        f"{each.file}: {each.image} is not in {TABLE}"
        if each.name not in images
        else f"{each.file}: {each.image}, but {TABLE} says {images[each.name].reference}"
        for each in found
        if not _agrees(each, images)
    ]
    idle = images.keys() - {each.name for each in found if not each.file.endswith(".md")}
    return wrong + [f"{TABLE}: nothing uses {name}" for name in sorted(idle)]


def warnings(images: dict[str, Image], today: date) -> list[str]:
    """One line for each row that somebody should look at again."""
    old = [f"nobody has looked at {row.name} since {row.looked_at}" for row in images.values() if _is_old(row, today)]
    ended = [
        f"{row.tagged} is supported until {row.supported_until} only"
        for row in images.values()
        if row.supported_until and row.supported_until < today
    ]
    return old + ended


def _is_old(row: Image, today: date) -> bool:
    return today - row.looked_at > LOOK_AGAIN


def _agrees(mention: Mention, images: dict[str, Image]) -> bool:
    row = images.get(mention.name)
    if row is None:
        return False
    if mention.file.endswith(".md"):
        return mention.image == row.tagged
    return mention.image == row.reference or (mention.image == row.name and bool(FILLED_IN.match(mention.file)))


def _files(root: Path, *patterns: str) -> Iterator[tuple[str, str]]:
    for path in sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()}):
        file = path.relative_to(root).as_posix()
        if file != TABLE:
            yield file, path.read_text(encoding="utf-8")


def _in_manifest(node: Any) -> Iterator[str]:
    """The values of `image` and of the build argument `BASE`, and what kustomize puts in the place of a name."""
    if isinstance(node, list):
        for each in node:
            yield from _in_manifest(each)
    elif isinstance(node, dict):
        named = [node[key] for key in ("image", "BASE") if isinstance(node.get(key), str)]
        named += [_replaced(each) for each in node["images"]] if isinstance(node.get("images"), list) else []
        for each in named:
            image = _DEFAULT.sub(r"\1", each)
            if not image.startswith(OURS):
                yield image
        for each in node.values():
            yield from _in_manifest(each)


def _replaced(entry: dict[str, str]) -> str:
    tag, digest = entry.get("newTag"), entry.get("digest")
    name = entry.get("newName", entry["name"])
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _in_recipe(text: str) -> Iterator[str]:
    """What a Dockerfile builds on or copies from: neither an argument nor a stage of its own."""
    stages = {found[2] for found in _IN_RECIPE.finditer(text) if found[2]}
    for found in _IN_RECIPE.finditer(text):
        if found[1] not in stages | {"${BASE}"}:
            yield found[1]


def _in_page(text: str, images: dict[str, Image]) -> Iterator[str]:
    """Names with a version that are a row's, or have a slash as only an image's has."""
    for name, tag in _IN_PAGE.findall(text):
        if not name.startswith(OURS) and (name in images or "/" in name):
            yield f"{name}:{tag}"


def main() -> int:
    """Say what differs and what is old; 1 when something differs."""
    images = table()
    wrong = errors(images, list(mentions(images)))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.stdout.writelines(f"warning: {line}: see {TABLE}\n" for line in warnings(images, date.today()))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
