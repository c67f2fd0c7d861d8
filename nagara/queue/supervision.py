"""What a supervisor looks at: who has how much and for how long, and what will be late within hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, LiteralString

from city_config import City
from nagara.database import Pool, read_in_city
from nagara.public.request_views import named_department, named_service

MOST_BREACHES = 100
MOST_PEOPLE = 500

_LOAD: LiteralString = """
select department, {person}, count(*),
       count(*) filter (where next_due_at < %(now)s),
       count(*) filter (where next_due_at >= %(now)s and next_due_at < %(until)s),
       count(*) filter (where escalation_step > 0 or escalated_by_hand),
       count(*) filter (where paused_at is not null),
       min(received_at),
       percentile_cont(0.5) within group (order by extract(epoch from %(now)s - received_at))
  from request where city_id = %(city_id)s and closed_at is null
"""
LOAD_OF_DEPARTMENTS: LiteralString = (
    _LOAD.replace("{person}", "null::text") + " group by department order by 3 desc, 1"
)
LOAD_OF_PEOPLE: LiteralString = (
    _LOAD.replace("{person}", "assignee")
    + " and assignee is not null group by department, assignee order by 3 desc, 1, 2 limit %(most)s"
)
BREACHES = """
select reference, service_code, department, assignee, status, priority, resolve_by, version
  from request
 where city_id = %(city_id)s and closed_at is null and paused_at is null
   and next_due_at < %(until)s and resolve_by >= %(now)s and resolve_by < %(until)s
 order by resolve_by, id limit %(most)s
"""
"""What is resolved by a time is due by it at the latest, so the index of what is due next holds it."""


async def supervision(pool: Pool, city: City, now: dt.datetime, hours: int) -> dict[str, Any]:
    """The figures of a city's open requests at a moment; ages in hours of the calendar."""
    values = {"city_id": city.id, "now": now, "until": now + dt.timedelta(hours=hours)}
    departments, people, breaches = await read_in_city(
        pool,
        city.id,
        (LOAD_OF_DEPARTMENTS, values),
        (LOAD_OF_PEOPLE, values | {"most": MOST_PEOPLE}),
        (BREACHES, values | {"most": MOST_BREACHES + 1}),
    )
    return {
        "at": now,
        "hours": hours,
        "departments": [_load(city, row) for row in departments],
        "people": [_load(city, row) for row in people],
        "breaches": [_breach(city, row) for row in breaches[:MOST_BREACHES]],
        "more_breaches": len(breaches) > MOST_BREACHES,
    }


def _load(city: City, row: Sequence[Any]) -> dict[str, Any]:
    department, assignee, number, overdue, soon, escalated, waiting, oldest, median = row
    return {
        "department": named_department(city, department),
        "assignee": assignee,
        "open": number,
        "overdue": overdue,
        "due_soon": soon,
        "escalated": escalated,
        "waiting": waiting,
        "oldest_received_at": oldest,
        "median_age_hours": round(float(median) / 3600, 1),
    }


def _breach(city: City, row: Sequence[Any]) -> dict[str, Any]:
    reference, service, department, assignee, status, priority, resolve_by, version = row
    return {
        "reference": reference,
        "service": named_service(city, service),
        "department": named_department(city, department),
        "assignee": assignee,
        "status": status,
        "priority": priority,
        "resolve_by": resolve_by,
        "version": version,
    }
