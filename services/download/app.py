"""How the service is put together: the only module that reads settings and opens connections."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.download import api
from services.download.api import files
from services.download.deps import Deps
from services.download.handlers import subscriptions
from services.download.settings import Settings
from services.download.store import ContentsRepository, Deliveries, Links
from services.download.streaming.buffer_pool import BufferPool
from services.download.streaming.capability import DownloadCapabilities
from services.download.streaming.limiter import DownloadLimiter
from services.download.streaming.revocation_cache import RevocationCache
from services.download.sweeper import periodic_tasks
from services.download.zip.layout_cache import LayoutCache
from services.kit.authentication import SESSION_TOKEN, TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.kit.service import PeriodicTask, Service
from services.kit.tokens import Verifier

NAME = "download"


def build() -> Service:
    """Read the settings and open what the service needs; nothing is reached yet."""
    settings = Settings.read()
    database = Database(settings.mongo_url.get_secret_value(), settings.mongo_database)
    objects = ObjectStore(
        settings.s3_endpoint,
        settings.s3_region,
        settings.s3_bucket,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
    )
    deps = wire(settings, database, objects)
    return Service(
        NAME,
        settings,
        deps,
        routes(),
        database,
        Bus(settings.amqp_url.get_secret_value(), NAME),
        handlers=subscriptions(deps),
        tasks=[*periodic_tasks(deps), PeriodicTask("running downloads", 0, deps.limiter.until_stopped)],
        on_close=[objects.close],
        docs="Downloads: what was sent to you, exactly as often as allowed.",
    )


def wire(settings: Settings, database: Database, objects: ObjectStore) -> Deps:
    """Return what endpoints, handlers and the sweeper need."""
    pepper = settings.pepper.get_secret_value()
    verifier = Verifier(settings.session_jwks.get_secret_value(), SESSION_TOKEN)
    deliveries = Deliveries(database)
    return Deps(
        deliveries=deliveries,
        contents=ContentsRepository(database),
        links=Links(database, pepper),
        source=objects,
        layouts=LayoutCache(ZoneInfo(settings.time_zone)),
        capabilities=DownloadCapabilities(pepper),
        buffers=BufferPool(),
        limiter=DownloadLimiter(settings.slot_limits),
        revocations=RevocationCache(deliveries),
        authenticator=TokenAuthenticator(verifier, database.expiring_documents("revoked_sessions", expire_at="until")),
        policy=settings.policy,
        files_base_url=settings.files_base_url,
    )


def routes() -> APIRouter:
    """Return every public endpoint."""
    return APIRouter(routes=[*api.router.routes, *files.router.routes])
