"""`get` against a door that holds state: verified, inside the folder, not twice."""

from pathlib import Path

import httpx
import pytest

from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import TOKEN
from tests.unit.client.typing_in import Run


def answer_bytes(api: FakeApi, content: bytes) -> None:
    """Whatever is asked for, these bytes come."""

    def lie(request: httpx.Request) -> httpx.Response | None:
        stream = httpx.ByteStream(content)
        return httpx.Response(200, stream=stream) if request.url.path.startswith("/files/") else None

    api.faults.append(lie)


def test_files_are_fetched_verified_and_not_fetched_again(run: Run, api: FakeApi) -> None:
    api.download.offer_files({"Été/a": b"aaa", "../../b": b"", "a": b"x" * 5_000})
    ended = run("get", f"{SERVER}/download/{TOKEN}?x=1", "--into", "into", "--json")
    assert ended.code == 0, ended.errors
    assert [file["saved_as"] for file in ended.document["files"]] == ["into/Été/a", "into/b", "into/a"]
    assert Path("into/a").read_bytes() == b"x" * 5_000
    assert len(api.download.downloads) == 3
    again = run("get", TOKEN, "--server", SERVER, "--into", "into", "--json").document
    assert {file["outcome"] for file in again["files"]} == {"already-there"}
    assert len(api.download.downloads) == 3


def test_a_file_that_stands_in_the_way_is_left_alone_and_the_others_come(run: Run, api: FakeApi) -> None:
    api.download.offer_files({"a": b"aaa", "b": b"bbb"})
    Path("a").write_bytes(b"mine")
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--json")
    assert ended.code == 7
    assert [file["outcome"] for file in ended.document["files"]] == ["failed", "fetched"]
    assert Path("a").read_bytes() == b"mine"
    assert Path("b").read_bytes() == b"bbb"


def test_bytes_that_are_not_the_promised_ones_end_with_their_own_code(run: Run, api: FakeApi) -> None:
    api.download.offer_files({"a": b"aaa"})
    answer_bytes(api, b"zzz")
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 6
    assert list(Path().iterdir()) == []


def test_an_archive_stays_in_the_folder_and_each_file_in_it_is_verified(run: Run, api: FakeApi) -> None:
    card = api.download.offer_files({"Été/a": b"aaa", "b": b"x" * 5_000})
    card["archive"]["name"] = "../Plans.zip"
    assert (
        run("get", f"{SERVER}/download/{TOKEN}", "--archive", "--json").document["archive"]["saved_as"] == "Plans.zip"
    )
    assert run("get", f"{SERVER}/download/{TOKEN}", "--archive").code == 0
    assert len(api.download.downloads) == 1
    Path("Plans.zip").unlink()
    damaged = api.download.archive(card).replace(b"x" * 5_000, b"x" * 4_999 + b"y")
    answer_bytes(api, damaged)
    assert run("get", f"{SERVER}/download/{TOKEN}", "--archive").code == 6
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(("name", "found"), [("b", 0), ("Été/a", 0), ("zzz", 2), ("a", 2)])
def test_one_file_is_named_by_its_path_or_by_a_name_that_only_it_has(
    run: Run, api: FakeApi, name: str, found: int
) -> None:
    api.download.offer_files({"Été/a": b"1", "Été/b": b"2", "d/a": b"3"})
    assert run("get", f"{SERVER}/download/{TOKEN}", "--file", name).code == found
