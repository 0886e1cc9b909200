"""How is propagation put together?"""

from datetime import timedelta

from services.kit.authentication import SESSION_TOKEN, TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.service import PeriodicTask, Service
from services.kit.tokens import Verifier
from services.propagation.api import router
from services.propagation.deps import Deps
from services.propagation.handlers import subscriptions
from services.propagation.settings import Settings
from services.propagation.store import Invitations, Propagations
from services.propagation.sweeper import forget_old, lapse_overdue

NAME = "propagation"
LAPSE_SECONDS = 10.0
FORGET_SECONDS = 3600.0


def build() -> Service:
    """Settings, connections, and what uses them."""
    settings = Settings.read()
    database = Database(settings.mongo_url.get_secret_value(), settings.mongo_database)
    deps = wire(settings, database)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus(settings.amqp_url.get_secret_value(), NAME),
        handlers=subscriptions(deps),
        tasks=[
            PeriodicTask("lapse", LAPSE_SECONDS, lambda: lapse_overdue(deps)),
            PeriodicTask("forget", FORGET_SECONDS, lambda: forget_old(deps)),
        ],
        docs="The decision: who may have what an external person sends to external people.",
    )


def wire(settings: Settings, database: Database) -> Deps:
    """What endpoints, handlers and loops need."""
    invitations = Invitations(settings.pepper)
    revoked = database.expiring_documents("revoked_sessions", expire_at="until")
    sessions = TokenAuthenticator(Verifier(settings.session_jwks.get_secret_value(), SESSION_TOKEN), revoked)
    return Deps(
        propagations=Propagations(database, invitations),
        invitations=invitations,
        authenticator=sessions,
        sessions=sessions,
        open_for=timedelta(days=settings.decision_days),
        keep_for=timedelta(days=settings.keep_days),
    )
