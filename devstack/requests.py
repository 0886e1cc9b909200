"""How `make restart` talks to the supervisor: a file that asks, a file that answers; no port, no privilege."""

import time
from pathlib import Path

from devstack.refusals import PartDidNotStart
from devstack.workspace import Workspace


def folder(workspace: Workspace) -> Path:
    """Where requests lie; readable by the owner of the stack only."""
    path = workspace.root / "run" / "requests"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def ask_restart(workspace: Workspace, name: str, seconds: float = 120.0) -> None:
    """Asks for the restart of one part and waits for the answer; refuses when the part did not come up."""
    request = folder(workspace) / name
    answer = request.with_suffix(".answer")
    answer.unlink(missing_ok=True)
    request.touch()
    deadline = time.monotonic() + seconds
    while not answer.exists():
        if time.monotonic() > deadline:
            request.unlink(missing_ok=True)
            raise PartDidNotStart(f"the supervisor did not answer for {seconds:g} s")
        time.sleep(0.05)
    reason = answer.read_text()
    answer.unlink()
    if reason:
        raise PartDidNotStart(reason)


def pending(workspace: Workspace) -> list[str]:
    """The parts whose restart was asked for."""
    return sorted(file.name for file in folder(workspace).iterdir() if not file.suffix)


def answer(workspace: Workspace, name: str, reason: str) -> None:
    """Tells the one who asked: an empty reason means done."""
    request = folder(workspace) / name
    request.unlink(missing_ok=True)
    draft = request.with_suffix(".draft")
    draft.write_text(reason)
    draft.replace(request.with_suffix(".answer"))
