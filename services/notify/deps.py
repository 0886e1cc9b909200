"""What does notify need from outside?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address

from services.notify.letters.secretary import Secretary
from services.notify.post.breaker import Breaker
from services.notify.post.mailer import Mailer
from services.notify.store import Digests, Mails, Standings


@dataclass(frozen=True)
class Deps:
    """`concurrency` is how many mails one process hands over at the same time.

    `caught_up` returns once the facts that waited when this process started are done with.
    """

    mails: Mails
    digests: Digests
    standings: Standings
    secretary: Secretary
    mailer: Mailer
    breaker: Breaker
    mail_from: Address
    concurrency: int
    caught_up: Callable[[], Awaitable[None]]
