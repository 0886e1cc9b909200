"""R33: a thousand simultaneous starts at three download services get three leases."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from client.errors import Problem
from tests.e2e.downloads import metric, new, offered
from tests.e2e.scenario import Scenario

STARTS = 1000
AT_ONCE = 300  # the gateway allows one network 400 at once
CLIENTS = 4
NOT_DECIDED = {429, 503}
"""The statuses of the gateway and of the service for too many requests; a fourth lease is refused with 429, too."""
REFUSED = "downloads-running"


@pytest.mark.timeout(180)
def test_of_a_thousand_starts_at_three_download_services_exactly_three_are_granted(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"trois fois")
    scenario.keep_log("gateway")
    with scenario.stack.replicated("download", 3) as replicas:
        apis = [scenario.api_without_retries() for _ in range(CLIENTS)]

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
        running = [one for one in mine.recorded_downloads() if one["state"] == "running"]
        assert len(running) == 3
        assert all(metric(scenario, replica, "refusals_total") for replica in replicas), "each of them was asked"
        scenario.keep_log("gateway")
