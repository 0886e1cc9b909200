"""No input is answered with a 5xx or blocks other requests."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.e2e.scenario import Scenario
from tests.fuzz.api_operations import LONGEST_IN_ADDRESS, ApiOperation, filled, operations, with_text
from tests.fuzz.event_loop_lag import LagMonitor
from tests.fuzz.fuzzer import FuzzPeople, fuzz, people
from tests.fuzz.inputs import slow_texts

SEED = 20_261_127
REQUESTS = 200
ENVELOPE_BYTES = 2_000
"""What is around a text in its body."""


@pytest.fixture(scope="module")
def cast(scenario: Scenario) -> FuzzPeople:
    return people(scenario)


@pytest.fixture
def lag(scenario: Scenario) -> Iterator[LagMonitor]:
    watched = LagMonitor(scenario.stack)
    yield watched
    watched.close()


@pytest.mark.parametrize("operation", operations(), ids=lambda one: f"{one.method} {one.template}")
def test_no_text_of_an_allowed_size_blocks_a_service(
    scenario: Scenario, cast: FuzzPeople, lag: LagMonitor, operation: ApiOperation
) -> None:
    """In processor time of the service's event loop: a busy machine does not count."""
    url = scenario.stack.service_url(operation.service)
    for address, body in (*in_addresses(operation, cast), *in_bodies(operation, cast)):
        for token in cast.tokens if operation.service != "auth" else cast.tokens[:1]:
            headers = {"Authorization": f"Bearer {token}"}
            answer = scenario.http.request(operation.method, url + address, json=body, headers=headers)
            assert answer.status_code < 500, (address[:200], str(body)[:200])
    assert lag.too_long() == []


def in_bodies(operation: ApiOperation, cast: FuzzPeople) -> Iterator[tuple[str, Any]]:
    """Every text of the body, one at a time, as long as it may be or as the body may be."""
    known = cast.known[operation.kind]
    address = operation.address({name: known.get(name, ["-"])[0] for name in operation.path})
    for at, longest in operation.texts.items():
        for _, text in slow_texts(operation.max_body_bytes - ENVELOPE_BYTES, longest):
            yield address, with_text(filled(operation, known, random.Random(SEED)), at, text)


def in_addresses(operation: ApiOperation, cast: FuzzPeople) -> Iterator[tuple[str, Any]]:
    """Every text of the address, one at a time, as long as the gateway lets it be."""
    known = cast.known[operation.kind]
    values = {name: known.get(name, ["-"])[0] for name in operation.path}
    for _, text in slow_texts(LONGEST_IN_ADDRESS, LONGEST_IN_ADDRESS):
        for name in operation.path:
            yield operation.address(values | {name: quote(text, safe="")}), operation.body
        for name in operation.query:
            yield f"{operation.address(values)}?{urlencode({name: text})}", operation.body


def test_odd_requests_to_every_api_and_page_are_answered_and_block_nothing(scenario: Scenario) -> None:
    """The beginning of what `make fuzz` does; `SEED` makes it the same each time."""
    assert fuzz(scenario, SEED, REQUESTS).failures == []
