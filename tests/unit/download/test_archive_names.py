"""Whatever a file is called, it can be unpacked everywhere, and it stays inside the folder that was chosen."""

import re
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.contracts.values import Person, TransferReference
from services.download.domain.contents import Contents
from services.download.zip.layout import ZipLayout
from services.download.zip.layout_cache import archive_name
from services.download.zip.names import PATH_BYTES, clean, entry_names
from services.kit.file_names import MAX_NAME_BYTES
from services.kit.refusals import Refusal
from services.upload.domain.file_names import clean_path
from services.upload.domain.limits import ByRole, Limits
from tests.unit.download.sent_files import SUBMITTED

FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2044\u2215\uff0f]')
DEVICE = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³])\s*(\..*)?")
PIECES = ["a", "A", "é", "e\u0301", "ß", "ss", "/", "\\", ".", "..", " ", "con", "nul.x", "\u202e", "(2)", ".pdf", ":"]
ROUGH = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
LIMITS = Limits(
    total_bytes=ByRole(agent=1, external=1),
    files=1,
    recipients=1,
    drafts=1,
    transfers_per_day=ByRole(agent=1, external=1),
    refused_extensions=frozenset(),
    subject_characters=1,
    text_characters=1,
    name_characters=200,
    path_characters=1000,
    folders=20,
    shortest_validity_days=1,
    longest_validity_days=1,
    usual_validity_days=1,
)


@given(st.lists(ROUGH, max_size=12))
@example(["../../etc/passwd", "/etc/passwd", "C:\\Windows\\x", "\\\\server\\share", "a\0b", "\ud800"])
@example(["a/b", "a", "A/c", "a", "a (2)/d"])
def test_every_name_is_safe_and_no_two_are_the_same(paths: list[str]) -> None:
    names = entry_names(paths)
    assert len(names) == len(paths)
    folded = [unicodedata.normalize("NFC", name.casefold()) for name in names]
    assert len(set(folded)) == len(names)
    folders = {name[:at] for name in folded for at, character in enumerate(name) if character == "/"}
    assert not folders & set(folded)
    for name in names:
        assert 0 < len(name.encode()) <= PATH_BYTES + 20 * name.count("/") + 20
        assert not FORBIDDEN.search(name)
        for segment in name.split("/"):
            assert segment not in ("", ".", "..")
            assert segment == segment.strip()
            assert not segment.endswith(".")
            assert not DEVICE.fullmatch(segment)
            assert len(segment.encode()) <= MAX_NAME_BYTES + 1


@given(ROUGH)
@example("x" * 400 + ".pdf")
@example("é/" * 3000 + "a.pdf")
def test_cleaning_again_changes_nothing(path: str) -> None:
    assert clean(clean(path)) == clean(path)


@given(ROUGH)
def test_a_name_that_the_upload_kept_stays_as_it_is(path: str) -> None:
    try:
        kept = clean_path(path, LIMITS)
    except Refusal:
        return
    assert entry_names([kept]) == [kept]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.pdf", "A.PDF", "a.pdf"], ["a.pdf", "A (2).PDF", "a (3).pdf"]),
        (["été.txt", "e\u0301te\u0301.txt"], ["été.txt", "été (2).txt"]),
        (["plans/a", "Plans/b"], ["plans/a", "plans/b"]),
        (["a", "a/b", "a/c"], ["a", "a (2)/b", "a (2)/c"]),
        (["a/b", "a"], ["a/b", "a (2)"]),
        (["..\\..\\evil.exe", "/abs", "C:\\x"], ["evil.exe", "abs", "C_/x"]),
        (["con.txt", "photo\u202egpj.exe", "..", ""], ["_con.txt", "photogpj.exe", "file", "file (2)"]),
        (["x" * 300 + ".pdf"] * 2, ["x" * 236 + ".pdf", "x" * 232 + " (2).pdf"]),
    ],
)
def test_names_as_a_person_would_give_them(paths: list[str], names: list[str]) -> None:
    assert entry_names(paths) == names


def test_a_thousand_files_of_one_name_are_numbered() -> None:
    names = entry_names(["a/scan.pdf"] * 1000)
    assert names[0] == "a/scan.pdf"
    assert names[999] == "a/scan (1000).pdf"


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Plans / été", "Plans - été"),
        ("", "melanissimo"),
        (" . ", "melanissimo"),
        ("CON", "_CON"),
        ("Avis : réponse ?", "Avis _ réponse _"),
        (
            "Délibération du conseil municipal relative aux marchés publics de travaux, lot 12",
            "Délibération du conseil municipal relative aux marchés publics de travaux, lot",
        ),
        (
            "Procès-verbal de la réunion de la commission des finances, mercredi 14 janvier : pièces",
            "Procès-verbal de la réunion de la commission des finances, mercredi 14 janvier",
        ),
        ("mot " + "x" * 200, "mot"),
        ("x" * 200, "x" * 80),
        ("日本" * 100, "日本" * 40),
        ("🎉" * 100, "🎉" * 60),
        ("🎉🎉🎉 " * 25, "🎉🎉🎉 " * 17 + "🎉🎉🎉"),
        (": " * 100, "melanissimo"),
    ],
)
def test_an_archive_is_called_after_the_first_words_of_the_subject_and_the_day(subject: str, name: str) -> None:
    assert name_of(subject) == f"{name} 2026-03-02.zip"


def test_the_day_in_the_name_is_that_of_the_zone_of_the_service() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert name_of("Plans", late) == "Plans 2026-03-03.zip"


@given(st.text(max_size=200))
@example("\u200b")
@example("\ud800 \ud800")
@example("e\u0301" * 100)
@example("\U0001d15e" * 80)
def test_any_subject_gives_a_name_that_every_file_system_takes(subject: str) -> None:
    found = name_of(subject)
    assert len(found.encode()) <= 255
    assert found.endswith(" 2026-03-02.zip")
    assert not FORBIDDEN.search(found)
    assert "/" not in found
    assert not DEVICE.fullmatch(found)
    assert clean(found) == found or len(found.encode()) > MAX_NAME_BYTES
    assert re.search(r"\w", found.removesuffix(" 2026-03-02.zip")) or not re.search(r"\w", subject)


def name_of(subject: str, sent_at: datetime = SUBMITTED) -> str:
    return archive_name(contents(subject), ZipLayout((), sent_at, ZoneInfo("Europe/Paris")))


def contents(subject: str) -> Contents:
    reference = TransferReference(
        transfer="t", sender=Person(address="a@b.example"), sender_role="agent", subject=subject, language="fr"
    )
    return Contents(
        id="t", reference=reference, recipients=(), text="", files=(), submitted_at=SUBMITTED, ends_at=SUBMITTED
    )
