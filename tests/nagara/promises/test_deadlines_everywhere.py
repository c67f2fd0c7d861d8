"""The laws of working time in every calendar of every shipped city, over the years its holidays are known."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city_config import load_configuration
from city_config.schema import City
from nagara.promises.deadlines import WorkingClock, extended_by_pause, promise, working_windows
from tests.conftest import REPOSITORY

SHIPPED = load_configuration(REPOSITORY / "city_config").cities
OFFICES = [
    pytest.param(city, department.code, id=f"{city.id} {department.code}")
    for city in SHIPPED.values()
    for department in (city.departments[0], *(d for d in city.departments[1:] if d.calendar))
]
"""Every working calendar there is: the city's own, and each department's that has one."""

START = dt.datetime(2023, 12, 30, tzinfo=dt.UTC)
minutes = st.integers(0, 4 * 366 * 24 * 60)
working = st.timedeltas(min_value=dt.timedelta(), max_value=dt.timedelta(hours=200))


def in_a_window(city: City, code: str, at: dt.datetime) -> bool:
    """Whether an instant lies in a window of its local day or ends one."""
    today = at.astimezone(city.zone).date()
    days = (today - dt.timedelta(days=1), today)
    windows = [w for day in days for w in working_windows(city, city.calendar_of(code), day)]
    return any(start <= at <= end for start, end in windows)


@pytest.mark.parametrize(("city", "code"), OFFICES)
@settings(max_examples=15)
@given(after=minutes, length=working, more=working, pause=st.integers(1, 30 * 24 * 60))
def test_due_times_keep_the_laws(
    city: City, code: str, after: int, length: dt.timedelta, more: dt.timedelta, pause: int
) -> None:
    start = START + dt.timedelta(minutes=after)
    clock = WorkingClock(city, code)
    due = clock.add(start, length)

    assert due >= start
    assert in_a_window(city, code, due), "a due time is never inside closed hours"
    assert clock.add(start, length + more) >= due, "more time never moves it earlier"
    if length:
        assert clock.between(start, due) == length
    paused_to = start + dt.timedelta(minutes=pause)
    later = extended_by_pause(city, code, due, start, paused_to)
    lost = clock.between(start, paused_to) if start < due else dt.timedelta()
    assert clock.between(due, later) == lost, "a pause shifts it by exactly its working time"


@pytest.mark.parametrize("city", SHIPPED.values(), ids=lambda city: city.id)
@settings(max_examples=10)
@given(after=minutes)
def test_every_promise_of_every_service_can_be_given_at_any_time(city: City, after: int) -> None:
    received = START + dt.timedelta(minutes=after)
    for service in city.services:
        for department in city.departments:
            times = promise(city, service, department.code, received, service.priority)
            for due in (times.acknowledge_by, times.respond_by, times.resolve_by):
                assert due is None or due > received
