"""What the side-by-side says of a figure: who was busy, and that what came is what went."""

import pytest

from bench.beside import CORES, limit
from bench.contender import Load, same
from bench.cuts import PART_BYTES, Cuts
from bench.line import Unexpected


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
