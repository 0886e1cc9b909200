"""A mail server that keeps everything it is given, with a page and an API to read it: Sendria."""

import sys

from devstack.part import Part
from devstack.ports import LOOPBACK, answers, serves
from devstack.process import Child


class Mailbox(Part):
    """Sendria, in the foreground."""

    name = "mailbox"
    what = "mailbox: every mail that is sent"
    port_names = ("smtp", "mailbox")

    def launch(self) -> None:
        ports = self.workspace.ports
        command = [
            *(sys.executable, "-m", "devstack.mail_server", "--foreground", "--no-quit"),
            *("--db", str(self.workspace.data("mailbox") / "mails.sqlite")),
            *("--smtp-ip", LOOPBACK, "--smtp-port", str(ports["smtp"])),
            *("--http-ip", LOOPBACK, "--http-port", str(ports["mailbox"])),
        ]
        self.spawn(Child(self.workspace, "mailbox", command))
        self.wait_ready()

    def ready(self) -> bool:
        return serves(f"{self.where()}/api/messages/") and answers(self.workspace.ports["smtp"], b"EHLO localhost\r\n")

    def where(self) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports['mailbox']}"
