"""R42: viewing a link, however often and in whatever way, costs no download."""

from collections.abc import Callable

import httpx

from tests.e2e.downloads import MIB, new, offered, rest, slow
from tests.e2e.scenario import Scenario

TIMES = 20
AHEAD = ({"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"})


def again_and_again(look: Callable[[], httpx.Response]) -> set[int]:
    """Return the statuses of repeated requests."""
    return {look().status_code for _ in range(TIMES)}


def test_viewing_the_page_and_requests_without_a_start_cost_nothing(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"trois fois")
    gateway, files = scenario.stack.gateway_url, scenario.stack.files_url
    card = f"{gateway}/api/download/links/{mine.link}"
    start, page = f"{card}/files/{mine.file}/downloads/{new()}", f"{gateway}/download/{mine.link}"
    with httpx.Client(timeout=20) as http:
        for address in (page, card):
            assert again_and_again(lambda: http.get(address)) == {200}  # noqa: B023
            assert again_and_again(lambda: http.get(address, headers=AHEAD[0])) <= {200, 409}  # noqa: B023
        assert again_and_again(lambda: http.get(start)) == {405}
        assert again_and_again(lambda: http.get(f"{page}/files/{mine.file}")) <= {404, 405}
        for address in (f"{files}/files/{mine.link}", f"{files}/files/{mine.file}"):
            assert again_and_again(lambda: http.get(address)) == {404}  # noqa: B023
    assert mine.left == 3
    assert mine.recorded_downloads() == []
    mine.allows_exactly(3)


def test_requesting_the_bytes_of_a_download_that_was_given_back_costs_nothing(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"x" * MIB)
    download = new()
    url = mine.begin(download)
    scenario.api_without_retries().give_back(mine.link, mine.file, download)
    with httpx.Client(timeout=20) as http:
        assert again_and_again(lambda: http.head(url)) == {200}
        assert http.head(url).headers["content-length"] == str(MIB)
        for ahead in AHEAD:
            assert again_and_again(lambda: http.get(url, headers=ahead)) == {409}  # noqa: B023
    assert mine.left == 3
    assert not any(one["sent_bytes"] for one in mine.recorded_downloads())
    with slow(url) as pieces:
        assert rest(pieces) == mine.content
    mine.allows_exactly(2)
