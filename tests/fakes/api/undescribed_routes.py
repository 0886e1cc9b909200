"""The routes of the public API that no service describes, and the checks of their responses."""

import re
from typing import NamedTuple

import httpx


class ContractViolation(AssertionError):
    """A fake answered, or was asked, what no service would answer or accept."""


class UndescribedRoute(NamedTuple):
    """A route, the service whose refusals it returns, its other statuses, and the reason why it is not described."""

    method: str
    path: str
    service: str
    statuses: tuple[int, ...]
    reason: str

    def check(self, response: httpx.Response) -> None:
        """Raise `ContractViolation` for another status, or a partial response without a valid Content-Range."""
        if response.status_code not in self.statuses:
            raise ContractViolation(f"{self.path}: {response.status_code} is not one of {self.statuses}")
        said = response.headers.get("content-range", "")
        if response.status_code == 206 and not re.fullmatch(r"bytes \d+-\d+/\d+", said):
            raise ContractViolation(f"{self.path}: no range is {said!r}")


PARTS = UndescribedRoute(
    "PUT",
    r"/parts/[A-Za-z0-9._~-]{16,1024}/[1-9][0-9]{0,4}/[0-9a-f]{64}",
    "upload",
    (200,),
    "the gateway streams a part to the store; the upload service only says whether it may",
)
FILES = UndescribedRoute(
    "GET", r"/files/[^/]+", "download", (200, 206), "the bytes of a file on an origin of their own: ranges, and no JSON"
)
UNDESCRIBED_ROUTES = (PARTS, FILES)


def undescribed_route(request: httpx.Request) -> UndescribedRoute:
    """Return the requested route; `ContractViolation` for an unknown one."""
    for one in UNDESCRIBED_ROUTES:
        if request.method == one.method and re.fullmatch(one.path, request.url.path):
            return one
    raise ContractViolation(f"{request.method} {request.url.path}: no service has this route")
