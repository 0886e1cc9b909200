"""What can go wrong when the service is asked: a refusal with its type, or an answer that is not one."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

Json = dict[str, Any]
NO_TYPE = "about:blank"
TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


class Problem(Exception):
    """The service refused (RFC 9457): `slug` is the end of its type, `members` is all it said."""

    def __init__(self, status: int, members: Mapping[str, Any], retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.file = ""
        """Which file was refused, where it was one."""
        self.host = ""
        """Who answered."""
        self.received = ""
        """What came: `502 text/html`."""
        self.redirected_to = ""
        """The server that it redirects to, where that is asked for the same."""
        self.members = dict(members)
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{status} {self.type}: {self.title}")

    @property
    def type(self) -> str:
        return str(self.members.get("type", NO_TYPE))

    @property
    def slug(self) -> str:
        """`/problems/link-already-used` is `link-already-used`."""
        return self.type.rpartition("/")[2]

    @property
    def title(self) -> str:
        return str(self.members.get("title") or "")

    @property
    def is_from_service(self) -> bool:
        """Whether it is the service that refused; anything else on the way does not name a problem."""
        return self.type != NO_TYPE

    @property
    def is_transient(self) -> bool:
        """Whether the same request may well be accepted later."""
        return self.status in TRANSIENT_STATUSES


class ResponseFault(Enum):
    """What is wrong with an answer that is not the service's."""

    NOT_AN_OBJECT = auto()
    INVALID_MEMBER = auto()
    TOO_LONG = auto()
    NO_DATE = auto()
    NOT_AN_IMAGE = auto()
    UNEXPECTED_BYTES = auto()
    UNEXPECTED_BODY = auto()


class UnexpectedResponse(Exception):
    """Something answered that is not the service: a proxy, a portal, another site; or the service, in unknown words.

    `host` is who was asked, `came` what came (`200 text/html`), `place` the member that is missing or of another type.
    """

    def __init__(self, host: str, received: str, fault: ResponseFault, place: str = "") -> None:
        self.host = host
        self.received = received
        self.fault = fault
        self.place = place
        super().__init__(f"{host}: {received}: {fault.name} {place}".rstrip())


class UploadStopped(Exception):
    """Something else failed, so this was not gone on with."""


class DownloadCorrupted(Exception):
    """What arrived is not what was sent: its SHA-256 differs."""


class FileChanged(Exception):
    """The file on the disk changed while it was being sent."""


class UploadedContentDiffers(Exception):
    """What an earlier attempt had sent of a file is not what the file holds now."""


class TargetExists(OSError):
    """Where a file is to go there is another one already, which is not overwritten."""
