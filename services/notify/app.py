"""How is notify put together?"""

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.kit.bus import Bus
from services.kit.clock import monotonic_seconds
from services.kit.mongo import Database
from services.kit.service import PeriodicTask, Service
from services.notify.deps import Deps
from services.notify.handlers import subscriptions
from services.notify.letters.letter import Stationery
from services.notify.letters.secretary import Secretary
from services.notify.post.breaker import Breaker
from services.notify.post.mailer import Relay, SmtpMailer
from services.notify.postman import Postman
from services.notify.settings import Settings
from services.notify.store import Digests, Mails, Standings
from services.notify.sweeper import forget_old, write_digests

NAME = "notify"
DIGEST_SECONDS = 60.0
FORGET_SECONDS = 3600.0


def build() -> Service:
    """Settings, connections, and what uses them."""
    settings = Settings.read()
    database = Database(settings.mongo_url.get_secret_value(), settings.mongo_database)
    bus = Bus(settings.amqp_url.get_secret_value(), NAME)
    deps = _deps(settings, database, bus)
    postman = Postman(deps)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=APIRouter(),
        database=database,
        bus=bus,
        handlers=subscriptions(deps),
        tasks=[
            PeriodicTask("postman", 0, postman.once),
            PeriodicTask("digests", DIGEST_SECONDS, lambda: write_digests(deps)),
            PeriodicTask("forget", FORGET_SECONDS, lambda: forget_old(deps)),
        ],
        docs="The postman: it sends what events call for. Nobody asks it anything.",
    )


def _deps(settings: Settings, database: Database, bus: Bus) -> Deps:
    mails = Mails(database)
    return Deps(
        mails=mails,
        digests=Digests(database),
        standings=Standings(database, mails),
        secretary=Secretary(Stationery(ZoneInfo(settings.time_zone)), settings.public_base_url),
        mailer=SmtpMailer(_relay(settings)),
        breaker=Breaker(monotonic_seconds),
        mail_from=settings.sender(),
        concurrency=settings.smtp_concurrency,
        caught_up=bus.caught_up,
    )


def _relay(settings: Settings) -> Relay:
    return Relay(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        sender=settings.sender().addr_spec,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )
