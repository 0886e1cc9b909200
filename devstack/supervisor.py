"""Runs a stack in the foreground, and serves the commands that control it from another terminal."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from devstack.accounts import SERVICES
from devstack.control_files import pending_restarts, report_result, request_restart
from devstack.errors import (
    ComponentDidNotStart,
    ComponentKeepsFailing,
    StackAlreadyRunning,
    StackNotRunning,
    StartInterrupted,
)
from devstack.process_identity import process_identity
from devstack.recovery import end_leftovers
from devstack.restart_limit import MAX_EARLY_EXITS, RestartLimit
from devstack.stack import ALL, Stack
from devstack.table import display_path, table
from devstack.workspace import PROJECT, Workspace

PREVIEWS = PROJECT / ".local" / "previews"
RESTARTABLE = (*SERVICES, "portal")
DEVELOPMENT = {"portal": {"PORTAL_DEVELOPMENT": "true", "PREVIEWS_DIR": str(PREVIEWS)}}
"""Changes show at once: pages are reloaded from disk, samples of the mails are at /previews."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Ctrl-C or `make stop`; a `BaseException`, so that code that handles failed starts does not catch it."""


def run(root: Path, fixed_ports: dict[str, int]) -> None:
    """Start everything, print the table, and stop everything on a signal or when a component keeps failing."""
    started_at = time.monotonic()
    stack = Stack(root, settings=DEVELOPMENT, fixed_ports=fixed_ports)
    try:
        for number in SIGNALS:
            signal.signal(number, _request_stop)
        try:
            stack.start(ALL)
        except StopRequested:
            raise StartInterrupted("stopped before it was ready") from None
        print(_summary(stack, time.monotonic() - started_at), flush=True)
        with suppress(StopRequested):
            watch(stack)
        print("stopping…", flush=True)
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stack.stop()


def stop(root: Path) -> None:
    """End the supervisor of a folder and wait until it is gone; without one, end the processes that it left behind."""
    workspace = Workspace(root)
    supervisor_pid = 0
    deadline = time.monotonic() + 90
    while True:
        try:
            workspace.lock()
        except StackAlreadyRunning:
            supervisor_pid = supervisor_pid or _terminate_supervisor(workspace)
            if time.monotonic() > deadline:
                raise StackAlreadyRunning(f"the supervisor (pid {supervisor_pid}) does not end") from None
            time.sleep(0.05)
            continue
        left = end_leftovers(workspace)
        workspace.unlock()
        print("stopped" if supervisor_pid or left else "nothing was running")
        return


def restart(root: Path, service: str) -> None:
    """Restart one service of a running stack and wait until it is ready."""
    _require_running(root)
    if service not in RESTARTABLE:
        raise ComponentDidNotStart(
            f"no such service: {service or '(none named)'}; one of SERVICE={'|'.join(RESTARTABLE)}"
        )
    started_at = time.monotonic()
    request_restart(Workspace(root), service)
    print(f"{service} restarted and ready after {time.monotonic() - started_at:.1f} s")


def status(root: Path) -> None:
    """Print what runs in a folder."""
    _require_running(root)
    stack = Stack(root)
    rows = []
    for component in stack.components.values():
        with suppress(OSError, KeyError):
            record = json.loads(stack.workspace.record_file(component.name).read_text())
            state = str(record["pid"]) if process_identity(record["pid"]) == record["identity"] else "died"
            rows.append(
                (component.name, component.description, component.address(), state, display_path(component.log))
            )
    print(table(("component", "what", "where", "pid", "log"), rows))


def _request_stop(number: int, frame: FrameType | None) -> None:
    del frame
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise StopRequested(number)


def _summary(stack: Stack, seconds: float) -> str:
    rows = [
        (
            component.name,
            component.description,
            component.address(),
            f"{component.start_duration_seconds:.1f} s",
            display_path(component.log),
        )
        for component in stack.running
    ]
    if "gateway" in [component.name for component in stack.running]:
        rows.append(
            ("files", "the origin of the bytes", stack.files_url, "", display_path(stack.components["gateway"].log))
        )
    heads = ("component", "what", "where", "ready after", "log")
    return f"{table(heads, rows)}\n\nAll ready after {seconds:.1f} s. Ctrl-C (or: make stop) stops all of it."


def watch(stack: Stack) -> None:
    """Restart what exits or is requested; raise `ComponentKeepsFailing` when a component exits too often."""
    restarts = RestartLimit()
    for name in pending_restarts(stack.workspace):
        report_result(stack.workspace, name, "the supervisor was starting; ask again")
    while True:
        for component in stack.running:
            for child in component.exited[:1]:
                _revive(stack, component.name, child.exit_report(), restarts)
        for name in pending_restarts(stack.workspace):
            _restart(stack, name)
        stack.workspace.cancelled.wait(0.2)


def _revive(stack: Stack, name: str, exit_report: str, restarts: RestartLimit) -> None:
    while restarts.allows(name):
        _print_error(f"{exit_report}; restarting it")
        try:
            stack.restart(name)
        except ComponentDidNotStart as error:
            exit_report = str(error)
        else:
            restarts.record_ready(name)
            return
    raise ComponentKeepsFailing(f"{exit_report}; {MAX_EARLY_EXITS} restarts did not help, so everything is stopped")


def _print_error(text: str) -> None:
    print(f"devstack: {text}", file=sys.stderr, flush=True)


def _restart(stack: Stack, name: str) -> None:
    """Restart a component; when it does not start, leave it stopped and keep the others running."""
    try:
        stack.restart(name)
    except ComponentDidNotStart as error:
        stack.stop_component(name)
        _print_error(str(error))
        report_result(stack.workspace, name, str(error))
    else:
        report_result(stack.workspace, name, "")


def _terminate_supervisor(workspace: Workspace) -> int:
    pid: int = json.loads((workspace.root / "run" / "supervisor.pid").read_text())["pid"]
    os.kill(pid, signal.SIGTERM)
    return pid


def _require_running(root: Path) -> None:
    workspace = Workspace(root)
    try:
        workspace.lock()
    except StackAlreadyRunning:
        return
    workspace.unlock()
    raise StackNotRunning("nothing is running (start it with: make run)")
