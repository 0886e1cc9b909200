"""A root of Debian 13: the settings that it takes from this system, and the permission that it needs."""

from pathlib import Path

import pytest

from devstack import debian13


def test_the_settings_of_pip_become_variables() -> None:
    lines = [":env:.cert='/a.crt'", "global.index-url='https://registry.example/simple'", "install.no-binary='x y'"]
    assert dict(debian13.pip_settings(lines)) == {
        "PIP_INDEX_URL": "https://registry.example/simple",
        "PIP_NO_BINARY": "x y",
    }


def test_a_file_that_a_setting_names_is_copied_and_a_missing_path_is_left_out(tmp_path: Path) -> None:
    file, folder, root = tmp_path / "ca.crt", tmp_path / "wheels", tmp_path / "root"
    file.write_text("certificate")
    folder.mkdir()
    setting = f"https://registry.example/simple file://{folder} {file} {folder}"
    assert debian13.adapt_to_root(setting, root) == f"https://registry.example/simple {file}"
    assert (root / str(file)[1:]).read_text() == "certificate"


def test_without_root_permission_the_error_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    assert debian13.main() != 0
    assert capsys.readouterr().err.splitlines() == [
        "debian13: root is needed to create a Debian 13 and to enter it: sudo make test-debian13"
    ]
