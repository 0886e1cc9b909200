"""How often may somebody do this? Counters in the database, so that the bound holds over all replicas (R8, R67)."""

import ipaddress
from typing import NamedTuple

from fastapi import Request

from services.kit.mongo import ExpiringDocuments


class RateLimit(NamedTuple):
    """At most `limit` times in each window of `seconds`, which begins with the first time."""

    name: str
    limit: int
    seconds: int


class RateLimiter:
    """Each hit is one atomic increment under the database's clock, counted before it is judged."""

    def __init__(self, counters: ExpiringDocuments) -> None:
        self._counters = counters

    async def allows(self, limit: RateLimit, key: str) -> bool:
        """Count one more for `key`, and say whether it is still within the rate."""
        return not await self.wait_seconds(limit, key)

    async def wait_seconds(self, limit: RateLimit, key: str) -> int:
        """Count one more for `key`; 0 while it is within the rate, otherwise the seconds until the next window."""
        counted = await self._counters.increment(f"{limit.name}:{key}", window_seconds=limit.seconds)
        return 0 if counted.hits <= limit.limit else counted.seconds_left


def network_of(request: Request) -> str:
    """The caller's network: an IPv4 address, or the /64 of an IPv6 one, as the gateway reported it."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host
