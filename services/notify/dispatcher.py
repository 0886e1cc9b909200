"""Send due mails: claim each with a lease, submit it to the relay, record the outcome (R25-R30).

A mail about a right that was revoked is not sent: this is checked once more between the connection to the relay and the
SMTP transaction. A revocation during the transaction comes too late: the mail is sent and recorded as accepted, and its
link is refused (ADR 15). After a start, the events that waited are handled before the first mail is sent. While the
broker does not answer, such mails are held.
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
from services.notify.domain import (
    AlreadyClaimed,
    Mail,
    accept,
    claim,
    delay,
    fail,
    mark_sender_notified,
    release,
    requeue,
)
from services.notify.smtp.mailer import Outcome
from services.notify.smtp.message import build_message
from services.notify.transfer_status import ABOUT_A_RIGHT

IDLE_SECONDS = 1.0
DRAIN_TIMEOUT_SECONDS = 8.0
CATCH_UP_TIMEOUT_SECONDS = 60.0
"""The longest that mails wait, after a start, for the events that waited to be handled."""

attempts = metrics.Counter("mail_attempts", "Attempts to submit a mail to the relay", ["kind", "result"])


class MailSnapshot(NamedTuple):
    """A mail as it was read, the database's time then, and the monotonic clock's."""

    mail: Mail
    read_at: datetime
    read_at_seconds: float

    def now(self) -> datetime:
        """Return the database's present time."""
        return self.read_at + timedelta(seconds=monotonic_seconds() - self.read_at_seconds)


class MailDispatcher:
    """Any number may run at once, in any number of processes: a mail is claimed by one of them at a time."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._wake_up = asyncio.Event()
        self._has_more = False
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._catch_up_by: float | None = monotonic_seconds() + CATCH_UP_TIMEOUT_SECONDS
        deps.mails.on_enqueued = self._wake_up.set

    async def run_once(self) -> None:
        """Start sending due mails up to the limit; then wait for a new mail, a finished one, or a second."""
        if self._catch_up_by is not None:
            await self._catch_up(self._catch_up_by)
        self._wake_up.clear()
        try:
            permits = self._deps.circuit_breaker.permits(self._deps.concurrency, len(self._in_flight))
            held_kinds = ABOUT_A_RIGHT if self._deps.hold.on else ()
            found = await self._deps.mails.due(self._in_flight, permits, held_kinds) if permits > 0 else []
            self._has_more = len(found) >= permits
            for mail, read_at in found:
                self._start(MailSnapshot(mail, read_at, monotonic_seconds()))
            await self._wait()
        except asyncio.CancelledError:
            await self._drain()
            raise

    async def _catch_up(self, by: float) -> None:
        """Wait for the events that waited: a withdrawal among them cancels only mails that are not sent yet."""
        try:
            async with asyncio.timeout(by - monotonic_seconds()):
                await self._deps.caught_up()
        except TimeoutError:
            logger().warning("mails are sent although not all events that waited were handled")
        self._catch_up_by = None

    def _start(self, snapshot: MailSnapshot) -> None:
        id = snapshot.mail.id
        self._in_flight[id] = asyncio.create_task(self._process(snapshot))
        self._in_flight[id].add_done_callback(lambda _task: self._release(id))

    def _release(self, id: str) -> None:
        del self._in_flight[id]
        if self._has_more:
            self._wake_up.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._wake_up.wait()
        except TimeoutError:
            return

    async def _drain(self) -> None:
        """Finish the mails in flight before the process ends, so that none is sent twice (R62)."""
        if self._in_flight:
            await asyncio.wait(list(self._in_flight.values()), timeout=DRAIN_TIMEOUT_SECONDS)

    async def _process(self, snapshot: MailSnapshot) -> None:
        id = snapshot.mail.id
        try:
            mail = await self._deps.mails.all.update(id, claim, (snapshot.mail, snapshot.read_at))
            if mail.state == "waiting":
                await self._attempt(snapshot._replace(mail=mail))
            else:
                await self._notify_sender(mail)
        except (AlreadyClaimed, NotFound):
            return
        except Exception:
            # The mail becomes due again when its lease ends.
            logger().error("sending a mail failed", mail_id=id, exc_info=True)

    async def _attempt(self, claimed: MailSnapshot) -> None:
        mail = claimed.mail
        outcome = await self._submit(mail)
        if outcome.result == "unreachable":
            self._deps.circuit_breaker.record_failure()
        else:
            self._deps.circuit_breaker.record_success()
        after = await self._deps.mails.all.update(
            mail.id, lambda stored, now: _apply(outcome, stored, mail.recipient, now), (mail, claimed.now())
        )
        attempts.labels(mail.kind, outcome.result).inc()
        logger().info(
            "mail", mail_id=mail.id, mail_kind=mail.kind, outcome=outcome.result, code=outcome.code, state=after.state
        )

    async def _submit(self, mail: Mail) -> Outcome:
        try:
            message = build_message(mail, self._deps.composer.render(mail), self._deps.mail_from, utc_now())
        except Exception:
            # A permanent failure: otherwise the mail would be tried again for two days.
            logger().error("a mail cannot be built", mail_id=mail.id, exc_info=True)
            return Outcome("refused", 0, "the message could not be built")
        return await self._deps.mailer.send(mail.forward_path, message, partial(self._may_send, mail))

    async def _may_send(self, mail: Mail) -> bool:
        if mail.kind in ABOUT_A_RIGHT and self._deps.hold.on:
            return False
        return await self._deps.transfer_statuses.may_send(mail)

    async def _notify_sender(self, mail: Mail) -> None:
        """Report a permanent failure to the sender of the transfer, once per recipient and request."""
        if mail.notify_on_failure is not None:
            context = {"recipient": mail.recipient, "reason": mail.reason}
            about = mail.id if mail.asked else mail.recipient
            report = self._deps.composer.to_sender("undeliverable", mail.notify_on_failure, about=about, **context)
            await self._deps.mails.enqueue(report)
        await self._deps.mails.all.update(mail.id, mark_sender_notified)


def _apply(outcome: Outcome, mail: Mail, recipient: str, now: datetime) -> Decision[Mail]:
    match outcome.result:
        case "accepted":
            return accept(mail, recipient, now)
        case "withheld":
            return release(mail, now)
        case "refused":
            return fail(mail, outcome.reason, now)
        case "delayed":
            return delay(mail, outcome.reason, random.random(), now)  # noqa: S311 - jitter, no secret
        case "unreachable":
            return requeue(mail, outcome.reason, now)
