"""Rate limits counted in the database, so that they hold over all replicas (R8, R67)."""

import ipaddress
from typing import NamedTuple

from fastapi import Request

from services.kit.mongo import Database


class RateLimit(NamedTuple):
    """At most `limit` hits in each window of `seconds`; a window begins with its first hit."""

    name: str
    limit: int
    seconds: int


class RateLimiter:
    """Counts each hit with one atomic operation at the database's time, before it decides."""

    def __init__(self, database: Database) -> None:
        self._counters = database.expiring_documents("rates", expire_at="until")

    async def allows(self, limit: RateLimit, key: str, hit: str) -> bool:
        """Return whether this hit for `key` is within the limit; the same hit is counted once in a window."""
        return await self._counters.count_once(
            f"{limit.name}:{key}", hit, limit=limit.limit, window_seconds=limit.seconds
        )

    async def wait_seconds(self, limit: RateLimit, key: str) -> int:
        """Count a hit for `key`; return 0 within the limit, otherwise the seconds until the next window."""
        counted = await self._counters.increment(f"{limit.name}:{key}", window_seconds=limit.seconds)
        return 0 if counted.hits <= limit.limit else counted.seconds_left


def network_of(request: Request) -> str:
    """Return the caller's network as the gateway reported it: an IPv4 address, or the /64 of an IPv6 address."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host
