"""What the service answers, as far as this client acts on it; each is made of an answer whose shape was checked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from client.problem import Json


@dataclass(frozen=True)
class Session:
    """The right to act as one address; `role` is `agent` or `external`."""

    token: str
    expires_at: datetime
    email: str
    role: str
    name: str

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(answer["token"], moment(answer["expires_at"]), answer["email"], answer["role"], answer["name"])


@dataclass(frozen=True)
class Challenge:
    """A human check: either a picture to read (and to hear) or a question in words."""

    challenge: str
    kind: str
    question: str
    image_url: str
    audio_url: str

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(
            answer["challenge"],
            answer["kind"],
            answer.get("question") or "",
            answer.get("image_url") or "",
            answer.get("audio_url") or "",
        )


@dataclass(frozen=True)
class StoredPart:
    """A part that has arrived; numbers begin at one."""

    number: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class FilePlan:
    """How a file is to be cut, where its parts go, and which of them are there already."""

    file: str
    size_bytes: int
    part_size_bytes: int
    part_count: int
    parts_url: str
    parts: tuple[StoredPart, ...]
    is_complete: bool = False
    modified_at: datetime | None = None
    restarted_at: datetime | None = None

    @property
    def is_lost(self) -> bool:
        """True when all that had arrived of it was lost, and nothing has arrived since."""
        return self.restarted_at is not None and not self.parts and not self.is_complete

    @classmethod
    def of(cls, answer: Json) -> Self:
        parts = (StoredPart(part["number"], part["size_bytes"], part["sha256"]) for part in answer["parts"])
        return cls(
            answer["file"],
            answer["size_bytes"],
            answer["part_size_bytes"],
            answer["part_count"],
            answer["parts_url"],
            tuple(parts),
            answer.get("state") == "complete",
            moment(modified_at) if (modified_at := answer.get("modified_at")) else None,
            moment(restarted_at) if (restarted_at := answer.get("restarted_at")) else None,
        )


@dataclass(frozen=True)
class OfferedFile:
    """A file of a link; `left` is how often it may still be downloaded."""

    file: str
    path: str
    size_bytes: int
    sha256: str
    left: int

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(answer["file"], answer["path"], answer["size_bytes"], answer["sha256"], answer["left"])


@dataclass(frozen=True)
class Offer:
    """What a link offers; `card` is all that was said of it."""

    files: tuple[OfferedFile, ...]
    card: Json

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(tuple(OfferedFile.of(file) for file in answer["files"]), answer)

    def file(self, path: str) -> OfferedFile:
        """The file of that path."""
        return next(file for file in self.files if file.path == path)


@dataclass(frozen=True)
class Grant:
    """A download that was begun: where its bytes are, and what they must be.

    Of an archive no digest is known, but the `files` that it holds are, in their order.
    """

    url: str
    size_bytes: int
    sha256: str
    left: int
    etag: str
    is_done: bool = False
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(
            answer["url"],
            answer["size_bytes"],
            sha256 := answer.get("sha256", ""),
            answer["left"],
            answer.get("etag") or f'"{sha256}"',
            answer["state"] == "done",
            tuple(answer.get("files") or ()),
        )


def moment(text: str) -> datetime:
    """A date and time with its offset."""
    return datetime.fromisoformat(text)
