"""Drafts come by the calendar, once each, from the newest snapshots; nobody's hands are in them yet."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from city_config.network import AnnualMeeting, ReportSchedule
from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.indicators.build import build_city
from nagara.review.drafts import build_due, due_drafts
from tests.nagara.indicators.logged import log_request

Owner = psycopg.Connection[Any]
MEETING = AnnualMeeting(day=dt.date(2027, 7, 15))
YEAR = "2026-05..2027-04"


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-11-04", [("monthly", "2026-09")]),
        ("2026-11-05", [("monthly", "2026-10")]),
        ("2027-01-01", [("monthly", "2026-11")]),
        ("2027-01-31", [("monthly", "2026-12")]),
        ("2027-04-30", [("monthly", "2027-03")]),
        ("2027-05-01", [("monthly", "2027-03"), ("annual", YEAR)]),
        ("2027-07-14", [("monthly", "2027-06"), ("annual", YEAR)]),
        ("2027-07-15", [("monthly", "2027-06")]),
    ],
)
def test_the_calendar_says_which_drafts_are_due(today: str, expected: list[tuple[str, str]]) -> None:
    schedule = ReportSchedule(monthly_day=5, annual_meeting=MEETING, annual_days_before=75, annual_months=12)
    found = due_drafts(schedule, dt.date.fromisoformat(today))
    assert [(one.kind, str(one.period)) for one in found] == expected


def test_a_network_may_want_no_drafts_at_all() -> None:
    assert due_drafts(ReportSchedule(monthly_day=None), dt.date(2027, 5, 20)) == []


def test_what_is_due_is_built_once_and_stands_as_a_draft_of_nobody(owner: Owner, database_url: str) -> None:
    may = dt.datetime(2027, 5, 20, 20, 40, tzinfo=dt.UTC)

    def build(now: dt.datetime = may) -> list[tuple[str, str]]:
        with network_connection() as connection:
            return [(one.kind, str(one.period)) for one in build_due(connection, configuration(), now)]

    assert build() == [], "without figures there is nothing to review"
    with clock_connection() as connection:
        for number in range(12):
            at = dt.datetime(2026, 6, 2, number, tzinfo=dt.UTC)
            log_request(connection, "kh-pnh", at, [("resolved", 30.0, "staff")])
        build_city(connection, configuration(), "kh-pnh", time_told(connection))
        connection.commit()
    due = [("monthly", "2027-04"), ("annual", YEAR)]
    assert build() == due
    assert build() == []
    assert build(may + dt.timedelta(days=16)) == [("monthly", "2027-05")]
    rows = owner.execute(
        "select r.period, r.status, s.actor, s.office, s.details ->> 'scheduled' from report_review r "
        "join report_review_step s on s.city_id = r.city_id and s.review_id = r.id order by r.created_at, r.period"
    ).fetchall()
    assert {(row[0], row[4]) for row in rows} == {
        (period, kind) for kind, period in [*due, ("monthly", "2027-05")]
    }
    assert {row[1:4] for row in rows} == {("draft", "timer", "timer")}
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute("delete from report_draft")
