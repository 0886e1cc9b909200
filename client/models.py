"""The responses of the API as typed objects, each made from a document that has passed its schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from client.errors import Json


@dataclass(frozen=True)
class ApiSession:
    """The right to act as one address; `role` is `agent` or `external`."""

    token: str
    expires_at: datetime
    email: str
    role: str
    name: str

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(
            document["token"], parse_time(document["expires_at"]), document["email"], document["role"], document["name"]
        )


@dataclass(frozen=True)
class DrawnChallenge:
    """A challenge: an image to read, with a recording of it, or a question in words."""

    challenge: str
    kind: str
    question: str
    image_url: str
    audio_url: str

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(
            document["challenge"],
            document["kind"],
            document.get("question") or "",
            document.get("image_url") or "",
            document.get("audio_url") or "",
        )


@dataclass(frozen=True)
class UploadedPart:
    """A part that the service has received; numbers start at 1."""

    number: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class FilePlan:
    """How to split a file into parts, where to upload them, and which parts the service already has."""

    file: str
    size_bytes: int
    part_size_bytes: int
    part_count: int
    parts_url: str
    parts: tuple[UploadedPart, ...]
    is_complete: bool = False
    modified_at: datetime | None = None
    restarted_at: datetime | None = None

    @property
    def is_lost(self) -> bool:
        """True when the service has lost everything it had received of the file, and has received nothing since."""
        return self.restarted_at is not None and not self.parts and not self.is_complete

    @classmethod
    def from_json(cls, document: Json) -> Self:
        parts = (UploadedPart(part["number"], part["size_bytes"], part["sha256"]) for part in document["parts"])
        return cls(
            document["file"],
            document["size_bytes"],
            document["part_size_bytes"],
            document["part_count"],
            document["parts_url"],
            tuple(parts),
            document.get("state") == "complete",
            parse_time(modified_at) if (modified_at := document.get("modified_at")) else None,
            parse_time(restarted_at) if (restarted_at := document.get("restarted_at")) else None,
        )


@dataclass(frozen=True)
class OfferedFile:
    """A file of a link; `left` is how many downloads remain."""

    file: str
    path: str
    size_bytes: int
    sha256: str
    left: int

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(document["file"], document["path"], document["size_bytes"], document["sha256"], document["left"])


@dataclass(frozen=True)
class Offer:
    """The contents of a link; `card` is the whole document."""

    files: tuple[OfferedFile, ...]
    card: Json

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(tuple(OfferedFile.from_json(file) for file in document["files"]), document)

    def file(self, path: str) -> OfferedFile:
        """Return the file with that path."""
        return next(file for file in self.files if file.path == path)


@dataclass(frozen=True)
class DownloadGrant:
    """A started download: the URL of its bytes, their size and their digest.

    An archive has no known digest, but a list of the `files` in it, in their order.
    """

    url: str
    size_bytes: int
    sha256: str
    left: int
    etag: str
    is_done: bool = False
    files: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(
            document["url"],
            document["size_bytes"],
            sha256 := document.get("sha256", ""),
            document["left"],
            document.get("etag") or f'"{sha256}"',
            document["state"] == "done",
            tuple(document.get("files") or ()),
        )


def parse_time(text: str) -> datetime:
    """Parse a date and time with a UTC offset."""
    return datetime.fromisoformat(text)
