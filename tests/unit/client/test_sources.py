"""What is sent: files and folders, each once, each under a name of its own."""

import os
from pathlib import Path

import pytest

from client.sources import NothingToRead, file_id, sources

DRAFT = "0190d6a8-0000-7000-8000-000000000001"


def test_a_folder_keeps_its_tree_and_its_order(tmp_path: Path) -> None:
    folder = tmp_path / "Été"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "vide.txt").touch()
    (folder / "à.txt").write_text("x")
    (tmp_path / "seul.txt").touch()
    assert [source.name for source in sources([folder, tmp_path / "seul.txt"])] == [
        "Été/b/vide.txt",
        "Été/à.txt",
        "seul.txt",
    ]


def test_the_id_of_a_file_is_the_same_after_a_restart_and_another_in_another_draft() -> None:
    other = "0190d6a8-0000-7000-8000-000000000002"
    assert file_id(DRAFT, "a") == file_id(DRAFT, "a")
    assert len({file_id(DRAFT, "a"), file_id(DRAFT, "b"), file_id(other, "a")}) == 3


def test_two_files_of_one_name_are_numbered_and_one_file_named_twice_is_sent_once(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.tar.gz").touch()
    asked = [tmp_path / "a" / "x.tar.gz", tmp_path / "b" / "x.tar.gz", tmp_path / "a" / ".." / "a" / "x.tar.gz"]
    assert [source.name for source in sources([*asked, tmp_path / "c"])] == ["x.tar.gz", "x.tar (2).gz", "c/x.tar.gz"]


def test_the_folder_one_stands_in_is_sent_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Été").mkdir()
    (tmp_path / "Été" / "x").touch()
    monkeypatch.chdir(tmp_path / "Été")
    assert [source.name for source in sources([Path()])] == ["Été/x"]


def test_a_pipe_and_a_name_that_is_not_text_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NothingToRead):
        sources([tmp_path / "pipe"])
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / os.fsdecode(b"\xff")).touch()
    with pytest.raises(NothingToRead):
        sources([tmp_path / "d"])
    with pytest.raises(FileNotFoundError):
        sources([tmp_path / "nowhere"])


@pytest.mark.parametrize("seconds", [0, -(10**11), 10**11, 1_700_000_000.1239])
def test_the_date_of_a_file_is_one_that_every_calendar_has(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "x"
    path.touch()
    os.utime(path, (seconds, seconds))
    found = sources([path])[0].modified_at
    assert found is None or found.microsecond % 1000 == 0
