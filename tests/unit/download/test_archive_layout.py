"""Every byte of the archive is known before the first one is read."""

import io
import struct
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.download.zip.layout import FileRange, ZipLayout
from services.download.zip.records import FULL32, dos_stamp
from tests.unit.download.sent_files import GIB, PARIS, SUBMITTED, LazyArchive, built, layout_of, sent, sent_zeros

BODIES = {"plans/été.pdf": b"bonjour" * 9, "vide.txt": b"", "plans/Été.pdf": b"x", "日本/🎉.bin": bytes(range(256))}


def opened(layout: ZipLayout, bodies: list[bytes]) -> zipfile.ZipFile:
    body = built(layout, bodies)
    assert len(body) == layout.size_bytes
    return zipfile.ZipFile(io.BytesIO(body))


def test_python_opens_it_and_finds_what_was_sent() -> None:
    archive = opened(layout_of(BODIES), list(BODIES.values()))
    assert archive.testzip() is None
    assert archive.namelist() == ["plans/été.pdf", "vide.txt", "plans/Été (2).pdf", "日本/🎉.bin"]
    assert [archive.read(name) for name in archive.namelist()] == list(BODIES.values())
    for info in archive.infolist():
        assert info.compress_type == zipfile.ZIP_STORED
        assert info.external_attr >> 16 == 0o100644
        assert info.date_time == (2026, 3, 2, 10, 41, 30)
        assert info.flag_bits == 1 << 11
        assert info.extra == struct.pack("<2sHBi", b"UT", 5, 1, int(SUBMITTED.timestamp()))


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=8), st.data())
def test_any_range_is_that_range_of_the_whole(files: list[tuple[str, bytes]], data: st.DataObject) -> None:
    layout = ZipLayout([sent(path, body, number) for number, (path, body) in enumerate(files)], SUBMITTED, PARIS)
    bodies = [body for _, body in files]
    whole = built(layout, bodies)
    assert len(whole) == layout.size_bytes
    start = data.draw(st.integers(0, layout.size_bytes))
    stop = data.draw(st.integers(start, layout.size_bytes))
    assert built(layout, bodies, (start, stop)) == whole[start:stop]
    for one in layout.segments((start, stop)):
        assert len(one) > 0 if isinstance(one, bytes) else one.span[0] < one.span[1] <= one.file.size_bytes
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None


def test_the_same_files_make_the_same_bytes_and_any_change_another_tag() -> None:
    same, other = layout_of(BODIES), layout_of(BODIES)
    assert built(same, list(BODIES.values())) == built(other, list(BODIES.values()))
    assert same.etag == other.etag
    files = list(same.files)
    others = [
        ZipLayout(files[:-1], SUBMITTED, PARIS),
        ZipLayout(files[::-1], SUBMITTED, PARIS),
        ZipLayout(files, SUBMITTED + timedelta(seconds=2), PARIS),
        ZipLayout([files[0].model_copy(update={"path": "autre"}), *files[1:]], SUBMITTED, PARIS),
        ZipLayout([files[0].model_copy(update={"sha256": "0" * 64}), *files[1:]], SUBMITTED, PARIS),
    ]
    assert len({layout.etag for layout in [same, *others]}) == 6


def test_a_thousand_files_are_laid_out_and_found() -> None:
    bodies = {f"dossier {number % 10}/fichier {number}.txt": b"%d" % number for number in range(1000)}
    archive = opened(layout_of(bodies), list(bodies.values()))
    assert archive.testzip() is None
    assert archive.namelist() == list(bodies)


def test_more_members_than_sixteen_bits_can_count() -> None:
    one = sent("a", b"")
    layout = ZipLayout([one.model_copy(update={"path": f"{number}"}) for number in range(0xFFFF)], SUBMITTED, PARIS)
    body = b"".join(one for one in layout.segments((0, layout.size_bytes)) if isinstance(one, bytes))
    assert len(body) == layout.size_bytes
    assert len(zipfile.ZipFile(io.BytesIO(body)).namelist()) == 0xFFFF


@pytest.mark.parametrize("size_bytes", [5 * GIB, FULL32 - 1, FULL32, FULL32 + 1])
def test_a_member_larger_than_thirty_two_bits_opens_without_being_read(size_bytes: int) -> None:
    small = sent("avant", bytes(9)), sent("après", bytes(7))
    layout = ZipLayout([small[0], sent_zeros("film.mp4", size_bytes), small[1]], SUBMITTED, PARIS)
    lazy = LazyArchive(layout)
    archive = zipfile.ZipFile(lazy)
    assert [info.file_size for info in archive.infolist()] == [9, size_bytes, 7]
    assert [info.filename for info in archive.infolist()] == ["avant", "film.mp4", "après"]
    for name in ("avant", "après"):
        archive.read(name)
    with archive.open("film.mp4") as film:
        assert film.read(10) == bytes(10)
    assert lazy.read_bytes < 1_000_000


def test_a_range_deep_inside_touches_one_file_only() -> None:
    layout = ZipLayout([sent_zeros("a", 5 * GIB), sent_zeros("b", 5 * GIB)], SUBMITTED, PARIS)
    member = layout.entries[1]
    assert list(layout.segments((member.data + 7 * 10**8, member.data + 7 * 10**8 + 5))) == [
        FileRange(layout.files[1], (7 * 10**8, 7 * 10**8 + 5))
    ]


@pytest.mark.parametrize(("years", "date"), [(-60, (1 << 5) | 1), (100, (127 << 9) | (12 << 5) | 31)])
def test_dates_that_the_format_cannot_hold_become_its_nearest(years: int, date: int) -> None:
    assert dos_stamp(SUBMITTED.replace(year=SUBMITTED.year + years))[1] == date


@pytest.mark.parametrize("year", [1650, 1969, 2038, 2500])
def test_a_date_that_readers_would_disagree_about_is_told_in_local_time_alone(year: int) -> None:
    dated = sent("a", b"x").model_copy(update={"modified_at": datetime(year, 6, 1, tzinfo=UTC)})
    layout = ZipLayout([dated], SUBMITTED, PARIS)
    assert zipfile.ZipFile(io.BytesIO(built(layout, [b"x"]))).infolist()[0].extra == b""
    assert len(built(layout, [b"x"])) == layout.size_bytes
