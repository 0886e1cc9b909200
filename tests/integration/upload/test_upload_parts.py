"""The authorisation of parts for the gateway: for whom, for which bytes, until when."""

import pytest

from services.upload.capabilities import PartsCapabilities
from tests.integration.upload.service import EXTERNAL, MIB, Upload, part_of

HELLO = part_of(1, b"hello")


async def planned(upload: Upload, size: int = 5) -> tuple[str, str, str]:
    """Return a draft, an announced file, and the URL for its parts."""
    sender = upload.of(EXTERNAL)
    draft = await sender.begin()
    plan = await sender.announce(draft, "a.bin", size)
    return draft, plan["file"], plan["parts_url"]


async def test_an_authorisation_carries_a_signature_and_no_body(upload: Upload) -> None:
    _, _, url = await planned(upload)
    answer = await upload.authorize(url, HELLO)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-store-sha256"] == HELLO.sha256
    assert answer.headers["x-store-path"].startswith(f"/{upload.bucket}/")
    assert "Credential" in answer.headers["x-store-authorization"]


async def test_a_capability_is_short_and_reveals_nothing(upload: Upload) -> None:
    _, _, url = await planned(upload)
    assert len(url) <= len("/parts/") + 120
    assert url.removeprefix("/parts/").replace("-", "").replace("_", "").isalnum()


async def test_the_same_part_is_authorised_again_and_another_one_is_not(upload: Upload) -> None:
    _, _, url = await planned(upload)
    assert (await upload.authorize(url, HELLO)).status_code == 204
    assert (await upload.authorize(url, HELLO, instance=1)).status_code == 204
    refused = await upload.authorize(url, part_of(1, b"HELLO"))
    assert refused.status_code == 403
    assert refused.headers["x-refusal-status"] == "409"
    assert refused.headers["x-refusal-type"] == "/problems/part-differs"
    assert refused.headers["x-refusal-detail"].isascii()


@pytest.mark.parametrize(
    ("changed", "status", "name"),
    [
        ({"X-Part-Length": ""}, 411, "length-required"),
        ({"X-Part-Length": "-5"}, 411, "length-required"),
        ({"X-Part-Length": "6"}, 413, "part-too-large"),
        ({"X-Part-Length": "4"}, 422, "part-too-short"),
        ({"X-Part-CRC32": ""}, 422, "checksum-needed"),
        ({"X-Part-CRC32": "xyz"}, 422, "checksum-needed"),
        ({"X-Original-Method": "GET"}, 404, "not-found"),
        ({"X-Original-URI": "/parts/x/1/" + HELLO.sha256}, 404, "not-found"),
        ({"X-Original-URI": ""}, 404, "not-found"),
    ],
)
async def test_an_inexact_authorisation_request_is_refused(
    upload: Upload, changed: dict[str, str], status: int, name: str
) -> None:
    _, _, url = await planned(upload)
    answer = await upload.authorize(url, HELLO, changed=changed)
    assert answer.status_code == 403
    assert answer.headers["x-refusal-status"] == str(status)
    assert answer.headers["x-refusal-type"] == f"/problems/{name}"


@pytest.mark.parametrize(
    "tail", ["/0/{0}", "/01/{0}", "/2/{0}", "/1/{0}?x=1", "/1/{1}", "/1/{0}0", "/1/{0}/", "/-1/{0}"]
)
async def test_an_inexact_url_is_not_found(upload: Upload, tail: str) -> None:
    _, _, url = await planned(upload)
    uri = url + tail.format(HELLO.sha256, HELLO.sha256.upper())
    answer = await upload.authorize(url, HELLO, changed={"X-Original-URI": uri})
    assert answer.headers["x-refusal-status"] == "404"


async def test_a_capability_with_one_changed_character_is_not_found(upload: Upload) -> None:
    _, _, url = await planned(upload)
    word = url.removeprefix("/parts/")
    for at in range(len(word)):
        other = word[:at] + chr(ord(word[at]) ^ 1) + word[at + 1 :]
        answer = await upload.authorize(f"/parts/{other}", HELLO)
        assert answer.headers["x-refusal-status"] == "404"


async def test_a_capability_expires_by_the_clock_of_the_database(upload: Upload) -> None:
    draft, file, url = await planned(upload)
    deps = upload.deps
    _, now = await deps.transfers.read(draft)
    life = upload.settings.capability_minutes * 60
    for ago, status in ((life - 60, 204), (life + 1, 403)):
        issued, _ = deps.capabilities.seal(draft, file, now.fromtimestamp(now.timestamp() - ago, now.tzinfo))
        answer = await upload.authorize(f"/parts/{issued}", HELLO)
        assert answer.status_code == status
    assert answer.headers["x-refusal-type"] == "/problems/parts-address-expired"
    assert (await upload.authorize(url, HELLO)).status_code == 204


async def test_a_capability_of_another_key_is_not_found(upload: Upload) -> None:
    draft, file, _ = await planned(upload)
    _, now = await upload.deps.transfers.read(draft)
    forged, _ = PartsCapabilities("q" * 40, upload.settings.retention().drafts).seal(draft, file, now)
    assert (await upload.authorize(f"/parts/{forged}", HELLO)).headers["x-refusal-status"] == "404"


async def test_no_part_is_authorised_once_the_file_is_complete_or_removed(upload: Upload) -> None:
    sender = upload.of(EXTERNAL)
    draft, file, url = await planned(upload)
    assert await upload.put_part(url, HELLO) == 200
    await sender.complete(draft, file, b"hello")
    assert await upload.put_part(url, HELLO) == 409
    await sender.ask("DELETE", f"/drafts/{draft}/files/{file}")
    assert await upload.put_part(url, HELLO) == 404
    draft, file, url = await planned(upload)
    await sender.ask("DELETE", f"/drafts/{draft}")
    assert await upload.put_part(url, HELLO) == 404


async def test_each_part_has_its_own_exact_length(upload: Upload) -> None:
    _, _, url = await planned(upload, 8 * MIB + 3)
    whole, last = part_of(1, bytes(8 * MIB)), part_of(2, b"end")
    assert (await upload.authorize(url, whole)).status_code == 204
    assert (await upload.authorize(url, last)).status_code == 204
    assert (await upload.authorize(url, part_of(2, b"ends"))).headers["x-refusal-status"] == "413"
    assert (await upload.authorize(url, part_of(1, bytes(8 * MIB - 1)))).headers["x-refusal-status"] == "422"
    assert (await upload.authorize(url, part_of(3, b""))).headers["x-refusal-type"] == "/problems/part-unknown"


async def test_an_authorisation_costs_one_read_and_one_insert(upload: Upload) -> None:
    _, _, url = await planned(upload)
    await upload.watch()
    assert (await upload.authorize(url, HELLO)).status_code == 204
    assert await upload.operations() == ["query transfers", "insert parts"]
