"""Which process is which: a pid alone may have been given to somebody else since it was written down."""

from pathlib import Path

import psutil

# Every process of a stack carries this variable, so that even a grandchild that left its group can be found again.
TAG = "MELANISSIMO_STACK"


def birth(pid: int) -> str | None:
    """What tells this process from any other that ever had its pid; None when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def tagged(root: Path) -> list[int]:
    """Pids of the processes that the stack in `root` started, however they are related now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(TAG) == str(root):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
