"""Liveness, start-up and readiness, served on the management port with the metrics (R63, R64)."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from services.kit import metrics
from services.kit.clock import monotonic_seconds, thread_cpu_seconds

HEARTBEAT_SECONDS = 0.02
STALLED_SECONDS = 5.0
CHECK_TIMEOUT_SECONDS = 2.5

Check = Callable[[], Awaitable[None]]


class Health:
    """The health of a process; `checks` test its dependencies, for readiness only."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks
        self._last_beat = monotonic_seconds()
        self.started = False
        self.draining = False

    async def beat(self) -> None:
        """Record that the event loop runs, and measure what delays it."""
        while True:
            worked = thread_cpu_seconds()
            self._last_beat = monotonic_seconds()
            await asyncio.sleep(HEARTBEAT_SECONDS)
            late = monotonic_seconds() - self._last_beat - HEARTBEAT_SECONDS
            metrics.event_loop_lag.observe(max(0.0, min(late, thread_cpu_seconds() - worked)))

    @property
    def alive(self) -> bool:
        """Return whether the event loop ran within the last five seconds."""
        return monotonic_seconds() - self._last_beat < STALLED_SECONDS

    async def missing(self) -> list[str]:
        """Return the names of the dependencies that do not answer."""
        answers = await asyncio.gather(*(self._answers(check) for check in self._checks.values()))
        return [name for name, answered in zip(self._checks, answers, strict=True) if not answered]

    async def _answers(self, check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
                await check()
        except Exception:
            return False
        return True


def management_app(health: Health) -> FastAPI:
    """Create the application of the management port, which the gateway does not expose."""
    app = FastAPI(openapi_url=None)

    @app.get("/livez")
    async def livez() -> Response:
        return JSONResponse({"alive": health.alive}, status_code=200 if health.alive else 503)

    @app.get("/startupz")
    async def startupz() -> Response:
        return JSONResponse({"started": health.started}, status_code=200 if health.started else 503)

    @app.get("/readyz")
    async def readyz() -> Response:
        missing = await health.missing()
        ready = health.started and not health.draining and not missing
        body = {"ready": ready, "draining": health.draining, "missing": missing}
        return JSONResponse(body, status_code=200 if ready else 503)

    @app.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE_LATEST)

    return app
