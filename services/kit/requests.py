"""What is done for every request? A trace, bounds on its body, one content type, one log line, one measurement."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import metrics, trace
from services.kit.clock import monotonic_seconds
from services.kit.logs import logger
from services.kit.nesting import Nesting
from services.kit.problems import BY_STATUS, InternalError, problem
from services.kit.refusals import BadRequest, Refusal, TooLarge, UnsupportedType

JSON = ("application/json",)
LENGTH = re.compile(r"[0-9]{1,18}")
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class Requests:
    """Pure ASGI middleware: nothing is buffered, so that streams stay streams."""

    def __init__(self, app: ASGIApp, largest_body_bytes: int, accepted: Sequence[str] = JSON) -> None:
        self._app = app
        self._largest = largest_body_bytes
        self._accepted = accepted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        trace.enter(request.headers.get("traceparent"))
        started = monotonic_seconds()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._serve(request, receive, watched)
        except Exception:
            status = status or InternalError.status  # it is answered outside of this
            raise
        finally:
            self._note(request, status, monotonic_seconds() - started)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        refusal = self._refusal(request)
        if refusal is not None:
            await problem(request, refusal)(request.scope, receive, send)
            return
        bounded = _Bounded(receive, self._largest, Nesting() if _kind(request) in JSON else None)
        try:
            await self._app(request.scope, bounded, send)
        except TooLarge as too_large:
            await problem(request, too_large)(request.scope, receive, send)

    def _refusal(self, request: Request) -> Refusal | None:
        length = request.headers.get("content-length", "0")
        if not LENGTH.fullmatch(length) or int(length) > self._largest:
            return TooLarge(limit_bytes=self._largest)
        has_body = int(length) > 0 or "transfer-encoding" in request.headers
        if has_body and request.method in ("POST", "PUT", "PATCH") and _kind(request) not in self._accepted:
            return UnsupportedType(accepted=", ".join(self._accepted))
        return None

    def _note(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request.scope.get("route"), "path", "unmatched")
        metrics.requests.labels(request.method, route, str(status)).observe(seconds)
        request_id = request.headers.get("x-request-id", "")
        logger().info(
            "request",
            method=request.method,
            route=route,
            status=status,
            problem=_problem_of(request, status),
            seconds=round(seconds, 4),
            request_id=request_id if REQUEST_ID.fullmatch(request_id) else None,
        )


def _problem_of(request: Request, status: int) -> str | None:
    """The slug of the problem that was answered; that of its status where a page said it in its own words."""
    named: str | None = getattr(request.state, "problem", None)
    return named or (BY_STATUS.get(status, BadRequest).slug() if status >= BadRequest.status else None)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


class _Bounded:
    """A body that is refused as soon as it is larger or nests deeper than allowed, whatever the headers said (R14)."""

    def __init__(self, receive: Receive, largest: int, nesting: Nesting | None) -> None:
        self._receive = receive
        self._left = largest
        self._nesting = nesting

    async def __call__(self) -> Message:
        message = await self._receive()
        body = message.get("body", b"")
        self._left -= len(body)
        if self._left < 0:
            raise TooLarge()
        if self._nesting:
            self._nesting.follow(body)
        return message
