"""How the service is put together: the only module that reads settings and opens connections."""

from datetime import timedelta

from services.kit.authentication import TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.service import PeriodicTask, Service
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
    database = Database.open(settings)
    deps = wire(settings, database)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus.open(settings, NAME),
        handlers=subscriptions(deps),
        tasks=[
            PeriodicTask("lapse", LAPSE_INTERVAL_SECONDS, lambda: lapse_overdue(deps)),
            PeriodicTask("forget", FORGET_INTERVAL_SECONDS, lambda: forget_old(deps)),
        ],
    )


def wire(settings: Settings, database: Database) -> Deps:
    """Return what endpoints, handlers and periodic tasks need, over an open database."""
    invitations = ApproverInvitations(settings.pepper)
    return Deps(
        propagations=Propagations(database, invitations),
        invitations=invitations,
        authenticator=TokenAuthenticator.open(settings, database),
        decision_period=timedelta(days=settings.decision_days),
        retention=timedelta(days=settings.retention_days),
    )
