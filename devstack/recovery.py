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
    _, stubborn = psutil.wait_procs(found, timeout=15)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    for record in (workspace.root / "run").glob("*.json"):
        record.unlink(missing_ok=True)
    return len(found)
