"""What is to happen: requests whose steps fall due during the run, and people who are to be told; and nothing else.

The city is Phnom Penh with a ladder of two rungs that stand here, so that what must come of it is reckoned here
and not by the code that is tried.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg
import yaml

from city_config import City
from nagara.filing.handed_in import Filing
from nagara.filing.intake import decide, filed_data, request_row
from nagara.ids import new_reference, uuid7
from nagara.importing.writing import EVENT_COLUMNS, REQUEST_COLUMNS
from nagara.queue.search import fill_waiting
from nagara.sealing import seal

CITY = "kh-pnh"
PROMISE = "resolve"
SUPERVISOR = "chief"
TOLD_SERVICE, UNTOLD_SERVICE = "waste_missed", "street_light"
"""The supervisor works for the department of the first alone, so that half of all steps tell somebody."""

SECOND_AFTER = dt.timedelta(hours=48)
LADDER = [
    {"step": 1, "at_fraction": 1.0, "tell": ["supervisor"], "because": "The promised time has passed."},
    {
        "step": 2,
        "after_due": {"calendar_hours": 48},
        "tell": ["supervisor"],
        "raise_priority_to": "high",
        "because": "Two days after the promised time nobody has closed the request.",
    },
]
BOTH_OVERDUE, FIRST_OVERDUE = 0.05, 0.05
"""Shares of requests that come with both rungs overdue, to be collapsed, and with the first, to climb twice."""

ROWS_A_SECOND = 3_000
"""How fast rows are laid down at least: none falls due before it is there."""

TIMES = ("received_at", "acknowledge_by", "respond_by", "resolve_by")
CONTACT_COLUMNS = ("city_id", "request_id", "sealed", "confirmed_at")
OUTBOX_COLUMNS = ("city_id", "request_id", "seq")

SUPERVISOR_ACCOUNT = """
insert into staff_account (city_id, username, password_hash, role, display_name, email, active, created_at)
values (%s, %s, '', 'supervisor', 'Chief', 'chief@example.org', true, clock_timestamp())
"""
Step = tuple[str, str, int]
"""Request, promise, number of the rung."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What must come of it: the steps, each with its due time, and the requests whose residents are told."""

    due: dict[Step, dt.datetime]
    mailed: frozenset[str]
    texted: frozenset[str]


def one_city(source: Path, folder: Path) -> Path:
    """A copy of the configuration with one city and this module's ladder; without others, programs start sooner."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py", "cities", "starter"))
    shutil.copytree(source / "cities" / CITY, folder / "cities" / CITY)
    for file in (folder / "cities" / CITY).glob("*.yaml"):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if content.keys() & {"ladder", "ladders"}:
            content.pop("ladders", None)
            content |= {"ladder": LADDER} if "ladder" in content else {}
            file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def plant(
    owner: psycopg.Connection[Any],
    city: City,
    secret: bytes,
    requests: int,
    within: float,
    chance: random.Random,
) -> Planted:
    """Lay down ``requests`` filed reports whose next rung falls due within so many seconds, in any order.

    A quarter of them came with a mail address, a quarter with a telephone number.
    """
    owner.execute("select set_config('nagara.city', %s, false)", (city.id,))
    now = _time(owner)
    kinds = [_decided(city, service, now) for service in (TOLD_SERVICE, UNTOLD_SERVICE)]
    begin = now + dt.timedelta(seconds=requests / ROWS_A_SECOND)
    rows = [_moved(kinds[number % 2], begin, within, chance) for number in range(requests)]
    contacts = [
        (city.id, row["id"], seal(secret, city.id, _contact(number)), now)
        for number, row in enumerate(rows)
        if number // 2 % 2 == 0
    ]
    with owner.transaction():
        owner.execute(SUPERVISOR_ACCOUNT, (city.id, SUPERVISOR))
        owner.execute(
            "insert into staff_department (city_id, username, department) values (%s, %s, %s)",
            (city.id, SUPERVISOR, kinds[0]["department"]),
        )
        _copy(owner, "request", REQUEST_COLUMNS, _values(rows, REQUEST_COLUMNS))
        _copy(owner, "event", EVENT_COLUMNS, _values(map(_filed, rows), EVENT_COLUMNS))
        _copy(owner, "contact", CONTACT_COLUMNS, contacts)
        _copy(owner, "event_outbox", OUTBOX_COLUMNS, [(city.id, row["id"], 1) for row in rows])
    fill_waiting(owner, most=requests)
    owner.execute("vacuum (analyze)")
    told = [(str(row["id"]), _contact(number)) for number, row in enumerate(rows) if number // 2 % 2 == 0]
    return Planted(
        _due(rows),
        frozenset(id_ for id_, contact in told if "email" in contact),
        frozenset(id_ for id_, contact in told if "phone" in contact),
    )


def _time(owner: psycopg.Connection[Any]) -> dt.datetime:
    row = owner.execute("select clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    now: dt.datetime = row[0]
    return now


def _decided(city: City, service: str, now: dt.datetime) -> dict[str, Any]:
    filing = Filing(
        service_code=service,
        lat=city.map.centre.lat,
        lon=city.map.centre.lon,
        description="Planted.",
        language=city.languages[0],
    )
    return request_row(city, filing, decide(city, filing, now), now)


def _moved(kind: dict[str, Any], now: dt.datetime, within: float, chance: random.Random) -> dict[str, Any]:
    """A request like ``kind`` whose next rung, first or second, falls due within the run, or did so before it."""
    soon = now + dt.timedelta(seconds=chance.uniform(0.0, within))
    draw = chance.random()
    if draw < BOTH_OVERDUE:
        resolve_by = now - SECOND_AFTER - dt.timedelta(minutes=chance.uniform(2.0, 60.0))
    elif draw < BOTH_OVERDUE + FIRST_OVERDUE:
        resolve_by = soon - SECOND_AFTER
    else:
        resolve_by = soon
    by = resolve_by - kind["resolve_by"]
    times = {name: kind[name] + by for name in TIMES if kind[name] is not None}
    own = {"id": uuid7(), "reference": new_reference(CITY[3:].upper()), "next_step_at": resolve_by}
    received = times["received_at"]
    return kind | times | own | {"escalation_step": 0, "version": 1, "updated_at": received}


def _filed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "city_id": row["city_id"],
        "request_id": row["id"],
        "kind": "filed",
        "occurred_at": row["received_at"],
        "actor_kind": "resident",
        "to_status": row["status"],
        "data": orjson.dumps(filed_data(row)).decode(),
    }


def _due(rows: Iterable[dict[str, Any]]) -> dict[Step, dt.datetime]:
    found: dict[Step, dt.datetime] = {}
    for row in rows:
        found[str(row["id"]), PROMISE, 1] = row["resolve_by"]
        found[str(row["id"]), PROMISE, 2] = row["resolve_by"] + SECOND_AFTER
    return found


def _contact(number: int) -> dict[str, str]:
    if number // 4 % 2 == 0:
        return {"email": f"resident{number}@example.org"}
    return {"phone": f"+8551{number:07d}"}


def _values(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterable[Sequence[Any]]:
    return ([row.get(column) for column in columns] for row in rows)


def _copy(
    owner: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    with owner.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
