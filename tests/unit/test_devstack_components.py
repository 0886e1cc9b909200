"""The parts of the devstack that need no process."""

import json
import threading
from pathlib import Path

import pytest

from devstack import debian
from devstack.accounts import password_hash
from devstack.component import Component
from devstack.errors import ComponentDidNotStart, PackageMissing
from devstack.keys import public_keys, signing_key
from devstack.ports import PortRegistry
from devstack.process import last_error_line
from devstack.restart_limit import HEALTHY_SECONDS, RestartLimit
from devstack.secrets_dir import SecretsDir
from devstack.start_order import start_in_order, stop_in_order
from devstack.table import table
from devstack.workspace import Workspace


class RecordedComponent(Component):
    """A component that records its starts and stops."""

    description = "recorded"

    def __init__(
        self, workspace: Workspace, name: str, depends_on: set[str], events: list[str], fails: bool = False
    ) -> None:
        super().__init__(workspace)
        self.name, self.depends_on, self.events, self.fails = name, frozenset(depends_on), events, fails

    def launch(self) -> None:
        if self.fails:
            raise OSError("no room")
        self.events.append(f"+{self.name}")

    def is_ready(self) -> bool:
        return f"+{self.name}" in self.events

    def address(self) -> str:
        return "here"

    def stop(self) -> None:
        self.events.append(f"-{self.name}")


def test_components_start_after_their_dependencies_and_stop_before_them(tmp_path: Path) -> None:
    events: list[str] = []
    workspace = Workspace(tmp_path)
    components: list[Component] = [
        RecordedComponent(workspace, "server", set(), events),
        RecordedComponent(workspace, "job", {"server"}, events),
        RecordedComponent(workspace, "gateway", {"job", "elsewhere"}, events),
    ]
    start_in_order(components, threading.Event())
    stop_in_order(components)
    assert events == ["+server", "+job", "+gateway", "-gateway", "-job", "-server"]


def test_a_component_that_fails_cancels_its_dependents_and_is_the_one_named(tmp_path: Path) -> None:
    events: list[str] = []
    workspace = Workspace(tmp_path)
    components: list[Component] = [
        RecordedComponent(workspace, "server", set(), events, fails=True),
        RecordedComponent(workspace, "job", {"server"}, events),
    ]
    with pytest.raises(ComponentDidNotStart, match="server did not start: no room"):
        start_in_order(components, threading.Event())
    assert events == []


def test_a_secret_is_made_once_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    secrets = SecretsDir(tmp_path)
    first = secrets.get_or_create("auth", "pepper")
    assert secrets.get_or_create("auth", "pepper") == first
    assert len(first) >= 32
    assert (tmp_path / "auth" / "pepper").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "auth").stat().st_mode & 0o777 == 0o700
    assert secrets.read("auth") == {"pepper": first}


def test_the_public_keys_hold_nothing_private() -> None:
    (key,) = json.loads(public_keys(signing_key()))["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_the_broker_gets_a_salted_hash_and_not_the_password() -> None:
    assert "hunter2" not in password_hash("hunter2")
    assert password_hash("hunter2") != password_hash("hunter3")


def test_the_last_error_line_of_a_log_explains_an_exit(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("starting\nFatal: no such folder\nbye\n")
    assert last_error_line(log) == "Fatal: no such folder"
    log.write_text("starting\nbye\n\n")
    assert last_error_line(log) == "bye"
    assert last_error_line(tmp_path / "none") == "no output"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("a", "b"), [("long", "x")]).splitlines() == ["a     b", "────  ─", "long  x"]


def test_a_missing_package_without_root_or_sudo_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PROGRAMS", {"no-such-program": "no-such-package"})
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name, path: "/usr/bin/apt-get" if name == "apt-get" else None)
    assert debian.missing_packages() == ["no-such-package"]
    with pytest.raises(PackageMissing, match="missing: no-such-package; as root: apt-get install no-such-package"):
        debian.install(["no-such-package"])


@pytest.mark.parametrize("version", ["v16.20.2", "not a version", ""])
def test_a_node_that_is_too_old_is_one_clear_line(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "SEARCH_PATH", str(_with_node(tmp_path, version)))
    with pytest.raises(PackageMissing, match=f"node 18 or newer is needed; {tmp_path}/node says: {version}"):
        debian.refuse_old_node()


def test_a_node_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "SEARCH_PATH", str(_with_node(tmp_path, "v18.0.0")))
    debian.refuse_old_node()


def _with_node(folder: Path, version: str) -> Path:
    """The folder, and in it a `node` that prints this version."""
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    return folder


def test_two_stacks_that_start_at_once_choose_different_ports(tmp_path: Path) -> None:
    first, second = PortRegistry(tmp_path / "first.json"), PortRegistry(tmp_path / "second.json")
    try:
        first.assign(["mongo"])
        (tmp_path / "second.json").write_text((tmp_path / "first.json").read_text())
        second = PortRegistry(tmp_path / "second.json")
        second.assign(["mongo"])
        assert second["mongo"] != first["mongo"], "nobody listens yet, and still it is taken"
        first.assign(["mongo", "rabbit"])
    finally:
        first.release()
        second.release()


def test_a_component_is_started_again_three_times_unless_it_ran_for_a_minute_in_between() -> None:
    now = [100.0]
    restarts = RestartLimit(lambda: now[0])
    for seconds, allowed in ((0.0, True), (1.0, True), (HEALTHY_SECONDS - 1, True), (1.0, False)):
        now[0] += seconds
        assert restarts.allows("auth") is allowed
        restarts.record_ready("auth")
    assert restarts.allows("upload")
    now[0] += HEALTHY_SECONDS
    assert restarts.allows("auth")
