"""Plausible requests in bulk: filings decided by the real rules, laid out over time, with their events.

Each row is a variation of one of a few hundred decided filings, moved in time as a whole. Rows come in three
kinds: closed ones, running ones whose promise lies ahead, and overdue ones for the sweep, which stand still
(no rung of the ladder is set) until a measurement sets them going.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
import psycopg

from bench.references import RANGE, reference
from city_config import City
from nagara.errors import NagaraError
from nagara.escalation.ladder import Climb, next_moment
from nagara.filing.handed_in import Filing
from nagara.filing.intake import decide, filed_data, request_row
from nagara.ids import uuid7_at
from nagara.importing.writing import EVENT_COLUMNS, REQUEST_COLUMNS
from nagara.lifecycle import NOTHING_DUE, Status, next_due
from nagara.promises import clocks
from nagara.queue.search import fill_waiting

CHUNK = 10_000
FILINGS = 200
DAYS = 90
CLOSED_SHARE, RUNNING_SHARE, OVERDUE_SHARE = 0.60, 0.22, 0.18
CONTACT_SHARE = 0.3
TIMES = ("received_at", "acknowledge_by", "respond_by", "resolve_by")
OPEN_STATUSES = (Status.RECEIVED, Status.ACKNOWLEDGED, Status.ASSIGNED, Status.IN_PROGRESS)
WORDS = (
    "The truck has not come since Monday and bags lie along the wall.",
    "Water stands on the lane after every rain, up to the knee at the corner.",
    "The lamp before the school has been dark for a week; children walk there in the evening.",
    "A deep hole in the middle of the road; two motorbikes fell yesterday.",
    "Somebody leaves rubble at night beside the market, it grows every day.",
    "The drain is blocked and smells; mosquitoes everywhere.",
    "Branches hang over the cables and move in the wind.",
    "The pavement is taken up by stalls, one has to walk among the cars.",
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """A filing and the row the rules made of it."""

    filing: Filing
    row: Row


def decided_filings(
    city: City, now: dt.datetime, chance: random.Random, count: int, *, with_contact: float = CONTACT_SHARE
) -> list[Decided]:
    """Filings around the city's middle with a promise to resolve, decided at moments of the last months.

    ``with_contact``: the share of those who leave an address to be told at.
    """
    found: list[Decided] = []
    services = [s for s in city.services if not any(question.required for question in s.questions)]
    while len(found) < count:
        contact = {"email": f"resident{len(found)}@example.org"} if chance.random() < with_contact else {}
        filing = Filing(
            service_code=chance.choice(services).code,
            lat=round(city.map.centre.lat + chance.uniform(-0.04, 0.04), 6),
            lon=round(city.map.centre.lon + chance.uniform(-0.04, 0.04), 6),
            description=" ".join(chance.sample(WORDS, 2)),
            contact=contact,
            language=city.languages[0],
        )
        at = now - dt.timedelta(seconds=chance.uniform(0, DAYS * 86_400))
        try:
            row = request_row(city, filing, decide(city, filing, at), at)
        except NagaraError:
            continue  # a draw just outside the city
        if row["resolve_by"] is not None:
            found.append(Decided(filing, row))
    return found


def fill(
    owner: psycopg.Connection[Any], cities: tuple[City, ...], requests: int, now: dt.datetime, seed: int = 1
) -> None:
    """Lay ``requests`` rows and their events into an empty database, cities in turn; then vacuum and analyze.

    The connection is the owner's and commits by itself. The same seed and time give the same rows but for
    their ids.
    """
    if requests > RANGE * len(cities):
        raise ValueError(f"at most {RANGE * len(cities)} requests for {len(cities)} cities")
    chance = random.Random(seed)
    kinds = {city.id: decided_filings(city, now, chance, FILINGS) for city in cities}
    rows: list[Row] = []
    events: list[Row] = []
    for number in range(requests):
        city = cities[number % len(cities)]
        row, history = _lived(city, chance.choice(kinds[city.id]).row, now, chance)
        row["reference"] = reference(city.reference_prefix, number // len(cities))
        rows.append(row)
        events += history
        if len(rows) == CHUNK or number == requests - 1:
            with owner.transaction():
                _copy(owner, "request", REQUEST_COLUMNS, rows)
                _copy(owner, "event", EVENT_COLUMNS, events)
            rows, events = [], []
    fill_waiting(owner, most=requests)
    owner.execute("vacuum (analyze)")
    owner.execute("checkpoint")


NOT_YET: Row = {"acknowledged_at": None, "responded_at": None, "paused_at": None}


def _copy(owner: psycopg.Connection[Any], table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    with owner.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row([row.get(column) for column in columns])


def _lived(city: City, kind: Row, now: dt.datetime, chance: random.Random) -> tuple[Row, list[Row]]:
    """One request at some point of its life, and the events that brought it there."""
    draw = chance.random()
    promised: dt.timedelta = kind["resolve_by"] - kind["received_at"]
    if draw < CLOSED_SHARE:
        row = _moved(kind, dt.timedelta(hours=chance.uniform(-12, 0)))
        row |= _closed(row, min(row["received_at"] + promised * chance.uniform(0.1, 1.5), now), chance)
    elif draw < CLOSED_SHARE + RUNNING_SHARE:
        received = now - promised * chance.uniform(0.05, 0.95)
        row = _moved(kind, received - kind["received_at"])
        row |= _at_work(row, chance)
        moment = next_moment(city, clocks.watched(SimpleNamespace(**NOT_YET | row)), Climb())
        row["next_step_at"] = max(moment, row["resolve_by"]) if moment else None  # nothing is due by itself
    else:
        late = now - dt.timedelta(hours=chance.uniform(1, 40))  # past the first rung, before the second
        row = _moved(kind, late - kind["resolve_by"])
        row |= _at_work(row, chance) | {"next_step_at": None}
    row["id"] = uuid7_at(int(row["received_at"].timestamp() * 1000))
    return row, list(_events(row))


def _moved(kind: Row, by: dt.timedelta) -> Row:
    """The row with all its times moved together."""
    times = {name: kind[name] + by for name in TIMES if kind[name] is not None}
    return kind | times | {"escalation_step": 0, "version": 1, "updated_at": times["received_at"]}


def _closed(row: Row, at: dt.datetime, chance: random.Random) -> Row:
    declined = chance.random() < 0.1
    met = {"acknowledged_at": row["received_at"] + (at - row["received_at"]) / 3, "responded_at": at}
    return met | {
        "status": (Status.DECLINED if declined else Status.RESOLVED).value,
        "closed_at": at,
        "closing_reason": "not_found" if declined else "fixed",
        "next_due_at": NOTHING_DUE,
        "next_step_at": None,
        "updated_at": at,
        "version": 3,
    }


def _at_work(row: Row, chance: random.Random) -> Row:
    status = chance.choice(OPEN_STATUSES)
    seen = status is not Status.RECEIVED
    due = next_due(
        status,
        acknowledge_by=row["acknowledge_by"],
        respond_by=row["respond_by"],
        resolve_by=row["resolve_by"],
        acknowledged=seen,
        responded=status is Status.IN_PROGRESS,
    )
    acknowledged = row["received_at"] + dt.timedelta(hours=1) if seen else None
    return {"status": status.value, "acknowledged_at": acknowledged, "next_due_at": due}


def _events(row: Row) -> Iterator[Row]:
    """How the request came to stand as it does: filed, acknowledged, closed."""
    base = {"city_id": row["city_id"], "request_id": row["id"], "actor_kind": "staff", "actor": "agent"}
    yield base | {
        "kind": "filed",
        "occurred_at": row["received_at"],
        "actor_kind": "resident",
        "actor": None,
        "to_status": Status.RECEIVED.value,
        "data": orjson.dumps(filed_data(row)).decode(),
    }
    if row["acknowledged_at"] is not None:
        yield base | {
            "kind": "acknowledged",
            "occurred_at": row["acknowledged_at"],
            "from_status": Status.RECEIVED.value,
            "to_status": Status.ACKNOWLEDGED.value,
            "data": "{}",
        }
    if row.get("closed_at") is not None:
        yield base | {
            "kind": row["status"],
            "occurred_at": row["closed_at"],
            "from_status": Status.ACKNOWLEDGED.value,
            "to_status": row["status"],
            "data": orjson.dumps({"reason": row["closing_reason"], "note": "Done."}).decode(),
        }
