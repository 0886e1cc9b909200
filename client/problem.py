"""What can go wrong when the service is asked: a refusal with its type, or an answer that is not one."""

from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, Any]
NO_TYPE = "about:blank"
PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Problem(Exception):
    """The service refused (RFC 9457): `slug` is the end of its type, `members` is all it said."""

    def __init__(self, status: int, members: Mapping[str, Any], retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.file = ""
        """Which file was refused, where it was one."""
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
        return str(self.members.get("title", ""))

    @property
    def is_ours(self) -> bool:
        """Whether it is the service that refused; anything else on the way does not name a problem."""
        return self.type != NO_TYPE

    @property
    def is_passing(self) -> bool:
        """Whether the same request may well be accepted later."""
        return self.status in PASSING


class UnexpectedAnswer(Exception):
    """Something answered that is not the service: a proxy, a portal, another site; or the service, in unknown words."""


class Stopped(Exception):
    """Something else failed, so this was not gone on with."""


class BytesDiffer(Exception):
    """What arrived is not what was sent: its SHA-256 differs."""


class FileChanged(Exception):
    """The file on the disk changed while it was being sent."""


class ContentDiffers(Exception):
    """What an earlier attempt had sent of a file is not what the file holds now."""


class StandsInTheWay(OSError):
    """Where a file is to go there is another one already, which is not overwritten."""


def problem_of(answer: httpx.Response) -> Problem:
    """The refusal in an answer whose body has been read; anything that is not problem+json becomes `about:blank`."""
    members: Any = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            members = answer.json()
        except ValueError:
            members = {}
    wait = answer.headers.get("retry-after", "")
    return Problem(
        answer.status_code,
        members if isinstance(members, dict) else {},
        float(wait) if wait.isdigit() else None,
    )
