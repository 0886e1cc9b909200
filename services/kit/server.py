"""Run a process with two uvicorn servers, the public one and that of its management port, until a signal."""

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import uvicorn
import uvloop
from fastapi import FastAPI

from services.kit.connections import HttpProtocol
from services.kit.health import Health, management_app
from services.kit.logs import configure, logger
from services.kit.settings import InvalidSettings, ProcessSettings
from services.kit.version import VERSION

SEND_BUFFER_BYTES = 256 * 1024
KEEPALIVE_IDLE_SECONDS, KEEPALIVE_PROBES, KEEPALIVE_INTERVAL_SECONDS = 10, 3, 5
"""TCP keep-alive: an idle connection is probed, and closed after so many unanswered probes."""
EXIT_BAD_SETTINGS = 78


Step = Callable[[], Awaitable[None]]


class Process(Protocol):
    """A process that is built and not yet running."""

    @property
    def settings(self) -> ProcessSettings:
        """Return its settings."""


Built = TypeVar("Built", bound=Process)


class Server(uvicorn.Server):
    """uvicorn without its signal handlers, because two servers share this process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield


def run_process(name: str, build: Callable[[], Built], run: Callable[[Built], Coroutine[Any, Any, None]]) -> None:
    """Build a process and run it; exit with 78 if its settings are invalid."""
    try:
        process = build()
    except (InvalidSettings, ValueError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 - there is no log before the settings are read
        raise SystemExit(EXIT_BAD_SETTINGS) from None
    configure(name, process.settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(process))


async def serve_until_stopped(
    app: FastAPI,
    settings: ProcessSettings,
    health: Health,
    *,
    background: Sequence[Coroutine[Any, Any, None]] = (),
    drain: Step | None = None,
    close: Step,
) -> None:
    """Serve, and run what goes on in the background, until SIGTERM or SIGINT.

    `drain` is called when the last request is answered and the background still runs, `close` at the end. Exits with 1
    if a server ended by itself.
    """
    stop = shutdown_requested()
    public = create_server(app, settings, settings.listen_port)
    private = create_server(management_app(health), settings, settings.management_port)
    tasks = [asyncio.create_task(one) for one in (health.beat(), *background)]
    servers = [asyncio.create_task(serve(one, settings)) for one in (public, private)]
    logger().info("started", port=settings.listen_port, version=VERSION)
    await wait_for_exit(stop, servers)
    health.draining = True
    logger().info("stopping")
    public.should_exit = True
    await servers[0]
    if drain:
        await drain()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    private.should_exit = True
    await servers[1]
    await close()
    logger().info("stopped")
    if not stop.is_set():
        raise SystemExit(1)


def create_server(app: FastAPI, settings: ProcessSettings, port: int) -> Server:
    """Create a server for one application on one port, not yet listening."""
    return Server(
        uvicorn.Config(
            app,
            host=settings.listen_host,
            port=port,
            loop="none",
            http=HttpProtocol,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=settings.grace_seconds,
        )
    )


async def serve(server: Server, settings: ProcessSettings) -> None:
    """Serve until `should_exit`; a small send buffer keeps "sent" close to "received"."""
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    listener = _listening_socket(family)
    try:
        listener.bind((settings.listen_host, server.config.port))
    except OSError:
        logger().error("the port is in use", port=server.config.port)
        listener.close()
        return
    with listener:
        await server.serve(sockets=[listener])


def _listening_socket(family: socket.AddressFamily) -> socket.socket:
    """Return a socket whose options all accepted connections inherit."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
    return listener


def shutdown_requested() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def wait_for_exit(stop: asyncio.Event, servers: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the signal, or until a server ends because it could not start."""
    signalled = asyncio.create_task(stop.wait())
    await asyncio.wait([signalled, *servers], return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
