"""Run a service: its API, its management port and its periodic tasks, with a graceful stop."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from services.kit import metrics, problems, trace
from services.kit.bus import Bus, Handler
from services.kit.events import Event
from services.kit.health import Check, Health
from services.kit.logs import logger
from services.kit.middleware import RequestMiddleware
from services.kit.mongo import Database
from services.kit.outbox import Relay
from services.kit.refusals import Unavailable
from services.kit.server import run_process, serve_until_stopped
from services.kit.settings import ServiceSettings

JSON_BYTES = 64 * 1024
GC_THRESHOLD = 10_000
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 2.0


@dataclass(frozen=True)
class PeriodicTask:
    """A task that repeats: `run`, then a pause of `interval_seconds`."""

    name: str
    interval_seconds: float
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """The parts of a service that is not yet running."""

    name: str
    settings: ServiceSettings
    deps: Any
    router: APIRouter
    database: Database
    bus: Bus
    handlers: dict[type[Event], Handler]
    tasks: Sequence[PeriodicTask] = ()
    checks: dict[str, Check] = field(default_factory=dict)
    on_close: Sequence[Callable[[], None]] = ()
    max_body_bytes: int = JSON_BYTES


async def get_deps(request: Request) -> Any:
    """Return the service's dependencies, for `Annotated[Deps, Depends(get_deps)]`."""
    return request.app.state.deps


def binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an endpoint that answers bytes of this media type."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


def create_api(
    name: str,
    router: APIRouter,
    deps: Any,
    max_body_bytes: int = JSON_BYTES,
    pages_url: str = "",
) -> FastAPI:
    """Create the public application of a service; browsers see its refusals as pages of `pages_url`."""
    app = FastAPI(
        title=f"Mélanissimo {name}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=router.routes,
    )
    app.state.deps = deps
    problems.install(app, pages_url)
    app.add_middleware(RequestMiddleware, max_body_bytes=max_body_bytes)
    return app


def main(build: Callable[[], Service], name: str) -> None:
    """Run a service until SIGTERM or SIGINT; exit with 78 if its settings are invalid."""
    run_process(name, build, run)


def _freeze_gc() -> None:
    """Exclude all present objects from garbage collection: they stay, and scanning them would delay requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


async def run(service: Service) -> None:
    """Serve until a signal; dependencies may fail and return meanwhile."""
    _freeze_gc()
    settings = service.settings
    relay = Relay(service.database.repositories, service.bus, settings.outbox_grace_seconds)
    health = Health({"mongo": service.database.ping, "broker": _broker_check(service.bus), **service.checks})
    app = create_api(service.name, service.router, service.deps, service.max_body_bytes, settings.public_base_url)
    tasks = [run_forever(task, settings.max_task_interval_seconds) for task in service.tasks]
    await serve_until_stopped(
        app,
        settings,
        health,
        background=[_run_relay(service, health, relay), *tasks],
        drain=lambda: _drain(service, relay),
        close=lambda: _close(service),
    )


async def _drain(service: Service, relay: Relay) -> None:
    await service.bus.drain(service.settings.grace_seconds)
    try:
        async with asyncio.timeout(5):
            await relay.flush()
    except Exception:
        logger().info("events are left to the next process")


async def _close(service: Service) -> None:
    try:
        async with asyncio.timeout(5):
            await service.bus.close()
    except Exception:
        logger().info("the broker was unreachable at shutdown")
    service.database.close()
    for close in service.on_close:
        close()


def _broker_check(bus: Bus) -> Check:
    async def check() -> None:
        if not bus.connected:
            raise Unavailable()

    return check


async def _run_relay(service: Service, health: Health, relay: Relay) -> None:
    """Publish the events in the outboxes as soon as there is a broker."""
    await _prepare(service, health)
    tasks = (PeriodicTask("relay", 0, relay.run), PeriodicTask("outbox", SWEEP_SECONDS, relay.sweep))
    await asyncio.gather(*(run_forever(task, service.settings.max_task_interval_seconds) for task in tasks))


async def _prepare(service: Service, health: Health) -> None:
    """Create the indexes, then connect to the broker; retry each until it succeeds."""
    await _retry_until_ready(service.database.prepare, "mongo")
    await _retry_until_ready(lambda: service.bus.connect(service.handlers), "broker")
    health.started = True
    logger().info("ready")


async def _retry_until_ready(attempt: Callable[[], Awaitable[None]], dependency: str) -> None:
    while True:
        try:
            await attempt()
        except Exception as error:
            logger().info("waiting for a dependency", dependency=dependency, error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def run_forever(task: PeriodicTask, max_task_interval_seconds: float) -> None:
    """Repeat a task; a failure is logged and counted, and the task continues."""
    while True:
        trace.enter(None)
        try:
            await task.run()
        except Exception:
            metrics.task_failures.labels(task.name).inc()
            logger().warning("a periodic task failed", task=task.name, exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
        await asyncio.sleep(min(task.interval_seconds, max_task_interval_seconds))
