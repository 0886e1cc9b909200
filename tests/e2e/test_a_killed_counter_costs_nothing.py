"""R35, R38: a counter that dies under a download costs the recipient nothing, and gives nothing away either."""

from collections.abc import Iterator

import pytest

from tests.contents import noise
from tests.e2e.fetching import ON_THE_WAY, Offered, metric, new, offered, rest, slow, take
from tests.e2e.world import World
from tests.eventually import until

SIZE = 3 * ON_THE_WAY  # half of it, and all that the lines hold, is less than the whole


def content() -> bytes:
    return noise(36, SIZE)


@pytest.fixture(scope="module")
def counters(world: World) -> Iterator[list[str]]:
    """Two counters behind the gateway, so that one can die and the other one goes on."""
    world.keep_log("gateway")
    with world.stack.replicated("download", 2) as replicas:
        yield replicas
        world.keep_log("gateway")


def serving(world: World, counters: list[str]) -> list[str]:
    """The counters from which bytes come now."""
    return [name for name in counters if metric(world, name, "download_running")]


def cut(world: World, counters: list[str], mine: Offered, download: str, percent: int) -> bytes:
    """What has come of a download when its counter is killed after so many hundredths of it."""

    until(lambda: not serving(world, counters), "both are idle")
    with slow(mine.begin(download)) as pieces:
        (dying,) = until(lambda: serving(world, counters), "one of them is at work")
        found = take(pieces, SIZE * percent // 100)
        world.kill(dying)
        world.forgotten.add(mine.sent.transfer)
        found += rest(pieces)
    world.revive(dying)
    return found


@pytest.mark.parametrize("percent", [1, 50])
def test_a_download_that_dies_with_its_counter_is_none(world: World, counters: list[str], percent: int) -> None:
    (mine,) = offered(world, content())
    download = new()
    assert len(cut(world, counters, mine, download, percent)) < SIZE
    mine.end_lease(download)
    until(lambda: mine.left == 3, "nothing was spent")
    mine.has_exactly(3)


@pytest.mark.parametrize("percent", [99])
def test_a_download_that_goes_on_elsewhere_is_whole_and_is_one_at_most(
    world: World, counters: list[str], percent: int
) -> None:
    (mine,) = offered(world, content())
    download = new()
    found = cut(world, counters, mine, download, percent)
    if len(found) < SIZE:  # so close to the end the gateway may have had all of it already
        with slow(mine.begin(download), len(found)) as pieces:
            found += rest(pieces)
    assert found == content()
    until(lambda: not serving(world, counters), "both are idle")
    mine.end_lease(download)  # what the dead one had not written down is forgotten in the recipient's favour
    assert mine.left in (2, 3)
    mine.has_exactly(mine.left)
