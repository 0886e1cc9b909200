"""Compares the page's SHA-256 with those of other libraries and of the browser, in a worker in Chromium."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.http_connection import InvalidMeasurement
from bench.rows import TableRow, median
from bench.vendored import install_locked, run
from devstack.workspace import PROJECT

HERE = Path(__file__).parent
NAMES = ("package.json", "package-lock.json", "worker.js")
ISLANDS = PROJECT / "portal" / "islands"
PART_BYTES = 8 * 2**20
WARM_UP_ROUNDS = 3
PAGES_OWN = "the page's"
HASH = """asked => new Promise((resolve, reject) => {
  const worker = new Worker("/bundle.js", { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(asked);
})"""


def measure(rounds: int) -> list[TableRow]:
    """Digest parts of 8 MiB, each way once in each round; return the medians."""
    folder = install_locked(HERE, "bench-digests", NAMES)
    esbuild, bundled = str(ISLANDS / "node_modules" / ".bin" / "esbuild"), folder / "site"
    bundled.mkdir(exist_ok=True)
    alias = f"--alias:page-digests={ISLANDS / 'uploader' / 'digests.ts'}"
    outfile = f"--outfile={bundled / 'bundle.js'}"
    run(folder, esbuild, "worker.js", "--bundle", "--minify", "--format=esm", "--log-level=warning", alias, outfile)
    (bundled / "index.html").write_text("<!doctype html><title>Digests</title>")
    with _served(bundled) as url, sync_playwright() as playwright:
        chromium = shutil.which("chromium-headless-shell")
        with playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser:
            page = browser.new_page()
            page.goto(url)
            found = page.evaluate(HASH, {"partBytes": PART_BYTES, "rounds": rounds + WARM_UP_ROUNDS})
    return rows(found)


def rows(found: dict[str, Any]) -> list[TableRow]:
    """Return the speed of each way, and the median over all rounds of its ratio to the page's own."""
    if len(set(found["digests"])) != 1:
        raise InvalidMeasurement(f"the digests differ: {found['digests']}")
    times = {name: each[WARM_UP_ROUNDS:] for name, each in found["times"].items()}
    return [
        TableRow(
            f"SHA-256 in a worker: {name}",
            f"{PART_BYTES / 1000 / median(each):.0f} MB/s",
            f"{median([ours / its for ours, its in zip(times[PAGES_OWN], each, strict=True)]):.2f} of the page's speed",
        )
        for name, each in times.items()
    ]


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of the loopback interface."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    """Print nothing."""

    def log_message(self, format: str, *words: object) -> None:
        pass
