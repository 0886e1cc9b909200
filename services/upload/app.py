"""How the service is put together: the only module that reads settings and opens connections."""

from datetime import timedelta

from services.kit.authentication import TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.kit.rate_limit import RateLimiter
from services.kit.service import PeriodicTask, Service
from services.upload.api import router
from services.upload.capabilities import PartsCapabilities
from services.upload.deps import Deps
from services.upload.file_uploads import FileUploads
from services.upload.file_verifier import verify_due
from services.upload.handlers import subscriptions
from services.upload.orphans import OrphanSweeper
from services.upload.settings import Settings
from services.upload.store import PartDigests, Transfers, Verifications
from services.upload.sweeper import sweep

NAME = "upload"
MAX_BODY_BYTES = 256 * 1024
VERIFICATION_SECONDS = 2.0


def build() -> Service:
    """Read the settings and create the service; the servers that it needs may still be down."""
    settings = Settings.read()
    database = Database.open(settings)
    objects = ObjectStore.open(settings)
    deps = wire(settings, database, objects)
    interval = timedelta(minutes=settings.orphan_sweep_minutes)
    orphans = OrphanSweeper(database, deps.transfers, objects, timedelta(hours=settings.orphan_age_hours), interval / 2)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus.open(settings, NAME),
        handlers=subscriptions(deps),
        tasks=[
            PeriodicTask("sweep", settings.sweep_seconds, lambda: sweep(deps)),
            PeriodicTask("orphans", interval.total_seconds(), orphans.sweep),
            *[PeriodicTask("verification", VERIFICATION_SECONDS, lambda: verify_due(deps))]
            * settings.concurrent_verifications,
        ],
        checks={"store": objects.ping},
        on_close=[objects.close],
        max_body_bytes=MAX_BODY_BYTES,
    )


def wire(settings: Settings, database: Database, objects: ObjectStore) -> Deps:
    """Return what endpoints, handlers and periodic tasks need, over an open database."""
    digests = PartDigests(database)
    life = timedelta(minutes=settings.capability_minutes)
    return Deps(
        authenticator=TokenAuthenticator.open(settings, database),
        transfers=Transfers(database, settings.retention()),
        verifications=Verifications(database),
        part_digests=digests,
        uploads=FileUploads(objects, digests),
        objects=objects,
        capabilities=PartsCapabilities(settings.pepper.get_secret_value(), life),
        rate_limiter=RateLimiter(database),
        limits=settings.limits(),
        agents=settings.agents(),
    )
