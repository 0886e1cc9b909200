"""Send requests to the public API; a refusal raises `Problem`."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx

from client.errors import Json, Problem, ResponseFault, UnexpectedResponse
from client.models import parse_time
from client.response import ApiResponse, parse_http_date
from client.retry import RetryPolicy
from client.schemas import RENEWAL, SESSION, Schema, page_schema

TIMEOUT = httpx.Timeout(75.0, connect=10.0)
RENEWAL_SHARE = 0.5
MIN_RENEWAL_PAUSE_SECONDS = 0.5
PAGE_SIZE = 100


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

    def request_once(self, method: str, path: str, body: Json | None = None, *, schema: Schema) -> Json:
        """Send a request with the session's token; raise on a refusal, and on a response that violates the schema."""
        return self._call(method, path, body).document(schema)

    def request(self, method: str, path: str, body: Json | None = None, *, schema: Schema) -> Json:
        """Send a request that is safe to repeat, with retries; see `request_once`."""
        return self.retry.call(lambda: self.request_once(method, path, body, schema=schema))

    def request_no_content_once(self, method: str, path: str, body: Json | None = None) -> None:
        """Send a request whose response has no document."""
        self._call(method, path, body).expect_no_document()

    def request_no_content(self, method: str, path: str, body: Json | None = None) -> None:
        """Send a request whose response has no document, with retries."""
        self.retry.call(lambda: self.request_no_content_once(method, path, body))

    def list_items(self, path: str, item: Schema) -> list[Json]:
        """Return a whole list, requested page by page."""
        items: list[Json] = []
        query: Json = {"limit": PAGE_SIZE}
        while True:
            page = self.request("GET", f"{path}?{urlencode(query)}", schema=page_schema(item))
            items += page["items"]
            if not page["next_cursor"]:
                return items
            query["cursor"] = page["next_cursor"]

    def accept_session(self, response: ApiResponse, schema: Schema) -> Json:
        """Take the session of a response: its token, and when to renew it by the monotonic clock.

        Its remaining life is counted from the `Date` of the response, so that a wrong clock here does not matter.
        """
        body = response.document(schema)
        sent_at = parse_http_date(response.headers.get("date", ""))
        if sent_at is None:
            raise response.unexpected(ResponseFault.NO_DATE)
        left = (parse_time(body["expires_at"]) - sent_at).total_seconds()
        self.token = body["token"]
        self._renew_at = time.monotonic() + left * RENEWAL_SHARE
        self.on_session(body)
        return body

    def open_session(self, path: str, body: Json) -> Json:
        """Open a session and use it; `body` holds its id, so that a repeated request opens only one."""
        url, headers = self.base_url + path, self._headers(public=True)
        return self.retry.call(lambda: self.accept_session(self.send("POST", url, json=body, headers=headers), SESSION))

    def renew(self, path: str) -> Json:
        """Renew the session, without retries, and use the new one."""
        return self.accept_session(self.send("POST", self.base_url + path, headers=self._headers()), RENEWAL)

    @contextmanager
    def keep_session_renewed(self, path: str) -> Iterator[None]:
        """Renew the session in a thread each time half of its life is over, however long an upload takes."""
        if self._renew_at is None:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(ended, path), name="session", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
        thread.join()

    def _renew_until(self, ended: threading.Event, path: str) -> None:
        while not ended.wait(self._renewal_pause_seconds()):
            try:
                self.renew(path)
            except (httpx.TransportError, UnexpectedResponse):
                continue
            except Problem as problem:
                if not problem.is_transient:
                    return

    def _call(self, method: str, path: str, body: Json | None) -> ApiResponse:
        return self.send(method, self.base_url + path, json=body, headers=self._headers())

    def _renewal_pause_seconds(self) -> float:
        left = (self._renew_at or 0) - time.monotonic()
        return min(max(MIN_RENEWAL_PAUSE_SECONDS, left), threading.TIMEOUT_MAX)

    def _headers(self, public: bool = False) -> Mapping[str, str]:
        headers = {"Accept-Language": self.language}
        if self.token and not public:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers
