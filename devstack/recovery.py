"""Finds and ends the processes that a killed supervisor left behind, before the next start."""

import json
from contextlib import suppress

import psutil

from devstack.process_identity import marked_processes, process_identity
from devstack.workspace import Workspace


def leftover_processes(workspace: Workspace) -> list[psutil.Process]:
    """Return the processes of an earlier run in this folder; a pid that now belongs to another process is skipped."""
    pids = set(marked_processes(workspace.root))
    for record in (workspace.root / "run").glob("*.json"):
        with suppress(ValueError, KeyError):
            known = json.loads(record.read_text())
            if known["identity"] is not None and process_identity(known["pid"]) == known["identity"]:
                pids.add(known["pid"])
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def end_leftovers(workspace: Workspace) -> int:
    """End the leftovers, with SIGTERM, then SIGKILL, and return their number. Requires the lock on the workspace."""
    found = leftover_processes(workspace)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
            process.resume()
    _wait_for_the_end(workspace, found, seconds=3)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _wait_for_the_end(workspace, found, seconds=5)
    for record in (workspace.root / "run").glob("*.json"):
        record.unlink(missing_ok=True)
    return len(found)


def _wait_for_the_end(workspace: Workspace, processes: list[psutil.Process], seconds: float) -> None:
    """Wait until the processes are gone. A zombie counts as gone: pid 1 may not reap orphans."""
    with suppress(TimeoutError):
        workspace.wait_until(
            "leftovers", lambda: all(process_identity(process.pid) is None for process in processes), seconds
        )
