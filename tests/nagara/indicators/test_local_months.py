"""The month of a moment, found for whole columns, is the one the calendar says."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nagara.indicators.facts import EPOCH, micros, month_number
from nagara.indicators.local_months import local_months

ZONES = ("Asia/Phnom_Penh", "Asia/Yangon", "Asia/Jayapura", "Asia/Kathmandu", "America/New_York", "UTC")
SECOND = 1_000_000
EARLIEST = micros(dt.datetime(1950, 1, 2, tzinfo=dt.UTC))
LATEST = micros(dt.datetime(2150, 1, 1, tzinfo=dt.UTC))


@given(st.sampled_from(ZONES), st.lists(st.integers(EARLIEST, LATEST), min_size=1, max_size=50))
@example("Asia/Yangon", [0, -1, EARLIEST, LATEST])
def test_a_moment_belongs_to_the_month_of_the_calendar(name: str, times: list[int]) -> None:
    zone = ZoneInfo(name)
    months = [month_number(EPOCH + dt.timedelta(microseconds=time), zone) for time in times]
    assert local_months(zone).of(np.array(times)).tolist() == months


@pytest.mark.parametrize("name", ZONES)
def test_a_month_begins_at_local_midnight_to_the_microsecond(name: str) -> None:
    zone = ZoneInfo(name)
    numbers = np.arange(1900 * 12 + 1, 2199 * 12)
    begins = np.array([micros(dt.datetime(n // 12, n % 12 + 1, 1, tzinfo=zone)) for n in numbers.tolist()])
    months = local_months(zone)
    assert (months.of(begins) == numbers).all()
    assert (months.of(begins - 1) == numbers - 1).all()
    assert (months.of(begins + 27 * 86_400 * SECOND) == numbers).all()


def test_what_is_later_than_every_month_counts_in_the_last() -> None:
    months = local_months(ZoneInfo("UTC"))
    assert months.of(np.array([np.iinfo(np.int64).max - 1, 1 << 62])).tolist() == [2199 * 12 + 11] * 2
