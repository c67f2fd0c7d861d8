"""A week of Phnom Penh over the Water Festival: silence climbs from contractor to Division to deputy governor.

Time is passed in, nothing sleeps; tables, sweep and configuration are the real ones. What must happen, and in which
minute, stands in ``EXPECTED``; what staff do meanwhile, and the outage, stand before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from city_config import City
from nagara import changing
from nagara.database import city_session
from nagara.escalation import answering as escalating
from nagara.escalation.climbing import sweep
from nagara.event_log import Actor
from nagara.filing.handed_in import Filing
from nagara.filing.intake import decide, filed_data, request_row
from nagara.importing.writing import EVENT_COLUMNS, REQUEST_COLUMNS
from nagara.lifecycle import Move, Status, transition
from nagara.promises.deadlines import promise
from nagara.promises.working_hours import is_holiday
from tests.helpers import Connection
from tests.nagara.small_cities import local
from tests.planting import plant

MINUTE = dt.timedelta(minutes=1)
BETWEEN = dt.timedelta(hours=3)
"""Sweeps run as often, and a minute before each expected minute, and in it."""

BEGINS, ENDS = "2026-11-22 18:00", "2026-11-29 18:00"
BON_OM_TOUK = [dt.date(2026, 11, day) for day in (23, 24, 25)]
OUTAGE = ("2026-11-26 12:30", "2026-11-27 14:00")
FLOOD = ("2026-11-27 00:00", "2026-11-28 00:00")

FILED = {
    # bags in front of a house, on the evening before the festival
    "bags": ("waste_missed", "2026-11-22 18:40"),
    # the same late in the evening of its first day: a day and two later the deputy governor sleeps at that hour
    "late": ("waste_missed", "2026-11-23 22:10"),
    # a supervisor acknowledges this one after the Division was told, and answers for it until Thursday noon
    "held": ("waste_missed", "2026-11-23 08:00"),
    # this one is taken back by a supervisor after the Division was told; what comes later comes all the same
    "back": ("waste_missed", "2026-11-23 09:00"),
    # the contractor comes
    "done": ("waste_missed", "2026-11-24 06:00"),
    # two of its rungs fall due while nothing runs
    "dark": ("waste_missed", "2026-11-25 13:00"),
    # a drain without its cover, at night, on the second day of the festival: life is at stake
    "hole": ("drain_cover_missing", "2026-11-24 23:00"),
    # somebody takes the next hole in hand, so that only the promise to mend it climbs
    "seen": ("drain_cover_missing", "2026-11-25 23:00"),
}

DONE = [
    ("2026-11-24 09:10", "held", Move.ACKNOWLEDGE_ESCALATION, "2026-11-26 12:00"),
    ("2026-11-24 09:20", "back", Move.DE_ESCALATE, None),
    ("2026-11-24 18:30", "done", Move.RESOLVE, None),
    ("2026-11-25 23:30", "seen", Move.ACKNOWLEDGE, None),
]
"""What staff do, and when; an acknowledgement says until when nothing needs to climb."""

EXPECTED = """
2026-11-23 06:40  bags  resolve 1            mizuda-desk + supervisor          normal
2026-11-23 18:40  bags  resolve 2            waste-division-head + supervisor  high
2026-11-23 20:00  held  resolve 1            mizuda-desk + supervisor          normal
2026-11-23 21:00  back  resolve 1            mizuda-desk + supervisor          normal
2026-11-24 08:00  held  resolve 2            waste-division-head + supervisor  high
2026-11-24 09:00  back  resolve 2            waste-division-head + supervisor  high
2026-11-24 10:10  late  resolve 1            mizuda-desk + supervisor          normal
2026-11-24 18:00  done  resolve 1            mizuda-desk + supervisor          normal
2026-11-24 18:40  bags  resolve 3            deputy-governor + city_admin      urgent
2026-11-24 22:10  late  resolve 2            waste-division-head + supervisor  high
2026-11-25 00:00  hole  acknowledge 1        supervisor                        urgent
2026-11-25 01:00  hole  resolve 1            supervisor                        urgent  with acknowledge 1 again 1
2026-11-25 02:00  hole  acknowledge 1 again 2  supervisor                      urgent
2026-11-25 03:00  hole  resolve 2            deputy-governor + city_admin      urgent  with acknowledge 2  unanswered acknowledge 1
2026-11-25 09:00  back  resolve 3            deputy-governor + city_admin      urgent
2026-11-25 22:10  late  resolve 3            deputy-governor + city_admin      urgent  deputy-governor hears 2026-11-26 06:00
2026-11-26 01:00  dark  resolve 1            mizuda-desk + supervisor          normal
2026-11-26 01:00  seen  resolve 1            supervisor                        urgent
2026-11-26 03:00  seen  resolve 2            deputy-governor + city_admin      urgent
2026-11-26 12:00  held  resolve 3            deputy-governor + city_admin      urgent
2026-11-27 14:00  dark  resolve 3            deputy-governor + city_admin      urgent  with resolve 2  flood
"""  # noqa: E501 - a table is read by its columns
"""When, which request, which rung of which promise, who hears (posts, then roles), its priority then, what else.

