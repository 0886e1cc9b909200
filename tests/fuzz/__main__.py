"""Sends many odd requests (REQUESTS) with one seed (SEED) to a stack of its own, and reports failures: `make fuzz`."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from devstack.reset import reset
from devstack.stack import ALL
from tests.conftest import own_stack
from tests.e2e.conftest import RAISED_LIMITS
from tests.e2e.scenario import Scenario
from tests.fuzz.fuzzer import SHOWN, fuzz


def main() -> None:
    """Exit 1 when a request was answered with a 5xx or not at all, or an event loop was blocked for too long."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--requests", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    given = asked.parse_args()
    print(f"{given.requests} requests, SEED={given.seed}", flush=True)
    with own_stack() as stack, tempfile.TemporaryDirectory() as folder:
        reset(stack)
        stack.start(ALL)
        for service, settings in RAISED_LIMITS.items():
            stack.restart(service, settings)
        scenario = Scenario(stack, Path(folder))
        try:
            found = fuzz(scenario, given.seed, given.requests)
        finally:
            scenario.close()
    print(", ".join(f"{count} x {status}" for status, count in sorted(found.statuses.items())))
    for failure in found.failures[:SHOWN]:
        print(failure)
    print(f"{len(found.failures)} failures")
    sys.exit(1 if found.failures else 0)


if __name__ == "__main__":
    main()
