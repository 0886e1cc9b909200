"""R41: a deleted transfer is not sent any further, neither to ten running downloads nor to new ones."""

from contextlib import ExitStack

import httpx

from client.errors import Problem
from tests.contents import random_content
from tests.e2e.downloads import MIB, ON_THE_WAY, offered, rest, slow, take
from tests.e2e.scenario import Scenario, refused
from tests.eventually import TIMEOUT_SECONDS, until

READERS = 10
PART = 8 * MIB
SIZE = ON_THE_WAY + 4 * PART


def content() -> bytes:
    return random_content(40, SIZE)


def test_ten_running_downloads_stop_and_the_bytes_are_purged(scenario: Scenario) -> None:
    all_ten = offered(scenario, content(), READERS)
    sent, urls = all_ten[0].sent, [mine.begin() for mine in all_ten]
    keys = scenario.keys(sent.transfer)
    assert keys <= scenario.objects()
    with ExitStack() as lines:
        running = [lines.enter_context(slow(url)) for url in urls]
        found = [take(pieces, MIB) for pieces in running]
        sent.sender.api.withdraw(sent.transfer)

        def no_new_get() -> Problem:
            return refused(lambda: lines.enter_context(slow(urls[0])))

        problem = until(no_new_get, "it is over")
        assert (problem.status, problem.slug) == (410, "transfer-deleted")
        found = [had + rest(pieces) for had, pieces in zip(found, running, strict=True)]
    for had in found:
        assert len(had) <= MIB + ON_THE_WAY + PART
        assert had == content()[: len(had)]
    for mine, url in zip(all_ten, urls, strict=True):
        assert refused(mine.begin).slug == "transfer-deleted"
        assert refused(lambda: slow(url).__enter__()).slug == "transfer-deleted"  # noqa: B023
        assert all(one["state"] != "done" for one in mine.recorded_downloads())
    until(lambda: not keys & scenario.objects(), "the bytes are purged")


def test_a_browser_that_requests_a_deleted_file_gets_a_page(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"x")
    url = mine.begin()
    mine.sent.sender.api.withdraw(mine.sent.transfer)
    until(lambda: refused(lambda: slow(url).__enter__()).slug == "transfer-deleted", "it is over")
    visit = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept-Language": "en"}
    page = httpx.get(url, headers=visit, follow_redirects=True, timeout=TIMEOUT_SECONDS)
    assert page.status_code == 200
    assert "The sender has deleted this transfer" in page.text
    assert page.history[0].headers["x-request-id"] in page.text, "the reference under which it is in the logs"
    going_on = httpx.get(url, headers={**visit, "Range": "bytes=0-"}, timeout=TIMEOUT_SECONDS)
    assert going_on.headers["content-type"] == "application/problem+json", "no page is kept as the file"
