"""What does notify need from outside?"""

from dataclasses import dataclass
from email.headerregistry import Address

from services.notify.letters.secretary import Secretary
from services.notify.post.breaker import Breaker
from services.notify.post.mailer import Mailer
from services.notify.store import Digests, Mails, Standings


@dataclass(frozen=True)
class Deps:
    """`concurrency` is how many mails one process hands over at the same time."""

    mails: Mails
    digests: Digests
    standings: Standings
    secretary: Secretary
    mailer: Mailer
    breaker: Breaker
    mail_from: Address
    concurrency: int
