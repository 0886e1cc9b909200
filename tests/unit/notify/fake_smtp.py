"""SMTP relays that follow a script for each recipient: a real server, and a mailer without a socket."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd import smtp

from services.notify.smtp.mailer import MaySend, Outcome, SmtpSettings

Script = dict[str, Sequence[str]]
"""The outcome of each attempt, by recipient; the last one repeats, and a recipient without any is accepted.

`250`, `451 text` and `550 text` answer RCPT, `data 452 text` answers DATA, `hang` never replies, `drop` reads the
message and closes the connection without a reply.
"""


class ScriptedRelay:
    """The next step of the script for each attempt, and the messages that were accepted."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.attempts: dict[str, int] = defaultdict(int)
        self.accepted: list[tuple[str, bytes]] = []
        self.max_at_once = 0

    def next_step(self, recipient: str) -> str:
        steps = self.script.get(recipient) or ["250"]
        step = steps[min(self.attempts[recipient], len(steps) - 1)]
        self.attempts[recipient] += 1
        return step

    def to(self, recipient: str) -> list[bytes]:
        return [content for address, content in self.accepted if address == recipient]


class _Handler:
    def __init__(self, relay: ScriptedRelay) -> None:
        self._relay = relay

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: smtp.SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        step = self._relay.next_step(address)
        if step == "hang":
            await asyncio.Event().wait()
        if step[0].isdigit() and step != "250":
            return step
        envelope.rcpt_tos.append(address)
        envelope.step = step
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        assert len(envelope.rcpt_tos) == 1, "one transaction per recipient"
        if envelope.step == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 never sent"
        if envelope.step.startswith("data "):
            return str(envelope.step.removeprefix("data "))
        self._relay.accepted.append((envelope.rcpt_tos[0], envelope.content))
        return "250 accepted"


@asynccontextmanager
async def smtp_server(script: Script) -> AsyncIterator[tuple[ScriptedRelay, SmtpSettings]]:
    """A real SMTP server on a free port, and how to connect to it; the time-out is short where it never replies."""
    relay = ScriptedRelay(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: smtp.SMTP(_Handler(relay), hostname="relay.example", loop=loop), "127.0.0.1"
    )
    hangs = any("hang" in steps for steps in script.values())
    yield relay, smtp_settings(server.sockets[0].getsockname()[1], timeout_seconds=2.0 if hangs else 60.0)
    server.close()


@asynccontextmanager
async def busy_server() -> AsyncIterator[SmtpSettings]:
    """A server whose greeting is 421."""

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 too busy, come back later\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1")
    async with server:
        yield smtp_settings(server.sockets[0].getsockname()[1])


def smtp_settings(port: int, timeout_seconds: float = 60.0) -> SmtpSettings:
    return SmtpSettings(
        "127.0.0.1", port, starttls=False, sender="post@melanissimo.example", timeout_seconds=timeout_seconds
    )


class FakeMailer:
    """The same outcomes without a socket; the attributes may be changed while it runs.

    `pause` is awaited before there is a connection, `transaction` between the last check and the acceptance.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.relay = ScriptedRelay(script or {})
        self.reachable = True
        self.pause: asyncio.Event | None = None
        self.transaction: asyncio.Event | None = None
        self.in_transaction = 0
        self._at_once = 0

    async def send(self, recipient: str, message: EmailMessage, may_send: MaySend) -> Outcome:
        self._at_once += 1
        self.relay.max_at_once = max(self.relay.max_at_once, self._at_once)
        try:
            if self.pause is not None:
                await self.pause.wait()
            if not self.reachable:
                return Outcome("unreachable", 0, "connection refused")
            if not await may_send():
                return Outcome("withheld")
            self.in_transaction += 1
            if self.transaction is not None:
                await self.transaction.wait()
            return self._outcome(recipient, message)
        finally:
            self._at_once -= 1

    def _outcome(self, recipient: str, message: EmailMessage) -> Outcome:
        step = self.relay.next_step(recipient).removeprefix("data ")
        if step in ("hang", "drop"):
            return Outcome("delayed", 0, "SMTPTimeoutError" if step == "hang" else "SMTPServerDisconnected")
        if step != "250":
            code = int(step.split()[0])
            return Outcome("refused" if code >= 500 else "delayed", code, step)
        self.relay.accepted.append((recipient, message.as_bytes()))
        return Outcome("accepted", 250)
