"""Targets of files with names from outside."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.safe_paths import OutsideTargetFolder, create_parent_folder, safe_parts, target_paths

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\x.exe",
    "a/../../b",
    "..",
    "",
    "...",
    " / ",
    "a\x00b",
    "rapport\u202efdp.exe",
    "x\n\x1b[31my",
    ".ssh/authorized_keys",
    ".bashrc",
    "nul.txt",
    "COM1",
    "a:stream",
    "é" * 500 + ".pdf",
    "dossier./fichier. ",
    "\udcff",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_name_stays_in_the_folder_and_is_valid(tmp_path: Path, path: str) -> None:
    (target,) = target_paths([path], tmp_path / "into")
    create_parent_folder(target, tmp_path / "into")
    target.write_bytes(b"x")
    assert target.resolve().is_relative_to((tmp_path / "into").resolve())
    assert not target.relative_to(tmp_path / "into").parts[0].startswith(".")


def test_an_ordinary_name_is_unchanged() -> None:
    assert safe_parts("Dossier d’été/Œuvres & façades (2).tar.gz") == ["Dossier d’été", "Œuvres & façades (2).tar.gz"]
    assert safe_parts("projet/.gitignore") == ["projet", ".gitignore"]


@pytest.mark.parametrize(
    "name",
    ["👨\u200d👩\u200d👧.jpg", "نامه\u200cای.pdf", "क्\u200dष.txt"],
)
def test_joiners_of_a_script_and_of_an_emoji_are_kept(name: str) -> None:
    assert safe_parts(name) == [name]


def test_a_joiner_that_joins_nothing_is_removed() -> None:
    assert safe_parts("a\u200db\u200c.txt\u200d") == ["ab.txt"]
    assert not safe_parts("👨\u200d" * 100 + ".jpg")[0].removesuffix(".jpg").endswith("\u200d")


def test_invisible_characters_are_removed_as_the_services_do() -> None:
    ours, theirs = (ROOT / room / "visible.py" for room in ("client", "services/kit"))
    assert ours.read_text() == theirs.read_text()


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.txt", "A.TXT", "a.txt"], ["a.txt", "A (2).TXT", "a (3).txt"]),
        (["x", "x/y", "X/z"], ["x", "x (2)/y", "X (2)/z"]),
        (["x/y", "x"], ["x/y", "x (2)"]),
        (["a:b", "a?b"], ["a_b", "a_b (2)"]),
    ],
)
def test_no_two_files_have_the_same_target(paths: list[str], names: list[str]) -> None:
    found = [target.relative_to("into").as_posix() for target in target_paths(paths, Path("into"))]
    assert found == names


def test_a_symbolic_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "into" / "d").symlink_to(tmp_path / "outside")
    (target,) = target_paths(["d/x"], tmp_path / "into")
    with pytest.raises(OutsideTargetFolder):
        create_parent_folder(target, tmp_path / "into")
    assert list((tmp_path / "outside").iterdir()) == []


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_any_names_give_distinct_targets_inside_the_folder(paths: list[str]) -> None:
    found = target_paths(paths, Path("/into"))
    assert len({str(target).casefold() for target in found}) == len(paths)
    for target in found:
        assert os.path.normpath(target) == str(target)
        assert target.is_relative_to("/into")
        assert all(len(part.encode()) <= 255 for part in target.parts)
        assert not any(other != target and other.is_relative_to(target) for other in found)
