"""How the service is put together: the only module that reads settings and opens connections."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.kit.bus import Bus
from services.kit.clock import monotonic_seconds
from services.kit.mongo import Database
from services.kit.service import PeriodicTask, Service
from services.notify.content.composer import MailComposer
from services.notify.content.renderer import MailRenderer
from services.notify.deps import Deps
from services.notify.dispatcher import MailDispatcher
from services.notify.handlers import subscriptions
from services.notify.hold import Hold, watch_broker
from services.notify.settings import Settings
from services.notify.smtp.circuit_breaker import CircuitBreaker
from services.notify.smtp.mailer import SmtpMailer, SmtpSettings
from services.notify.store import DailySummaries, Mails, TransferStatuses
from services.notify.sweeper import forget_old, send_daily_summaries

NAME = "notify"
WATCH_SECONDS = 1.0
SUMMARIES_SECONDS = 60.0
FORGET_SECONDS = 3600.0


def build() -> Service:
    """Read the settings and create the service; the servers that it needs may still be down."""
    settings = Settings.read()
    database = Database.open(settings)
    bus = Bus.open(settings, NAME)
    deps = wire(settings, database, bus)
    dispatcher = MailDispatcher(deps)
    return Service(
        name=NAME,
        settings=settings,
        deps=deps,
        router=APIRouter(),
        database=database,
        bus=bus,
        handlers=subscriptions(deps),
        tasks=[
            PeriodicTask("dispatch", 0, dispatcher.run_once),
            PeriodicTask("watch-broker", WATCH_SECONDS, lambda: watch_broker(deps.hold, bus.answers)),
            PeriodicTask("daily-summaries", SUMMARIES_SECONDS, lambda: send_daily_summaries(deps)),
            PeriodicTask("forget", FORGET_SECONDS, lambda: forget_old(deps)),
        ],
    )


def wire(settings: Settings, database: Database, bus: Bus) -> Deps:
    """Return what endpoints, handlers and periodic tasks need, over an open database."""
    mails = Mails(database)
    return Deps(
        mails=mails,
        daily_summaries=DailySummaries(database),
        transfer_statuses=TransferStatuses(database, mails),
        composer=MailComposer(MailRenderer(ZoneInfo(settings.time_zone)), settings.public_base_url),
        mailer=SmtpMailer(_smtp(settings)),
        circuit_breaker=CircuitBreaker(monotonic_seconds),
        mail_from=settings.sender(),
        concurrency=settings.smtp_concurrency,
        caught_up=bus.caught_up,
        hold=Hold(),
    )


def _smtp(settings: Settings) -> SmtpSettings:
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        sender=settings.sender().addr_spec,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )
