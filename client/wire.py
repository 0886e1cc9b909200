"""One request to the public door and its answer; a refusal becomes a `Problem`."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx

from client.answers import moment
from client.patience import Patience
from client.problem import Fault, Json, Problem, UnexpectedAnswer
from client.reply import Reply, http_date
from client.shapes import RENEWAL, SESSION, Shape, page_of

TIMEOUT = httpx.Timeout(75.0, connect=10.0)
SPENT_SHARE = 0.5
SHORTEST_PAUSE_SECONDS = 0.5
ITEMS_IN_A_PAGE = 100


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are trusted, read once: that takes 30 ms and two megabytes."""
    return httpx.create_ssl_context()


class Wire:
    """Speaks HTTP for one person; may be shared by threads.

    `token` is the session's, if there is one; `held` hears of each new one.
    """

    def __init__(
        self,
        base_url: str,
        language: str = "fr",
        patience: Patience | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self.base_url = base_url.rstrip("/")
        self.language = language
        self.http = http or httpx.Client(
            timeout=TIMEOUT, limits=httpx.Limits(max_connections=64), verify=_certificates()
        )
        self.token: str | None = None
        self.held: Callable[[Json], None] = lambda _session: None
        self._renew_at: float | None = None

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def send(self, method: str, url: str, **given: Any) -> Reply:
        """One request as it is, and its whole answer."""
        with self.http.stream(method, url, **given) as answer:
            return Reply.read(answer)

    def ask(self, method: str, path: str, body: Json | None = None, *, shape: Shape) -> Json:
        """One request with the session's token; refused at the first refusal, and by an answer of another shape."""
        return self._sent(method, path, body).document(shape)

    def ask_again(self, method: str, path: str, body: Json | None = None, *, shape: Shape) -> Json:
        """The same, tried again while the failure may pass: only for what may be done twice."""
        return self.patience.keep_trying(lambda: self.ask(method, path, body, shape=shape))

    def tell(self, method: str, path: str, body: Json | None = None) -> None:
        """One request that is answered without a document."""
        self._sent(method, path, body).acknowledge()

    def tell_again(self, method: str, path: str, body: Json | None = None) -> None:
        """The same, tried again while the failure may pass."""
        self.patience.keep_trying(lambda: self.tell(method, path, body))

    def list_again(self, path: str, item: Shape) -> list[Json]:
        """A whole list, which the service answers in pages."""
        items: list[Json] = []
        asked: Json = {"limit": ITEMS_IN_A_PAGE}
        while True:
            page = self.ask_again("GET", f"{path}?{urlencode(asked)}", shape=page_of(item))
            items += page["items"]
            if not page["next_cursor"]:
                return items
            asked["cursor"] = page["next_cursor"]

    def hold(self, reply: Reply, shape: Shape) -> Json:
        """Takes the session of an answer: its token, and when to renew it by this machine's steady clock.

        Its life is counted from the service's own time, so that a wrong clock on this machine does not matter.
        """
        body = reply.document(shape)
        sent_at = http_date(reply.headers.get("date", ""))
        if sent_at is None:
            raise reply.unexpected(Fault.NO_DATE)
        left = (moment(body["expires_at"]) - sent_at).total_seconds()
        self.token = body["token"]
        self._renew_at = time.monotonic() + left * SPENT_SHARE
        self.held(body)
        return body

    def open_session(self, path: str, body: Json) -> Json:
        """Opens a session and holds it; `body` names the session, so that asking twice opens one."""
        url, headers = self.base_url + path, self._headers(public=True)
        return self.patience.keep_trying(lambda: self.hold(self.send("POST", url, json=body, headers=headers), SESSION))

    def renew(self, path: str) -> Json:
        """Renews the session, at the first attempt or not at all, and holds the new one."""
        return self.hold(self.send("POST", self.base_url + path, headers=self._headers()), RENEWAL)

    @contextmanager
    def staying_in_session(self, path: str) -> Iterator[None]:
        """A thread renews the session each time half of its life is over; a slow line does not end it."""
        if self._renew_at is None:
            yield
            return
        over = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(over, path), name="session", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
        thread.join()

    def _renew_until(self, over: threading.Event, path: str) -> None:
        while not over.wait(self._pause_seconds()):
            try:
                self.renew(path)
            except (httpx.TransportError, UnexpectedAnswer):
                continue
            except Problem as problem:
                if not problem.is_passing:
                    return

    def _sent(self, method: str, path: str, body: Json | None) -> Reply:
        return self.send(method, self.base_url + path, json=body, headers=self._headers())

    def _pause_seconds(self) -> float:
        left = (self._renew_at or 0) - time.monotonic()
        return min(max(SHORTEST_PAUSE_SECONDS, left), threading.TIMEOUT_MAX)

    def _headers(self, public: bool = False) -> Mapping[str, str]:
        headers = {"Accept-Language": self.language}
        if self.token and not public:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers
