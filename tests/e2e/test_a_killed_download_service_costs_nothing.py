"""R35, R38: a download service that is killed costs the recipient no download and grants no extra one."""

from collections.abc import Iterator

import pytest

from tests.contents import random_content
from tests.e2e.downloads import ON_THE_WAY, DownloadableFile, metric, new, offered, rest, slow, take
from tests.e2e.scenario import Scenario
from tests.eventually import until

SIZE = 3 * ON_THE_WAY  # half of it, and all that the lines hold, is less than the whole


def content() -> bytes:
    return random_content(36, SIZE)


@pytest.fixture(scope="module")
def replicas(scenario: Scenario) -> Iterator[list[str]]:
    """Two replicas of the download service behind the gateway: one can be killed while the other one serves."""
    scenario.keep_log("gateway")
    with scenario.stack.replicated("download", 2) as replicas:
        yield replicas
        scenario.keep_log("gateway")


def serving(scenario: Scenario, replicas: list[str]) -> list[str]:
    """Return the replicas that send bytes now."""
    return [name for name in replicas if metric(scenario, name, "download_running")]


def interrupt(scenario: Scenario, replicas: list[str], mine: DownloadableFile, download: str, percent: int) -> bytes:
    """Return the bytes received when the replica that sends them is killed at so many percent."""

    until(lambda: not serving(scenario, replicas), "both are idle")
    with slow(mine.begin(download)) as pieces:
        (dying,) = until(lambda: serving(scenario, replicas), "one of them is at work")
        found = take(pieces, SIZE * percent // 100)
        scenario.kill(dying)
        scenario.with_lost_progress.add(mine.sent.transfer)
        found += rest(pieces)
    scenario.restart_killed(dying)
    return found


@pytest.mark.parametrize("percent", [1, 50])
def test_a_download_whose_service_is_killed_does_not_count(
    scenario: Scenario, replicas: list[str], percent: int
) -> None:
    (mine,) = offered(scenario, content())
    download = new()
    assert len(interrupt(scenario, replicas, mine, download, percent)) < SIZE
    mine.end_lease(download)
    until(lambda: mine.left == 3, "nothing was spent")
    mine.allows_exactly(3)


@pytest.mark.parametrize("percent", [99])
def test_a_download_that_resumes_at_another_replica_is_complete_and_counts_at_most_once(
    scenario: Scenario, replicas: list[str], percent: int
) -> None:
    (mine,) = offered(scenario, content())
    download = new()
    found = interrupt(scenario, replicas, mine, download, percent)
    if len(found) < SIZE:  # so close to the end the gateway may have had all of it already
        with slow(mine.begin(download), len(found)) as pieces:
            found += rest(pieces)
    assert found == content()
    until(lambda: not serving(scenario, replicas), "both are idle")
    mine.end_lease(download)  # what the killed one had not recorded does not count against the recipient
    assert mine.left in (2, 3)
    mine.allows_exactly(mine.left)
