"""How many links and human checks may be asked for? Counted in the database, over all replicas (R8, R67)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from services.auth.domain import ChallengesTooMany, LinksTooMany
from services.auth.mailboxes import Mailbox, MailboxSentEnough, send_one
from services.auth.store import Mailboxes
from services.kit.addresses import domain_of, mailbox_of
from services.kit.rate_limit import RateLimit, RateLimiter
from services.kit.refusals import TooManyRequests

HOUR_SECONDS = 3600


class Ceilings(NamedTuple):
    """The most that is allowed; per hour unless the name says otherwise."""

    links_per_person: int = 3
    links_per_person_a_day: int = 10
    links_per_network: int = 1_000
    links_per_domain: int = 5_000
    links_in_all: int = 20_000
    challenges_per_network: int = 3_000
    recordings_per_network: int = 1_000


class Limits:
    """People and networks are counted under their keyed hash, so that the counters name nobody.

    What a limit says about one address is not told (R8). A limit that many share says nothing of any of them: whoever
    meets it is refused, and told when to come back, because they would wait for a mail in vain.
    """

    def __init__(
        self, rates: RateLimiter, mailboxes: Mailboxes, ceilings: Ceilings, hashed: Callable[[str, str], str]
    ) -> None:
        self._rates = rates
        self._mailboxes = mailboxes
        self._ceilings = ceilings
        self._hashed = hashed

    async def allow_link(self, address: str, network: str, proof: str = "") -> bool:
        """Whether one more link may go to this address, in normal form; `LinksTooMany` where a shared limit is met.

        A request with a proof (the device or the agent it comes from, ADR 16) is counted apart from those without one,
        and with others of the same proof; what stops it is its own doing, so that it is told: `MailboxSentEnough`.

        Among the shared limits the narrow ones are asked first, so that what they stop does not use up the wider ones.
        The address comes last: otherwise a refusal by a shared limit would tell who was not stopped before it.
        """
        most = self._ceilings
        for name, limit, key in (
            ("link-network", most.links_per_network, network),
            ("link-domain", most.links_per_domain, domain_of(address)),
            ("link-all", most.links_in_all, "all"),
        ):
            await self._count(LinksTooMany, name, limit, key)
        try:
            await self._count_person(mailbox_of(address), proof)
        except MailboxSentEnough:
            if proof:
                raise
            return False
        return True

    async def count_challenge(self, network: str) -> None:
        """Count one more human check for this network, or refuse it."""
        await self._count(ChallengesTooMany, "challenge", self._ceilings.challenges_per_network, network)

    async def count_recording(self, network: str) -> None:
        """Count one more code read aloud for this network, or refuse it."""
        await self._count(ChallengesTooMany, "recording", self._ceilings.recordings_per_network, network)

    async def _count_person(self, person: str, proof: str) -> None:
        most = self._ceilings

        def change(mailbox: Mailbox, now: datetime) -> Any:
            return send_one(mailbox, most.links_per_person, most.links_per_person_a_day, now)

        await self._mailboxes.update(self._hashed("rate", f"{person} {proof}".strip()), change)

    async def _count(self, refusal: type[TooManyRequests], name: str, limit: int, key: str) -> None:
        wait_seconds = await self._rates.wait_seconds(RateLimit(name, limit, HOUR_SECONDS), self._hashed("rate", key))
        if wait_seconds:
            raise refusal(retry_after_seconds=wait_seconds)
