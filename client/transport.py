"""Send requests to the public API; a refusal raises `Problem`."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from client.errors import Json, Problem, ResponseFault, UnexpectedResponse
from client.request import ApiRequest, Result
from client.response import ApiResponse, parse_http_date
from client.retry import RetryPolicy
from client.schemas.auth import RenewedSessionSchema

TIMEOUT = httpx.Timeout(75.0, connect=10.0)
RENEWAL_SHARE = 0.5
MIN_RENEWAL_PAUSE_SECONDS = 0.5


@cache
def _certificates() -> ssl.SSLContext:
    """Load the trusted authorities once: this takes 30 ms and 2 MB."""
    return httpx.create_ssl_context()


class Transport:
    """Speaks HTTP for one person; threads may share it.

    `token` is the session's token, if there is a session; `on_session` is called with each new one.
    """

    def __init__(
        self,
        base_url: str,
        language: str = "fr",
        retry: RetryPolicy | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.retry = retry or RetryPolicy()
        self.base_url = base_url.rstrip("/")
        self.language = language
        self.http = http or httpx.Client(
            timeout=TIMEOUT, limits=httpx.Limits(max_connections=64), verify=_certificates()
        )
        self.token: str | None = None
        self.on_session: Callable[[Json], None] = lambda _session: None
        self._renew_at: float | None = None

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def send(self, method: str, url: str, **options: Any) -> ApiResponse:
        """Send one request and read the whole response."""
        with self.http.stream(method, url, **options) as answer:
            return ApiResponse.read(answer)

    def call(self, request: ApiRequest[Result]) -> Result:
        """Send a request, with retries if it is safe to repeat; raise on a refusal and on an unexpected response."""
        if not request.is_repeatable:
            return self.call_once(request)
        return self.retry.call(lambda: self.call_once(request))

    def call_once(self, request: ApiRequest[Result]) -> Result:
        """Send a request once; use the session that its response may hold from then on."""
        headers = self._headers(request.has_token) | request.headers
        response = self.send(request.method, self.base_url + request.path, content=request.content, headers=headers)
        result = response.result(request.model)
        if isinstance(result, RenewedSessionSchema):
            self._accept_session(response, result)
        return result

    def _accept_session(self, response: ApiResponse, session: RenewedSessionSchema) -> None:
        """Take the session of a response: its token, and when to renew it by the monotonic clock.

        Its remaining life is counted from the `Date` of the response, so that a wrong clock here does not matter.
        """
        sent_at = parse_http_date(response.headers.get("date", ""))
        if sent_at is None:
            raise response.unexpected(ResponseFault.NO_DATE)
        left = (session.expires_at - sent_at).total_seconds()
        self.token = session.token
        self._renew_at = time.monotonic() + left * RENEWAL_SHARE
        self.on_session(session.document)

    @contextmanager
    def keep_session_renewed(self, renewal: ApiRequest[RenewedSessionSchema]) -> Iterator[None]:
        """Renew the session in a thread each time half of its life is over, however long an upload takes."""
        if self._renew_at is None:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(ended, renewal), name="session", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
        thread.join()

    def _renew_until(self, ended: threading.Event, renewal: ApiRequest[RenewedSessionSchema]) -> None:
        while not ended.wait(self._renewal_pause_seconds()):
            try:
                self.call_once(renewal)
            except (httpx.TransportError, UnexpectedResponse):
                continue
            except Problem as problem:
                if not problem.is_transient:
                    return

    def _renewal_pause_seconds(self) -> float:
        left = (self._renew_at or 0) - time.monotonic()
        return min(max(MIN_RENEWAL_PAUSE_SECONDS, left), threading.TIMEOUT_MAX)

    def _headers(self, has_token: bool) -> dict[str, str]:
        headers = {"Accept-Language": self.language}
        if self.token and has_token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers
