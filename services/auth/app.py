"""How is auth put together?"""

from functools import partial

from services.auth.api import router
from services.auth.challenges.kinds import offered
from services.auth.challenges.speech import Speech
from services.auth.deps import Deps
from services.auth.devices import Devices
from services.auth.limits import Limits
from services.auth.sessions import Sessions
from services.auth.settings import Settings, listed
from services.auth.store import Admissions, Challenges, Mailboxes
from services.auth.sweeper import EVERY_SECONDS, forget
from services.kit.addresses import Domains
from services.kit.authentication import SESSION_TOKEN
from services.kit.bus import Bus
from services.kit.credentials import derived_token, keyed_hash
from services.kit.mongo import Database
from services.kit.rate_limit import RateLimiter
from services.kit.service import PeriodicTask, Service
from services.kit.tokens import Signer


def build() -> Service:
    """Read the settings and open what they name; nothing has to be there yet."""
    settings = Settings.read()
    database = Database(settings.mongo_url.get_secret_value(), settings.mongo_database)
    deps = wire(settings, database)
    return Service(
        name="auth",
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus(settings.amqp_url.get_secret_value(), "auth"),
        handlers={},
        tasks=[PeriodicTask("forget", EVERY_SECONDS, partial(forget, deps))],
        docs="Who may come in: human checks, one-time links, sessions.",
    )


def wire(settings: Settings, database: Database) -> Deps:
    """The dependencies over an open database."""
    hashed = partial(keyed_hash, settings.pepper.get_secret_value())
    terms = settings.terms()
    admissions, mailboxes = Admissions(database), Mailboxes(database)
    rates = RateLimiter(database.expiring_documents("rates", expire_at="until"))
    return Deps(
        admissions=admissions,
        mailboxes=mailboxes,
        challenges=Challenges(database),
        checks=offered(listed(settings.challenge_kinds)),
        speech=Speech.found(settings.speech_program),
        sessions=_sessions(settings, admissions),
        limits=Limits(rates, mailboxes, settings.ceilings(), hashed),
        devices=Devices(hashed, terms.device_life),
        agent_domains=Domains(listed(settings.agent_domains)),
        hashed=hashed,
        now=database.now,
        terms=terms,
        link_answer_seconds=settings.link_answer_seconds,
    )


def _sessions(settings: Settings, admissions: Admissions) -> Sessions:
    """Signs with one key; the public halves of retired ones are honoured until their last token has ended."""
    signer = Signer(settings.session_private_key.get_secret_value(), SESSION_TOKEN)
    person_of = partial(derived_token, settings.pepper.get_secret_value(), "person")
    retired = settings.retired_session_jwks
    jwks = retired.get_secret_value() if retired else None
    return Sessions(signer, admissions, settings.terms(), person_of, jwks)
