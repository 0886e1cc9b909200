"""An HTTP response: read up to a limit, then converted to a document with a known schema, or to an exception."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx

from client.errors import Json, Problem, ResponseFault, UnexpectedResponse
from client.schemas import PROBLEM, Schema, violations

MAX_RESPONSE_BYTES = 16_000_000
"""More than the largest response: 1,000 files, 100 recipients or 10,000 parts."""
MAX_JSON_DEPTH = 32
NO_DOCUMENT_STATUSES = frozenset({202, 204})
SURROGATE = re.compile("[\ud800-\udfff]")
SECONDS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class ApiResponse:
    """A response with its whole body, and the URL of the request."""

    url: httpx.URL
    status: int
    headers: Mapping[str, str]
    content: bytes = b""

    @classmethod
    def read(cls, reply: httpx.Response) -> Self:
        """Read a streamed response to its end; refuse one of more than `MAX_RESPONSE_BYTES`."""
        head = cls(reply.request.url, reply.status_code, reply.headers)
        content = bytearray()
        for chunk in reply.iter_bytes():
            content += chunk
            if len(content) > MAX_RESPONSE_BYTES:
                raise head.unexpected(ResponseFault.TOO_LONG)
        return cls(head.url, head.status, head.headers, bytes(content))

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def document(self, schema: Schema) -> Json:
        """Return the JSON object of a success if it satisfies the schema."""
        if not self.is_success:
            raise self.to_problem()
        found = self._json("application/json")
        if not isinstance(found, dict):
            raise self.unexpected(ResponseFault.NOT_AN_OBJECT)
        for place in violations(found, schema):
            raise self.unexpected(ResponseFault.INVALID_MEMBER, place.removeprefix("."))
        return found

    def expect_no_document(self) -> None:
        """Raise unless this is a success with a status that means that there is no document."""
        if not self.is_success:
            raise self.to_problem()
        if self.status not in NO_DOCUMENT_STATUSES:
            raise self.unexpected(ResponseFault.UNEXPECTED_BODY)

    def to_problem(self) -> Problem:
        """Return the refusal; a body that is no problem document becomes `about:blank`."""
        found = self._json("application/problem+json")
        members = found if next(violations(found, PROBLEM), None) is None else {}
        wait = self.headers.get("retry-after", "")
        problem = Problem(self.status, members, float(wait) if SECONDS.fullmatch(wait) else None)
        problem.host, problem.received, problem.redirected_to = self.host, self.received, self._redirected_to()
        return problem

    def unexpected(self, fault: ResponseFault, member: str = "") -> UnexpectedResponse:
        """Return the exception for a response that is not the service's."""
        return UnexpectedResponse(self.host, self.received, fault, member)

    @property
    def host(self) -> str:
        """Return the host that was asked."""
        return self.url.netloc.decode("ascii", "replace")

    @property
    def received(self) -> str:
        """Return a summary: `200 text/html`, or `302 → https://portal.example/`."""
        if location := self.headers.get("location", ""):
            return f"{self.status} → {location}"
        return f"{self.status} {self.headers.get('content-type', '').partition(';')[0]}".rstrip()

    def _redirected_to(self) -> str:
        """Return the other host if the service redirects the same path to it, else an empty string."""
        try:
            to = self.url.join(self.headers.get("location", ""))
        except httpx.InvalidURL:
            return ""
        is_moved = 300 <= self.status < 400 and to.raw_path == self.url.raw_path and to.netloc != self.url.netloc
        return f"{to.scheme}://{to.netloc.decode('ascii', 'replace')}" if is_moved else ""

    def _json(self, media_type: str) -> Any:
        """Return the document in the body; None without JSON, or if it is not what the service would write."""
        if not self.headers.get("content-type", "").startswith(media_type):
            return None
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            return None
        return found if _is_acceptable(found, MAX_JSON_DEPTH) else None


def parse_http_date(header: str) -> datetime | None:
    """Parse an HTTP date; None for an empty or invalid one."""
    try:
        found = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else None


def _is_acceptable(value: Any, levels: int) -> bool:
    """Return whether the value is nested at most `levels` deep, and all of its text can be encoded."""
    if isinstance(value, str):
        return value.isascii() or not SURROGATE.search(value)
    if isinstance(value, dict):
        return levels > 0 and all(_is_acceptable(one, levels - 1) for item in value.items() for one in item)
    if isinstance(value, list):
        return levels > 0 and all(_is_acceptable(one, levels - 1) for one in value)
    return True
