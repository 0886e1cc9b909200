"""What a supervisor that was killed left behind: found by what it wrote down, and ended before the next start."""

import json
from contextlib import suppress

import psutil

from devstack.birth import birth, tagged
from devstack.workspace import Workspace


def leftovers(workspace: Workspace) -> list[psutil.Process]:
    """Processes of an earlier run in this folder; a pid that meanwhile belongs to somebody else is not one."""
    pids = set(tagged(workspace.root))
    for record in (workspace.root / "run").glob("*.json"):
        with suppress(ValueError, KeyError):
            known = json.loads(record.read_text())
            if known["birth"] is not None and birth(known["pid"]) == known["birth"]:
                pids.add(known["pid"])
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def recover(workspace: Workspace) -> int:
    """Ends the leftovers, gently at first, and says how many there were. Only for who holds the workspace."""
    found = leftovers(workspace)
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
    """A zombie counts as gone: its parent is gone too, and not everything that runs as pid 1 buries orphans."""
    with suppress(TimeoutError):
        workspace.wait_until("leftovers", lambda: all(birth(process.pid) is None for process in processes), seconds)
