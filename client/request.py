"""A request of the API: described once, sent by a client that waits for its response or by an asynchronous one."""

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload
from urllib.parse import quote, urlencode

from client.errors import InvalidBody, InvalidPath

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
PAGE_SIZE = 100
"""How many rows a page of a list has, unless another number is requested."""


@dataclass(frozen=True)
class ApiRequest(Generic[Result]):
    """`model` is the schema of the response, `NoneType` when the response has no document.

    A request that is not `is_repeatable` may have an effect each time. Without `has_token`, it is sent without the
    session's token.
    """

    method: str
    path: str
    model: type[Result]
    body: Any = None
    is_repeatable: bool = True
    has_token: bool = True

    @property
    def content(self) -> bytes | None:
        """The body as JSON; raise `InvalidBody` for a number or a text that JSON in UTF-8 cannot represent."""
        if self.body is None:
            return None
        try:
            return json.dumps(self.body, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:  # NaN, infinities and lone surrogates
            raise InvalidBody(self.path) from None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that describe the body."""
        return {} if self.body is None else {"Content-Type": "application/json"}


def api_path(*segments: str) -> str:
    """Return the API path of these segments, percent-encoded; raise `InvalidPath` for an empty or dot segment."""
    for segment in segments:
        if segment in ("", ".", ".."):
            raise InvalidPath(segment)
    return "/api/" + "/".join(quote(segment, safe="") for segment in segments)


def page_query(cursor: str, limit: int) -> str:
    """Return the query of one page of a list."""
    return "?" + urlencode({"limit": limit} | ({"cursor": cursor} if cursor else {}))


class SyncCaller(ABC):
    """Sends requests and waits for their responses."""

    @abstractmethod
    def call(self, request: ApiRequest[Result]) -> Result:
        """Return what was requested; raise `Problem` when the service refuses."""


class AsyncCaller(ABC):
    """Sends requests from an event loop."""

    @abstractmethod
    async def call(self, request: ApiRequest[Result]) -> Result:
        """Return what was requested; raise `Problem` when the service refuses."""


class DescribedOperation(Generic[Parameters, Result]):
    """A method that describes a request; called on a client, it sends the request and returns its result."""

    def __init__(self, describe: Callable[Concatenate[Any, Parameters], ApiRequest[Result]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: object) -> Self: ...

    @overload
    def __get__(self, client: SyncCaller, owner: object) -> Callable[Parameters, Result]: ...

    @overload
    def __get__(self, client: AsyncCaller, owner: object) -> Callable[Parameters, Awaitable[Result]]: ...

    def __get__(self, client: Any, owner: object) -> Any:
        if client is None:
            return self
        return lambda *given, **named: client.call(self.describe(client, *given, **named))


operation = DescribedOperation
