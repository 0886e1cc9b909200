"""A client of the API for a server that sends requests on behalf of many people, without retries."""

from collections.abc import Mapping
from typing import Any

import httpx

from client.errors import Problem
from client.operations import Operations
from client.part_reader import FilePart
from client.request import ApiRequest, AsyncCaller, Result
from client.response import ApiResponse

TIMEOUT = httpx.Timeout(70.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4.0)
CHECK_SECONDS = 2.0


class AsyncTransport:
    """The connections to one server, used on behalf of everybody; `headers` go with every request."""

    def __init__(
        self, base_url: str, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=TIMEOUT, limits=LIMITS, trust_env=False, transport=transport
        )

    async def send(self, method: str, path: str, **options: Any) -> ApiResponse:
        """Send one request and read the whole response; raise a `Problem` 503 when the server cannot be reached."""
        try:
            async with self._http.stream(method, path, **options) as reply:
                return await ApiResponse.read_async(reply)
        except httpx.HTTPError:
            raise Problem(503, {}) from None

    async def check(self) -> None:
        """Raise when the server does not respond at all; any response will do."""
        await self._http.get("/api/", timeout=CHECK_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class AsyncApi(Operations, AsyncCaller):
    """The operations of one person, who may have a session; `headers` tell more about the person."""

    def __init__(
        self, transport: AsyncTransport, language: str, token: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.language = language
        self._transport = transport
        self._headers = {"Accept-Language": language, **(headers or {})}
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}

    async def call(self, request: ApiRequest[Result]) -> Result:
        headers = self._headers | request.headers | (self._authorization if request.has_token else {})
        response = await self._transport.send(request.method, request.path, content=request.content, headers=headers)
        return response.result(request.model)

    async def put_part(self, parts_url: str, part: FilePart) -> None:
        """Upload one part of a file; the store refuses it when its digest is not the one in the URL."""
        headers = self._headers | self._authorization | part.headers
        response = await self._transport.send("PUT", part.path(parts_url), content=part.content, headers=headers)
        response.check_stored()
