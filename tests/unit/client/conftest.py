"""A command typed against a door that holds state, on a machine that has nothing yet."""

import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest

from client.commands.line import main
from client.state import State
from tests.unit.client.house import House
from tests.unit.client.typing_in import Ended, Run


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:
    house = House()
    monkeypatch.setattr("client.commands.desk.Api", house.connect)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MELANISSIMO_SERVER", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return house


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*asked: str, says: Sequence[str] = ()) -> Ended:
        monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in says)))
        code = main(asked)
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state" / "melanissimo")
