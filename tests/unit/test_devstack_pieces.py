"""The pieces of the devstack that decide without starting anything."""

import json
import threading
from pathlib import Path

import pytest

from devstack import debian
from devstack.accounts import password_hash
from devstack.keys import public_keys, signing_key
from devstack.part import Part
from devstack.ports import PortBook
from devstack.process import last_words
from devstack.refusals import PackageMissing, PartDidNotStart
from devstack.restarts import LIVES_SECONDS, Restarts
from devstack.table import table
from devstack.together import start_together, stop_together
from devstack.vault import Vault
from devstack.workspace import Workspace


class Diary(Part):
    """A part that writes down when it starts and stops."""

    what = "diary"

    def __init__(self, workspace: Workspace, name: str, needs: set[str], told: list[str], fails: bool = False) -> None:
        super().__init__(workspace)
        self.name, self.needs, self.told, self.fails = name, frozenset(needs), told, fails

    def launch(self) -> None:
        if self.fails:
            raise OSError("no room")
        self.told.append(f"+{self.name}")

    def ready(self) -> bool:
        return f"+{self.name}" in self.told

    def where(self) -> str:
        return "here"

    def stop(self) -> None:
        self.told.append(f"-{self.name}")


def test_parts_start_after_those_they_need_and_stop_before_them(tmp_path: Path) -> None:
    told: list[str] = []
    workspace = Workspace(tmp_path)
    parts: list[Part] = [
        Diary(workspace, "server", set(), told),
        Diary(workspace, "job", {"server"}, told),
        Diary(workspace, "door", {"job", "elsewhere"}, told),
    ]
    start_together(parts, threading.Event())
    stop_together(parts)
    assert told == ["+server", "+job", "+door", "-door", "-job", "-server"]


def test_a_part_that_fails_calls_off_those_that_need_it_and_is_the_one_named(tmp_path: Path) -> None:
    told: list[str] = []
    workspace = Workspace(tmp_path)
    parts: list[Part] = [Diary(workspace, "server", set(), told, fails=True), Diary(workspace, "job", {"server"}, told)]
    with pytest.raises(PartDidNotStart, match="server did not start: no room"):
        start_together(parts, threading.Event())
    assert told == []


def test_a_secret_is_made_once_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    first = vault.once("auth", "pepper")
    assert vault.once("auth", "pepper") == first
    assert len(first) >= 32
    assert (tmp_path / "auth" / "pepper").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "auth").stat().st_mode & 0o777 == 0o700
    assert vault.read("auth") == {"pepper": first}


def test_the_public_keys_hold_nothing_private() -> None:
    (key,) = json.loads(public_keys(signing_key()))["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_the_broker_is_told_a_salted_hash_and_not_the_password() -> None:
    assert "hunter2" not in password_hash("hunter2")
    assert password_hash("hunter2") != password_hash("hunter3")


def test_the_last_words_of_a_log_are_its_last_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("starting\nFatal: no such folder\nbye\n")
    assert last_words(log) == "Fatal: no such folder"
    log.write_text("starting\nbye\n\n")
    assert last_words(log) == "bye"
    assert last_words(tmp_path / "none") == "it said nothing"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("a", "b"), [("long", "x")]).splitlines() == ["a     b", "────  ─", "long  x"]


def test_a_missing_package_without_root_or_sudo_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PROGRAMS", {"no-such-program": "no-such-package"})
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name, path: "/usr/bin/apt-get" if name == "apt-get" else None)
    assert debian.missing_packages() == ["no-such-package"]
    with pytest.raises(PackageMissing, match="missing: no-such-package; as root: apt-get install no-such-package"):
        debian.install(["no-such-package"])


@pytest.mark.parametrize("told", ["v16.20.2", "not a version", ""])
def test_a_node_that_is_too_old_is_one_clear_line(told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PLACES", str(_with_node(tmp_path, told)))
    with pytest.raises(PackageMissing, match=f"node 18 or newer is needed; {tmp_path}/node says: {told}"):
        debian.refuse_old_node()


def test_a_node_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PLACES", str(_with_node(tmp_path, "v18.0.0")))
    debian.refuse_old_node()


def _with_node(folder: Path, told: str) -> Path:
    """The folder, and in it a `node` that tells this version."""
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho '{told}'\n")
    program.chmod(0o755)
    return folder


def test_two_stacks_that_start_at_once_choose_different_ports(tmp_path: Path) -> None:
    first, second = PortBook(tmp_path / "first.json"), PortBook(tmp_path / "second.json")
    try:
        first.settle(["mongo"])
        (tmp_path / "second.json").write_text((tmp_path / "first.json").read_text())
        second = PortBook(tmp_path / "second.json")
        second.settle(["mongo"])
        assert second["mongo"] != first["mongo"], "nobody listens yet, and still it is taken"
        first.settle(["mongo", "rabbit"])
    finally:
        first.release()
        second.release()


def test_a_part_is_started_again_three_times_unless_it_lived_for_a_minute_in_between() -> None:
    now = [100.0]
    restarts = Restarts(lambda: now[0])
    for seconds, allowed in ((0.0, True), (1.0, True), (LIVES_SECONDS - 1, True), (1.0, False)):
        now[0] += seconds
        assert restarts.allow("auth") is allowed
        restarts.ready("auth")
    assert restarts.allow("upload")
    now[0] += LIVES_SECONDS
    assert restarts.allow("auth")
