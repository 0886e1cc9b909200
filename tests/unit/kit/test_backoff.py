"""Pauses double up to a bound, and jitter only shortens them."""

from hypothesis import given
from hypothesis import strategies as st

from services.kit.backoff import Backoff


def test_a_pause_doubles_with_each_failure_up_to_its_bound() -> None:
    assert [Backoff(1, 30).pause_seconds(failures) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_jitter_leaves_out_no_more_than_its_share(failures: int, jitter: float) -> None:
    longest = Backoff(0.2, 10).pause_seconds(failures)
    assert longest * (1 - jitter) <= Backoff(0.2, 10, jitter).pause_seconds(failures) <= longest
