"""Runs a stack in the foreground until somebody ends it, and what is said to it from elsewhere."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from devstack.accounts import SERVICES
from devstack.birth import birth
from devstack.recovery import recover
from devstack.refusals import PartDidNotStart, PartDied, StackAlreadyRunning, StackNotRunning, StartInterrupted
from devstack.requests import answer, ask_restart, pending
from devstack.restarts import MOST, Restarts
from devstack.stack import ALL, Stack
from devstack.table import short, table
from devstack.workspace import PROJECT, Workspace

PREVIEWS = PROJECT / ".local" / "previews"
RESTARTABLE = (*SERVICES, "portal")
DEVELOPMENT = {"portal": {"PORTAL_DEVELOPMENT": "true", "PREVIEWS_DIR": str(PREVIEWS)}}
"""Whoever changes a page or a mail sees it at once: pages are read anew, samples of the mails are at /previews."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Ctrl-C, or `make stop`; like `KeyboardInterrupt`, nothing that handles a failed start takes it for one."""


def run(root: Path, fixed_ports: dict[str, int]) -> None:
    """Starts everything, prints the table, stays; stops all of it on a signal or when a part dies again and again."""
    began = time.monotonic()
    stack = Stack(root, settings=DEVELOPMENT, fixed_ports=fixed_ports)
    try:
        for number in SIGNALS:
            signal.signal(number, _end)
        try:
            stack.start(ALL)
        except Ended:
            raise StartInterrupted("stopped before it was ready") from None
        print(_what_runs(stack, time.monotonic() - began), flush=True)
        with suppress(Ended):
            watch(stack)
        print("stopping…", flush=True)
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stack.stop()


def stop(root: Path) -> None:
    """Ends the supervisor of a folder and waits until it is gone; ends leftovers when there is no supervisor."""
    workspace = Workspace(root)
    asked = 0
    deadline = time.monotonic() + 90
    while True:
        try:
            workspace.hold()
        except StackAlreadyRunning:
            asked = asked or _ask_to_end(workspace)
            if time.monotonic() > deadline:
                raise StackAlreadyRunning(f"the supervisor (pid {asked}) does not end") from None
            time.sleep(0.05)
            continue
        left = recover(workspace)
        workspace.release()
        print("stopped" if asked or left else "nothing was running")
        return


def restart(root: Path, service: str) -> None:
    """Restarts one service of a running stack, alone, and waits until it is ready."""
    _refuse_unless_running(root)
    if service not in RESTARTABLE:
        raise PartDidNotStart(f"no such service: {service or '(none named)'}; one of SERVICE={'|'.join(RESTARTABLE)}")
    began = time.monotonic()
    ask_restart(Workspace(root), service)
    print(f"{service} restarted and ready after {time.monotonic() - began:.1f} s")


def status(root: Path) -> None:
    """Prints what runs in a folder."""
    _refuse_unless_running(root)
    stack = Stack(root)
    rows = []
    for part in stack.parts.values():
        with suppress(OSError, KeyError):
            record = json.loads(stack.workspace.record(part.name).read_text())
            state = str(record["pid"]) if birth(record["pid"]) == record["birth"] else "died"
            rows.append((part.name, part.what, part.where(), state, short(part.log)))
    print(table(("part", "what", "where", "pid", "log"), rows))


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)


def _what_runs(stack: Stack, seconds: float) -> str:
    rows = [(part.name, part.what, part.where(), f"{part.seconds:.1f} s", short(part.log)) for part in stack.running]
    if "gateway" in [part.name for part in stack.running]:
        rows.append(("files", "the origin of the bytes", stack.files_url, "", short(stack.parts["gateway"].log)))
    heads = ("part", "what", "where", "ready after", "log")
    return f"{table(heads, rows)}\n\nAll ready after {seconds:.1f} s. Ctrl-C (or: make stop) stops all of it."


def watch(stack: Stack) -> None:
    """Starts again what dies and restarts what somebody asks for; `PartDied` when a part dies again and again."""
    restarts = Restarts()
    for name in pending(stack.workspace):
        answer(stack.workspace, name, "the supervisor was starting; ask again")
    while True:
        for part in stack.running:
            for child in part.dead[:1]:
                _revive(stack, part.name, child.obituary(), restarts)
        for name in pending(stack.workspace):
            _restart(stack, name)
        stack.workspace.halted.wait(0.2)


def _revive(stack: Stack, name: str, obituary: str, restarts: Restarts) -> None:
    while restarts.allow(name):
        _say(f"{obituary}; it is started again")
        try:
            stack.restart(name)
        except PartDidNotStart as refusal:
            obituary = str(refusal)
        else:
            restarts.ready(name)
            return
    raise PartDied(f"{obituary}; it was started again {MOST} times in vain, so everything is stopped")


def _say(words: str) -> None:
    print(f"devstack: {words}", file=sys.stderr, flush=True)


def _restart(stack: Stack, name: str) -> None:
    """A part that does not come up again stays down, the others stay up: whoever edits a service tries once more."""
    try:
        stack.restart(name)
    except PartDidNotStart as refusal:
        stack.stop_part(name)
        _say(str(refusal))
        answer(stack.workspace, name, str(refusal))
    else:
        answer(stack.workspace, name, "")


def _ask_to_end(workspace: Workspace) -> int:
    pid: int = json.loads((workspace.root / "run" / "supervisor.pid").read_text())["pid"]
    os.kill(pid, signal.SIGTERM)
    return pid


def _refuse_unless_running(root: Path) -> None:
    workspace = Workspace(root)
    try:
        workspace.hold()
    except StackAlreadyRunning:
        return
    workspace.release()
    raise StackNotRunning("nothing is running (start it with: make run)")
