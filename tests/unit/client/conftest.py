"""A fake of the API, and the command line on a machine without any state."""

import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from client.commands.app import main
from client.state_folder import StateFolder
from tests.fakes.api.app import FakeApi
from tests.unit.client.cli_runner import CliResult, Run

PART_BYTES = 1000


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi()
    api.upload.part_size_bytes = PART_BYTES
    yield api
    assert api.violations == []


@pytest.fixture
def run(api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.setattr("client.commands.context.Api", api.connect)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MELANISSIMO_SERVER", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*asked: str, says: Sequence[str] = (), stdin: TextIO | None = None) -> CliResult:
        monkeypatch.setattr(sys, "stdin", stdin or StringIO("".join(f"{line}\n" for line in says)))
        code = main(asked)
        return CliResult(code, *capsys.readouterr())

    return run


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state" / "melanissimo")
