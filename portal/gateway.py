"""HTTP client of the gateway's public API; the only module that imports httpx to send requests."""

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from services.kit import trace
from services.kit.refusals import BadRequest, NotFound

TIMEOUT = httpx.Timeout(70.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4.0)
UNAVAILABLE = "unavailable"
SERVICE = re.compile(r"/api/([a-z]+)/")


class ApiProblem(Exception):
    """A problem document (RFC 9457) with which a service refused a request.

    `slug` is the end of the problem's type; `title` is in the language of the request; `service` is the service that
    was called, where that is known.
    """

    def __init__(self, status: int, members: dict[str, Any], retry_after: str = "", service: str = "") -> None:
        super().__init__(str(status))
        self.status = status
        self.members = members
        self.retry_after = retry_after
        self.service = service

    @property
    def slug(self) -> str:
        return str(self.members.get("type", "")).rpartition("/")[2] or UNAVAILABLE

    @property
    def title(self) -> str:
        return str(self.members.get("title", ""))

    @property
    def reference(self) -> str:
        return str(self.members.get("reference") or trace.trace_id() or "")


@dataclass(frozen=True)
class RequestIdentity:
    """On whose behalf a request is sent: language, session token if there is one, and client address."""

    language: str
    token: str = ""
    address: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the gateway about this person."""
        headers = {"Accept-Language": self.language, "Traceparent": trace.current()}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if network := _network(self.address):
            headers |= {"X-Client-Address": self.address, "X-Client-Network": network}
        return headers


class GatewayClient:
    """Sends requests to the gateway's internal listener for the portal, under the public host name."""

    def __init__(self, url: str, public_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Host": urlsplit(public_url).netloc, "User-Agent": "melanissimo-portal"},
            timeout=TIMEOUT,
            limits=LIMITS,
            trust_env=False,
            transport=transport,
        )

    async def request(self, identity: RequestIdentity, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of the response, none when it is empty.

        Raises `ApiProblem` when the service refuses or cannot be reached, and `BadRequest` when the body cannot be
        encoded as JSON.
        """
        headers = identity.headers() | ({"Content-Type": "application/json"} if body is not None else {})
        try:
            response = await self._http.request(method, path, content=_json(body), headers=headers)
        except httpx.HTTPError:
            raise ApiProblem(503, {}) from None
        if not response.is_success:
            raise problem_in(response)
        return response.json() if response.content else None

    async def put_part(self, identity: RequestIdentity, path: str, content: bytes, crc32: int) -> None:
        """Upload one part of a file; the gateway passes it on to the object store."""
        headers = identity.headers() | {"X-Part-CRC32": f"{crc32:08x}", "Content-Type": "application/octet-stream"}
        try:
            response = await self._http.put(path, content=content, headers=headers)
        except httpx.HTTPError:
            raise ApiProblem(503, {}) from None
        if not response.is_success:
            raise problem_in(response)

    async def check(self) -> None:
        """Raise when the gateway does not answer at all; any response will do."""
        await self._http.get("/api/", timeout=2.0)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def problem_in(response: httpx.Response) -> ApiProblem:
    """Return the problem in an error response; one without a problem document has only its status."""
    members: Any = {}
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            members = response.json()
        except ValueError:
            members = {}
    return ApiProblem(
        response.status_code,
        members if isinstance(members, dict) else {},
        response.headers.get("retry-after", ""),
        service_of(response.request.url.path),
    )


def _json(body: Any) -> bytes | None:
    try:
        return None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # NaN, infinities and lone surrogates
        raise BadRequest() from None


def service_of(path: str) -> str:
    """Return the name of the service behind a path of the API; empty for any other path."""
    found = SERVICE.match(path)
    return found[1] if found else ""


def api_path(*segments: str) -> str:
    """Return the API path of these segments, percent-encoded; `NotFound` for an empty or dot segment."""
    if any(segment in ("", ".", "..") for segment in segments):
        raise NotFound()
    return "/api/" + "/".join(quote(segment, safe="") for segment in segments)


def _network(address: str) -> str:
    """Return an IPv4 address as it is, or the /64 of an IPv6 address: the gateway's rate limits count by it."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if known.version == 6 else str(known)
