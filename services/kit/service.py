"""How is a service run? Its API, its management port and its loops, started in any order and stopped gracefully."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI, Request

from services.kit import metrics, problems, trace
from services.kit.bus import Bus, Handler
from services.kit.events import Fact
from services.kit.health import Check, Health, management
from services.kit.logs import configure, logger
from services.kit.mongo import Database
from services.kit.outbox import Relay
from services.kit.refusals import Unavailable
from services.kit.requests import Requests
from services.kit.serving import EXIT_BAD_SETTINGS, first, serve, server, told_to_stop
from services.kit.settings import BadSettings, ServiceSettings
from services.kit.version import VERSION

JSON_BYTES = 64 * 1024
OBJECTS_BETWEEN_COLLECTIONS = 10_000
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 2.0


@dataclass(frozen=True)
class Loop:
    """Something that a service does again and again: `once`, then a pause."""

    name: str
    every_seconds: float
    once: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """A service put together, not yet running."""

    name: str
    settings: ServiceSettings
    deps: Any
    router: APIRouter
    database: Database
    bus: Bus
    handlers: dict[type[Fact], Handler]
    loops: Sequence[Loop] = ()
    checks: dict[str, Check] = field(default_factory=dict)
    closing: Sequence[Callable[[], None]] = ()
    largest_body_bytes: int = JSON_BYTES
    docs: str = ""


async def wired(request: Request) -> Any:
    """What the service's endpoints need, for `Annotated[Deps, Depends(wired)]`."""
    return request.app.state.deps


def api(
    name: str,
    router: APIRouter,
    deps: Any,
    largest_body_bytes: int = JSON_BYTES,
    docs: str = "",
    pages_url: str = "",
) -> FastAPI:
    """The public application of a service; what it refuses is shown to people at `pages_url`."""
    app = FastAPI(
        title=f"Mélanissimo {name}",
        description=docs,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=router.routes,
    )
    app.state.deps = deps
    problems.install(app, pages_url)
    app.add_middleware(Requests, largest_body_bytes=largest_body_bytes)
    return app


def main(build: Callable[[], Service], name: str) -> None:
    """Run a service until SIGTERM or SIGINT; exit 78 when its settings are not acceptable."""
    try:
        service = build()
    except (BadSettings, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 - there is no log before the settings are read
        raise SystemExit(EXIT_BAD_SETTINGS) from None
    configure(name, service.settings.log_level)
    _spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(service))


def _spare_the_collector() -> None:
    """What is there now stays for good: walking over it again and again would hold up requests for nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


async def run(service: Service) -> None:
    """Serve until told to stop; dependencies may come and go meanwhile."""
    stop = told_to_stop()
    relay = Relay(service.database.collections, service.bus, service.settings.outbox_grace_seconds)
    health = Health({"mongo": service.database.ping, "broker": _connected(service.bus), **service.checks})
    app = api(
        service.name,
        service.router,
        service.deps,
        service.largest_body_bytes,
        service.docs,
        service.settings.public_base_url,
    )
    public = server(app, service.settings, service.settings.listen_port)
    private = server(management(health), service.settings, service.settings.management_port)
    background = [asyncio.create_task(one) for one in _background(service, relay, health)]
    servers = [asyncio.create_task(serve(one, service.settings)) for one in (public, private)]
    logger().info("started", port=service.settings.listen_port, version=VERSION)
    await first(stop, servers)
    health.draining = True
    logger().info("stopping")
    await _stop(service, relay, public, servers[0])
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    private.should_exit = True
    await servers[1]
    await _close(service)
    logger().info("stopped")
    if not stop.is_set():
        raise SystemExit(1)


async def _stop(service: Service, relay: Relay, public: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    public.should_exit = True
    await serving
    await service.bus.drain(service.settings.grace_seconds)
    try:
        async with asyncio.timeout(5):
            await relay.flush()
    except Exception:
        logger().info("facts are left for the next process")


async def _close(service: Service) -> None:
    try:
        async with asyncio.timeout(5):
            await service.bus.close()
    except Exception:
        logger().info("the broker was gone before the end")
    service.database.close()
    for close in service.closing:
        close()


def _connected(bus: Bus) -> Check:
    async def check() -> None:
        if not bus.connected:
            raise Unavailable()

    return check


def _background(service: Service, relay: Relay, health: Health) -> Iterator[Any]:
    yield health.beat()
    yield _announce(service, health, relay)
    for loop in service.loops:
        yield forever(loop, service.settings.longest_pause_seconds)


async def _announce(service: Service, health: Health, relay: Relay) -> None:
    """Publish what waits in the outboxes, once there is a broker to publish to."""
    await _prepare(service, health)
    loops = (Loop("relay", 0, relay.run), Loop("outbox", SWEEP_SECONDS, relay.sweep))
    await asyncio.gather(*(forever(loop, service.settings.longest_pause_seconds) for loop in loops))


async def _prepare(service: Service, health: Health) -> None:
    """Indexes, then the broker; again and again until both were there once."""
    await _until_done(service.database.prepare, "mongo")
    await _until_done(lambda: service.bus.connect(service.handlers), "broker")
    health.started = True
    logger().info("ready")


async def _until_done(attempt: Callable[[], Awaitable[None]], dependency: str) -> None:
    while True:
        try:
            await attempt()
        except Exception as error:
            logger().info("waiting for a dependency", dependency=dependency, error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def forever(loop: Loop, longest_pause_seconds: float) -> None:
    """Do it again and again; a failure is logged, counted, and does not end it."""
    while True:
        trace.enter(None)
        try:
            await loop.once()
        except Exception:
            metrics.loop_failures.labels(loop.name).inc()
            logger().warning("a loop failed and goes on", loop=loop.name, exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
        await asyncio.sleep(min(loop.every_seconds, longest_pause_seconds))
