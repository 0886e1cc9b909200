"""The public API in memory: fake services that are connected by callbacks, behind one fake gateway."""

import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from re import fullmatch
from typing import Any, Self
from urllib.parse import unquote

import httpx

from client.api import Api
from client.retry import RetryPolicy
from services.kit.refusals import Refusal
from tests.fakes.api import cards
from tests.fakes.api.auth import FakeAuth
from tests.fakes.api.call import Answers, ApiCall, token
from tests.fakes.api.cards import DRAFT, SENT, TOKEN, WHEN, Json
from tests.fakes.api.description import Operation, description, not_ours
from tests.fakes.api.download import FakeDownload
from tests.fakes.api.problems import problem, problem_of_part
from tests.fakes.api.propagation import FakePropagation
from tests.fakes.api.tracking import FakeTracking
from tests.fakes.api.undescribed_routes import ContractViolation
from tests.fakes.api.upload import FakeUpload

SERVER = "https://api.example"
Fault = Callable[[httpx.Request], httpx.Response | None]


class FakeApi:
    """Answers like the services, for one person; each request and response is checked against `docs/openapi`.

    A violation is raised where it happens and kept in `violations`, because the caller may handle the exception.
    `faults` come before the services: the first response of one of them is the response.
    """

    def __init__(self) -> None:
        self.auth = FakeAuth()
        self.upload = FakeUpload()
        self.propagation = FakePropagation()
        self.tracking = FakeTracking()
        self.download = FakeDownload(self.tracking)
        self.asked: list[httpx.Request] = []
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.pauses: list[float] = []
        services = (self.auth, self.upload, self.propagation, self.tracking, self.download)
        self.answers: Answers = {name: answer for service in services for name, answer in service.answers.items()}
        self._one_at_a_time = threading.Lock()
        self.upload.on_submitted = self.propagation.begin
        self.upload.on_extended = self._extended
        self.upload.on_withdrawn = self._withdrawn
        self.propagation.on_released = self._released
        self.propagation.on_refused = self._refused

    @classmethod
    def populated(cls) -> Self:
        """Return a fake with a draft, a pending transfer and a link, as in `cards`."""
        api = cls()
        api.upload.drafts[DRAFT] = cards.draft()
        api.upload.transfers[SENT] = cards.transfer()
        api.propagation.decisions[SENT] = cards.decision()
        api.propagation.approvals[TOKEN] = SENT
        api.tracking.cards[SENT] = cards.tracking()
        api.download.offers[TOKEN] = cards.offer()
        gone = cards.received(subject="Budget", state="withdrawn", link=None, transfer=DRAFT)
        api.tracking.received = [cards.received(), gone]
        return api

    def transport(self) -> httpx.MockTransport:
        """Return a transport for synchronous and asynchronous clients of httpx."""
        return httpx.MockTransport(self.answer)

    def client(self, attempts: int = 4) -> Api:
        """Return the client library with a session; its pauses are recorded, not waited for."""
        client = self.connect(SERVER, "fr", RetryPolicy(attempts=attempts))
        client.transport.token = token()
        return client

    def connect(self, base_url: str, language: str, retry: RetryPolicy) -> Api:
        """Return the client library without a session, as the commands create it."""
        hasty = RetryPolicy(attempts=retry.attempts, sleep=self.pauses.append)
        return Api(base_url, language, hasty, httpx.Client(transport=self.transport()))

    def refuse(self, method: str, path: str, slug: str, *, unchecked: str = "", **members: Any) -> None:
        """Refuse these requests from now on; `path` is a regular expression.

        `unchecked` is the reason why this need not be a problem that the operation names.
        """

        def refused(request: httpx.Request) -> httpx.Response | None:
            is_meant = request.method == method and fullmatch(path, unquote(request.url.path))
            if not is_meant:
                return None
            refusal = problem(slug, _language(request), **members)
            return not_ours(refusal, unchecked) if unchecked else refusal

        self.faults.insert(0, refused)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request."""
        request.read()
        self.asked.append(request)
        try:
            operation = description().check_request(request)
            response = self._fault(request) or self._answer(operation, request)
            description().check_answer(request, response)
        except ContractViolation as violation:
            self.violations.append(str(violation))
            raise
        response.headers["Date"] = format_datetime(datetime.fromisoformat(WHEN), usegmt=True)
        return response

    def _fault(self, request: httpx.Request) -> httpx.Response | None:
        for fault in self.faults:
            if response := fault(request):
                return response
        return None

    def _answer(self, operation: Operation | None, request: httpx.Request) -> httpx.Response:
        is_part = request.url.path.startswith("/parts/")
        try:
            with self._one_at_a_time:
                if operation is None:
                    return self.upload.put_part(request) if is_part else self.download.get_bytes(request)
                if operation.name not in self.answers:
                    raise ContractViolation(f"{operation.name}: this fake does not answer it")
                return self.answers[operation.name](ApiCall(request, operation.parameters))
        except Refusal as refusal:
            if is_part:
                return problem_of_part(refusal.slug(), _language(request))
            return problem(refusal.slug(), _language(request), **refusal.members)

    def _released(self, transfer: Json, recipients: list[Json]) -> None:
        contents = {file["file"]: self.upload.whole(file["file"]) for file in transfer["files"]}
        self.download.release(transfer, recipients, contents)

    def _extended(self, transfer: Json) -> None:
        for card in (*self.tracking.cards.values(), *self.download.offers.values()):
            if card["transfer"] == transfer["transfer"]:
                card["ends_at"] = transfer["ends_at"]

    def _withdrawn(self, transfer: Json) -> None:
        self.propagation.withdraw(transfer)
        self.tracking.close(transfer, "withdrawn")

    def _refused(self, transfer: Json) -> None:
        transfer |= {"state": "closed", "outcome": "refused", "closed_at": WHEN}
        self.tracking.close(transfer, "refused")


def _language(request: httpx.Request) -> str:
    return "en" if request.headers.get("accept-language", "").startswith("en") else "fr"
