"""Alive, started, ready: three questions with three answers (R63, R64)."""

import asyncio

import httpx
import pytest

from services.kit import clock, metrics
from services.kit.health import Health, management_app
from tests.eventually import eventually


async def answers(health: Health) -> dict[str, int]:
    transport = httpx.ASGITransport(management_app(health))
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
        return {path: (await client.get(f"/{path}")).status_code for path in ("livez", "startupz", "readyz", "metrics")}


async def down() -> None:
    raise ConnectionError


async def up() -> None:
    pass


async def test_a_dead_dependency_is_not_ready_but_alive() -> None:
    health = Health({"mongo": up, "broker": down})
    health.started = True
    assert await answers(health) == {"livez": 200, "startupz": 200, "readyz": 503, "metrics": 200}
    assert await health.missing() == ["broker"]


async def test_ready_when_started_and_everything_answers_until_it_drains() -> None:
    health = Health({"mongo": up})
    assert (await answers(health))["readyz"] == 503
    health.started = True
    assert (await answers(health))["readyz"] == 200
    health.draining = True
    assert (await answers(health))["readyz"] == 503


async def test_an_event_loop_that_does_not_turn_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health({})
    now = clock.monotonic_seconds()
    monkeypatch.setattr("services.kit.health.monotonic_seconds", lambda: now + 60)
    assert (await answers(health))["livez"] == 503


async def test_what_holds_the_event_loop_up_is_measured_in_processor_time() -> None:
    beating = asyncio.create_task(Health({}).beat())
    before, long_before = pauses()
    await eventually(lambda: pauses()[0] >= before + 3, "beats without a pause")
    assert pauses()[1] == long_before
    began = clock.thread_cpu_seconds()
    while clock.thread_cpu_seconds() < began + 0.2:
        pass
    await eventually(lambda: pauses()[1] == long_before + 1, "one long pause")
    beating.cancel()


def pauses() -> tuple[float, float]:
    """How many were measured, and how many of them were of more than 100 ms."""
    samples = {
        (one.name, one.labels.get("le")): one.value for one in next(iter(metrics.event_loop_lag.collect())).samples
    }
    count = samples["event_loop_lag_seconds_count", None]
    return count, count - samples["event_loop_lag_seconds_bucket", "0.1"]
