"""Submit messages to the relay: one SMTP transaction per recipient, and its outcome (R27)."""

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

from services.notify.content.formatting import one_line

MAX_REASON_LENGTH = 300
QUIT_TIMEOUT_SECONDS = 2.0
TOTAL_TIMEOUT_SECONDS = 60.0

Result = Literal["accepted", "refused", "delayed", "unreachable", "withheld"]
MaySend = Callable[[], Awaitable[bool]]
"""Returns whether the message may be sent; called with a connection, before the SMTP transaction begins."""


class Outcome(NamedTuple):
    """The outcome of one attempt; `code` is the relay's reply code, or 0 without a reply.

    `unreachable` says nothing about the mail: there was no connection, or the relay refused every client. `withheld`:
    the relay was reached, and the mail may not be sent, now or at all.
    """

    result: Result
    code: int = 0
    reason: str = ""


class Mailer(Protocol):
    """Submits one message for one recipient to the relay."""

    async def send(self, recipient: str, message: EmailMessage, may_send: MaySend) -> Outcome:
        """Try once; raise only what `may_send` raises, whatever the relay does."""


class SmtpSettings(NamedTuple):
    """How to connect to the relay; `sender` is the address of MAIL FROM, which gets its bounces."""

    host: str
    port: int
    starttls: bool
    sender: str
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0


class SmtpMailer:
    """Opens a connection for each mail, so that a failure cannot affect the next one."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, recipient: str, message: EmailMessage, may_send: MaySend) -> Outcome:
        """Connect, check that the mail may be sent, submit it; an unknown outcome counts as delayed (R28)."""
        client = self._client()
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_SECONDS):
                await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            return Outcome("unreachable", getattr(error, "code", 0), _reason(error))
        try:
            if not await may_send():
                return Outcome("withheld")
            async with asyncio.timeout(TOTAL_TIMEOUT_SECONDS):
                await client.sendmail(self._settings.sender, [recipient], message.as_bytes())
        except (SMTPException, OSError, ValueError) as error:
            return _classify(error)
        finally:
            await _quit(client)
        return Outcome("accepted", 250)

    def _client(self) -> SMTP:
        settings = self._settings
        return SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=False,
            start_tls=settings.starttls,
            validate_certs=True,
            username=settings.username,
            password=settings.password,
            local_hostname=settings.sender.rsplit("@", 1)[1],
            timeout=settings.timeout_seconds,
        )


def _classify(error: Exception) -> Outcome:
    """Only a 5xx reply about this recipient or this content is permanent."""
    if isinstance(error, SMTPRecipientsRefused):
        refused = error.recipients[0]
        return _by_code(refused.code, refused.message)
    if isinstance(error, SMTPDataError):
        return _by_code(error.code, error.message)
    return Outcome("delayed", error.code if isinstance(error, SMTPResponseException) else 0, _reason(error))


def _by_code(code: int, reply: str) -> Outcome:
    return Outcome("refused" if 500 <= code <= 599 else "delayed", code, _format_reply(code, reply))


def _reason(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return _format_reply(error.code, error.message)
    return one_line(f"{type(error).__name__} {error}", MAX_REASON_LENGTH)


def _format_reply(code: int, reply: str) -> str:
    return one_line(f"{code} {reply}", MAX_REASON_LENGTH)


async def _quit(client: SMTP) -> None:
    """End the session, without waiting long for the reply: the outcome is known already."""
    try:
        if client.is_connected:
            async with asyncio.timeout(QUIT_TIMEOUT_SECONDS):
                await client.quit()
    except (SMTPException, OSError):
        pass
    finally:
        client.close()
