"""Assemble the service; the only module that reads settings and opens connections."""

from datetime import timedelta

from services.kit.authentication import SESSION_TOKEN, TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.kit.rate_limit import RateLimiter
from services.kit.service import PeriodicTask, Service
from services.kit.tokens import Verifier
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

MAX_BODY_BYTES = 256 * 1024
VERIFICATION_SECONDS = 2.0


def build() -> Service:
    """Return the configured service; nothing is connected yet."""
    settings = Settings.read()
    database = Database(settings.mongo_url.get_secret_value(), settings.mongo_database)
    objects = open_bucket(settings)
    deps = wire(settings, database, objects)
    interval = timedelta(minutes=settings.orphan_sweep_minutes)
    orphans = OrphanSweeper(database, deps.transfers, objects, timedelta(hours=settings.orphan_age_hours), interval / 2)
    return Service(
        name="upload",
        settings=settings,
        deps=deps,
        router=router,
        database=database,
        bus=Bus(settings.amqp_url.get_secret_value(), "upload"),
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
        docs="Drafts, their files, and transfers.",
    )


def open_bucket(settings: Settings) -> ObjectStore:
    """Return the bucket, with write access."""
    return ObjectStore(
        settings.s3_endpoint,
        settings.s3_region,
        settings.s3_bucket,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
    )


def wire(settings: Settings, database: Database, objects: ObjectStore) -> Deps:
    """Return the dependencies of endpoints, handlers and periodic tasks."""
    digests = PartDigests(database)
    verifier = Verifier(settings.session_jwks.get_secret_value(), SESSION_TOKEN)
    life = timedelta(minutes=settings.capability_minutes)
    return Deps(
        authenticator=TokenAuthenticator(verifier, database.expiring_documents("revoked", expire_at="until")),
        transfers=Transfers(database, settings.retention()),
        verifications=Verifications(database),
        part_digests=digests,
        uploads=FileUploads(objects, digests),
        objects=objects,
        capabilities=PartsCapabilities(settings.pepper.get_secret_value(), life),
        rate_limiter=RateLimiter(database.expiring_documents("rates", expire_at="until")),
        limits=settings.limits(),
        agents=settings.agents(),
    )
