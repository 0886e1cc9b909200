"""How the service is put together: the only module that reads settings and opens connections."""

from functools import partial

from services.auth.api import router
from services.auth.challenges.registry import create_providers
from services.auth.challenges.speech import Speech
from services.auth.deps import Deps
from services.auth.device_tokens import DeviceTokens
from services.auth.rate_limits import SignInRateLimiter
from services.auth.session_tokens import SessionTokens
from services.auth.settings import Settings
from services.auth.store import Challenges, LinkQuotas, SignIns
from services.auth.sweeper import INTERVAL_SECONDS, forget
from services.kit.addresses import Domains
from services.kit.authentication import SESSION_TOKEN
from services.kit.bus import Bus
from services.kit.credentials import derived_token, keyed_hash
from services.kit.mongo import Database
from services.kit.rate_limit import RateLimiter
from services.kit.service import PeriodicTask, Service
from services.kit.settings import split_list
from services.kit.tokens import Signer

NAME = "auth"


def build() -> Service:
    """Read the settings and create the service; the servers that it needs may still be down."""
    settings = Settings.read()
    database = Database.open(settings)
    deps = wire(settings, database)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus.open(settings, NAME),
        handlers={},
        tasks=[PeriodicTask("forget", INTERVAL_SECONDS, partial(forget, deps))],
    )


def wire(settings: Settings, database: Database) -> Deps:
    """Return what endpoints, handlers and periodic tasks need, over an open database."""
    hash_with_pepper = partial(keyed_hash, settings.pepper.get_secret_value())
    policy = settings.policy()
    sign_ins, link_quotas = SignIns(database), LinkQuotas(database)
    return Deps(
        sign_ins=sign_ins,
        link_quotas=link_quotas,
        challenges=Challenges(database),
        challenge_providers=create_providers(split_list(settings.challenge_kinds)),
        speech=Speech.find(settings.speech_program),
        session_tokens=_session_tokens(settings, sign_ins),
        rate_limiter=SignInRateLimiter(RateLimiter(database), link_quotas, settings.limits(), hash_with_pepper),
        device_tokens=DeviceTokens(settings.pepper.get_secret_value(), policy.device_lifetime),
        agent_domains=Domains(split_list(settings.agent_domains)),
        keyed_hash=hash_with_pepper,
        now=database.now,
        policy=policy,
        link_answer_seconds=settings.link_answer_seconds,
    )


def _session_tokens(settings: Settings, sign_ins: SignIns) -> SessionTokens:
    """Sign with one key; accept tokens signed with a retired key until the last of them has expired."""
    signer = Signer(settings.session_private_key.get_secret_value(), SESSION_TOKEN)
    person_id_of = partial(derived_token, settings.pepper.get_secret_value(), "person")
    retired = settings.retired_session_jwks
    jwks = retired.get_secret_value() if retired else None
    return SessionTokens(signer, sign_ins, settings.policy(), person_id_of, jwks)
