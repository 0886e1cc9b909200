"""Fetches the other servers, pinned by hash, into a folder that only the bench uses; nothing when they are there."""

import shutil
import sys
from pathlib import Path

from bench.fetched import fetched, run
from devstack.workspace import PROJECT

HERE = Path(__file__).parent
NAME = "bench-peers"
PYTHON = PROJECT / ".local" / NAME / "python"
NAMES = ("package.json", "package-lock.json", "requirements.txt", "tus.mjs")


def install() -> Path:
    """The folder, with everything in it."""
    return fetched(HERE, NAME, NAMES, _python)


def _python(folder: Path) -> None:
    shutil.rmtree(PYTHON, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    into = ["--python", sys.executable, "--target", str(PYTHON)]
    run(folder, uv, "pip", "install", "--quiet", *into, "--require-hashes", "--requirement", "requirements.txt")
