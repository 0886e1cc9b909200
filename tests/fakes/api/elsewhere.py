"""The routes of the public API that no service describes, and what is held to be true of their answers."""

import re
from typing import NamedTuple

import httpx


class ContractViolation(AssertionError):
    """A fake, or who asked it, did what no service would do or take."""


class Elsewhere(NamedTuple):
    """A route, whose refusals it passes on, the statuses that it answers otherwise, and why it is not described."""

    method: str
    path: str
    service: str
    statuses: tuple[int, ...]
    reason: str

    def check(self, response: httpx.Response) -> None:
        """Refuse another status, and a part of a file that does not say which one it is."""
        if response.status_code not in self.statuses:
            raise ContractViolation(f"{self.path}: {response.status_code} is not one of {self.statuses}")
        said = response.headers.get("content-range", "")
        if response.status_code == 206 and not re.fullmatch(r"bytes \d+-\d+/\d+", said):
            raise ContractViolation(f"{self.path}: no range is {said!r}")


PARTS = Elsewhere(
    "PUT",
    r"/parts/[A-Za-z0-9._~-]{16,1024}/[1-9][0-9]{0,4}/[0-9a-f]{64}",
    "upload",
    (200,),
    "the gateway streams a part to the store; the upload service only says whether it may",
)
FILES = Elsewhere(
    "GET", r"/files/[^/]+", "download", (200, 206), "the bytes of a file on an origin of their own: ranges, and no JSON"
)
ELSEWHERE = (PARTS, FILES)


def elsewhere(request: httpx.Request) -> Elsewhere:
    """Which of them is asked for; refuses any other route."""
    for one in ELSEWHERE:
        if request.method == one.method and re.fullmatch(one.path, request.url.path):
            return one
    raise ContractViolation(f"{request.method} {request.url.path}: no service has this route")
