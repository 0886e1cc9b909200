"""An SMTP server that accepts every mail and prints its arrival time, as one line of JSON each."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from typing import Any

from aiosmtpd.controller import Controller

from devstack.inbox import ReceivedMail


class TimestampHandler:
    """Prints each mail with the time of its last byte, before the response 250."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        """Accept a mail; aiosmtpd prescribes the names of the method and its arguments."""
        mail = {"at": time.monotonic(), "to": envelope.rcpt_tos[0], "source": envelope.content.decode()}
        print(json.dumps(mail), flush=True)  # noqa: T201 - this is the protocol
        await asyncio.sleep(0)
        return "250 OK"


class SmtpSink:
    """The SMTP server in a process of its own, so that it does not slow down the measurement."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "bench.smtp_sink", str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        self._arrival = threading.Condition()
        self._mails: dict[str, list[dict[str, Any]]] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._listener.join()

    def first(self, address: str, seconds: float = 60.0) -> tuple[float, ReceivedMail]:
        """Return the first mail to an address, and when it arrived (monotonic seconds)."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: address in self._mails, seconds):
                raise TimeoutError(f"no mail for {address} within {seconds:g} s")
            found = self._mails[address][0]
        return found["at"], ReceivedMail(0, (address,), found["source"])

    def token_for(self, page: str, address: str, seconds: float = 60.0) -> str:
        """Return the token in the first mail to an address that links to this page."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: self._tokens(page, address), seconds):
                raise TimeoutError(f"no mail with a link to /{page}/ for {address} within {seconds:g} s")
            return self._tokens(page, address)[0]

    def _tokens(self, page: str, address: str) -> list[str]:
        letters = [ReceivedMail(0, (address,), mail["source"]) for mail in self._mails.get(address, ())]
        links = [link for letter in letters for link in letter.links if f"/{page}/" in link]
        return [link.partition(f"/{page}/")[2] for link in links]

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            mail = json.loads(line)
            with self._arrival:
                self._mails.setdefault(mail["to"], []).append(mail)
                self._arrival.notify_all()


def main(port: int) -> None:
    """Accept mails until standard input ends."""
    controller = Controller(TimestampHandler(), hostname="127.0.0.1", port=port)
    controller.start()
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
