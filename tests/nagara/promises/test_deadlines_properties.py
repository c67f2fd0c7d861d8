from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from city_config.schema import City
from nagara.promises.deadlines import WorkingClock, extended_by_pause, working_windows
from tests.nagara.small_cities import WORKING_CITIES

HOUR = dt.timedelta(hours=1)

instants = st.datetimes(
    min_value=dt.datetime(2023, 6, 1),  # noqa: DTZ001
    max_value=dt.datetime(2027, 6, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
spans = st.timedeltas(min_value=dt.timedelta(), max_value=dt.timedelta(hours=600))
positive_spans = st.timedeltas(min_value=dt.timedelta(microseconds=1), max_value=dt.timedelta(hours=600))
cities = st.sampled_from(WORKING_CITIES)


def clock(city: City) -> WorkingClock:
    return WorkingClock(city, "works")


def windows_around(city: City, at: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    today = at.astimezone(city.zone).date()
    days = (today + dt.timedelta(days) for days in (-1, 0, 1))
    return [window for day in days for window in working_windows(city, city.calendar, day)]


def worked_day_by_day(city: City, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
    """Working time by the definition: the sum over days of the overlap with each window."""
    day, total = a.astimezone(city.zone).date(), dt.timedelta()
    while day <= b.astimezone(city.zone).date():
        for start, end in working_windows(city, city.calendar, day):
            total += max(dt.timedelta(), min(b, end) - max(a, start))
        day += dt.timedelta(1)
    return total


class TestProperties:
    @given(cities, instants, spans)
    def test_a_due_time_is_never_inside_closed_hours(
        self, city: City, start: dt.datetime, working: dt.timedelta
    ) -> None:
        due = clock(city).add(start, working)
        assert due >= start
        assert any(opens <= due <= closes for opens, closes in windows_around(city, due))

    @given(cities, instants, spans, spans)
    def test_adding_more_time_never_moves_it_earlier(
        self, city: City, start: dt.datetime, one: dt.timedelta, other: dt.timedelta
    ) -> None:
        less, more = sorted((one, other))
        assert clock(city).add(start, less) <= clock(city).add(start, more)

    @given(cities, instants, instants, spans)
    def test_a_later_start_never_ends_earlier(
        self, city: City, one: dt.datetime, other: dt.datetime, working: dt.timedelta
    ) -> None:
        first, second = sorted((one, other))
        assert clock(city).add(first, working) <= clock(city).add(second, working)

    @given(cities, instants, spans)
    def test_what_was_added_is_what_lies_between(
        self, city: City, start: dt.datetime, working: dt.timedelta
    ) -> None:
        assert clock(city).between(start, clock(city).add(start, working)) == working

    @given(cities, instants, positive_spans)
    def test_a_due_time_is_the_first_instant_that_will_do(
        self, city: City, start: dt.datetime, working: dt.timedelta
    ) -> None:
        due = clock(city).add(start, working)
        assert clock(city).between(start, due - dt.timedelta(microseconds=1)) < working

    @given(cities, instants, spans, spans)
    def test_adding_twice_is_adding_the_sum(
        self, city: City, start: dt.datetime, one: dt.timedelta, other: dt.timedelta
    ) -> None:
        twice = clock(city).add(clock(city).add(start, one), other)
        # Where the second part is nothing and the first ended a window, the sum is that end.
        assert clock(city).between(start, twice) == one + other
        if other:
            assert twice == clock(city).add(start, one + other)

    @settings(max_examples=50)
    @given(cities, instants, st.integers(0, 60 * 24))
    def test_working_time_is_the_sum_of_overlaps_with_windows(
        self, city: City, start: dt.datetime, hours: int
    ) -> None:
        end = start + hours * HOUR
        assert clock(city).between(start, end) == worked_day_by_day(city, start, end)

    @given(cities, instants, instants, instants)
    def test_time_between_instants_adds_up(
        self, city: City, one: dt.datetime, two: dt.datetime, three: dt.datetime
    ) -> None:
        a, b, c = sorted((one, two, three))
        assert clock(city).between(a, b) + clock(city).between(b, c) == clock(city).between(a, c)
        assert clock(city).between(c, a) == dt.timedelta()

    @given(cities, instants, positive_spans, st.floats(0, 0.999), spans)
    def test_a_pause_shifts_the_due_time_by_exactly_its_working_time(
        self, city: City, start: dt.datetime, working: dt.timedelta, when: float, length: dt.timedelta
    ) -> None:
        due = clock(city).add(start, working)
        paused_from = start + (due - start) * when
        paused_to = paused_from + length
        extended = extended_by_pause(city, "works", due, paused_from, paused_to)
        assert clock(city).between(due, extended) == clock(city).between(paused_from, paused_to)
        assert clock(city).between(start, extended) == working + clock(city).between(paused_from, paused_to)

    @given(cities, instants, st.integers(1, 60))
    def test_the_end_of_a_working_day_is_the_last_window_end_of_that_day(
        self, city: City, start: dt.datetime, days: int
    ) -> None:
        due = clock(city).end_of_working_day(start, days)
        day = due.astimezone(city.zone) - dt.timedelta(microseconds=1)  # 24:00 belongs to the day it ends
        assert working_windows(city, city.calendar, day.date())[-1][1] == due
        received = clock(city).add(start, dt.timedelta()).astimezone(city.zone).date()
        between = (received + dt.timedelta(n) for n in range(1, (day.date() - received).days + 1))
        assert sum(bool(working_windows(city, city.calendar, day)) for day in between) == days

    @given(cities, instants)
    def test_open_means_inside_a_window(self, city: City, at: dt.datetime) -> None:
        inside = any(start <= at < end for start, end in windows_around(city, at))
        assert clock(city).is_open(at) is inside
