"""One request to the public door and its answer; a refusal becomes a `Problem`."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx

from client.answers import moment, understood
from client.patience import Patience
from client.problem import Json, Problem, UnexpectedAnswer, problem_of

TIMEOUT = httpx.Timeout(75.0, connect=10.0)
SPENT_SHARE = 0.5
SHORTEST_PAUSE_SECONDS = 0.5


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

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request with the session's token; refused at the first refusal."""
        answer = self.http.request(method, self.base_url + path, json=body, headers=self._headers())
        return _json(answer)

    def ask_again(self, method: str, path: str, body: Json | None = None) -> Json:
        """The same, tried again while the failure may pass: only for what may be done twice."""
        return self.patience.keep_trying(lambda: self.ask(method, path, body))

    @understood
    def list_again(self, path: str, name: str = "items") -> list[Json]:
        """A GET whose answer is a list, or has one under a name."""
        items: list[Json] = self.ask_again("GET", path)[name]
        return items

    @understood
    def hold(self, answer: httpx.Response) -> Json:
        """Takes the session of an answer: its token, and when to renew it by this machine's steady clock."""
        body = _json(answer)
        left = (moment(body["expires_at"]) - _sent_at(answer)).total_seconds()
        self.token = str(body["token"])
        self._renew_at = time.monotonic() + left * SPENT_SHARE
        self.held(body)
        return body

    def open_session(self, path: str, body: Json) -> Json:
        """Opens a session and holds it; `body` names the session, so that asking twice opens one."""
        return self.patience.keep_trying(
            lambda: self.hold(self.http.post(self.base_url + path, json=body, headers=self._headers(public=True)))
        )

    def renew(self, path: str) -> Json:
        """Renews the session, at the first attempt or not at all, and holds the new one."""
        return self.hold(self.http.post(self.base_url + path, headers=self._headers()))

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
        while not over.wait(max(SHORTEST_PAUSE_SECONDS, (self._renew_at or 0) - time.monotonic())):
            try:
                self.renew(path)
            except (httpx.TransportError, UnexpectedAnswer):
                continue
            except Problem as problem:
                if not problem.is_passing:
                    return

    def _headers(self, public: bool = False) -> Mapping[str, str]:
        headers = {"Accept-Language": self.language}
        if self.token and not public:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def _json(answer: httpx.Response) -> Json:
    if not answer.is_success:
        raise problem_of(answer)
    if answer.status_code != 200 and not answer.content:
        return {}
    try:
        body = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else None
    except ValueError:
        body = None
    if not isinstance(body, dict | list):
        raise UnexpectedAnswer(f"{answer.status_code} without JSON")
    return body if isinstance(body, dict) else {"items": body}


def _sent_at(answer: httpx.Response) -> datetime:
    """The service's own time, so that a wrong clock on this machine does not matter."""
    return parsedate_to_datetime(answer.headers["date"])
