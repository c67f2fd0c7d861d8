from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city_config.schema import City
from nagara.places.rounds import Collection, collection_due
from tests.nagara.small_cities import CAMBODIAN_HOURS, collection, feature, local, rectangle, small_city

DISTRICTS = collection(*(feature(f"0{n}", rectangle(104 + n, 11, 105 + n, 12)) for n in (1, 2, 3, 4)))
ROUNDS = [
    {"code": "north", "districts": ["01"], "weekdays": ["mon", "thu"], "windows": ["05:00-09:00"]},
    {"code": "night", "districts": ["02"], "weekdays": ["fri"], "windows": ["20:00-04:00"]},
    {
        "code": "market",
        "districts": ["01"],
        "streets": ["Street 13", "Phố Huế"],
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "windows": ["04:00-06:00", "18:00-20:00"],
    },
    {
        "code": "weekdays",
        "districts": ["03"],
        "weekdays": ["mon", "tue", "wed"],
        "windows": ["08:00-10:00"],
        "on_holidays": False,
    },
    {
        "code": "old",
        "districts": ["04"],
        "weekdays": ["mon"],
        "windows": ["08:00-10:00"],
        "valid_to": "2026-06-30",
    },
    {
        "code": "bulky",
        "waste": "bulky",
        "districts": ["01"],
        "weekdays": ["sat"],
        "windows": ["08:00-10:00"],
    },
]
CITY = small_city(districts=DISTRICTS, rounds=ROUNDS, calendar=CAMBODIAN_HOURS)


def times(found: Collection | None, city: City = CITY) -> tuple[str, str] | None:
    if found is None:
        return None
    return tuple(t.astimezone(city.zone).strftime("%a %H:%M") for t in (found.opens, found.closes))  # type: ignore[return-value]


def test_a_collection_that_has_passed_was_due_and_the_next_is_known() -> None:
    due = collection_due(CITY, "01", local(CITY, "2026-03-03 12:00"))  # a Tuesday
    assert due.state == "was_due"
    assert times(due.last) == ("Mon 05:00", "Mon 09:00")
    assert times(due.next) == ("Thu 05:00", "Thu 09:00")
    assert due.running is None


def test_while_the_window_is_open_the_crew_may_still_come() -> None:
    due = collection_due(CITY, "01", local(CITY, "2026-03-05 08:59"))
    assert due.state == "running"
    assert times(due.running) == ("Thu 05:00", "Thu 09:00")
    assert times(due.last) == ("Mon 05:00", "Mon 09:00")
    assert collection_due(CITY, "01", local(CITY, "2026-03-05 09:00")).state == "was_due"


def test_a_night_round_ends_on_the_next_day() -> None:
    assert collection_due(CITY, "02", local(CITY, "2026-03-07 03:59")).state == "running"  # Saturday
    due = collection_due(CITY, "02", local(CITY, "2026-03-07 04:00"))
    assert due.state == "was_due"
    assert times(due.last) == ("Fri 20:00", "Sat 04:00")


@pytest.mark.parametrize("street", ["Street 13", "street  13", "PHỐ HUẾ", "Phô\u0301 Huê\u0301"])
def test_a_named_street_has_its_own_round(street: str) -> None:
    due = collection_due(CITY, "01", local(CITY, "2026-03-04 12:00"), street=street)
    assert due.last is not None
    assert due.last.round == "market"
    assert times(due.next) == ("Wed 18:00", "Wed 20:00")


def test_a_street_no_round_names_follows_its_district() -> None:
    due = collection_due(CITY, "01", local(CITY, "2026-03-04 12:00"), street="Street 14")
    assert due.last is not None
    assert due.last.round == "north"


def test_no_collection_on_holidays_where_the_round_rests() -> None:
    # the Water Festival of 2026 is on 23 to 25 November, Monday to Wednesday
    due = collection_due(CITY, "03", local(CITY, "2026-11-26 12:00"))
    assert due.state == "not_due"
    assert times(due.next) == ("Mon 08:00", "Mon 10:00")


def test_a_round_that_has_ended_is_no_longer_due() -> None:
    assert collection_due(CITY, "04", local(CITY, "2026-06-30 12:00")).state == "was_due"
    late = collection_due(CITY, "04", local(CITY, "2026-07-15 12:00"))
    assert (late.state, late.next) == ("not_due", None)


def test_where_no_round_is_known_nothing_is_claimed() -> None:
    assert collection_due(CITY, "09", local(CITY, "2026-03-04 12:00")).state == "unknown"
    assert collection_due(CITY, None, local(CITY, "2026-03-04 12:00")).state == "unknown"
    assert collection_due(CITY, "02", local(CITY, "2026-03-04 12:00"), waste="bulky").state == "unknown"


def test_each_kind_of_waste_has_its_rounds() -> None:
    due = collection_due(CITY, "01", local(CITY, "2026-03-04 12:00"), waste="bulky")
    assert times(due.next) == ("Sat 08:00", "Sat 10:00")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        collection_due(CITY, "01", dt.datetime(2026, 3, 4))  # noqa: DTZ001


@given(st.integers(0, 4 * 366 * 24 * 60), st.sampled_from(["01", "02", "03"]))
def test_last_running_and_next_stand_around_the_moment(minutes: int, district: str) -> None:
    at = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    due = collection_due(CITY, district, at)
    if due.last:
        assert due.last.opens < due.last.closes <= at
    if due.running:
        assert due.running.opens <= at < due.running.closes
    assert due.next is not None
    assert at < due.next.opens
