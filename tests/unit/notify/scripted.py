"""Relays that do as they are told, recipient by recipient: a real SMTP server, and a mailer without one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd import smtp

from services.notify.post.mailer import Outcome, Relay, StillWanted

Script = dict[str, Sequence[str]]
"""For each recipient what happens to one attempt after another; the last goes on for ever, none means 250.

`250`, `451 words` and `550 words` answer RCPT, `data 452 words` answers DATA, `hang` never answers, `drop` reads the
message and closes the line without an answer.
"""


class Told:
    """The steps of a script, one per attempt, and what was accepted."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.attempts: dict[str, int] = defaultdict(int)
        self.accepted: list[tuple[str, bytes]] = []
        self.most_at_once = 0

    def next_step(self, recipient: str) -> str:
        steps = self.script.get(recipient) or ["250"]
        step = steps[min(self.attempts[recipient], len(steps) - 1)]
        self.attempts[recipient] += 1
        return step

    def to(self, recipient: str) -> list[bytes]:
        return [content for address, content in self.accepted if address == recipient]


class _Handler:
    def __init__(self, told: Told) -> None:
        self._told = told

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: smtp.SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        step = self._told.next_step(address)
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
            return "250 never heard"
        if envelope.step.startswith("data "):
            return str(envelope.step.removeprefix("data "))
        self._told.accepted.append((envelope.rcpt_tos[0], envelope.content))
        return "250 taken over"


@asynccontextmanager
async def smtp_server(script: Script) -> AsyncIterator[tuple[Told, Relay]]:
    """A real SMTP server on a free port, and how to speak to it; the patience is short where it never answers."""
    told = Told(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: smtp.SMTP(_Handler(told), hostname="relay.example", loop=loop), "127.0.0.1"
    )
    hangs = any("hang" in steps for steps in script.values())
    yield told, relay(server.sockets[0].getsockname()[1], timeout_seconds=2.0 if hangs else 60.0)
    server.close()


@asynccontextmanager
async def busy_server() -> AsyncIterator[Relay]:
    """A server whose greeting is 421."""

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 too busy, come back later\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1")
    async with server:
        yield relay(server.sockets[0].getsockname()[1])


def relay(port: int, timeout_seconds: float = 60.0) -> Relay:
    return Relay("127.0.0.1", port, starttls=False, sender="post@melanissimo.example", timeout_seconds=timeout_seconds)


class FakeMailer:
    """The same outcomes without a socket; what is not in the script may be changed while it runs.

    `pause` is waited for before there is a connection, `transaction` between the last question and the acceptance.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.told = Told(script or {})
        self.reachable = True
        self.pause: asyncio.Event | None = None
        self.transaction: asyncio.Event | None = None
        self.in_transaction = 0
        self._at_once = 0

    async def send(self, recipient: str, message: EmailMessage, still_wanted: StillWanted) -> Outcome:
        self._at_once += 1
        self.told.most_at_once = max(self.told.most_at_once, self._at_once)
        try:
            if self.pause is not None:
                await self.pause.wait()
            if not self.reachable:
                return Outcome("away", 0, "nobody there")
            if not await still_wanted():
                return Outcome("withheld")
            self.in_transaction += 1
            if self.transaction is not None:
                await self.transaction.wait()
            return self._judged(recipient, message)
        finally:
            self._at_once -= 1

    def _judged(self, recipient: str, message: EmailMessage) -> Outcome:
        step = self.told.next_step(recipient).removeprefix("data ")
        if step in ("hang", "drop"):
            return Outcome("delayed", 0, "SMTPTimeoutError" if step == "hang" else "SMTPServerDisconnected")
        if step != "250":
            code = int(step.split()[0])
            return Outcome("refused" if code >= 500 else "delayed", code, step)
        self.told.accepted.append((recipient, message.as_bytes()))
        return Outcome("accepted", 250)
