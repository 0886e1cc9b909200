"""A client of the API for one person that waits for each response, and retries after transient failures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import httpx

from client.errors import ResponseFault
from client.operations import Operations
from client.request import ApiRequest, Result, SyncCaller
from client.retry import RetryPolicy
from client.schemas.auth import ChallengeSchema
from client.schemas.values import Item, PageSchema
from client.transport import Transport


class Api(Operations, SyncCaller):
    """The operations of one person. Requests that are safe to repeat are retried after transient failures."""

    def __init__(
        self,
        base_url: str,
        language: str = "fr",
        retry: RetryPolicy | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.transport = Transport(base_url, language, retry, http)
        self.language = language

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.transport.close()

    def call(self, request: ApiRequest[Result]) -> Result:
        return self.transport.call(request)

    def whole_list(self, page: Callable[[str], PageSchema[Item]]) -> list[Item]:
        """Return a whole list, requested page by page: `api.whole_list(api.drafts)`."""
        found = page("")
        items = list(found.items)
        while found.next_cursor:
            found = page(found.next_cursor)
            items += found.items
        return items

    def challenge_image(self, challenge: ChallengeSchema) -> bytes:
        """Return the PNG of an image challenge; requesting it uses up no attempt."""
        response = self.transport.send("GET", f"{self.transport.base_url}{challenge.image_url or ''}")
        if not response.is_success:
            raise response.to_problem()
        if not response.headers.get("content-type", "").startswith("image/"):
            raise response.unexpected(ResponseFault.NOT_AN_IMAGE)
        return response.content

    @contextmanager
    def keep_session_renewed(self) -> Iterator[None]:
        """Renew the session in the background each time half of its life is over; do nothing without a session."""
        with self.transport.keep_session_renewed(Operations.renew_session.describe(self)):
            yield
