"""Runs Sendria, a mail server that keeps every mail, with a page and an API to read them."""

import sys

from devstack.component import Component
from devstack.ports import LOOPBACK, accepts_connection, responds_ok
from devstack.process import Child


class MailServer(Component):
    """Sendria, in the foreground."""

    name = "mailbox"
    description = "mailbox: every mail that is sent"
    port_names = ("smtp", "mailbox")

    def launch(self) -> None:
        ports = self.workspace.ports
        command = [
            *(sys.executable, "-m", "devstack.sendria_compat", "--foreground", "--no-quit"),
            *("--db", str(self.workspace.data("mailbox") / "mails.sqlite")),
            *("--smtp-ip", LOOPBACK, "--smtp-port", str(ports["smtp"])),
            *("--http-ip", LOOPBACK, "--http-port", str(ports["mailbox"])),
        ]
        self.spawn(Child(self.workspace, "mailbox", command))
        self.wait_ready()

    def is_ready(self) -> bool:
        return responds_ok(f"{self.address()}/api/messages/") and accepts_connection(
            self.workspace.ports["smtp"], b"EHLO localhost\r\n"
        )

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['mailbox']}"
