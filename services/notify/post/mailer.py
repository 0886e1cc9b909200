"""How does a message reach the relay? One SMTP transaction per recipient, and what can come of it (R27)."""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Literal, NamedTuple, Protocol

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from services.notify.letters.words import one_line

LONGEST_REASON = 300
QUIT_SECONDS = 2.0
TOO_LONG = 60.0

Result = Literal["accepted", "refused", "delayed", "away", "withheld"]
StillWanted = Callable[[], Awaitable[bool]]
"""Whether the message may still leave, asked once there is a connection and before the SMTP transaction begins."""


class Outcome(NamedTuple):
    """What came of one attempt; `code` is the relay's, or 0 when it said nothing.

    `away` says nothing of the mail: there was no relay to speak to, or it would speak to nobody. `withheld`: the relay
    was reached, and the message was not wanted any more.
    """

    result: Result
    code: int = 0
    reason: str = ""


class Mailer(Protocol):
    """Hands one message to the relay for one recipient."""

    async def send(self, recipient: str, message: EmailMessage, still_wanted: StillWanted) -> Outcome:
        """Try once; never raises for what the relay says or does, only what `still_wanted` raises."""


class Relay(NamedTuple):
    """Where the relay is, and how it is spoken to; `sender` is the address for its replies."""

    host: str
    port: int
    starttls: bool
    sender: str
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0


class SmtpMailer:
    """A connection for each mail: nothing that happened to one can harm the next."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def send(self, recipient: str, message: EmailMessage, still_wanted: StillWanted) -> Outcome:
        """Connect, ask whether it is wanted, hand over; an outcome that is not known counts as delayed (R28)."""
        client = self._client()
        try:
            async with asyncio.timeout(TOO_LONG):
                await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            return Outcome("away", getattr(error, "code", 0), _reason(error))
        try:
            if not await still_wanted():
                return Outcome("withheld")
            async with asyncio.timeout(TOO_LONG):
                await client.sendmail(self._relay.sender, [recipient], message.as_bytes())
        except (SMTPException, OSError, ValueError) as error:
            return _judged(error)
        finally:
            await _leave(client)
        return Outcome("accepted", 250)

    def _client(self) -> SMTP:
        relay = self._relay
        return SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=False,
            start_tls=relay.starttls,
            validate_certs=True,
            username=relay.username,
            password=relay.password,
            local_hostname=relay.sender.rsplit("@", 1)[1],
            timeout=relay.timeout_seconds,
        )


def _judged(error: Exception) -> Outcome:
    """Only a 5xx about this recipient or this content ends a mail; all else may be better later."""
    if isinstance(error, SMTPRecipientsRefused):
        refused = error.recipients[0]
        return _by_code(refused.code, refused.message)
    if isinstance(error, SMTPDataError):
        return _by_code(error.code, error.message)
    return Outcome("delayed", error.code if isinstance(error, SMTPResponseException) else 0, _reason(error))


def _by_code(code: int, words: str) -> Outcome:
    return Outcome("refused" if 500 <= code <= 599 else "delayed", code, _said(code, words))


def _reason(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return _said(error.code, error.message)
    return one_line(f"{type(error).__name__} {error}", LONGEST_REASON)


def _said(code: int, words: str) -> str:
    return one_line(f"{code} {words}", LONGEST_REASON)


async def _leave(client: SMTP) -> None:
    """Say goodbye without waiting long for the answer: what counts has happened already."""
    try:
        if client.is_connected:
            async with asyncio.timeout(QUIT_SECONDS):
                await client.quit()
    except (SMTPException, OSError):
        pass
    finally:
        client.close()
