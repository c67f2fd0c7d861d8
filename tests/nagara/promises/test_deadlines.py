from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from city_config.schema import City
from nagara.errors import NoWorkingTime
from nagara.promises.deadlines import (
    WorkingClock,
    calendar_stages,
    extended_by_pause,
    prepare_clocks,
    promise,
    working_windows,
)
from tests.nagara.small_cities import (
    BRUNEI,
    CAMBODIAN_HOURS,
    JOHOR,
    NIGHT_CREW,
    OFFICE_WEEK,
    PHNOM_PENH,
    RAMADAN,
    local,
    service,
    small_city,
)

HOUR = dt.timedelta(hours=1)


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

    def test_touching_windows_become_one(self) -> None:
        city = small_city(calendar={"hours": {"mon": ["08:00-12:00", "12:00-15:00", "16:00-17:00"]}})
        assert local_windows(city, "2026-06-01") == ["08:00-15:00", "16:00-17:00"]

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
                    "resolve": {"calendar_days": 10},
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
        assert times.resolve_by == local(self.CITY, "2026-11-30 16:00")
        assert times.standard == "published"

    def test_a_priority_changes_only_what_it_names(self) -> None:
        received = local(self.CITY, "2026-11-20 16:00")
        usual = promise(self.CITY, self.LAMP, "works", received, "normal")
        urgent = promise(self.CITY, self.LAMP, "works", received, "urgent")
        assert urgent.resolve_by == local(self.CITY, "2026-11-21 04:00")
        assert urgent.acknowledge_by == urgent.respond_by == urgent.resolve_by
        assert usual.resolve_by is not None and usual.resolve_by > local(self.CITY, "2026-11-21 04:00")

    def test_no_stage_is_due_after_the_resolving(self) -> None:
        """Resolved within twelve hours of the night, nobody waits for office hours to hear of it."""
        received = local(self.CITY, "2026-11-19 09:00")
        urgent = promise(self.CITY, self.LAMP, "works", received, "urgent")
        assert urgent.acknowledge_by == local(self.CITY, "2026-11-19 15:30")
        assert urgent.respond_by == urgent.resolve_by == local(self.CITY, "2026-11-19 21:00")

    def test_which_stages_run_day_and_night(self) -> None:
        assert calendar_stages(self.LAMP, "normal") == ("resolve",)
        assert "acknowledge" not in calendar_stages(self.TREE, "normal")  # not promised at all

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


def test_preparing_the_clocks_changes_no_answer() -> None:
    fresh, prepared = (small_city() for _ in range(2))
    start = local(fresh, "2026-11-20 16:00")
    prepare_clocks(prepared, start)
    assert clock(prepared).add(start, 8 * HOUR) == clock(fresh).add(start, 8 * HOUR)


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
