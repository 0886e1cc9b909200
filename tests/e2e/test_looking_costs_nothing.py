"""R42: whoever only looks, however often and in whatever way, spends nothing."""

from collections.abc import Callable

import httpx

from tests.e2e.fetching import MIB, new, offered, rest, slow
from tests.e2e.world import World

TIMES = 20
AHEAD = ({"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"})


def again_and_again(look: Callable[[], httpx.Response]) -> set[int]:
    """The statuses with which it was answered."""
    return {look().status_code for _ in range(TIMES)}


def test_the_page_and_the_card_and_addresses_without_a_start_cost_nothing(world: World) -> None:
    (mine,) = offered(world, b"trois fois")
    door, files = world.stack.gateway_url, world.stack.files_url
    card = f"{door}/api/download/links/{mine.link}"
    start, page = f"{card}/files/{mine.file}/downloads/{new()}", f"{door}/download/{mine.link}"
    with httpx.Client(timeout=20) as http:
        for address in (page, card):
            assert again_and_again(lambda: http.get(address)) == {200}  # noqa: B023
            assert again_and_again(lambda: http.get(address, headers=AHEAD[0])) <= {200, 409}  # noqa: B023
        assert again_and_again(lambda: http.get(start)) == {405}
        assert again_and_again(lambda: http.get(f"{page}/files/{mine.file}")) <= {404, 405}
        for address in (f"{files}/files/{mine.link}", f"{files}/files/{mine.file}"):
            assert again_and_again(lambda: http.get(address)) == {404}  # noqa: B023
    assert mine.left == 3
    assert mine.book() == []
    mine.has_exactly(3)


def test_looking_at_the_bytes_of_a_start_that_was_given_back_costs_nothing(world: World) -> None:
    (mine,) = offered(world, b"x" * MIB)
    download = new()
    url = mine.begin(download)
    world.impatient().give_back(mine.link, mine.file, download)
    with httpx.Client(timeout=20) as http:
        assert again_and_again(lambda: http.head(url)) == {200}
        assert http.head(url).headers["content-length"] == str(MIB)
        for ahead in AHEAD:
            assert again_and_again(lambda: http.get(url, headers=ahead)) == {409}  # noqa: B023
    assert mine.left == 3
    assert not any(one["sent_bytes"] for one in mine.book())
    with slow(url) as pieces:
        assert rest(pieces) == mine.content
    mine.has_exactly(2)
