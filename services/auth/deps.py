"""What does auth need from outside?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.auth.challenges.kinds import HumanCheck
from services.auth.challenges.speech import Speech
from services.auth.devices import Devices
from services.auth.domain import Terms
from services.auth.limits import Limits
from services.auth.sessions import Sessions
from services.auth.store import Admissions, Challenges, Mailboxes
from services.kit.addresses import Domains

LISTENED_AT_ONCE = 2


@dataclass(frozen=True)
class Deps:
    """`now` is the database's clock; `hashed` is a keyed hash for a purpose; `checks` are the offered human checks."""

    admissions: Admissions
    mailboxes: Mailboxes
    challenges: Challenges
    checks: Mapping[str, HumanCheck]
    speech: Speech | None
    sessions: Sessions
    limits: Limits
    devices: Devices
    agent_domains: Domains
    hashed: Callable[[str, str], str]
    now: Callable[[], Awaitable[datetime]]
    terms: Terms
    link_answer_seconds: float
    speaking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LISTENED_AT_ONCE))
