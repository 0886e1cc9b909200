"""How many links and human checks may be asked for? Counted in the database, over all replicas (R8, R67)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from services.auth.domain import ChallengesTooMany
from services.auth.mailboxes import Mailbox, MailboxSentEnough, send_one
from services.auth.store import Mailboxes
from services.kit.addresses import domain_of, person_of
from services.kit.rates import Rate, Rates

HOUR_SECONDS = 3600


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

    def __init__(
        self, rates: Rates, mailboxes: Mailboxes, ceilings: Ceilings, hashed: Callable[[str, str], str]
    ) -> None:
        self._rates = rates
        self._mailboxes = mailboxes
        self._ceilings = ceilings
        self._hashed = hashed

    async def allow_link(self, address: str, network: str) -> bool:
        """Whether one more link may go to this address, in normal form.

        The narrow limits are asked first, so that what they stop does not use up those that all share.
        """
        most = self._ceilings
        return (
            await self._allows("link-network", most.links_per_network, network)
            and await self._allow_person(person_of(address))
            and await self._allows("link-domain", most.links_per_domain, domain_of(address))
            and await self._allows("link-all", most.links_in_all, "all")
        )

    async def count_challenge(self, network: str) -> None:
        """Count one more human check for this network, or refuse it."""
        if not await self._allows("challenge", self._ceilings.challenges_per_network, network):
            raise ChallengesTooMany()

    async def count_recording(self, network: str) -> None:
        """Count one more code read aloud for this network, or refuse it."""
        if not await self._allows("recording", self._ceilings.recordings_per_network, network):
            raise ChallengesTooMany()

    async def _allow_person(self, person: str) -> bool:
        most = self._ceilings

        def change(mailbox: Mailbox, now: datetime) -> Any:
            return send_one(mailbox, most.links_per_person, most.links_per_person_a_day, now)

        try:
            await self._mailboxes.update(self._hashed("rate", person), change)
        except MailboxSentEnough:
            return False
        return True

    async def _allows(self, name: str, limit: int, key: str) -> bool:
        return await self._rates.allows(Rate(name, limit, HOUR_SECONDS), self._hashed("rate", key))
