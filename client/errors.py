"""The exceptions of the client: a refusal of the service, an unexpected response, or unexpected bytes."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

Json = dict[str, Any]
NO_TYPE = "about:blank"
UNAVAILABLE = "unavailable"
TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


class Problem(Exception):
    """The service refused (RFC 9457); `slug` is the end of its type, `members` the whole document."""

    def __init__(self, status: int, members: Mapping[str, Any], retry_after_seconds: int | None = None) -> None:
        self.status = status
        self.file = ""
        """The refused file, if the refusal concerns one."""
        self.host = ""
        """The host that responded."""
        self.received = ""
        """A summary of the response: `502 text/html`."""
        self.service = ""
        """The service that was asked, if its name is known."""
        self.redirected_to = ""
        """The server that it redirects the same path to."""
        self.members = dict(members)
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{status} {self.type}: {self.title}")

    @property
    def type(self) -> str:
        return str(self.members.get("type", NO_TYPE))

    @property
    def slug(self) -> str:
        """Return `link-already-used` for `/problems/link-already-used`; `unavailable` without a problem type."""
        return self.type.rpartition("/")[2] if self.is_from_service else UNAVAILABLE

    @property
    def title(self) -> str:
        return str(self.members.get("title") or "")

    @property
    def is_from_service(self) -> bool:
        """Return whether the service refused; anything else on the way names no problem type."""
        return self.type != NO_TYPE

    @property
    def is_transient(self) -> bool:
        """Return whether the same request may be accepted later."""
        return self.status in TRANSIENT_STATUSES


class ResponseFault(Enum):
    """What is wrong with an unexpected response."""

    NOT_AN_OBJECT = auto()
    INVALID_MEMBER = auto()
    TOO_LONG = auto()
    NO_DATE = auto()
    NOT_AN_IMAGE = auto()
    UNEXPECTED_BYTES = auto()
    UNEXPECTED_BODY = auto()


class UnexpectedResponse(Exception):
    """Something else responded: a proxy, a captive portal, another site; or the service, in an unknown format.

    `host` was asked, `received` is a summary (`200 text/html`), `member` is missing or of another type.
    """

    def __init__(self, host: str, received: str, fault: ResponseFault, member: str = "") -> None:
        self.host = host
        self.received = received
        self.fault = fault
        self.member = member
        super().__init__(f"{host}: {received}: {fault.name} {member}".rstrip())


class InvalidPath(ValueError):
    """The path of a request would have an empty segment or a segment of dots, which lead to another path."""


class InvalidBody(ValueError):
    """JSON in UTF-8 cannot represent the body of a request."""


class UploadStopped(Exception):
    """The upload was stopped because something else failed."""


class DownloadCorrupted(Exception):
    """The downloaded bytes are not the expected ones."""


class FileChanged(Exception):
    """The file on the disk changed while it was being sent."""


class UploadedContentDiffers(Exception):
    """The parts that an earlier attempt uploaded are not from the present contents of the file."""


class TargetExists(OSError):
    """Another file already has the name of the target; it is not overwritten."""
