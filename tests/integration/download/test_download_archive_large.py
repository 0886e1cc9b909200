"""An archive past the borders of 32 bits, read to its last byte by somebody else's program."""

from pathlib import Path

from services.download.zip.layout import ZipLayout
from tests.unit.download.sent_files import GIB, PARIS, SUBMITTED, sent_zeros, write_sparse
from tests.unit.download.test_archive_tools import run


def test_five_gibibytes_of_zeros_have_the_checksum_that_was_computed(tmp_path: Path) -> None:
    files = [sent_zeros("avant.bin", 9), sent_zeros("films/5 Go.mp4", 5 * GIB), sent_zeros("films/après.bin", 70_000)]
    place = tmp_path / "large.zip"
    write_sparse(ZipLayout(files, SUBMITTED, PARIS), place)
    assert "Everything is Ok" in run("7z", "t", "-bd", str(place))
