"""Progress counts the bytes that the other side has acknowledged."""

import io
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from client.commands.i18n import translate
from client.commands.progress_bars import ProgressBars, ProgressLines, ProgressView
from client.upload import Uploader
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import empty_draft
from tests.unit.client.test_upload import DRAFT, a_file

IN_TRANSIT = translate("+ 1,0 ko en transit", "+ 1.0 kB in transit")


def memory_console() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_bytes_in_flight_are_not_counted_as_confirmed(api: FakeApi, tmp_path: Path) -> None:
    api.upload.drafts[DRAFT] = empty_draft(DRAFT)
    shown = ProgressView(memory_console(), "Envoi", 3_000)
    positions: list[int] = []

    def look(request: httpx.Request) -> None:
        if request.url.path.startswith("/parts/"):
            positions.append(shown.position)

    api.faults.append(look)
    Uploader(api.client(), parallel=1, listener=shown).send(DRAFT, a_file(tmp_path, 3_000))
    assert positions == [0, 1_000, 2_000]
    assert (shown.position, shown.in_flight) == (3_000, "")


@pytest.mark.parametrize("kind", [ProgressBars, ProgressLines])
def test_confirmed_and_in_flight_bytes_are_shown(kind: type[ProgressView], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.commands.progress_bars.LINE_INTERVAL_SECONDS", -1)
    console = memory_console()
    with kind(console, "Envoi", 4_000) as shown:
        shown.resumed(1_000)
        shown.transferred(2_000)
        shown.confirmed(1_000)
        if isinstance(shown, ProgressBars):
            console.print(shown._progress.get_renderable())
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert IN_TRANSIT in said
    french, english = (
        ("1,0 ko / 3,0 ko", "1.0 kB / 3.0 kB") if kind is ProgressBars else ("2,0 ko / 4,0 ko", "2.0 kB / 4.0 kB")
    )
    assert translate(french, english) in said
