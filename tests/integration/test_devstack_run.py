"""What `make run` promises, told by its exit codes: one stack, one line when it cannot, nobody left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from devstack.ports import is_free
from devstack.process_identity import marked_processes
from devstack.workspace import PROJECT
from tests.eventually import TIMEOUT_SECONDS, until
from tests.harness import free_port


def command(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "devstack", "--root", str(root), *words]


def devstack(root: Path, *words: str) -> tuple[int, str]:
    """The exit code and the only line on standard error of a command that ends by itself."""
    done = subprocess.run(
        command(root, *words), cwd=PROJECT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    return done.returncode, done.stderr


def pid(root: Path, child: str) -> int:
    recorded: int = json.loads((root / "run" / f"{child}.json").read_text())["pid"]
    return recorded


@contextmanager
def running(root: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`run`, up to the moment when it says that all is ready."""
    words = command(root, "run", "--port", str(port))
    with ExitStack() as closing:
        supervisor = closing.enter_context(
            subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        closing.callback(supervisor.terminate)
        assert supervisor.stdout is not None
        assert supervisor.stderr is not None
        assert any("All ready" in line for line in supervisor.stdout), supervisor.stderr.read()
        yield supervisor


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests here, so that only the first start is a cold one."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture
def port() -> int:
    """One with a free one after it; another run of the tests beside this one chooses others."""
    return next(port for port in iter(free_port, None) if is_free(port + 1))


def test_a_whole_stack_runs_refuses_a_second_one_and_restarts_one_service_alone(
    root: Path, tmp_path: Path, port: int
) -> None:
    with running(root, port) as supervisor:
        assert httpx.get(f"http://127.0.0.1:{port}/api/upload/config", timeout=TIMEOUT_SECONDS).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/previews", timeout=TIMEOUT_SECONDS).status_code == 200
        typed = httpx.get(f"http://localhost:{port}/help", timeout=TIMEOUT_SECONDS)
        assert (typed.status_code, typed.headers["location"]) == (307, f"http://127.0.0.1:{port}/help")
        assert devstack(root, "run", "--port", str(port))[0] == 3
        code, said = devstack(tmp_path, "run", "--port", str(port))
        assert (code, said.count("\n")) == (4, 1)
        before = pid(root, "upload"), pid(root, "download")
        assert devstack(root, "restart", "upload") == (0, "")
        assert pid(root, "upload") != before[0]
        assert pid(root, "download") == before[1]
        assert devstack(root, "status") == (0, "")
        assert devstack(root, "stop") == (0, "")
        assert supervisor.wait(TIMEOUT_SECONDS) == 0
    assert marked_processes(root) == []
    assert devstack(root, "status")[0] == 8


def test_a_component_that_dies_is_named_and_started_again_and_the_others_stay(root: Path, port: int) -> None:
    with running(root, port) as supervisor:
        before = pid(root, "notify"), pid(root, "download")
        os.kill(before[0], signal.SIGKILL)
        assert supervisor.stderr is not None
        said = supervisor.stderr.readline()
        assert said.startswith("devstack: notify was killed by SIGKILL (log: ")
        assert said.endswith("; restarting it\n")
        assert until(lambda: _other_pid(root, "notify", before[0]), "notify is there again")
        assert pid(root, "download") == before[1]
        assert devstack(root, "stop") == (0, "")
        assert supervisor.wait(TIMEOUT_SECONDS) == 0
    assert marked_processes(root) == []


def _other_pid(root: Path, child: str, before: int) -> bool:
    try:
        return pid(root, child) != before
    except (OSError, ValueError):
        return False
