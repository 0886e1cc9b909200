"""Measures how long event loops were blocked, from the services' metrics, in processor time of their loops."""

import re

import httpx

from devstack.accounts import SERVICES
from devstack.stack import Stack

WATCHED = (*SERVICES, "portal")
LIMIT_SECONDS = 0.2
BUCKET = re.compile(r'event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)')

Counts = dict[str, dict[float, float]]


class LagMonitor:
    """Blocked event loops since the creation of this object, or since the last call."""

    def __init__(self, stack: Stack) -> None:
        self._urls = {name: f"{stack.management_url(name)}/metrics" for name in WATCHED}
        self._http = httpx.Client(timeout=60)
        self._before = self._read()

    def too_long(self) -> list[str]:
        """Return every service whose loop was blocked for longer than the limit, and how often."""
        before, self._before = self._before, self._read()
        found = {name: _over(self._before[name]) - _over(before[name]) for name in WATCHED}
        return [f"{name}: {count:.0f} pauses above {LIMIT_SECONDS:g} s" for name, count in found.items() if count]

    def longest(self) -> str:
        """Return the histogram bucket of each service's longest pause since its start."""
        return ", ".join(f"{name} <= {_longest(counts):g} s" for name, counts in self._before.items())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _read(self) -> Counts:
        texts = {name: self._http.get(url).raise_for_status().text for name, url in self._urls.items()}
        return {name: {float(le): float(n) for le, n in BUCKET.findall(text)} for name, text in texts.items()}


def _over(counts: dict[float, float]) -> float:
    return counts[float("inf")] - counts[LIMIT_SECONDS]


def _longest(counts: dict[float, float]) -> float:
    return min(le for le, count in counts.items() if count == counts[float("inf")])
