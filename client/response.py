"""An HTTP response: read up to a limit, then converted to an object with a known schema, or to an exception."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar, cast

import httpx
from pydantic import BaseModel, ValidationError

from client.errors import Json, Problem, ResponseFault, UnexpectedResponse
from client.request import Result
from client.schemas.problems import ProblemSchema

MAX_RESPONSE_BYTES = 16_000_000
"""More than the largest response: 1,000 files, 100 recipients or 10,000 parts."""
MAX_JSON_DEPTH = 32
NO_DOCUMENT_STATUSES = frozenset({202, 204})
SURROGATE = re.compile("[\ud800-\udfff]")
SECONDS = re.compile(r"[0-9]{1,9}")
SERVICE = re.compile(r"/api/([a-z]+)/")
Schema = TypeVar("Schema", bound=BaseModel)


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
        head, content = cls._head(reply), bytearray()
        for chunk in reply.iter_bytes():
            head._append(content, chunk)
        return replace(head, content=bytes(content))

    @classmethod
    async def read_async(cls, reply: httpx.Response) -> Self:
        """Read a response of an asynchronous client; see `read`."""
        head, content = cls._head(reply), bytearray()
        async for chunk in reply.aiter_bytes():
            head._append(content, chunk)
        return replace(head, content=bytes(content))

    @classmethod
    def _head(cls, reply: httpx.Response) -> Self:
        return cls(reply.request.url, reply.status_code, reply.headers)

    def _append(self, content: bytearray, chunk: bytes) -> None:
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise self.unexpected(ResponseFault.TOO_LONG)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def result(self, model: type[Result]) -> Result:
        """Return what a success holds, according to the schema; `NoneType` means that there is no document."""
        if not self.is_success:
            raise self.to_problem()
        if issubclass(model, BaseModel):
            return self._document(model)
        if self.status not in NO_DOCUMENT_STATUSES:
            raise self.unexpected(ResponseFault.UNEXPECTED_BODY)
        return cast(Result, None)

    def _document(self, model: type[Schema]) -> Schema:
        found = self._json("application/json")
        if not isinstance(found, dict):
            raise self.unexpected(ResponseFault.NOT_AN_OBJECT)
        try:
            return model.model_validate(found)
        except ValidationError as error:
            raise self.unexpected(ResponseFault.INVALID_MEMBER, _place(error)) from None

    def check_stored(self) -> None:
        """Raise unless this is the response of the store to a part that it has stored: a success without a body."""
        if not self.is_success:
            raise self.to_problem()
        if self.content:
            raise self.unexpected(ResponseFault.UNEXPECTED_BODY)

    def to_problem(self) -> Problem:
        """Return the refusal; a body that is no problem document becomes `about:blank`."""
        found = self._json("application/problem+json")
        try:
            members: Json = found if ProblemSchema.model_validate(found) else {}
        except ValidationError:
            members = {}
        wait, service = self.headers.get("retry-after", ""), SERVICE.match(self.url.path)
        problem = Problem(self.status, members, int(wait) if SECONDS.fullmatch(wait) else None)
        problem.service = service[1] if service else ""
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


def _place(error: ValidationError) -> str:
    """Return the place of the first error, such as `files[0].path`."""
    steps = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _is_acceptable(value: Any, levels: int) -> bool:
    """Return whether the value is nested at most `levels` deep, and all of its text can be encoded."""
    if isinstance(value, str):
        return value.isascii() or not SURROGATE.search(value)
    if isinstance(value, dict):
        return levels > 0 and all(_is_acceptable(one, levels - 1) for item in value.items() for one in item)
    if isinstance(value, list):
        return levels > 0 and all(_is_acceptable(one, levels - 1) for one in value)
    return True
