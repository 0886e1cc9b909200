"""The one way to the services: the gateway's public API, asked in somebody's name; the one door to httpx."""

import ipaddress
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from services.kit import trace
from services.kit.refusals import BadRequest, NotFound

TIMEOUT = httpx.Timeout(70.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4.0)
PASSING = "unavailable"


class Refused(Exception):
    """A service said no (RFC 9457): `slug` is the end of the problem's type, `title` is in the reader's language."""

    def __init__(self, status: int, members: dict[str, Any], retry_after: str = "") -> None:
        super().__init__(str(status))
        self.status = status
        self.members = members
        self.retry_after = retry_after

    @property
    def slug(self) -> str:
        return str(self.members.get("type", "")).rpartition("/")[2] or PASSING

    @property
    def title(self) -> str:
        return str(self.members.get("title", ""))

    @property
    def reference(self) -> str:
        return str(self.members.get("reference") or trace.trace_id() or "")


@dataclass(frozen=True)
class Reader:
    """In whose name something is asked: their session if they have one, their language, and where they sit."""

    language: str
    token: str = ""
    address: str = ""

    def headers(self) -> dict[str, str]:
        """What the gateway is told of them."""
        told = {"Accept-Language": self.language, "Traceparent": trace.current()}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        if network := _network(self.address):
            told |= {"X-Client-Address": self.address, "X-Client-Network": network}
        return told


class Gateway:
    """Asks through the portal's own door of the gateway, under the public host name."""

    def __init__(self, url: str, public_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Host": urlsplit(public_url).netloc, "User-Agent": "melanissimo-portal"},
            timeout=TIMEOUT,
            limits=LIMITS,
            trust_env=False,
            transport=transport,
        )

    async def ask(self, reader: Reader, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer, none when it is empty; raises `Refused`, or `BadRequest` for what JSON cannot say."""
        headers = reader.headers() | ({"Content-Type": "application/json"} if body is not None else {})
        try:
            answer = await self._http.request(method, path, content=_json(body), headers=headers)
        except httpx.HTTPError:
            raise Refused(503, {}) from None
        if not answer.is_success:
            raise refused(answer)
        return answer.json() if answer.content else None

    async def put_bytes(self, reader: Reader, path: str, content: bytes, crc32: int) -> None:
        """One part of a file; the gateway lets it through to the store."""
        headers = reader.headers() | {"X-Part-CRC32": f"{crc32:08x}", "Content-Type": "application/octet-stream"}
        try:
            answer = await self._http.put(path, content=content, headers=headers)
        except httpx.HTTPError:
            raise Refused(503, {}) from None
        if not answer.is_success:
            raise refused(answer)

    async def check(self) -> None:
        """Raises when the gateway does not answer at all; a refusal is an answer."""
        await self._http.get("/api/", timeout=2.0)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def refused(answer: httpx.Response) -> Refused:
    """The refusal in an answer; one that is no problem document says only its status."""
    members: Any = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            members = answer.json()
        except ValueError:
            members = {}
    return Refused(
        answer.status_code, members if isinstance(members, dict) else {}, answer.headers.get("retry-after", "")
    )


def _json(body: Any) -> bytes | None:
    try:
        return None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # numbers and signs that Python holds and JSON does not
        raise BadRequest() from None


def path(*segments: str) -> str:
    """An address of the API; whatever is in a segment stays inside it. `NotFound` for one that would lead up."""
    if any(segment in ("", ".", "..") for segment in segments):
        raise NotFound()
    return "/api/" + "/".join(quote(segment, safe="") for segment in segments)


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: by this the gateway counts."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if known.version == 6 else str(known)
