"""A fresh stack with rate limits high enough not to affect the measurements."""

import shutil
import subprocess
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.http_connection import HttpConnection
from bench.smtp_sink import SmtpSink
from client.api import Api
from devstack.challenge_solver import solve
from devstack.inbox import ReceivedMail
from devstack.people import ACCESS
from devstack.stack import ALL, Stack
from devstack.workspace import PROJECT

ROOT = PROJECT / ".local" / "bench"
NO_LIMIT = "100000000"
PARTS = ALL - {"mailbox", "portal"}


class Stage:
    """The stack, an SMTP sink for its mails, and an agent's session."""

    def __init__(self, root: Path = ROOT) -> None:
        shutil.rmtree(root, ignore_errors=True)
        rates = {"LINKS_PER_NETWORK": NO_LIMIT, "LINKS_PER_DOMAIN": NO_LIMIT, "CHALLENGES_PER_NETWORK": NO_LIMIT}
        sizes = {"TRANSFERS_PER_DAY_AGENT": NO_LIMIT, "MAX_DRAFTS": NO_LIMIT, "LATE_BYTES_MINUTES": "1"}
        limits = {"GATEWAY_API_RATE": "100000r/s", "GATEWAY_API_BURST": "100000", "GATEWAY_API_CONNECTIONS": "4000"}
        self.stack = Stack(root, settings={"auth": rates, "upload": sizes, "gateway": limits})
        self.token = ""

    def __enter__(self) -> Self:
        self.stack.start(PARTS)
        self.sink = SmtpSink(self.stack.smtp_port)
        self.token = self.sign_in(f"agent.{uuid.uuid4().hex[:8]}@ministere.example")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sink.close()
        self.stack.stop()

    def connection(self, token: str = "") -> HttpConnection:
        """Open a connection with the agent's session, or with another one."""
        return HttpConnection(self.stack.gateway_url, token or self.token)

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of each part of the stack."""
        return {part.name: [child.pid for child in part.children] for part in self.stack.running if part.children}

    def sweep_store(self) -> None:
        """Make the store reclaim the space of removed objects now."""
        conf = self.stack.workspace.data("s3") / "ceph.conf"
        command = ["radosgw-admin", "--conf", str(conf), "gc", "process", "--include-all"]
        with self.stack.workspace.log("s3").open("ab") as log:
            env = self.stack.workspace.environment()
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, timeout=120, check=True)  # noqa: S603

    def request_link(self, address: str) -> ReceivedMail:
        """Request a one-time link; return the mail with the link and the key."""
        with Api(self.stack.gateway_url) as api:
            challenge = api.create_challenge("question")
            api.request_link(address, challenge.challenge, solve(challenge.question or ""))
        return self.sink.first(address)[1]

    def sign_in(self, address: str) -> str:
        """Sign a new person in; return the token of the session."""
        letter = self.request_link(address)
        with Api(self.stack.gateway_url) as api:
            return api.open_session(letter.token(ACCESS), str(letter.key), "Mesure", "Agent").token
