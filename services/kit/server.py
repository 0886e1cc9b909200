"""Run two uvicorn servers in one process, stopped by a shared signal."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from services.kit.connections import HttpProtocol
from services.kit.logs import logger
from services.kit.settings import ProcessSettings

SEND_BUFFER_BYTES = 256 * 1024
KEEPALIVE_IDLE_SECONDS, KEEPALIVE_PROBES, KEEPALIVE_INTERVAL_SECONDS = 10, 3, 5
"""TCP keep-alive: an idle connection is probed, and closed after so many unanswered probes."""
EXIT_BAD_SETTINGS = 78


class Server(uvicorn.Server):
    """uvicorn without its signal handlers, because two servers share this process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield


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
