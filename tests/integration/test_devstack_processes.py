"""Processes, ports and folders of the devstack: every process is ended, and no other process is touched."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import psutil
import pytest

from devstack.component import Component
from devstack.errors import ComponentDidNotStart, ComponentKeepsFailing, PortTaken, StackAlreadyRunning
from devstack.ports import PortRegistry, is_free
from devstack.process import Child
from devstack.process_identity import process_identity
from devstack.recovery import end_leftovers, leftover_processes
from devstack.restart_limit import MAX_EARLY_EXITS
from devstack.stack import Stack
from devstack.supervisor import watch
from devstack.workspace import PROJECT, Workspace
from tests.eventually import until

STUBBORN = "trap '' TERM; sleep 1000 & echo ready; wait; wait"
KILLED_SUPERVISOR = """
import signal, sys
from pathlib import Path
from devstack.stack import Stack
Stack(Path(sys.argv[1])).start({"mailbox"})
print("ready", flush=True)
signal.pause()
"""


def test_a_child_that_ignores_the_request_to_end_is_killed_with_its_own_children(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    child = Child(workspace, "stubborn", ["sh", "-c", STUBBORN])
    child.start()
    until(lambda: "ready" in child.log.read_text(), "the child ignores the request from now on")
    grandchild = psutil.Process(child.pid).children()[0]
    child.stop(seconds=0.1)
    assert not child.alive
    until(lambda: process_identity(grandchild.pid) is None, "its own child is gone")
    assert not workspace.record_file("stubborn").exists()


def test_a_stopped_child_ends_all_the_same(tmp_path: Path) -> None:
    child = Child(Workspace(tmp_path), "frozen", ["sleep", "1000"])
    child.start()
    child.signal(signal.SIGSTOP)
    child.stop()
    assert child.wait() == -signal.SIGTERM


def test_a_job_that_fails_is_named_with_its_last_error_line(tmp_path: Path) -> None:
    job = Child(Workspace(tmp_path), "job", ["sh", "-c", "echo no such queue; exit 3"])
    with pytest.raises(ComponentDidNotStart, match="job ended with exit code 3: no such queue"):
        job.finish()


def test_a_port_is_remembered_and_another_one_is_chosen_when_it_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = PortRegistry(file)
    first.assign(["a", "b"])
    assert first["a"] != first["b"]
    first.release()
    again = PortRegistry(file)
    with socket.create_server(("127.0.0.1", first["a"])):
        again.assign(["a", "b"])
        assert again["a"] != first["a"]
        assert again["b"] == first["b"]
        with pytest.raises(PortTaken, match=f"port {first['a']} .* is already in use"):
            PortRegistry(tmp_path / "other.json", {"gateway": first["a"]}).assign(["gateway"])
    again.release()
    assert is_free(first["a"])


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    holder = Workspace(tmp_path)
    holder.lock()
    with pytest.raises(StackAlreadyRunning):
        Workspace(tmp_path).lock()
    holder.unlock()
    other = Workspace(tmp_path)
    other.lock()
    other.unlock()


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        workspace.record_file("old").write_text(json.dumps({"pid": stranger.pid, "identity": "another boot:1"}))
        assert end_leftovers(workspace) == 0
        assert stranger.poll() is None
        stranger.kill()


def test_what_a_killed_supervisor_left_is_ended_by_the_next_start(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_SUPERVISOR, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"ready\n"
        os.kill(supervisor.pid, signal.SIGKILL)
    (orphan,) = leftover_processes(Workspace(tmp_path))
    with Stack(tmp_path) as stack:
        stack.start({"mailbox"})
        assert process_identity(orphan.pid) is None
        assert stack.pid("mailbox") != orphan.pid
    assert leftover_processes(Workspace(tmp_path)) == []


def test_a_component_that_was_killed_can_be_restarted_alone(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.start({"mailbox"})
        address, before = stack.mailbox_url, stack.pid("mailbox")
        stack.kill("mailbox")
        until(lambda: bool(stack.components["mailbox"].exited), "the mailbox is dead")
        stack.restart("mailbox")
        stack.wait_ready("mailbox")
        assert stack.mailbox_url == address
        assert stack.pid("mailbox") != before


def test_a_component_that_dies_again_and_again_ends_the_stack_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stack(tmp_path) as stack:
        stack.start({"mailbox"})
        killer = threading.Thread(target=_kill_each, args=(stack, MAX_EARLY_EXITS + 1))
        killer.start()
        with pytest.raises(
            ComponentKeepsFailing, match=f"mailbox was killed by SIGKILL .* {MAX_EARLY_EXITS} restarts did not help"
        ):
            watch(stack)
        killer.join()
        assert capsys.readouterr().err.count("mailbox was killed by SIGKILL") == MAX_EARLY_EXITS


def _kill_each(stack: Stack, times: int) -> None:
    """Kills the mailbox as soon as it runs, so many times."""
    last = 0
    for _ in range(times):
        last = until(partial(_another, stack, last), "the mailbox runs again")
        os.kill(last, signal.SIGKILL)


def _another(stack: Stack, last: int) -> int:
    """The pid of the mailbox, 0 while it is the last one."""
    try:
        pid: int = json.loads(stack.workspace.record_file("mailbox").read_text())["pid"]
    except (OSError, ValueError):
        return 0
    return pid if pid != last else 0


def test_a_component_that_is_not_ready_in_time_is_named_with_its_last_error_line(tmp_path: Path) -> None:
    component = Silent(Workspace(tmp_path))
    with pytest.raises(ComponentDidNotStart, match=r"silent did not start: .* after 0\.1 s; last output: no disk"):
        component.start()
    component.stop()


class Silent(Component):
    """Runs, prints an error, and never answers."""

    name = "silent"

    def launch(self) -> None:
        child = self.spawn(Child(self.workspace, "silent", ["sh", "-c", "echo no disk; sleep 1000"]))
        until(lambda: child.log.read_text() == "no disk\n")
        self.wait_ready(0.1)

    def is_ready(self) -> bool:
        return False

    def address(self) -> str:
        return ""
