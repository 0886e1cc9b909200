"""Installs the other servers, pinned by hash, into a folder that only the benchmarks use."""

import shutil
import sys
from pathlib import Path

from bench.vendored import install_locked, run
from devstack.workspace import PROJECT

HERE = Path(__file__).parent
NAME = "bench-peers"
PYTHON = PROJECT / ".local" / NAME / "python"
NAMES = ("package.json", "package-lock.json", "requirements.txt", "tus.mjs")


def install() -> Path:
    """Install the servers, unless they are installed already; return the folder."""
    return install_locked(HERE, NAME, NAMES, _python)


def _python(folder: Path) -> None:
    shutil.rmtree(PYTHON, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    into = ["--python", sys.executable, "--target", str(PYTHON)]
    run(folder, uv, "pip", "install", "--quiet", *into, "--require-hashes", "--requirement", "requirements.txt")
