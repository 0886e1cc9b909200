"""How many links and human checks may be asked for? Counted in the database, over all replicas (R8, R67)."""

from collections.abc import Callable
from typing import NamedTuple

from services.auth.domain import ChallengesTooMany
from services.kit.addresses import domain_of, person_of
from services.kit.rates import Rate, Rates

HOUR = 3600
DAY = 24 * HOUR


class Ceilings(NamedTuple):
    """The most that is allowed; per hour unless the name says otherwise."""

    links_per_person: int = 3
    links_per_person_a_day: int = 10
    links_per_network: int = 100
    links_per_domain: int = 1_000
    links_in_all: int = 10_000
    challenges_per_network: int = 600
    recordings_per_network: int = 300


class Limits:
    """People and networks are counted under their keyed hash, so that the counters name nobody."""

    def __init__(self, rates: Rates, ceilings: Ceilings, hashed: Callable[[str, str], str]) -> None:
        self._rates = rates
        self._ceilings = ceilings
        self._hashed = hashed

    async def allow_link(self, address: str, network: str) -> bool:
        """Whether one more link may go to this address, in normal form.

        The narrow limits are asked first, so that what they stop does not use up those that all share.
        """
        person, domain, most = person_of(address), domain_of(address), self._ceilings
        asked = (
            (Rate("link-network", most.links_per_network, HOUR), network),
            (Rate("link-person", most.links_per_person, HOUR), person),
            (Rate("link-person-day", most.links_per_person_a_day, DAY), person),
            (Rate("link-domain", most.links_per_domain, HOUR), domain),
            (Rate("link-all", most.links_in_all, HOUR), "all"),
        )
        for rate, key in asked:
            if not await self._allows(rate, key):
                return False
        return True

    async def count_challenge(self, network: str) -> None:
        """Count one more human check for this network, or refuse it."""
        await self._count(Rate("challenge", self._ceilings.challenges_per_network, HOUR), network)

    async def count_recording(self, network: str) -> None:
        """Count one more code read aloud for this network, or refuse it."""
        await self._count(Rate("recording", self._ceilings.recordings_per_network, HOUR), network)

    async def _count(self, rate: Rate, key: str) -> None:
        if not await self._allows(rate, key):
            raise ChallengesTooMany()

    async def _allows(self, rate: Rate, key: str) -> bool:
        return await self._rates.allows(rate, self._hashed("rate", key))
