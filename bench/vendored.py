"""Programs that only the benchmarks use, installed from a lock with hashes into folders of their own."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from devstack.workspace import PROJECT

QUIET = ("--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")


def install_locked(
    source: Path, name: str, files: Sequence[str], further: Callable[[Path], None] | None = None
) -> Path:
    """Install what the lock among these files names, unless it is installed already; return the folder."""
    folder = PROJECT / ".local" / name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join((source / file).read_bytes() for file in files)).hexdigest()
    done = folder / "installed"
    if done.exists() and done.read_text() == wanted:
        return folder
    for file in files:
        shutil.copyfile(source / file, folder / file)
    run(folder, "npm", "ci", *QUIET)
    if further:
        further(folder)
    done.write_text(wanted)
    return folder


def run(folder: Path, *command: str) -> None:
    """Run a command in a folder, without its output; raise if it fails."""
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300, check=True)  # noqa: S603
