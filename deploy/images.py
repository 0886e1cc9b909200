"""Compares every image that the repository names with the table of images; run by `make check`.

    python -m deploy.images

An image that is not in the table, a version that differs from the table's and an unused row are errors. A row that was
not reviewed for 90 days, and one whose support has ended, are warnings.
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
OURS = "melanissimo/"  # built from our Dockerfiles
REVIEW_INTERVAL = timedelta(days=90)

MANIFESTS = ("compose*.y*ml", "deploy/**/*.y*ml")
DOCKERFILES = ("deploy/Dockerfile*",)
DOCUMENTS = ("*.md", "docs/**/*.md", "deploy/**/*.md")
HISTORICAL = re.compile(r"CHANGELOG\.md|docs/adr/")  # history, which keeps old versions
WITHOUT_VERSION = re.compile(r"deploy/k8s/base/")  # names without a version, which the overlay adds

_DEFAULT = re.compile(r"\$\{\w+:-(.+)\}")
_IN_DOCKERFILE = re.compile(r"^(?:FROM\s+|ARG BASE=|COPY --from=)(\S+)(?:\s+AS\s+(\S+))?", re.MULTILINE | re.IGNORECASE)
_IN_DOCUMENT = re.compile(r"(?<![\w./:@-])((?:[a-z0-9][\w.-]*/)*[a-z0-9][\w.-]*):((?:v?\d|RELEASE\.)[\w.-]*\w)")


class Image(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tag: str
    digest: str | None = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    purpose: str
    reviewed_at: date
    supported_until: date | None
    support: str | None

    @model_validator(mode="after")
    def _has_support(self) -> Self:
        if not (self.supported_until or self.support):
            raise ValueError(f"{self.name}: without supported_until, support must say why")
        return self

    @property
    def tagged(self) -> str:
        """Name and tag, as in the documents."""
        return f"{self.name}:{self.tag}"

    @property
    def reference(self) -> str:
        """The image to pull: name, tag and, if there is one, digest."""
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
    """Return the rows by name; raise if a row is invalid or a name occurs twice."""
    rows = TypeAdapter(list[Image]).validate_python(yaml.safe_load((root / TABLE).read_text(encoding="utf-8")))
    found = {row.name: row for row in rows}
    if len(found) < len(rows):
        raise ValueError(f"{TABLE}: two rows have the same name")
    return found


def mentions(images: dict[str, Image], root: Path = PROJECT) -> Iterator[Mention]:
    """Yield every image in manifests, Dockerfiles and documents, except those that we build."""
    for file, text in _files(root, *MANIFESTS):
        for document in yaml.safe_load_all(text):
            yield from (Mention(file, image) for image in _in_manifest(document))
    for file, text in _files(root, *DOCKERFILES):
        yield from (Mention(file, image) for image in _in_dockerfile(text))
    for file, text in _files(root, *DOCUMENTS):
        if not HISTORICAL.match(file):
            yield from (Mention(file, image) for image in _in_document(text, images))


def errors(images: dict[str, Image], found: list[Mention]) -> list[str]:
    """Return one line for each mention that differs from the table, and for each unused row."""
    wrong = [
        f"{each.file}: {each.image} is not in {TABLE}"
        if each.name not in images
        else f"{each.file}: {each.image}, but {TABLE} says {images[each.name].reference}"
        for each in found
        if not _agrees(each, images)
    ]
    idle = images.keys() - {each.name for each in found if not each.file.endswith(".md")}
    return wrong + [f"{TABLE}: {name} is unused" for name in sorted(idle)]


def warnings(images: dict[str, Image], today: date) -> list[str]:
    """Return one line for each row that needs a review."""
    old = [f"{row.name} was last reviewed on {row.reviewed_at}" for row in images.values() if _is_old(row, today)]
    ended = [
        f"{row.tagged} is supported until {row.supported_until} only"
        for row in images.values()
        if row.supported_until and row.supported_until < today
    ]
    return old + ended


def _is_old(row: Image, today: date) -> bool:
    return today - row.reviewed_at > REVIEW_INTERVAL


def _agrees(mention: Mention, images: dict[str, Image]) -> bool:
    row = images.get(mention.name)
    if row is None:
        return False
    if mention.file.endswith(".md"):
        return mention.image == row.tagged
    return mention.image == row.reference or (mention.image == row.name and bool(WITHOUT_VERSION.match(mention.file)))


def _files(root: Path, *patterns: str) -> Iterator[tuple[str, str]]:
    for path in sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()}):
        file = path.relative_to(root).as_posix()
        if file != TABLE:
            yield file, path.read_text(encoding="utf-8")


def _in_manifest(node: Any) -> Iterator[str]:
    """Yield the values of `image`, of the build argument `BASE`, and of kustomize's `images`."""
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


def _in_dockerfile(text: str) -> Iterator[str]:
    """Yield the images that a Dockerfile builds on or copies from, except arguments and its own stages."""
    stages = {found[2] for found in _IN_DOCKERFILE.finditer(text) if found[2]}
    for found in _IN_DOCKERFILE.finditer(text):
        if found[1] not in stages | {"${BASE}"}:
            yield found[1]


def _in_document(text: str, images: dict[str, Image]) -> Iterator[str]:
    """Yield the names with a version that are in the table, or that have a slash."""
    for name, tag in _IN_DOCUMENT.findall(text):
        if not name.startswith(OURS) and (name in images or "/" in name):
            yield f"{name}:{tag}"


def main() -> int:
    """Print errors and warnings; return 1 if there is an error."""
    images = table()
    wrong = errors(images, list(mentions(images)))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.stdout.writelines(f"warning: {line}: see {TABLE}\n" for line in warnings(images, date.today()))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
