"""Middleware for every request: trace, limits of the body, content type, log line and metrics."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import metrics, trace
from services.kit.clock import monotonic_seconds
from services.kit.json_depth import JsonDepthLimit
from services.kit.logs import logger
from services.kit.problems import BY_STATUS, InternalError, problem_response
from services.kit.refusals import BadRequest, ContentTooLarge, Refusal, UnsupportedMediaType

JSON = ("application/json",)
LENGTH = re.compile(r"[0-9]{1,18}")
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class RequestMiddleware:
    """Pure ASGI middleware; it buffers nothing, so responses and bodies can be streamed."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, accepted: Sequence[str] = JSON) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
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

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._serve(request, receive, send_watched)
        except Exception:
            status = status or InternalError.status  # an outer middleware answers it
            raise
        finally:
            self._log(request, status, monotonic_seconds() - started)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        refusal = self._refuse_headers(request)
        if refusal is not None:
            await problem_response(request, refusal)(request.scope, receive, send)
            return
        bounded = _BoundedReceive(
            receive, self._max_body_bytes, JsonDepthLimit() if _media_type(request) in JSON else None
        )
        try:
            await self._app(request.scope, bounded, send)
        except ContentTooLarge as too_large:
            await problem_response(request, too_large)(request.scope, receive, send)

    def _refuse_headers(self, request: Request) -> Refusal | None:
        length = request.headers.get("content-length", "0")
        if not LENGTH.fullmatch(length) or int(length) > self._max_body_bytes:
            return ContentTooLarge(limit_bytes=self._max_body_bytes)
        has_body = int(length) > 0 or "transfer-encoding" in request.headers
        if has_body and request.method in ("POST", "PUT", "PATCH") and _media_type(request) not in self._accepted:
            return UnsupportedMediaType(accepted=", ".join(self._accepted))
        return None

    def _log(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request.scope.get("route"), "path", "unmatched")
        metrics.requests.labels(request.method, route, str(status)).observe(seconds)
        request_id = request.headers.get("x-request-id", "")
        logger().info(
            "request",
            method=request.method,
            route=route,
            status=status,
            problem=_problem_slug(request, status),
            seconds=round(seconds, 4),
            request_id=request_id if REQUEST_ID.fullmatch(request_id) else None,
        )


def _problem_slug(request: Request, status: int) -> str | None:
    """Return the slug of the problem in the response; for an error page of the portal, that of its status."""
    named: str | None = getattr(request.state, "problem", None)
    return named or (BY_STATUS.get(status, BadRequest).slug() if status >= BadRequest.status else None)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


class _BoundedReceive:
    """Refuses a body as soon as it exceeds the size or nesting limit, whatever its headers say (R14)."""

    def __init__(self, receive: Receive, max_bytes: int, depth_limit: JsonDepthLimit | None) -> None:
        self._receive = receive
        self._remaining_bytes = max_bytes
        self._depth_limit = depth_limit

    async def __call__(self) -> Message:
        message = await self._receive()
        body = message.get("body", b"")
        self._remaining_bytes -= len(body)
        if self._remaining_bytes < 0:
            raise ContentTooLarge()
        if self._depth_limit:
            self._depth_limit.feed(body)
        return message
