"""What notify needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address

from services.notify.content.composer import MailComposer
from services.notify.hold import Hold
from services.notify.smtp.circuit_breaker import CircuitBreaker
from services.notify.smtp.mailer import Mailer
from services.notify.store import DailySummaries, Mails, TransferStatuses


@dataclass(frozen=True)
class Deps:
    """`concurrency` is the number of mails that one process submits at the same time.

    `caught_up` returns when the events that waited as this process started have been handled. `hold` says whether mails
    about a right are held.
    """

    mails: Mails
    daily_summaries: DailySummaries
    transfer_statuses: TransferStatuses
    composer: MailComposer
    mailer: Mailer
    circuit_breaker: CircuitBreaker
    mail_from: Address
    concurrency: int
    caught_up: Callable[[], Awaitable[None]]
    hold: Hold
