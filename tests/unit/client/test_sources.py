"""The files to send: each once, each under a name of its own."""

import os
from pathlib import Path

import pytest

from client.sources import UnsendablePath, file_id, find_sources

DRAFT = "0190d6a8-0000-7000-8000-000000000001"


def test_a_folder_keeps_its_tree_and_its_order(tmp_path: Path) -> None:
    folder = tmp_path / "Été"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "vide.txt").touch()
    (folder / "à.txt").write_text("x")
    (tmp_path / "seul.txt").touch()
    assert [source.name for source in find_sources([folder, tmp_path / "seul.txt"]).files] == [
        "Été/b/vide.txt",
        "Été/à.txt",
        "seul.txt",
    ]


def test_the_id_of_a_file_depends_on_its_name_and_its_draft_only() -> None:
    other = "0190d6a8-0000-7000-8000-000000000002"
    assert file_id(DRAFT, "a") == file_id(DRAFT, "a")
    assert len({file_id(DRAFT, "a"), file_id(DRAFT, "b"), file_id(other, "a")}) == 3


def test_files_with_the_same_name_are_numbered_and_a_repeated_file_is_sent_once(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.tar.gz").touch()
    asked = [tmp_path / "a" / "x.tar.gz", tmp_path / "b" / "x.tar.gz", tmp_path / "a" / ".." / "a" / "x.tar.gz"]
    found = find_sources([*asked, tmp_path / "c"])
    assert [source.name for source in found.files] == ["x.tar.gz", "x.tar (2).gz", "c/x.tar.gz"]
    assert found.skipped == []


def test_the_working_directory_is_sent_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Été").mkdir()
    (tmp_path / "Été" / "x").touch()
    monkeypatch.chdir(tmp_path / "Été")
    assert [source.name for source in find_sources([Path()]).files] == ["Été/x"]


def test_a_pipe_and_a_name_that_is_not_text_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsendablePath):
        find_sources([tmp_path / "pipe"])
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / os.fsdecode(b"\xff")).touch()
    with pytest.raises(UnsendablePath):
        find_sources([tmp_path / "d"])
    with pytest.raises(FileNotFoundError):
        find_sources([tmp_path / "nowhere"])


def test_an_entry_of_a_folder_that_is_no_file_is_skipped_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    (folder / "vide").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").touch()
    (folder / "lien").symlink_to("../elsewhere")
    (folder / "casse").symlink_to("/nowhere/at/all")
    (folder / "file-link").symlink_to("../elsewhere/x")
    os.mkfifo(folder / "pipe")
    found = find_sources([folder])
    assert [source.name for source in found.files] == ["d/file-link"]
    assert [(one.name, one.reason) for one in found.skipped] == [
        ("d/casse", "broken-link"),
        ("d/lien", "linked-folder"),
        ("d/pipe", "not-a-file"),
        ("d/vide", "empty-folder"),
    ]


def test_a_folder_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d" / "closed").mkdir(parents=True)
    (tmp_path / "d" / "x").touch()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError) as caught:
        find_sources([tmp_path / "d"])
    assert caught.value.filename == str(tmp_path / "d" / "closed")


def test_a_file_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "closed")
    with pytest.raises(PermissionError) as caught:
        find_sources([tmp_path / "closed"])
    assert caught.value.filename == str(tmp_path / "closed")


@pytest.mark.parametrize("seconds", [0, -(10**11), 10**11, 1_700_000_000.1239])
def test_the_modification_date_of_a_file_is_valid_or_absent(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "x"
    path.touch()
    os.utime(path, (seconds, seconds))
    found = find_sources([path]).files[0].modified_at
    assert found is None or found.microsecond % 1000 == 0
