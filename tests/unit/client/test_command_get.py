"""`get` on a fake of the API: files are verified, stay inside the folder, and are fetched once."""

from pathlib import Path

import httpx
import pytest

from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import TOKEN
from tests.fakes.api.description import not_ours
from tests.fakes.api.download import content_from, etag_of
from tests.unit.client.cli_runner import Run
from tests.unit.client.test_download import TruncatedStream


def answer_bytes(api: FakeApi, content: bytes, etag: str) -> None:
    """Answer every request for bytes with these, under the expected ETag."""

    def lie(request: httpx.Request) -> httpx.Response | None:
        return content_from(content, None, etag=etag) if request.url.path.startswith("/files/") else None

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


def test_an_existing_other_file_is_not_overwritten_and_the_rest_is_fetched(run: Run, api: FakeApi) -> None:
    api.download.offer_files({"a": b"aaa", "b": b"bbb"})
    Path("a").write_bytes(b"mine")
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--json")
    assert ended.code == 7
    assert [file["outcome"] for file in ended.document["files"]] == ["failed", "fetched"]
    assert Path("a").read_bytes() == b"mine"
    assert Path("b").read_bytes() == b"bbb"


def test_corrupted_bytes_have_their_own_exit_code(run: Run, api: FakeApi) -> None:
    api.download.offer_files({"a": b"aaa"})
    answer_bytes(api, b"zzz", etag_of(b"aaa"))
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 6
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("path", ["/files/", "/api/download/links/"])
@pytest.mark.parametrize("times", [1, 100])
def test_the_page_of_a_captive_portal_is_neither_a_response_nor_part_of_a_file(
    run: Run, api: FakeApi, path: str, times: int
) -> None:
    api.download.offer_files({"a": b"a" * 5_000})
    left = [times]

    def portal(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith(path) or not left[0]:
            return None
        left[0] -= 1
        return not_ours(httpx.Response(200, html="<h1>Welcome</h1> Accept the terms of use."), "a portal on the way")

    api.faults.append(portal)
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--attempts", "3")
    if times == 1:
        assert ended.code == 0, ended.errors
        assert Path("a").read_bytes() == b"a" * 5_000
    else:
        assert ended.code == 5
        assert "portal" in ended.errors or "portail" in ended.errors
        assert "Traceback" not in ended.errors
    assert len(api.download.downloads) <= 1


@pytest.mark.parametrize("status", [302, 307, 403, 404, 410, 511])
def test_the_refusal_of_a_captive_portal_costs_no_download(run: Run, api: FakeApi, status: int) -> None:
    api.download.offer_files({"a": b"a" * 5_000})

    def portal(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/files/"):
            return None
        return not_ours(httpx.Response(status, html="<h1>Welcome</h1>"), "a portal on the way")

    api.faults.append(portal)
    for _ in range(3):
        assert run("get", f"{SERVER}/download/{TOKEN}", "--attempts", "2").code == 5
    api.faults.clear()
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 0
    assert Path("a").read_bytes() == b"a" * 5_000
    assert len(api.download.downloads) == 1


def test_received_bytes_are_kept_when_a_captive_portal_interferes(run: Run, api: FakeApi) -> None:
    content = b"abc" * 5_000
    api.download.offer_files({"a": content})

    def cut_then_portal(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/files/"):
            return None
        if "range" in request.headers:
            return not_ours(httpx.Response(200, html="<h1>Welcome</h1>"), "a portal on the way")
        return content_from(content, None, TruncatedStream(content[:9_000]))

    api.faults.append(cut_then_portal)
    assert run("get", f"{SERVER}/download/{TOKEN}", "--attempts", "3").code == 5
    (kept,) = Path().iterdir()
    assert kept.read_bytes() == content[:9_000]
    api.faults.clear()
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 0
    assert Path("a").read_bytes() == content
    assert len(api.download.downloads) == 1


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
    answer_bytes(api, damaged, card["archive"]["etag"])
    assert run("get", f"{SERVER}/download/{TOKEN}", "--archive").code == 6
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(("name", "found"), [("b", 0), ("Été/a", 0), ("zzz", 2), ("a", 2)])
def test_a_file_is_chosen_by_its_path_or_its_unique_name(run: Run, api: FakeApi, name: str, found: int) -> None:
    api.download.offer_files({"Été/a": b"1", "Été/b": b"2", "d/a": b"3"})
    assert run("get", f"{SERVER}/download/{TOKEN}", "--file", name).code == found
