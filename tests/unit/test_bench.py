"""The bench names the bottleneck of a figure, verifies content, and names the audits that a page fails."""

from typing import Any

import pytest

from bench.browser import growth
from bench.comparison import CORES, limit
from bench.contender import Load, verify_content
from bench.digests import WARM_UP_ROUNDS
from bench.digests import rows as digest_rows
from bench.http_connection import InvalidMeasurement
from bench.lighthouse import Report, read
from bench.pages import rows
from bench.part_file import PART_BYTES, PartFile


def test_a_load_is_named_by_its_files_their_size_and_its_clients() -> None:
    assert str(Load(40, 1_000_000, 8)) == "40 × 1 MB, 8 clients"


def test_the_limit_is_the_cores_when_all_are_busy() -> None:
    assert limit({"store": CORES - 0.2, "others": 0.2}).startswith(f"all {CORES} cores: store")


def test_the_limit_is_waiting_when_no_core_is_busy() -> None:
    assert limit({"store": 0.1, "ours": 0.02}) == f"waiting (0.1 of {CORES}): store 0.1"


def test_content_that_differs_from_what_was_sent_is_no_result() -> None:
    part_file = PartFile(PART_BYTES + 5)
    verify_content(part_file, PART_BYTES + 5, part_file.sha256)
    with pytest.raises(InvalidMeasurement):
        verify_content(part_file, PART_BYTES + 5, "0" * 64)


def report(status: int = 200, **audits: float) -> dict[str, Any]:
    """A report of Lighthouse, with the members that the bench reads."""
    loaded = [{"url": "/", "statusCode": status, "transferSize": 4_000}, {"url": "/a", "transferSize": 1_500}]
    refs = [{"id": name, "weight": weight} for weight, name in enumerate(audits)]
    return {
        "audits": {"network-requests": {"details": {"items": loaded}}}
        | {name: {"score": score, "scoreDisplayMode": "binary"} for name, score in audits.items()},
        "categories": {name: {"score": 0.9, "auditRefs": refs} for name in ("performance", "accessibility")}
        | {"best-practices": {"score": 1, "auditRefs": []}},
    }


def test_audits_that_lower_a_score_are_named_and_those_without_weight_are_not() -> None:
    found = read(report(weightless=0.0, second=0.5, third=1.0))
    assert found.failed_audits == ("second 0.5",)
    assert (found.scores, found.loaded_bytes, found.requests) == ((0.9, 0.9, 1.0), 5_500, 2)


def test_a_page_with_an_error_status_is_no_result() -> None:
    with pytest.raises(InvalidMeasurement):
        read(report(404))


def test_a_page_that_is_too_heavy_or_scores_too_little_misses_its_target() -> None:
    good = Report((0.95, 1.0, 1.0), 60_000, 5, ())
    assert [row.met for row in rows("a", [good])] == [True, True]
    assert [row.met for row in rows("a", [good._replace(loaded_bytes=60_001)])] == [False, True]
    assert [row.met for row in rows("a", [good._replace(scores=(1.0, 0.99, 1.0))])] == [True, False]


def test_memory_with_a_constant_peak_has_not_grown() -> None:
    assert growth([1, 10, 9, 9, 9, 10]) == 1.0
    assert growth([1, 10, 9, 9, 9, 20]) == 2.0


def test_libraries_that_digest_the_same_bytes_differently_are_no_result() -> None:
    measured = [9.0] * WARM_UP_ROUNDS + [8.0, 8.0]
    times = {"the page's": measured, "a library": [one / 2 for one in measured]}
    ratios = [row.ratio for row in digest_rows({"times": times, "digests": ["a", "a"]})]
    assert ratios == ["1.00 of the page's speed", "2.00 of the page's speed"]
    with pytest.raises(InvalidMeasurement):
        digest_rows({"times": times, "digests": ["a", "b"]})
