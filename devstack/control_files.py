"""Carries requests of `make restart` to the supervisor in files: one for the request, one for its result."""

import time
from pathlib import Path

from devstack.errors import ComponentDidNotStart
from devstack.workspace import Workspace


def requests_folder(workspace: Workspace) -> Path:
    """Return the folder of the requests, readable by the owner of the stack only."""
    path = workspace.root / "run" / "requests"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def request_restart(workspace: Workspace, name: str, seconds: float = 120.0) -> None:
    """Request the restart of one component and wait for the result; raise `ComponentDidNotStart` when it failed."""
    request = requests_folder(workspace) / name
    answer = request.with_suffix(".answer")
    answer.unlink(missing_ok=True)
    request.touch()
    deadline = time.monotonic() + seconds
    while not answer.exists():
        if time.monotonic() > deadline:
            request.unlink(missing_ok=True)
            raise ComponentDidNotStart(f"the supervisor did not answer for {seconds:g} s")
        time.sleep(0.05)
    reason = answer.read_text()
    answer.unlink()
    if reason:
        raise ComponentDidNotStart(reason)


def pending_restarts(workspace: Workspace) -> list[str]:
    """Return the names of the components whose restart was requested."""
    return sorted(file.name for file in requests_folder(workspace).iterdir() if not file.suffix)


def report_result(workspace: Workspace, name: str, reason: str) -> None:
    """Write the result of a restart; an empty reason means success."""
    request = requests_folder(workspace) / name
    request.unlink(missing_ok=True)
    draft = request.with_suffix(".draft")
    draft.write_text(reason)
    draft.replace(request.with_suffix(".answer"))
