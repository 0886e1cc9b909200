"""Fetches the other servers, pinned by hash, into a folder that only the bench uses; nothing when they are there."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from devstack.workspace import PROJECT

HERE = Path(__file__).parent
FOLDER = PROJECT / ".local" / "bench-peers"
PYTHON = FOLDER / "python"
NAMES = ("package.json", "package-lock.json", "requirements.txt", "tus.mjs")


def install() -> Path:
    """The folder, with everything in it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in NAMES)).hexdigest()
    done = FOLDER / "installed"
    if done.exists() and done.read_text() == wanted:
        return FOLDER
    for name in NAMES:
        shutil.copyfile(HERE / name, FOLDER / name)
    quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    _run("npm", "ci", *quiet)
    shutil.rmtree(PYTHON, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    into = ["--python", sys.executable, "--target", str(PYTHON)]
    _run(uv, "pip", "install", "--quiet", *into, "--require-hashes", "--requirement", "requirements.txt")
    done.write_text(wanted)
    return FOLDER


def _run(*command: str) -> None:
    subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300, check=True)  # noqa: S603
