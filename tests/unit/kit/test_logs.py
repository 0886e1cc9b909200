"""A log line holds allowed fields and nothing else: canaries never come out (I8)."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from services.kit import logs, trace

CANARY = "canary@town-hall.example"


class Lines:
    """What was written to standard output, parsed."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def read(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    stream = io.StringIO()
    handlers = logging.root.handlers[:]
    monkeypatch.setattr(sys, "stdout", stream)
    logs.configure("probe")
    yield Lines(stream)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers


def test_a_field_that_is_not_allowed_is_dropped(lines: Lines) -> None:
    logs.logger().info("something happened", address=CANARY, token=CANARY, status=200)
    (line,) = lines.read()
    assert CANARY not in str(line)
    assert (line["event"], line["status"], line["service"]) == ("something happened", 200, "probe")


def test_an_exception_is_named_and_placed_without_its_words(lines: Lines) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logs.logger().error("it failed", exc_info=True)
    (line,) = lines.read()
    assert line["error"] == "ValueError"
    assert str(line["exception"]).startswith("tests.unit.kit.test_logs:")
    assert CANARY not in str(line)


def test_a_library_may_warn_but_not_quote(lines: Lines) -> None:
    logging.getLogger("some.library").warning("cannot reach %s", CANARY)
    logging.getLogger("some.library").info("chatter")
    (line,) = lines.read()
    assert (line["logger"], line["code"]) == ("some.library", "WARNING")
    assert CANARY not in str(line)


def test_a_line_break_cannot_forge_a_line_and_a_long_one_is_cut(lines: Lines) -> None:
    logs.logger().info("one", reason="a\n{}" + "x" * 9000)
    (line,) = lines.read()
    assert len(str(line["reason"])) == logs.MAX_VALUE_LENGTH


def test_what_follows_from_one_request_shares_its_trace(lines: Lines) -> None:
    received = f"00-{'4b' * 16}-{'0a' * 8}-01"
    trace.enter(received)
    logs.logger().info("one")
    assert lines.read()[0]["trace_id"] == "4b" * 16
    assert trace.current().split("-")[1] == "4b" * 16
    assert trace.enter("00-nonsense").split("-")[1] != "4b" * 16
