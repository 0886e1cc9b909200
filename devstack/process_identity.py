"""Identifies processes beyond their pid, which the system may have given to another process since."""

from pathlib import Path

import psutil

# Every process of a stack has this variable, so that even a grandchild that left its group can be found again.
STACK_VARIABLE = "MELANISSIMO_STACK"


def process_identity(pid: int) -> str | None:
    """Return boot id and start time, which identify a process beyond its pid; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def marked_processes(root: Path) -> list[int]:
    """Return the pids of the processes that the stack in `root` started, whatever their parents are now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(STACK_VARIABLE) == str(root):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
