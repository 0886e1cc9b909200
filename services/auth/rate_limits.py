"""Rate limits for links and challenges, counted in the database over all replicas (R8, R67)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from services.auth.domain import TooManyChallenges, TooManyLinkRequests
from services.auth.link_quota import LinkQuota, LinkQuotaExceeded, count_link
from services.auth.store import LinkQuotas
from services.kit.addresses import domain_of, mailbox_of
from services.kit.rate_limit import RateLimit, RateLimiter
from services.kit.refusals import TooManyRequests

HOUR_SECONDS = 3600


class SignInLimits(NamedTuple):
    """Maximum counts, per hour unless the name says otherwise."""

    links_per_mailbox: int = 3
    links_per_mailbox_per_day: int = 10
    links_per_network: int = 1_000
    links_per_domain: int = 5_000
    links_total: int = 20_000
    challenges_per_network: int = 3_000
    recordings_per_network: int = 1_000


class SignInRateLimiter:
    """Counts mailboxes and networks under their keyed hash, so that the counters name nobody.

    A limit on one address is applied silently (R8). A limit that many people share reveals nothing about any of them:
    it raises a refusal with the time to retry, because the person would otherwise wait for a mail that never comes.
    """

    def __init__(
        self, rates: RateLimiter, link_quotas: LinkQuotas, limits: SignInLimits, keyed_hash: Callable[[str, str], str]
    ) -> None:
        self._rates = rates
        self._link_quotas = link_quotas
        self._limits = limits
        self._keyed_hash = keyed_hash

    async def allow_link(self, address: str, network: str, proof: str = "") -> bool:
        """Return whether one more link may go to this address (in normal form) and count it.

        Raise `TooManyLinkRequests` when a shared limit is reached. A request with a proof (its device or its agent,
        ADR 16) has a quota of its own, shared only with requests that carry the same proof; when that quota is used
        up, raise `LinkQuotaExceeded`, because the requester used it up.

        Narrow shared limits are checked before wide ones, so that a request they refuse does not count towards the
        wide ones. The address is checked last: a refusal by a shared limit must not depend on its quota.
        """
        limits = self._limits
        for name, limit, key in (
            ("link-network", limits.links_per_network, network),
            ("link-domain", limits.links_per_domain, domain_of(address)),
            ("link-all", limits.links_total, "all"),
        ):
            await self._count(TooManyLinkRequests, name, limit, key)
        try:
            await self._count_mailbox(mailbox_of(address), proof)
        except LinkQuotaExceeded:
            if proof:
                raise
            return False
        return True

    async def count_challenge(self, network: str) -> None:
        """Count one more challenge for this network; raise `TooManyChallenges` above the limit."""
        await self._count(TooManyChallenges, "challenge", self._limits.challenges_per_network, network)

    async def count_recording(self, network: str) -> None:
        """Count one more recording of a code for this network; raise `TooManyChallenges` above the limit."""
        await self._count(TooManyChallenges, "recording", self._limits.recordings_per_network, network)

    async def _count_mailbox(self, mailbox: str, proof: str) -> None:
        limits = self._limits

        def change(quota: LinkQuota, now: datetime) -> Any:
            return count_link(quota, limits.links_per_mailbox, limits.links_per_mailbox_per_day, now)

        await self._link_quotas.update(self._keyed_hash("rate", f"{mailbox} {proof}".strip()), change)

    async def _count(self, refusal: type[TooManyRequests], name: str, limit: int, key: str) -> None:
        rate_limit = RateLimit(name, limit, HOUR_SECONDS)
        wait_seconds = await self._rates.wait_seconds(rate_limit, self._keyed_hash("rate", key))
        if wait_seconds:
            raise refusal(retry_after_seconds=wait_seconds)
