"""The systems and the Pythons that the project runs on."""

import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack import debian
from devstack.sendria_compat import event_loop, loader_of
from devstack.workspace import PROJECT

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux {0} (x)"\nNAME="Debian GNU/Linux"\nVERSION_ID="{0}"\nID=debian\n'
SID = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nID=debian\n'
UBUNTU = "# a comment\nPRETTY_NAME='Ubuntu 24.04.1 LTS'\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n"


@pytest.mark.parametrize("version", ["12", "13"])
def test_a_tested_debian_gives_no_warning(version: str) -> None:
    assert debian.untested_warning(DEBIAN.format(version)) == ""


@pytest.mark.parametrize(
    ("os_release", "name"),
    [
        (DEBIAN.format("11"), "Debian GNU/Linux 11 (x)"),
        (SID, "Debian GNU/Linux forky/sid"),
        (UBUNTU, "Ubuntu 24.04.1 LTS"),
        ("ID=arch\n", "this system"),
        ("", "this system"),
    ],
)
def test_an_untested_system_gives_a_warning_of_one_line(os_release: str, name: str) -> None:
    assert debian.untested_warning(os_release) == f"not tested on {name}, only on Debian 12 and 13; continuing"


def test_an_untested_system_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "os-release").write_text(UBUNTU)
    monkeypatch.setattr(debian, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(debian, "missing_packages", list)
    monkeypatch.setattr(debian, "missing_venv", list)
    monkeypatch.setattr(debian, "refuse_old_node", lambda: None)
    assert debian.main([]) == 0
    assert (
        capsys.readouterr().err == "devstack: not tested on Ubuntu 24.04.1 LTS, only on Debian 12 and 13; continuing\n"
    )


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0)])
def test_a_python_out_of_range_is_one_clear_line(
    version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.version_info", version)
    assert debian.main(["venv"]) != 0
    assert capsys.readouterr().err.startswith("devstack: Python 3.11 to 3.14 is needed, this is ")


def test_the_python_versions_are_the_same_in_every_file() -> None:
    (_, oldest), (_, newest) = debian.OLDEST_PYTHON, debian.NEWEST_PYTHON
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    makefile = (PROJECT / "Makefile").read_text()
    assert project["project"]["requires-python"] == f">=3.{oldest},<3.{newest + 1}"
    assert project["tool"]["mypy"]["python_version"] == f"3.{oldest}"
    assert re.findall(r"--python-version (\S+)", makefile) == [f"3.{newest}", f"3.{oldest}"]
    assert f"PYTHONS := {' '.join(f'python3.{minor}' for minor in range(oldest, newest + 1))}\n" in makefile


def test_the_mail_server_finds_its_folder_on_each_python() -> None:
    assert getattr(loader_of("devstack"), "path", None) == str(PROJECT / "devstack" / "__init__.py")
    assert loader_of("no_such_module") is None


def test_the_mail_server_gets_one_event_loop_in_a_thread_without_one() -> None:
    with ThreadPoolExecutor(1) as thread:
        first, second = (thread.submit(event_loop).result() for _ in range(2))
        assert first is second
        thread.submit(first.close).result()
