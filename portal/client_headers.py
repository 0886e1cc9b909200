"""The headers that tell the gateway about a request: its trace, and the client address that rate limits count."""

import ipaddress

from services.kit import trace


def client_headers(address: str) -> dict[str, str]:
    """Return the headers of a request on behalf of somebody at this address."""
    network = _network(address)
    client = {"X-Client-Address": address, "X-Client-Network": network} if network else {}
    return {"Traceparent": trace.current(), **client}


def _network(address: str) -> str:
    """Return an IPv4 address as it is, or the /64 of an IPv6 address: the gateway's rate limits count by it."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if known.version == 6 else str(known)
