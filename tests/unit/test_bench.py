"""What the bench says of a figure: who was busy, that what came is what went, and why a page falls short."""

from typing import Any

import pytest

from bench.beside import CORES, limit
from bench.browser import growth
from bench.contender import Load, same
from bench.cuts import PART_BYTES, Cuts
from bench.lighthouse import Report, read
from bench.line import Unexpected
from bench.pages import rows


def test_a_load_says_how_many_files_of_what_size_by_whom() -> None:
    assert str(Load(40, 1_000_000, 8)) == "40 × 1 MB, 8 clients"


def test_the_limit_is_the_cores_when_all_are_busy() -> None:
    assert limit({"store": CORES - 0.2, "others": 0.2}).startswith(f"all {CORES} cores: store")


def test_the_limit_is_waiting_when_nobody_is_busy() -> None:
    assert limit({"store": 0.1, "ours": 0.02}) == f"waiting (0.1 of {CORES}): store 0.1"


def test_bytes_that_are_not_those_that_were_sent_are_no_result() -> None:
    cuts = Cuts(PART_BYTES + 5)
    same(cuts, PART_BYTES + 5, cuts.sha256)
    with pytest.raises(Unexpected):
        same(cuts, PART_BYTES + 5, "0" * 64)


def report(status: int = 200, **audits: float) -> dict[str, Any]:
    """As Lighthouse writes them, as far as anybody reads."""
    loaded = [{"url": "/", "statusCode": status, "transferSize": 4_000}, {"url": "/a", "transferSize": 1_500}]
    refs = [{"id": name, "weight": weight} for weight, name in enumerate(audits)]
    return {
        "audits": {"network-requests": {"details": {"items": loaded}}}
        | {name: {"score": score, "scoreDisplayMode": "binary"} for name, score in audits.items()},
        "categories": {name: {"score": 0.9, "auditRefs": refs} for name in ("performance", "accessibility")}
        | {"best-practices": {"score": 1, "auditRefs": []}},
    }


def test_what_costs_a_page_its_score_is_named_and_what_weighs_nothing_is_not() -> None:
    found = read(report(weightless=0.0, second=0.5, third=1.0))
    assert found.complaints == ("second 0.5",)
    assert (found.scores, found.loaded_bytes, found.requests) == ((0.9, 0.9, 1.0), 5_500, 2)


def test_a_page_that_is_refused_is_no_result() -> None:
    with pytest.raises(Unexpected):
        read(report(404))


def test_a_page_that_is_too_heavy_or_scores_too_little_has_missed_its_aim() -> None:
    good = Report((0.95, 1.0, 1.0), 60_000, 5, ())
    assert [row.met for row in rows("a", [good])] == [True, True]
    assert [row.met for row in rows("a", [good._replace(loaded_bytes=60_001)])] == [False, True]
    assert [row.met for row in rows("a", [good._replace(scores=(1.0, 0.99, 1.0))])] == [True, False]


def test_memory_that_stays_has_not_grown() -> None:
    assert growth([1, 10, 9, 9, 9, 10]) == 1.0
    assert growth([1, 10, 9, 9, 9, 20]) == 2.0
