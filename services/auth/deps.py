"""The dependencies of auth."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.auth.challenges.registry import ChallengeProvider
from services.auth.challenges.speech import Speech
from services.auth.device_tokens import DeviceTokens
from services.auth.domain import SignInPolicy
from services.auth.rate_limits import SignInRateLimiter
from services.auth.session_tokens import SessionTokens
from services.auth.store import Challenges, LinkQuotas, SignIns
from services.kit.addresses import Domains

MAX_CONCURRENT_RECORDINGS = 2


@dataclass(frozen=True)
class Deps:
    """`now` is the database's clock; `keyed_hash` takes a purpose and a text.

    `challenge_providers` are the offered ones, by kind; `recording_slots` bounds concurrent runs of the speech program.
    """

    sign_ins: SignIns
    link_quotas: LinkQuotas
    challenges: Challenges
    challenge_providers: Mapping[str, ChallengeProvider]
    speech: Speech | None
    session_tokens: SessionTokens
    rate_limiter: SignInRateLimiter
    device_tokens: DeviceTokens
    agent_domains: Domains
    keyed_hash: Callable[[str, str], str]
    now: Callable[[], Awaitable[datetime]]
    policy: SignInPolicy
    link_answer_seconds: float
    recording_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_RECORDINGS))
