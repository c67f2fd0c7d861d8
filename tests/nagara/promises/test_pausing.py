"""How long a promise may stand still: whatever pauses follow each other, no more than the cap of each status."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city_config.ladder import Pauses
from city_config.schema import City
from nagara.escalation.ladder import Climb
from nagara.lifecycle import NOTHING_DUE, PAUSED, Status
from nagara.promises.clocks import end_pause, ticking
from nagara.promises.deadlines import WorkingClock
from nagara.promises.pausing import runs_on_at
from tests.nagara.small_cities import local, small_city

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
CAPS = {
    "waiting_reporter": {"working_days": 2},
    "on_hold": {"working_hours": 10},
    "referred": {"calendar_days": 3},
}
CITY: City = small_city(
    pauses=CAPS, ladder=[{"step": 1, "at_fraction": 1, "tell": ["agent"], "because": "x"}]
)
FILED = local(CITY, "2026-11-16 09:00").astimezone(dt.UTC)  # a Monday; the Water Festival is the week after


def request(**fields: Any) -> Any:
    values = {
        "service_code": "missed_collection", "network_code": "waste_missed", "priority": "normal",
        "department": "works",
        "status": "in_progress", "received_at": FILED, "acknowledge_by": None, "respond_by": None,
        "resolve_by": FILED + 10 * DAY, "acknowledged_at": FILED, "responded_at": None, "paused_at": None,
        "calendar_stages": None,
    }  # fmt: skip
    return SimpleNamespace(**values | fields)


@pytest.mark.parametrize(
    ("status", "until"),
    [
        (Status.WAITING_REPORTER, "2026-11-18 17:30"),  # the second working day after Monday ends
        (Status.ON_HOLD, "2026-11-17 11:30"),  # six hours are left of Monday, then four of Tuesday
        (Status.REFERRED, "2026-11-19 09:00"),
    ],
)
def test_each_status_has_its_own_cap(status: Status, until: str) -> None:
    assert runs_on_at(CITY, "works", status, FILED, {}) == local(CITY, until)
    paused = ticking(CITY, request(status=status.value, paused_at=FILED), Climb())
    assert (paused.next_due_at, paused.next_step_at) == (NOTHING_DUE, local(CITY, until))
    ran_on = ticking(CITY, request(status=status.value), Climb())
    assert ran_on.next_due_at == ran_on.next_step_at == FILED + 10 * DAY


def test_a_pause_moves_what_was_promised_and_not_what_the_request_has_become() -> None:
    """Another service or priority later must neither give a week-end away nor take one."""
    friday, monday = local(CITY, "2026-11-20 17:30"), local(CITY, "2026-11-22 17:30")
    moved = {}
    for stages in (["resolve"], []):
        held = request(
            status="on_hold", paused_at=friday.astimezone(dt.UTC), calendar_stages=stages, priority="urgent"
        )
        ended = end_pause(CITY, held, Status.ON_HOLD, Climb(), monday.astimezone(dt.UTC))
        assert ended is not None and ended.due["resolve_by"] is not None
        moved[bool(stages)] = ended.due["resolve_by"] - held.resolve_by
    assert moved == {True: 2 * DAY, False: dt.timedelta()}


def test_the_network_rule_stands_where_a_city_says_nothing() -> None:
    assert Pauses().waiting_reporter.working_days == 5
    assert set(Pauses.model_fields) - {"source", "confirmed"} == {status.value for status in PAUSED}


def test_a_status_in_which_nothing_pauses_has_no_cap() -> None:
    with pytest.raises(ValueError, match="no status in which"):
        runs_on_at(CITY, "works", Status.ASSIGNED, FILED, {})


SPANS = st.lists(
    st.tuples(
        st.sampled_from(sorted(PAUSED)), st.timedeltas(dt.timedelta(), 5 * DAY), st.timedeltas(HOUR, 3 * DAY)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(SPANS)
def test_whatever_pauses_follow_each_other_a_status_takes_no_more_than_its_cap(
    pauses: list[tuple[Status, dt.timedelta, dt.timedelta]],
) -> None:
    """Due times only move later, by the working time that counted; what counted stays below the cap of each status."""
    row, climb, now = request(resolve_by=FILED + 400 * DAY), Climb(), FILED
    clock = WorkingClock(CITY, "works")
    counted = dict.fromkeys(PAUSED, dt.timedelta())
    for status, before, length in pauses:
        now += before
        row.status, row.paused_at = status.value, now
        ended = end_pause(CITY, row, status, climb, now + length)
        assert ended is not None
        assert now <= ended.until <= now + length
        moved = clock.between(row.resolve_by, ended.due["resolve_by"])  # type: ignore[arg-type]
        assert moved == clock.between(now, ended.until), "later by exactly the working time that counted"
        counted[status] += ended.until - now if status is Status.REFERRED else moved
        row.resolve_by, row.paused_at, climb, now = ended.due["resolve_by"], None, ended.climb, now + length
    assert counted[Status.REFERRED] <= 3 * DAY
    assert counted[Status.ON_HOLD] <= 10 * HOUR
    assert counted[Status.WAITING_REPORTER] <= 3 * 7.5 * HOUR, "the rest of a day, and two whole ones"
    assert end_pause(CITY, row, Status.ON_HOLD, climb, now) is None, "a clock that runs is not ended again"
