"""Sends one transfer through the public API of a running stack, from sign-in to deletion: `make demo`."""

import argparse
import shutil
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from client.api import Api
from client.download import Downloader, sha256_of
from client.draft_fields import DraftFields
from client.errors import DownloadCorrupted, FileChanged, Problem, UnexpectedResponse
from client.folder_download import FolderDownload
from client.progress import ProgressListener
from client.schemas.download import LinkSchema, TrackingSchema
from client.sending import SendOperation
from client.sources import SourceFile, find_sources
from devstack.accounts import SERVICES
from devstack.demo_files import LARGE_BYTES, create_files
from devstack.demo_screen import DemoScreen
from devstack.errors import StackError, StackNotRunning
from devstack.inbox import Inbox, MailNotReceived
from devstack.people import ACCESS, DECISION, OFFER, ApiUser
from devstack.stack import Stack
from devstack.workspace import PROJECT

SUBJECT = "Relevés et délibération"
TIMEOUT_SECONDS = 10.0
TEXT = "Bonjour,\n\nvoici les relevés demandés.\n\nCordialement"


class UnexpectedOutcome(Exception):
    """A step of the demonstration had another outcome than expected."""


FAILURES = (
    UnexpectedOutcome,
    Problem,
    UnexpectedResponse,
    DownloadCorrupted,
    FileChanged,
    MailNotReceived,
    LookupError,
    httpx.HTTPError,
)