No post of the capital has an address yet, so that a role hears for each as well. ``with``: rungs that were due at
the same moment. At night the deputy governor sleeps, and is woken only where life is at stake."""


@dataclass(frozen=True)
class Filed:
    """A request of the week."""

    name: str
    id: Any
    reference: str


def file_at(owner: Connection, city: City, name: str, service: str, at: dt.datetime) -> Filed:
    """A report that came in at an instant of the week, decided by the rules and stored as it would be."""
    centre = city.map.centre
    filing = Filing(service_code=service, lat=centre.lat, lon=centre.lon, description=name)
    row = request_row(city, filing, decide(city, filing, at), at)
    row |= {"escalation_step": 0, "version": 1, "updated_at": at}
    event = {
        "city_id": city.id, "request_id": row["id"], "kind": "filed", "occurred_at": at,
        "actor_kind": "resident", "to_status": row["status"], "data": orjson.dumps(filed_data(row)).decode(),
    }  # fmt: skip
    for table, columns, values in (("request", REQUEST_COLUMNS, row), ("event", EVENT_COLUMNS, event)):
        places = ", ".join(["%s"] * len(columns))
        statement = f"insert into {table} ({', '.join(columns)}) values ({places})"
        owner.execute(statement, [values.get(column) for column in columns])
    return Filed(name, row["id"], row["reference"])


def moved(city: City, request: Filed, move: Move, now: dt.datetime, until: dt.datetime | None = None) -> None:
    """What a supervisor does at an instant of the week."""
    with city_session(city.id) as session:
        row = changing.locked(session, city, request.reference)
        data: dict[str, Any] = {}
        if move is Move.ACKNOWLEDGE_ESCALATION:
            data = escalating.acknowledge(row, until, now)
        elif move is Move.DE_ESCALATE:
            data = escalating.take_back(row)
        elif move is Move.RESOLVE:
            row.closing_reason = "fixed"
        step = transition(Status(row.status), move)
        changing.finish(session, city, row, step, Actor("staff", "supervisor"), now, data)


def minute(city: City, at: dt.datetime) -> str:
    """An instant as the table has it."""
    return f"{at.astimezone(city.zone):%Y-%m-%d %H:%M}"


def said(city: City, name: str, data: Mapping[str, Any], priority: str) -> str:
    """One climb as the table has it."""
    others = [f"with {rung(other)}" for other in data["recorded_with"]]
    later = {who: dt.datetime.fromisoformat(at) for who, at in data.get("tell_from", {}).items()}
    others += [f"{who} hears {minute(city, at)}" for who, at in later.items()]
    others += [f"unanswered {rung(one)}" for one in data.get("unanswered", [])]
    others += [data["emergency"]] if "emergency" in data else []
    whom = " + ".join([*data["posts"], *data["tell"]])
    return "  ".join([name, rung(data), whom, priority, *others])


def rung(data: Mapping[str, Any]) -> str:
    """A rung by its promise and number, and how often its people were told again."""
    return f"{data['promise']} {data['step']}" + (f" again {data['again']}" if "again" in data else "")


def test_over_the_water_festival_silence_climbs_in_the_expected_minutes(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = phnom_penh
    requests = {
        name: file_at(owner, city, name, service, local(city, at)) for name, (service, at) in FILED.items()
    }
    flood = {"valid_from": local(city, FLOOD[0]), "valid_to": local(city, FLOOD[1])}
    plant(owner, "declared_emergency", city.id, kind="flood", districts=[], **flood)
    told: list[str] = []
    for now in sweeps(city):
        for at, name, move, until in DONE:
            if local(city, at) == now:
                moved(city, requests[name], move, now, local(city, until) if until else None)
        sweep(db, now)
        told += [f"{minute(city, now)}  {line}" for line in climbs(city, owner, requests, len(told))]
    assert [" ".join(line.split()) for line in told] == table()
    assert sweep(db, local(city, ENDS)).escalated == 0, "nothing is left to climb"


def test_the_working_clock_stands_still_over_the_festival_and_the_residents_does_not(
    phnom_penh: City,
) -> None:
    city = phnom_penh
    assert all(is_holiday(city.calendar, day) for day in BON_OM_TOUK)
    light = city.services_by_code["street_light"]
    given = promise(city, light, "dpwt", local(city, "2026-11-20 16:00"), "normal")
    assert given.acknowledge_by == local(city, "2026-11-26 16:30"), (
        "eight working hours, from Friday to Thursday"
    )
    assert given.resolve_by == local(city, "2026-11-27 16:00"), "seven days of the calendar"


def table() -> list[str]:
    """The expected lines, without the spaces that make columns."""
    return [" ".join(line.split()) for line in EXPECTED.strip().splitlines()]


def sweeps(city: City) -> list[dt.datetime]:
    """Every instant at which a sweep runs, in order; none in the outage."""
    expected = [local(city, line[:16]) for line in table()]
    often = [
        local(city, BEGINS) + n * BETWEEN for n in range((local(city, ENDS) - local(city, BEGINS)) // BETWEEN)
    ]
    done = [local(city, at) for at, *_ in DONE]
    found = {*expected, *(at - MINUTE for at in expected), *often, *done}
    return sorted(at for at in found if not local(city, OUTAGE[0]) <= at < local(city, OUTAGE[1]))


def climbs(city: City, owner: Connection, requests: Mapping[str, Filed], known: int) -> list[str]:
    """What was recorded since ``known`` climbs, in the table's words."""
    names = {request.id: name for name, request in requests.items()}
    rows = owner.execute(
        "select e.request_id, e.data, r.priority from event e "
        "join request r on r.city_id = e.city_id and r.id = e.request_id "
        "where e.kind = 'escalated' order by e.recorded_at, r.description offset %s",
        (known,),
    ).fetchall()
    return [said(city, names[id_], data, priority) for id_, data, priority in rows]
