from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city_config.schema import City
from nagara.deadlines import WorkingClock, extended_by_pause, promise, working_windows
from nagara.errors import NoWorkingTime
from tests.nagara.small_cities import (
    BRUNEIAN_HOURS,
    CAMBODIAN_HOURS,
    JOHOR_HOURS,
    OFFICE_WEEK,
    local,
    service,
    small_city,
)

HOUR = dt.timedelta(hours=1)
PHNOM_PENH = small_city()
BRUNEI = small_city(id="bn-tst", country="BN", timezone="Asia/Brunei", calendar=BRUNEIAN_HOURS)
JOHOR = small_city(id="my-tst", country="MY", timezone="Asia/Kuala_Lumpur", calendar=JOHOR_HOURS)
NIGHT_CREW = small_city(
    calendar={
        "hours": {
            day: ["00:00-04:00", "20:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        }
    }
)
RAMADAN = small_city(
    id="bn-ram",
    timezone="Asia/Brunei",
    calendar={
        **BRUNEIAN_HOURS,
        "hours_overrides": [
            {
                "from_date": "2026-02-21",
                "to_date": "2026-03-18",
                "hours": {day: ["08:00-14:00"] for day in ("mon", "tue", "wed", "thu", "sat")},
                "reason": "Ramadan",
            }
        ],
    },
)
YANGON = small_city(
    id="mm-tst",
    timezone="Asia/Yangon",
    calendar={
        "hours": {day: ["09:30-16:30"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": {"country": "MM"},
    },
)
CITIES = [PHNOM_PENH, BRUNEI, JOHOR, NIGHT_CREW, RAMADAN, YANGON]


def clock(city: City) -> WorkingClock:
    return WorkingClock(city, "works")


def with_calendar(**fields: Any) -> City:
    return small_city(calendar={**CAMBODIAN_HOURS, **fields})


def local_windows(city: City, day: str) -> list[str]:
    windows = working_windows(city, city.calendar, dt.date.fromisoformat(day))
    return [
        f"{start.astimezone(city.zone):%H:%M}-{end.astimezone(city.zone):%H:%M}" for start, end in windows
    ]


class TestKnownAnswers:
    """Due times and elapsed working time computed by hand from real calendars."""

    @pytest.mark.parametrize(
        ("city", "start", "due"),
        [
            # Friday before the Water Festival of 23 to 25 November
            pytest.param(PHNOM_PENH, "2026-11-20 16:00", "2026-11-26 16:30", id="Water Festival"),
            pytest.param(BRUNEI, "2026-11-19 15:30", "2026-11-21 16:00", id="Friday off, Saturday worked"),
            pytest.param(JOHOR, "2024-11-28 16:00", "2024-12-01 16:00", id="Sunday worked in 2024"),
            pytest.param(JOHOR, "2026-11-26 16:00", "2026-11-27 16:00", id="Friday worked since 2025"),
        ],
    )
    def test_eight_working_hours(self, city: City, start: str, due: str) -> None:
        assert clock(city).add(local(city, start), 8 * HOUR) == local(city, due)

    def test_elapsed_over_the_water_festival(self) -> None:
        a, b = local(PHNOM_PENH, "2026-11-20 16:00"), local(PHNOM_PENH, "2026-11-26 12:00")
        assert clock(PHNOM_PENH).between(a, b) == 5.5 * HOUR

    def test_the_week_in_which_johor_changed_its_weekend(self) -> None:
        # Sunday 29 to Tuesday 31 December are worked by the old week, Wednesday 1 January by the new one.
        worked = {day: bool(local_windows(JOHOR, day)) for day in ("2024-12-27", "2024-12-28", "2024-12-29")}
        assert worked == {"2024-12-27": False, "2024-12-28": False, "2024-12-29": True}
        worked = {day: bool(local_windows(JOHOR, day)) for day in ("2025-01-03", "2025-01-04", "2025-01-05")}
        assert worked == {"2025-01-03": True, "2025-01-04": False, "2025-01-05": False}
        start = local(JOHOR, "2024-12-31 16:00")
        assert clock(JOHOR).add(start, 17 * HOUR) == local(JOHOR, "2025-01-02 17:00")

    def test_results_are_in_utc(self) -> None:
        due = clock(PHNOM_PENH).add(local(PHNOM_PENH, "2026-11-20 16:00"), HOUR)
        assert due.utcoffset() == dt.timedelta() and due.tzinfo is dt.UTC


class TestWorkingWindows:
    def test_a_public_holiday_closes(self) -> None:
        assert local_windows(PHNOM_PENH, "2026-11-24") == []

    def test_an_office_without_holidays_works_on_them(self) -> None:
        city = small_city(calendar={"hours": OFFICE_WEEK})
        assert local_windows(city, "2026-11-24") == ["07:30-11:30", "14:00-17:30"]

    def test_a_city_holiday_closes(self) -> None:
        city = with_calendar(extra_holidays=[{"date": "2026-11-27", "name": "Boat race of the city"}])
        assert local_windows(city, "2026-11-27") == []

    def test_an_extra_working_day_opens_a_weekend_with_the_usual_hours(self) -> None:
        city = with_calendar(extra_working_days=[{"date": "2026-11-28", "name": "Worked for Thursday"}])
        assert local_windows(city, "2026-11-28") == ["07:30-11:30", "14:00-17:30"]

    def test_an_extra_working_day_opens_a_public_holiday(self) -> None:
        city = with_calendar(extra_working_days=[{"date": "2026-11-24", "name": "Flood"}])
        assert local_windows(city, "2026-11-24") == ["07:30-11:30", "14:00-17:30"]

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            ("2026-02-18", ["07:45-12:15", "13:30-16:30"]),
            ("2026-02-19", []),  # first day of Ramadan, a public holiday
            ("2026-02-20", []),  # Friday
            ("2026-02-21", ["08:00-14:00"]),
            ("2026-03-18", ["08:00-14:00"]),
            ("2026-03-19", ["07:45-12:15", "13:30-16:30"]),
        ],
    )
    def test_overridden_hours_replace_the_weekly_ones_on_both_ends(
        self, day: str, expected: list[str]
    ) -> None:
        assert local_windows(RAMADAN, day) == expected

    def test_the_last_written_of_overlapping_overrides_holds(self) -> None:
        def override(hours: str) -> dict[str, Any]:
            return {
                "from_date": "2026-06-01",
                "to_date": "2026-06-30",
                "hours": {"tue": [hours]},
                "reason": "x",
            }

        city = with_calendar(hours_overrides=[override("08:00-12:00"), override("09:00-10:00")])
        assert local_windows(city, "2026-06-02") == ["09:00-10:00"]

    def test_touching_and_overlapping_windows_become_one(self) -> None:
        city = small_city(calendar={"hours": {"mon": ["12:00-15:00", "08:00-12:00", "14:00-16:00"]}})
        assert local_windows(city, "2026-06-01") == ["08:00-16:00"]

    def test_joint_leave_of_a_second_category_closes_where_the_city_says_so(self) -> None:
        def jakarta(*categories: str) -> City:
            public = {"country": "ID", "categories": categories}
            return small_city(timezone="Asia/Jakarta", calendar={"hours": OFFICE_WEEK, "holidays": public})

        # Joint leave around Idulfitri of 2026
        assert local_windows(jakarta("public"), "2026-03-20") != []
        assert local_windows(jakarta("public", "government"), "2026-03-20") == []


class TestHalfOpenWindows:
    @pytest.mark.parametrize(
        ("at", "is_open"),
        [
            ("07:29", False),
            ("07:30", True),
            ("11:29", True),
            ("11:30", False),
            ("14:00", True),
            ("17:30", False),
        ],
    )
    def test_a_window_begins_with_its_start_and_ends_before_its_end(self, at: str, is_open: bool) -> None:
        assert clock(PHNOM_PENH).is_open(local(PHNOM_PENH, f"2026-11-20 {at}")) is is_open

    def test_a_due_time_is_the_end_of_a_window_rather_than_the_next_start(self) -> None:
        start = local(PHNOM_PENH, "2026-11-20 16:00")
        assert clock(PHNOM_PENH).add(start, 1.5 * HOUR) == local(PHNOM_PENH, "2026-11-20 17:30")

    @pytest.mark.parametrize("received", ["2026-11-20 17:30", "2026-11-21 10:00", "2026-11-24 09:00"])
    def test_a_receipt_outside_windows_counts_from_the_next_opening(self, received: str) -> None:
        due = clock(PHNOM_PENH).add(local(PHNOM_PENH, received), HOUR)
        assert due == local(PHNOM_PENH, "2026-11-26 08:30")

    def test_no_time_at_all_is_the_next_opening(self) -> None:
        start = local(PHNOM_PENH, "2026-11-21 10:00")
        assert clock(PHNOM_PENH).add(start, dt.timedelta()) == local(PHNOM_PENH, "2026-11-26 07:30")

    def test_a_night_shift_runs_on_over_midnight(self) -> None:
        start = local(NIGHT_CREW, "2026-12-31 22:00")
        assert clock(NIGHT_CREW).add(start, 5 * HOUR) == local(NIGHT_CREW, "2027-01-01 03:00")
        assert clock(NIGHT_CREW).is_open(local(NIGHT_CREW, "2027-01-01 00:00"))

    def test_an_instant_of_the_old_year_in_utc_belongs_to_the_new_year_locally(self) -> None:
        start = local(NIGHT_CREW, "2027-01-01 01:00")
        assert start.astimezone(dt.UTC).year == 2026
        assert clock(NIGHT_CREW).add(start, HOUR) == local(NIGHT_CREW, "2027-01-01 02:00")


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("received", "days", "due"),
        [
            ("2026-11-19 09:00", 1, "2026-11-20 17:30"),
            ("2026-11-19 12:00", 1, "2026-11-20 17:30"),  # at noon: received at 14:00 the same day
            ("2026-11-19 18:00", 1, "2026-11-26 17:30"),  # after hours: received on Friday
            ("2026-11-20 17:29", 1, "2026-11-26 17:30"),  # Water Festival lies between
            ("2026-11-21 10:00", 1, "2026-11-27 17:30"),  # on Saturday: received on Thursday
            ("2026-12-28 09:00", 3, "2027-01-04 17:30"),  # Peace Day, New Year and a weekend
        ],
    )
    def test_the_day_of_receipt_is_not_counted(self, received: str, days: int, due: str) -> None:
        found = clock(PHNOM_PENH).end_of_working_day(local(PHNOM_PENH, received), days)
        assert found == local(PHNOM_PENH, due)


class TestCalendarsThatNeverOpen:
    @pytest.mark.parametrize(
        "never",
        [
            pytest.param(small_city(calendar={"hours": {}}), id="no hours"),
            pytest.param(
                with_calendar(
                    hours_overrides=[
                        {"from_date": "2026-01-01", "to_date": "2027-06-30", "hours": {}, "reason": "Closed"}
                    ]
                ),
                id="closed for 545 days",
            ),
        ],
    )
    def test_are_refused_with_the_city_and_the_limit(self, never: City) -> None:
        start = local(never, "2026-01-01 09:00")
        with pytest.raises(NoWorkingTime, match="kh-tst stays closed for more than 400 days"):
            clock(never).add(start, HOUR)
        with pytest.raises(NoWorkingTime, match="kh-tst stays closed for more than 400 days"):
            clock(never).end_of_working_day(start, 1)

    def test_a_closure_of_a_whole_year_is_waited_out(self) -> None:
        city = with_calendar(
            hours_overrides=[{"from_date": "2026-01-01", "to_date": "2026-12-31", "hours": {}, "reason": "x"}]
        )
        due = clock(city).add(local(city, "2025-12-31 17:00"), HOUR)
        assert due == local(city, "2027-01-04 08:00")

    def test_a_promise_that_would_leave_the_known_years_is_refused(self) -> None:
        with pytest.raises(NoWorkingTime, match="reach from 1970 to 2100"):
            clock(PHNOM_PENH).add(local(PHNOM_PENH, "2099-06-01 09:00"), 10_000 * HOUR)

    def test_closed_calendars_still_measure(self) -> None:
        city = small_city(calendar={"hours": {}})
        assert clock(city).between(local(city, "2020-01-01"), local(city, "2026-01-01")) == dt.timedelta()


class TestPromise:
    CITY = small_city(
        departments=[
            {"code": "works", "names": {"en": "Public Works"}},
            {
                "code": "crews",
                "names": {"en": "Crews"},
                "calendar": {"hours": {"mon": ["20:00-24:00"], "tue": ["00:00-04:00"]}},
            },
        ],
        services=[
            service(
                "lamp",
                promise={
                    "acknowledge": {"working_hours": 4},
                    "respond": {"working_days": 1},
                    "resolve": {"calendar_days": 2},
                    "standard": "published",
                    "by_priority": {"urgent": {"resolve": {"calendar_hours": 12}}},
                },
            ),
            service("tree", promise={"resolve": {"working_hours": 2}}),
        ],
    )
    LAMP, TREE = CITY.services

    def test_each_stage_by_its_own_kind_of_span(self) -> None:
        received = local(self.CITY, "2026-11-20 16:00")
        times = promise(self.CITY, self.LAMP, "works", received, "normal")
        assert times.acknowledge_by == local(self.CITY, "2026-11-26 10:00")
        assert times.respond_by == local(self.CITY, "2026-11-26 17:30")
        assert times.resolve_by == local(self.CITY, "2026-11-22 16:00")
        assert times.standard == "published"

    def test_a_priority_changes_only_what_it_names(self) -> None:
        received = local(self.CITY, "2026-11-20 16:00")
        usual = promise(self.CITY, self.LAMP, "works", received, "normal")
        urgent = promise(self.CITY, self.LAMP, "works", received, "urgent")
        assert urgent.resolve_by == local(self.CITY, "2026-11-21 04:00")
        assert (urgent.acknowledge_by, urgent.respond_by) == (usual.acknowledge_by, usual.respond_by)

    def test_stages_that_are_not_promised_have_no_time(self) -> None:
        times = promise(self.CITY, self.TREE, "works", local(self.CITY, "2026-11-20 16:00"), "normal")
        assert times.acknowledge_by is None and times.respond_by is None and times.standard == "reference"

    def test_the_owners_own_calendar_counts(self) -> None:
        received = local(self.CITY, "2026-11-20 16:00")
        times = promise(self.CITY, self.TREE, "crews", received, "normal")
        assert times.resolve_by == local(self.CITY, "2026-11-23 22:00")

    def test_a_department_the_city_no_longer_has_is_served_by_the_citys_calendar(self) -> None:
        received = local(self.CITY, "2026-11-20 09:00")
        times = promise(self.CITY, self.TREE, "dissolved", received, "normal")
        assert times.resolve_by == local(self.CITY, "2026-11-20 11:00")

    def test_a_time_without_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no time zone"):
            promise(self.CITY, self.TREE, "works", dt.datetime(2026, 1, 1), "normal")  # noqa: DTZ001


class TestPauses:
    DUE = local(PHNOM_PENH, "2026-11-26 16:30")

    def paused(self, start: str, end: str, *, calendar_time: bool = False) -> dt.datetime:
        return extended_by_pause(
            PHNOM_PENH,
            "works",
            self.DUE,
            local(PHNOM_PENH, start),
            local(PHNOM_PENH, end),
            calendar_time=calendar_time,
        )

    def test_a_pause_adds_its_working_time(self) -> None:
        # half an hour of Thursday afternoon, then Friday from 07:30
        assert self.paused("2026-11-26 08:00", "2026-11-26 10:30") == local(PHNOM_PENH, "2026-11-27 09:00")

    def test_a_pause_over_closed_days_adds_nothing(self) -> None:
        assert self.paused("2026-11-21 00:00", "2026-11-26 07:30") == self.DUE

    def test_a_calendar_promise_is_shifted_by_the_whole_pause(self) -> None:
        shifted = self.paused("2026-11-21 00:00", "2026-11-22 06:00", calendar_time=True)
        assert shifted == self.DUE + 30 * HOUR

    @pytest.mark.parametrize(
        ("start", "end"), [("2026-11-26 16:30", "2026-12-01 09:00"), ("2026-11-25 09:00", "2026-11-24 09:00")]
    )
    def test_a_pause_after_the_due_time_or_without_length_changes_nothing(self, start: str, end: str) -> None:
        assert self.paused(start, end) == self.DUE == self.paused(start, end, calendar_time=True)


instants = st.datetimes(
    min_value=dt.datetime(2023, 6, 1),  # noqa: DTZ001
    max_value=dt.datetime(2027, 6, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
spans = st.timedeltas(min_value=dt.timedelta(), max_value=dt.timedelta(hours=600))
positive_spans = st.timedeltas(min_value=dt.timedelta(microseconds=1), max_value=dt.timedelta(hours=600))
cities = st.sampled_from(CITIES)


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