class Demo:
    """The people, their files and the state of the demonstration."""

    def __init__(self, stack: Stack, screen: DemoScreen, large_bytes: int = LARGE_BYTES) -> None:
        self.stack = stack
        self.screen = screen
        self.large_bytes = large_bytes
        self.folder = stack.workspace.root / "demo"
        self.inbox = Inbox(stack.mailbox_url)
        run = time.strftime("%d%H%M%S")
        self.sender = self._person(f"camille.{run}@ville.example", "Camille", "Martin")
        self.agent = self._person(f"dominique.{run}@ministere.example", "Dominique", "Bernard")
        self.external = self._person(f"sacha.{run}@entreprise.example", "Sacha", "Petit")
        self.sent: dict[str, str] = {}
        self.transfer = ""

    def run(self) -> None:
        """Run every step."""
        files = self.make_files()
        self.sign_in()
        self.send(files)
        self.approve()
        self.download()
        self.exhaust()
        self.track()
        self.delete()

    def close(self) -> None:
        """Close every connection."""
        self.inbox.close()
        for person in (self.sender, self.agent, self.external):
            person.api.transport.close()

    def make_files(self) -> list[SourceFile]:
        self.screen.title("Files")
        shutil.rmtree(self.folder, ignore_errors=True)
        files = find_sources(create_files(self.folder / "sent", self.large_bytes)).files
        self.sent = {file.name: sha256_of(file.path) for file in files}
        self.screen.step(f"{len(files)} files made in {self.folder}")
        for file in files:
            self.screen.note(f"{file.path.stat().st_size:>11,} bytes  {file.name}")
        return files

    def sign_in(self) -> None:
        sender, screen = self.sender, self.screen
        screen.title("An external sender signs in")
        question = sender.request_link()
        screen.step(f"human check answered: {question}")
        letter = sender.wait_for_mail(ACCESS)
        screen.step(f"mail « {letter.subject} » to {sender.address}, with a one-time link and a key")
        session = sender.open_session(letter)
        screen.step(f"session opened for {session.name}, {session.role}")
        self._refused("the same link a second time", 410, lambda: sender.open_session(letter))

    def send(self, files: list[SourceFile]) -> None:
        api, screen = self.sender.api, self.screen
        screen.title("Sending")
        fields = DraftFields((self.agent.address,), (self.external.address,), (), SUBJECT, TEXT, validity_days=7)
        operation = SendOperation(api, str(uuid.uuid4()), fields, files)
        operation.prepare()
        screen.step(f"draft to {self.agent.address} (agent) and {self.external.address} (external)")
        total = sum(file.path.stat().st_size for file in files)
        with screen.bytes_of("sent in parallel parts", total) as listener:
            operation.upload(listener)
        recap = operation.submit()
        self.transfer = recap.transfer
        self._expect(recap.needs_approval is True, "a transfer from outside to outside must wait for approval")
        screen.step(f"submitted; waits for {', '.join(recap.approvers)}")

    def approve(self) -> None:
        agent, screen = self.agent, self.screen
        screen.title("An agent approves it")
        letter = agent.wait_for_mail(DECISION)
        screen.step(f"mail « {letter.subject} » to {agent.address}")
        self._expect(not self.inbox.to(self.external.address), "nobody outside may have had a mail before approval")
        token = letter.token(DECISION)
        shown = agent.api.approval_request(token).snapshot
        screen.note(f"{shown.sender.address} writes « {shown.subject} », {len(shown.files)} files")
        agent.api.approve(token, shown.digest)
        screen.step("approved from the link in the mail")

    def download(self) -> None:
        self.screen.title("Both download")
        for person in (self.agent, self.external):
            token = person.wait_for_mail(OFFER).token(OFFER)
            self.screen.step(f"mail with a link to {person.address}")
            offer = person.api.offer(token)
            total = sum(file.size_bytes for file in offer.files)
            with self.screen.bytes_of("fetched", total) as listener:
                self._fetch_all(person, token, offer, listener)
            self.screen.step("every file has the SHA-256 that it had on the sender's disk")

    def exhaust(self) -> None:
        self.screen.title("The fourth download is refused")
        token = self.external.wait_for_mail(OFFER).token(OFFER)
        path = next(name for name in self.sent if name.endswith(".csv"))
        offered = self.external.api.offer(token).file(path)
        for number in (2, 3):
            Downloader(self.external.api, token).fetch(offered, self.folder / "again" / str(number))
        self.screen.step(f"{path} fetched a second and a third time")
        again = str(uuid.uuid4())
        self._refused("a fourth time", 410, lambda: self.external.api.start_download(token, offered.file, again))

    def track(self) -> None:
        self.screen.title("What the sender sees")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while _times_done(card := self.sender.api.tracking(self.transfer), self.external.address) < len(self.sent) + 2:
            self._expect(time.monotonic() < deadline, "tracking must show every complete download")
            time.sleep(0.05)
        for one in card.recipients:
            self.screen.note(f"{one.address} ({one.role})")
            self.screen.note("  mails: " + ", ".join(f"{mail.kind} {mail.state}" for mail in one.mails))
            for file in one.files:
                self.screen.note(f"  {file.done} × {file.path}, {file.left} left")
        self.screen.step("tracking shown")

    def delete(self) -> None:
        self.screen.title("The sender deletes it")
        self.sender.api.withdraw(self.transfer)
        self.screen.step("deleted")
        for person in (self.agent, self.external):
            token = person.wait_for_mail(OFFER).token(OFFER)
            self._eventually_refused(f"the link of {person.address}", 410, lambda: person.api.offer(token))  # noqa: B023

    def _fetch_all(self, person: ApiUser, token: str, offer: LinkSchema, listener: ProgressListener) -> None:
        self._expect({file.path for file in offer.files} == set(self.sent), "the link must offer what was sent")
        folder = self.folder / person.address
        for one in FolderDownload(person.api, token, folder, listener).fetch_all(offer, offer.files):
            path = one.offered.path
            self._expect(one.failure is None, f"{path} must come: {one.failure}")
            self._expect(one.target == folder / path, f"{path} must have its place")
            self._expect(sha256_of(one.target) == self.sent[path], f"{path} must be what was sent")

    def _refused(self, what: str, status: int, ask: Callable[[], object]) -> None:
        try:
            ask()
        except Problem as problem:
            self._expect(problem.status == status, f"{what} must be refused with {status}, not {problem}")
            self.screen.step(f"{what} is refused: {problem.title} ({problem.type})")
        else:
            raise UnexpectedOutcome(f"{what} must be refused")

    def _eventually_refused(self, what: str, status: int, ask: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                return self._refused(what, status, ask)
            except UnexpectedOutcome:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _person(self, address: str, first_name: str, last_name: str) -> ApiUser:
        return ApiUser(Api(self.stack.gateway_url), self.inbox, address, first_name, last_name)

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise UnexpectedOutcome(what)


def _times_done(card: TrackingSchema, address: str) -> int:
    """Return how many complete downloads of one recipient the sender sees."""
    return sum(file.done for one in card.recipients if one.address == address for file in one.files)


def _running_stack(root: Path) -> Stack:
    stack = Stack(root)
    try:
        httpx.get(stack.gateway_url)
    except (KeyError, httpx.TransportError):
        raise StackNotRunning("nothing is running (start it with: make run)") from None
    return stack


def main(words: list[str]) -> int:
    """Run the demonstration; return zero only when every step had the expected outcome."""
    parser = argparse.ArgumentParser(prog="devstack.demo", description="One transfer, from beginning to end.")
    parser.add_argument("--root", type=Path, default=PROJECT / ".local", help="the folder of the running stack")
    options = parser.parse_args(words)
    screen = DemoScreen()
    try:
        stack = _running_stack(options.root)
        with closing(Demo(stack, screen)) as demo:
            demo.run()
    except StackError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_code
    except FAILURES as error:
        screen.failure(f"{type(error).__name__}: {error}")
        return 1
    screen.end("Every step had the expected outcome.")
    screen.note(f"mails    {stack.mailbox_url}")
    for service in SERVICES:
        screen.note(f"metrics  {stack.management_url(service)}/metrics  ({service})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
