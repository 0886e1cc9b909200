"""Composes propagation from its settings, connections and parts."""

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
from services.propagation.store import ApproverInvitations, Propagations
from services.propagation.sweeper import forget_old, lapse_overdue

NAME = "propagation"
LAPSE_INTERVAL_SECONDS = 10.0
FORGET_INTERVAL_SECONDS = 3600.0


def build() -> Service:
    """Read the settings and create the service; the servers that it needs may still be down."""
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
            PeriodicTask("lapse", LAPSE_INTERVAL_SECONDS, lambda: lapse_overdue(deps)),
            PeriodicTask("forget", FORGET_INTERVAL_SECONDS, lambda: forget_old(deps)),
        ],
        docs="Approval of the transfers that external senders address to external recipients.",
    )


def wire(settings: Settings, database: Database) -> Deps:
    """Return the dependencies over an open database."""
    invitations = ApproverInvitations(settings.pepper)
    revoked = database.expiring_documents("revoked_sessions", expire_at="until")
    authenticator = TokenAuthenticator(Verifier(settings.session_jwks.get_secret_value(), SESSION_TOKEN), revoked)
    return Deps(
        propagations=Propagations(database, invitations),
        invitations=invitations,
        authenticator=authenticator,
        sessions=authenticator,
        decision_period=timedelta(days=settings.decision_days),
        retention=timedelta(days=settings.retention_days),
    )
