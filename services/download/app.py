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
from services.kit.authentication import TokenAuthenticator
from services.kit.bus import Bus
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.kit.service import PeriodicTask, Service

NAME = "download"


def build() -> Service:
    """Read the settings and create the service; the servers that it needs may still be down."""
    settings = Settings.read()
    database = Database.open(settings)
    objects = ObjectStore.open(settings)
    deps = wire(settings, database, objects)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=routes(),
        database=database,
        bus=Bus.open(settings, NAME),
        handlers=subscriptions(deps),
        tasks=[*periodic_tasks(deps), PeriodicTask("running downloads", 0, deps.limiter.until_stopped)],
        on_close=[objects.close],
    )


def wire(settings: Settings, database: Database, objects: ObjectStore) -> Deps:
    """Return what endpoints, handlers and periodic tasks need, over an open database."""
    pepper = settings.pepper.get_secret_value()
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
        authenticator=TokenAuthenticator.open(settings, database),
        policy=settings.policy,
        files_base_url=settings.files_base_url,
    )


def routes() -> APIRouter:
    """Return every public endpoint."""
    return APIRouter(routes=[*api.router.routes, *files.router.routes])
