"""No file name escapes from its header."""

import email.message
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.download.domain.refusals import RangeNotSatisfiable
from services.download.streaming.headers import RepresentationMetadata, content_disposition, headers_of, requested_range

FILE = RepresentationMetadata(path="a/été \r\n.zip", size_bytes=10, etag='"ab"', sha256="ab" * 32)
PLAIN, REAL = r'filename="[A-Za-z0-9 ._()\[\]\'-]+"', r"filename\*=UTF-8''(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+"
SHAPE = re.compile(f"attachment; {PLAIN}; {REAL}")


@given(st.text(max_size=400))
@example("a.pdf")
@example('x"; filename=evil.exe')
@example("a\r\nSet-Cookie: b=c")
@example("\u202egpj.exe")
@example("../../etc/passwd")
@example("C:\\temp\\a.txt")
@example("\ud800")
@example(" . ")
@example("é" * 300 + ".zip")
def test_any_name_gives_one_header_that_parses(path: str) -> None:
    header = content_disposition(path)
    assert SHAPE.fullmatch(header)
    assert header.isascii()
    message = email.message.Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    name = unquote(header.split("''", 1)[1])
    assert 0 < len(name) <= 180
    assert not set(name) & set("/\\\r\n\0\u202e")


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("Œuvre d’été.txt", "OEuvre d'ete.txt"),
        ("Straße – Læsø.pdf", "Strasse - Laeso.pdf"),
        ("日本.txt", "file.txt"),
        ("план v2.docx", "_ v2.docx"),
        (".env", ".env"),
        ("日本", "file"),
        ("🎉", "file"),
        ("a\N{NO-BREAK SPACE}b…", "a b"),
        ("100 € n° 3.ods", "100 EUR n_ 3.ods"),
        ("..", "file"),
    ],
)
def test_an_old_client_saves_under_a_name_that_can_be_read(path: str, plain: str) -> None:
    assert re.findall(r'filename="([^"]*)"', content_disposition(path)) == [plain]


def test_a_file_is_given_with_its_own_date() -> None:
    summer = datetime(2025, 7, 14, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    assert headers_of(FILE._replace(modified_at=summer), (0, 10), partial=False)["last-modified"] == (
        "Mon, 14 Jul 2025 08:30:00 GMT"
    )
    assert "last-modified" not in headers_of(FILE, (0, 10), partial=False)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("plans/été 2026.zip", "été 2026.zip"),
        ("a+b (1).txt", "a+b (1).txt"),
        ("", "file"),
        ("..", "file"),
        (".env", ".env"),
    ],
)
def test_the_name_that_was_sent_is_the_name_that_is_saved(path: str, name: str) -> None:
    assert unquote(content_disposition(path).split("''", 1)[1]) == name


def test_every_header_is_one_line_of_ascii() -> None:
    for name, value in headers_of(FILE, (2, 5), partial=True).items():
        assert re.fullmatch(r"[\x20-\x7e]+", value), name


@given(st.integers(0, 12), st.integers(0, 12))
def test_a_range_is_inside_the_file_ignored_or_refused(first: int, last: int) -> None:
    try:
        found = requested_range({"range": f"bytes={first}-{last}"}, FILE)
    except RangeNotSatisfiable:
        assert first >= 10
    else:
        assert found == (None if last < first else (first, min(last + 1, 10)))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=5-3", None),
        ("bytes=50-30", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=x", None),
        ("bytes=0x1-2", None),
        ("bytes=٣-٤", None),
        ("bytes 0-1", None),
        ("lines=0-1", None),
        ("bytes=0-1,4-5", None),
        ("bytes=0-1,x", None),
        ("bytes=,0-1, ,", (0, 2)),
        ("Bytes = 0 - 1 ", (0, 2)),
        ("bytes=0-", (0, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        (f"bytes=0-{'9' * 5_000}", (0, 10)),
        (f"bytes=-{'9' * 5_000}", (0, 10)),
        (f"bytes={'0' * 5_000}2-{'0' * 5_000}3", (2, 4)),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_range_is_read_as_the_standard_says(asked: str, found: tuple[int, int] | None) -> None:
    assert requested_range({"range": asked}, FILE) == found


@pytest.mark.parametrize("asked", ["10-", "-0", "9" * 5_000 + "-"], ids=lambda one: one[:5])
def test_only_a_valid_range_outside_the_file_is_refused(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range({"range": f"bytes={asked}"}, FILE)


@pytest.mark.parametrize("asked", ["0-", "0-0", "-1", "-0", "5-"])
def test_of_an_empty_file_every_range_is_the_whole(asked: str) -> None:
    assert requested_range({"range": f"bytes={asked}"}, FILE._replace(size_bytes=0)) is None


@given(st.text(max_size=30))
def test_no_range_header_crashes(text: str) -> None:
    try:
        found = requested_range({"range": f"bytes={text}"}, FILE)
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= 10
