"""A server whose network goes with its process, and a reader slower than that; a program, to be run by `unshare`.

    unshare --map-root-user --net python -m tests.integration.network_loss

Prints how many bytes of the body have arrived, of how many, when the server was told to stop after it had sent them.
"""

import asyncio
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import uvloop
from fastapi import FastAPI, Response

from services.kit.server import create_server, serve, shutdown_requested, wait_for_exit
from services.kit.settings import ProcessSettings

SIZE_BYTES = 640 * 1024  # what the two sockets hold, so that the server has nothing more to do
HERE, THERE, PORT = "192.0.2.1", "192.0.2.2", 8000
ADDRESS = "https://melanissimo.example"
LITTLE_BYTES = 16 * 1024
PAUSE_SECONDS = 0.05
"""The reader is slow; how slow decides nothing as long as every byte arrives."""
SILENT_SECONDS = 20


async def answer_until_told_to_stop() -> None:
    """Serve one body, as every process of the product serves."""
    app = FastAPI(openapi_url=None)
    app.add_api_route("/", lambda: Response(bytes(SIZE_BYTES)))
    settings = ProcessSettings(public_base_url=ADDRESS, listen_host=THERE, listen_port=PORT)
    stop, answering = shutdown_requested(), create_server(app, settings, PORT)
    serving = asyncio.create_task(serve(answering, settings))
    await wait_for_exit(stop, [serving])
    answering.should_exit = True
    await serving


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def apart() -> subprocess.Popen[bytes]:
    """A process in a network of its own, with a line to this one; it begins once its input is closed."""
    command = ["unshare", "--net", "sh", "-c", 'echo; read -r go; exec "$@"', "sh", sys.executable, "-m"]
    process = subprocess.Popen([*command, "tests.integration.network_loss", "serve"], stdin=-1, stdout=-1)
    assert process.stdout
    assert process.stdin
    process.stdout.readline()
    run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(process.pid))
    run("ip", "address", "add", f"{HERE}/24", "dev", "here")
    run("ip", "link", "set", "here", "up")
    inside = ("nsenter", "--net", "--target", str(process.pid), "ip")
    run(*inside, "address", "add", f"{THERE}/24", "dev", "there")
    run(*inside, "link", "set", "there", "up")
    process.stdin.close()
    return process


async def network_goes_with(process: subprocess.Popen[bytes]) -> None:
    """As soon as the process has ended, its line is taken away, as that of a pod is."""
    await asyncio.to_thread(process.wait)
    subprocess.run(("ip", "link", "delete", "here"), check=False)  # it may be gone already


async def connected() -> socket.socket:
    """A connection that buffers little, as soon as the server listens."""
    while True:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
        line.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(line, (THERE, PORT))
        except OSError:
            line.close()
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return line


async def received_bytes() -> int:
    """Read the body slowly, and have the server told to stop after its first bytes."""
    loop, process = asyncio.get_running_loop(), apart()
    going = asyncio.create_task(network_goes_with(process))
    with await connected() as line:
        await loop.sock_sendall(line, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = (await loop.sock_recv(line, LITTLE_BYTES)).partition(b"\r\n\r\n")
        assert b" 200 " in head, head
        process.send_signal(signal.SIGTERM)
        received = len(body)
        with suppress(TimeoutError):
            while received < SIZE_BYTES:
                async with asyncio.timeout(SILENT_SECONDS):
                    received += len(await loop.sock_recv(line, LITTLE_BYTES))
                await asyncio.sleep(PAUSE_SECONDS)
    await going
    return received


async def main() -> None:
    if "serve" in sys.argv:
        await answer_until_told_to_stop()
        return
    print(await received_bytes(), SIZE_BYTES)


if __name__ == "__main__":
    uvloop.run(main())
