"""HEAD is GET without its body, everywhere: scanners and previewers look that way, and looking costs nothing."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Pure ASGI middleware; the server keeps its own scope, by which it frames the answer to a HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
