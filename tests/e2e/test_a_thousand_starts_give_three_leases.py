"""R33: whoever asks a thousand times at once, at three counters at once, gets three."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from client.errors import Problem
from tests.e2e.fetching import metric, new, offered
from tests.e2e.world import World

STARTS = 1000
AT_ONCE = 300  # what the gateway lets one network have under way is 400
CLIENTS = 4
NOT_DECIDED = {429, 503}
"""The gateway's answers to too much at once, and those of a counter; the refusal of a fourth lease is 429, too."""
REFUSED = "downloads-running"


@pytest.mark.timeout(180)
def test_of_a_thousand_starts_at_three_counters_exactly_three_are_granted(world: World) -> None:
    (mine,) = offered(world, b"trois fois")
    world.keep_log("gateway")
    with world.stack.replicated("download", 3) as replicas:
        apis = [world.impatient() for _ in range(CLIENTS)]

        def start(number: int) -> str:
            download = new()
            while True:
                try:
                    apis[number % CLIENTS].start_download(mine.link, mine.file, download)
                except Problem as problem:
                    if problem.slug == REFUSED or problem.status not in NOT_DECIDED:
                        return problem.slug
                else:
                    return "granted"

        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = Counter(pool.map(start, range(STARTS)))
        assert outcomes == {"granted": 3, REFUSED: STARTS - 3}
        running = [one for one in mine.book() if one["state"] == "running"]
        assert len(running) == 3
        assert all(metric(world, replica, "refusals_total") for replica in replicas), "each of them was asked"
        world.keep_log("gateway")
