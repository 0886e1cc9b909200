"""How does a mail leave? Claimed with a lease, handed to the relay, and what came of it written down (R25-R30).

A mail about a right that was taken back does not leave: this is looked up once more between the connection to the relay
and the SMTP transaction. What is taken back during the transaction comes too late: the mail leaves and is recorded as
accepted, and its link is refused (ADR 15). After a start the facts that waited are heard before the first mail leaves.
"""

import asyncio
import random
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from services.kit import metrics
from services.kit.aggregate import Decision
from services.kit.clock import monotonic_seconds, utc_now
from services.kit.logs import logger
from services.kit.refusals import NotFound
from services.notify.deps import Deps
from services.notify.domain import Mail, NotDue, accept, claim, delay, fail, give_back, settle
from services.notify.post.envelope import envelope
from services.notify.post.mailer import Outcome

IDLE_SECONDS = 1.0
FAREWELL_SECONDS = 8.0
BACKLOG_SECONDS = 60.0
"""The longest that mails wait, after a start, for the facts that waited to be heard."""

sent = metrics.Counter("mail_attempts", "Attempts to hand a mail to the relay", ["kind", "result"])


class Seen(NamedTuple):
    """A mail as it was read, the database's time then, and when that was by the steady clock."""

    mail: Mail
    now: datetime
    at_seconds: float

    def moment(self) -> datetime:
        """The database's time now."""
        return self.now + timedelta(seconds=monotonic_seconds() - self.at_seconds)


class Postman:
    """Any number of them may walk at once, in any number of processes: a mail is claimed by one at a time."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._news = asyncio.Event()
        self._may_be_more = False
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._begins_by: float | None = monotonic_seconds() + BACKLOG_SECONDS
        deps.mails.on_posted = self._news.set

    async def once(self) -> None:
        """Take up what is due, as much as hands are free; then wait for news, a free hand, or a second."""
        if self._begins_by is not None:
            await self._catch_up(self._begins_by)
        self._news.clear()
        try:
            free = self._deps.breaker.free_hands(self._deps.concurrency, len(self._in_hand))
            found = await self._deps.mails.due(self._in_hand, free) if free > 0 else []
            self._may_be_more = len(found) >= free
            for mail, now in found:
                self._take(Seen(mail, now, monotonic_seconds()))
            await self._wait()
        except asyncio.CancelledError:
            await self._farewell()
            raise

    async def _catch_up(self, by: float) -> None:
        """A withdrawal or a decision that waited to be heard stops only the mails that have not left before."""
        try:
            async with asyncio.timeout(by - monotonic_seconds()):
                await self._deps.caught_up()
        except TimeoutError:
            logger().warning("mails leave although not all facts that waited were heard")
        self._begins_by = None

    def _take(self, seen: Seen) -> None:
        id = seen.mail.id
        self._in_hand[id] = asyncio.create_task(self._deliver(seen))
        self._in_hand[id].add_done_callback(lambda _task: self._laid_down(id))

    def _laid_down(self, id: str) -> None:
        del self._in_hand[id]
        if self._may_be_more:
            self._news.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return

    async def _farewell(self) -> None:
        """Finish what is in hand before the process ends, so that nothing is sent twice (R62)."""
        if self._in_hand:
            await asyncio.wait(list(self._in_hand.values()), timeout=FAREWELL_SECONDS)

    async def _deliver(self, seen: Seen) -> None:
        id = seen.mail.id
        try:
            mail = await self._deps.mails.all.update(id, claim, (seen.mail, seen.now))
            if mail.state == "waiting":
                await self._attempt(seen._replace(mail=mail))
            else:
                await self._tell_sender(mail)
        except (NotDue, NotFound):
            return
        except Exception:
            # The lease ends, and the mail comes back.
            logger().error("a mail was left in hand", mail_id=id, exc_info=True)

    async def _attempt(self, claimed: Seen) -> None:
        mail = claimed.mail
        outcome = await self._handed_over(mail)
        if outcome.result == "away":
            self._deps.breaker.missed()
        else:
            self._deps.breaker.reached()
        after = await self._deps.mails.all.update(
            mail.id, lambda there, now: _decided(there, mail.recipient, outcome, now), (mail, claimed.moment())
        )
        sent.labels(mail.kind, outcome.result).inc()
        logger().info(
            "mail", mail_id=mail.id, mail_kind=mail.kind, outcome=outcome.result, code=outcome.code, state=after.state
        )

    async def _handed_over(self, mail: Mail) -> Outcome:
        try:
            message = envelope(mail, self._deps.secretary.letter(mail), self._deps.mail_from, utc_now())
        except Exception:
            # It can never be built: without an end here it would come back for ever.
            logger().error("a mail cannot be built", mail_id=mail.id, exc_info=True)
            return Outcome("refused", 0, "the message could not be built")
        still_wanted = partial(self._deps.standings.still_wanted, mail)
        return await self._deps.mailer.send(mail.forward_path, message, still_wanted)

    async def _tell_sender(self, mail: Mail) -> None:
        """A mail that failed for good is told to the sender of its transfer, once per recipient and asking."""
        if mail.blame is not None:
            words = {"recipient": mail.recipient, "reason": mail.reason}
            about = mail.id if mail.asked else mail.recipient
            await self._deps.mails.post(
                self._deps.secretary.to_sender("undeliverable", mail.blame, about=about, **words)
            )
        await self._deps.mails.all.update(mail.id, settle)


def _decided(mail: Mail, recipient: str, outcome: Outcome, now: datetime) -> Decision[Mail]:
    match outcome.result:
        case "accepted":
            return accept(mail, recipient, now)
        case "withheld":
            return mail, []
        case "refused":
            return fail(mail, outcome.reason, now)
        case "delayed":
            return delay(mail, outcome.reason, random.random(), now)  # noqa: S311 - jitter, no secret
        case "away":
            return give_back(mail, outcome.reason, now)
