"""Names of files: what is refused, what is cleaned, and that nothing escapes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.upload.domain.file_names import (
    ExtensionRefused,
    NameNotAcceptable,
    clean_path,
    refuse_extension,
    unique_path,
)
from tests.unit.upload.sample import LIMITS

PIECES = st.sampled_from(
    ["/", "\\", ".", "..", " ", "\u202e", "\u200b", "\x00", "CON", "é", "e\u0301", "a", "😀", ":", "\u2044"]
)
HOSTILE = st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=30).map("".join))


def cleaned(name: str) -> str:
    return clean_path(name, LIMITS)


def reason(name: str) -> str:
    with pytest.raises(NameNotAcceptable) as refusal:
        cleaned(name)
    return str(refusal.value.members["reason"])


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/../b", "..", ".", "a\\..\\b", ". /x", "\u200b../x", ".\u200b./x"]
)
def test_a_parent_folder_is_refused(name: str) -> None:
    assert reason(name) == "parent-folder"


@pytest.mark.parametrize("name", ["a\x00.pdf", "a\nb.pdf", "a\x7fb", "\ud800.pdf", "a\u2028b"])
def test_a_nul_and_other_control_characters_are_refused(name: str) -> None:
    assert reason(name) == "control-character"


@pytest.mark.parametrize("name", ["/etc/passwd", "\\\\server\\share", "C:\\temp\\x", "c:/x"])
def test_an_absolute_path_is_refused(name: str) -> None:
    assert reason(name) == "absolute"


@pytest.mark.parametrize("name", ["", "   ", "...", "a//b", "a/", "\u200b", "a/. ./b"])
def test_an_empty_name_is_refused(name: str) -> None:
    assert reason(name) == "empty"


def test_too_many_folders_and_too_long_a_path_are_refused() -> None:
    assert reason("/".join("a" * 22)) == "too-deep"
    assert reason("/".join(["a" * 110] * 10)) == "too-long"
    assert reason("a" * 5000) == "too-long"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("rapport\u202efdp.exe", "rapportfdp.exe"),
        ("a\u2066b\u2069.txt", "ab.txt"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        ("a\u2044b\uff0fc.pdf", "a_b_c.pdf"),
        ("plan: v2?.pdf", "plan_ v2_.pdf"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ("dossier/NUL", "dossier/_NUL"),
        ("note. . .", "note"),
        (" a /b ", "a/b"),
        (".gitignore", ".gitignore"),
        ("dossier\\sous\\a.txt", "dossier/sous/a.txt"),
        ("C:evil.txt", "C_evil.txt"),
    ],
)
def test_an_honest_name_is_cleaned(asked: str, kept: str) -> None:
    assert cleaned(asked) == kept


def test_a_name_of_300_characters_is_shortened_and_keeps_its_extension() -> None:
    assert cleaned("é" * 296 + ".pdf") == "é" * 116 + ".pdf"
    assert cleaned("a" * 300) == "a" * 120
    assert len(cleaned("😀" * 300 + ".odt").encode()) <= 240


@given(HOSTILE)
def test_any_requested_name_stays_in_its_folder(asked: str) -> None:
    try:
        path = cleaned(asked)
    except NameNotAcceptable:
        return
    assert not path.startswith("/")
    for segment in path.split("/"):
        assert segment not in ("", ".", "..")
        assert segment == segment.strip()
        assert not segment.endswith(".")
        assert len(segment) <= 120
        assert len(segment.encode()) <= 240
        assert not set(segment) & set('<>:"|?*\\')
        assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for character in segment)
    assert unicodedata.is_normalized("NFC", path)


@given(HOSTILE)
def test_cleaning_a_path_is_idempotent(asked: str) -> None:
    try:
        path = cleaned(asked)
    except NameNotAcceptable:
        return
    assert cleaned(path) == path


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert unique_path("a.txt", [], LIMITS) == "a.txt"
    assert unique_path("a.txt", ["a.txt"], LIMITS) == "a (2).txt"
    assert unique_path("A.TXT", ["a.txt", "a (2).txt"], LIMITS) == "A (3).TXT"
    assert unique_path("d/a", ["d/a", "d/b"], LIMITS) == "d/a (2)"
    assert unique_path("b/a.txt", ["a.txt"], LIMITS) == "b/a.txt"


def test_a_file_and_a_folder_never_share_a_name() -> None:
    assert unique_path("a", ["a/b"], LIMITS) == "a (2)"
    assert unique_path("a/b", ["a"], LIMITS) == "a (2)/b"
    assert unique_path("a/c", ["a", "a (2)/b"], LIMITS) == "a (2)/c"


@given(
    st.lists(st.sampled_from(["a", "A", "a/b", "a/B", "a.txt", "x" * 120, "X" * 120, "a (2)", "a/b/c"]), max_size=12)
)
def test_no_two_files_have_the_same_path(asked: list[str]) -> None:
    taken: list[str] = []
    for path in asked:
        taken.append(unique_path(cleaned(path), taken, LIMITS))
    folded = {path.casefold() for path in taken}
    assert len(folded) == len(taken)
    assert not {path for path in folded if any(other.startswith(path + "/") for other in folded)}
    assert all(len(segment) <= 120 for path in taken for segment in path.split("/"))


@pytest.mark.parametrize("path", ["a.exe", "a.EXE", "d.pdf/a.Bat", "a.ｅｘｅ", "facture.pdf.js"])
def test_a_refused_extension_is_refused_however_it_is_written(path: str) -> None:
    with pytest.raises(ExtensionRefused):
        refuse_extension(cleaned(path), LIMITS)


@pytest.mark.parametrize("path", ["a.pdf", "exe", "a.exe.zip", "dossier.exe/a.txt"])
def test_other_extensions_are_not(path: str) -> None:
    refuse_extension(cleaned(path), LIMITS)
