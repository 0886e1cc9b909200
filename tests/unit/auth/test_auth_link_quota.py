"""A mailbox gets at most so many links in any hour and any day, wherever they begin."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.link_quota import DAY, HOUR, LinkQuotaExceeded, count_link, new_quota

NOW = datetime(2031, 5, 6, 7, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_fourth_in_an_hour_is_refused_wherever_the_hour_begins() -> None:
    quota = new_quota("m", NOW)
    for seconds in (0, 1, 2):
        quota, _ = count_link(quota, 3, 10, NOW + seconds * SECOND)
    for later in (3 * SECOND, HOUR - SECOND):
        with pytest.raises(LinkQuotaExceeded):
            count_link(quota, 3, 10, NOW + later)
    assert count_link(quota, 3, 10, NOW + HOUR)


def test_the_eleventh_in_a_day_is_refused() -> None:
    quota = new_quota("m", NOW)
    for n in range(10):
        quota, _ = count_link(quota, 3, 10, NOW + n * HOUR)
    with pytest.raises(LinkQuotaExceeded):
        count_link(quota, 3, 10, NOW + DAY - SECOND)
    after, events = count_link(quota, 3, 10, NOW + DAY)
    assert len(after.sent_at) == 10
    assert after.forget_at == NOW + 2 * DAY
    assert events == []


@given(st.lists(st.integers(0, 7200), max_size=60))
def test_no_hour_and_no_day_ever_holds_more(pauses: list[int]) -> None:
    quota, now, sent = new_quota("m", NOW), NOW, list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            quota, _ = count_link(quota, 3, 10, now)
        except LinkQuotaExceeded:
            continue
        sent.append(now)
    for begin in sent:
        assert sum(begin <= at < begin + HOUR for at in sent) <= 3
        assert sum(begin <= at < begin + DAY for at in sent) <= 10
