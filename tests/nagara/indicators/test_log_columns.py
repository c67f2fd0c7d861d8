"""The log read in columns says of every request what the rules say of it: on histories nobody would write."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from nagara.cities import configuration
from nagara.ids import new_reference, uuid7_at
from nagara.indicators import log_pages, reading
from nagara.indicators.facts import Groups
from nagara.indicators.issue_store import bucket_numbers, keys_of
from nagara.indicators.reading import facts_in_stretches, read_facts
from tests.nagara.indicators.logged import REQUEST

Db = psycopg.Connection[Any]
CITY = "kh-pnh"
BEGIN = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
KINDS = (
    "acknowledged", "assigned", "started", "asked", "referred", "resolved", "declined", "withdrawn", "reopened",
    "recategorised", "duplicate_linked", "escalated", "observed", "feedback_given", "noted", "resumed", "prioritised",
    "audit_drawn", "audit_found",
)  # fmt: skip
TO = {
    "asked": "waiting_reporter", "referred": "referred", "resolved": "resolved", "reopened": "in_progress",
    "started": "in_progress", "declined": "declined", "assigned": "assigned", "resumed": "in_progress",
}  # fmt: skip
EVENT = """
insert into event (city_id, request_id, seq, kind, occurred_at, recorded_at, actor_kind, to_status, data, hash)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, sha256(%s))
"""


def said(chance: random.Random, kind: str, at: dt.datetime) -> dict[str, Any]:
    """What an event of this kind may say, odd values among them."""
    simple: dict[str, dict[str, Any]] = {
        "assigned": {"department": chance.choice(["d", "e", "", None])},
        "recategorised": {"department": chance.choice(["d", "e", "", None])},
        "declined": {"reason": chance.choice(["abuse", "not_found", "because", None, ""])},
        "audit_found": {"finding": chance.choice(["fixed", "not_fixed"])},
        "resolved": {"media": chance.choice([["a"], [], None]), "reason": "x"},
    }
    if kind in simple:
        return simple[kind]
    if kind == "escalated":
        told = {
            "step": chance.choice([1, 2, 3, 7, None, "2"]),
            "promise": chance.choice(["resolve", "respond", None]),
        }
        return {name: value for name, value in told.items() if chance.random() < 0.7}
    if kind == "feedback_given":
        return {"rating": chance.choice([0, 1, 3, 5, 6, None]), "fixed": chance.choice([True, False, None])}
    if kind == "observed":
        return {"observed_until": (at + dt.timedelta(hours=chance.uniform(-50, 50))).isoformat()}
    return {"undid": "resolve"} if kind == "noted" or chance.random() < 0.04 else {}


def one_history(chance: random.Random) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """A request, and its events."""
    received = BEGIN + dt.timedelta(hours=chance.uniform(0, 3000), microseconds=chance.randrange(1000))
    request = uuid7_at(int(received.timestamp() * 1000))
    row = (CITY, request, new_reference("TST"), "received", "c", "1", received, received, received)
    filed = {
        "network_code": chance.choice(["a", "b", None]),
        "district": chance.choice(["1", "2", None, ""]),
        "channel": chance.choice(["web", "inspection", "staff", None]),
        "promise_standard": chance.choice(["published", "internal", "reference", "other", None]),
        "config_fingerprint": chance.choice(["f", "g", None]),
        "source": chance.choice(["simulation", "sheet", None]),
        "department": chance.choice(["d", None]),
        "resolve_by": chance.choice(
            [
                None,
                (received + dt.timedelta(hours=chance.uniform(-5, 900))).isoformat(),
                "2026-02-03T04:05:06+07:00",
            ]
        ),
        "acknowledge_by": chance.choice([None, "", (received + dt.timedelta(hours=4)).isoformat()]),
        "respond_by": chance.choice(
            [None, (received + dt.timedelta(hours=chance.uniform(0, 60))).isoformat()]
        ),
        "observed_at": chance.choice(
            [None, (received - dt.timedelta(hours=chance.uniform(-1, 90))).isoformat()]
        ),
    }
    if chance.random() < 0.2:
        del filed["channel"]
    at = received
    actor = chance.choice(["resident", "staff", "import", "api_key"])
    rows: list[tuple[str, dt.datetime, str, str | None, dict[str, Any]]] = [
        ("filed", at, actor, "received", dict(filed))
    ]
    for _ in range(chance.randrange(9)):
        at += dt.timedelta(hours=chance.choice([0, 0.05, 1, 20, 24, 200, 720, 800, -3]))
        kind = chance.choice(KINDS)
        data = said(chance, kind, at)
        rows.append((kind, at, chance.choice(["staff", "resident", "system", "import"]), TO.get(kind), data))
    return row, [
        (CITY, request, seq, kind, when, when, who, status, Jsonb(data), f"{request}{seq}".encode())
        for seq, (kind, when, who, status, data) in enumerate(rows, 1)
    ]


@pytest.fixture
def histories(db: Db, owner: Db) -> Db:
    """Three hundred of them, laid without the log's own guards, which would refuse most."""
    owner.execute("set session_replication_role = replica")
    chance = random.Random(11)
    found = [one_history(chance) for _ in range(300)]
    with owner.transaction(), owner.cursor() as cursor:
        cursor.executemany(REQUEST, [request for request, _ in found])
        cursor.executemany(EVENT, [event for _, events in found for event in events])
    return db


def test_columns_say_what_the_rules_say_one_by_one(histories: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    city = configuration().cities[CITY]
    ids = [row[0] for row in histories.execute("select distinct request_id from event").fetchall()]
    for days in (30, 400):
        cut_off = BEGIN + dt.timedelta(days=days)
        monkeypatch.setattr(reading, "ENOUGH_FOR_COLUMNS", 10**9)
        groups = Groups()
        single = read_facts(histories, city, groups, cut_off, BEGIN + dt.timedelta(days=4000), ids)
        columns = read_facts(histories, city, groups, cut_off, BEGIN + dt.timedelta(days=4000))
        with monkeypatch.context() as small:
            small.setattr(log_pages, "PAGE", 5)  # less than the longest history has
            paged = read_facts(histories, city, groups, cut_off, BEGIN + dt.timedelta(days=4000))
            stretches = list(
                facts_in_stretches(
                    histories, city, groups, cut_off, BEGIN + dt.timedelta(days=4000), at_once=10
                )
            )
        assert paged.tobytes() == columns.tobytes()
        assert b"".join(one.tobytes() for one in stretches) == columns.tobytes()
        lying_in = [set(bucket_numbers(one["id"]).tolist()) for one in stretches]
        assert len(lying_in) > 3
        assert all(max(before) < min(after) for before, after in pairwise(lying_in))
        monkeypatch.setattr(reading, "ENOUGH_FOR_COLUMNS", 1)
        chosen = read_facts(histories, city, groups, cut_off, BEGIN + dt.timedelta(days=4000), ids[:200])
        assert keys_of(single) == keys_of(columns)
        for name in single.dtype.names or ():
            assert single[name].tolist() == columns[name].tolist(), name
        wanted = {one.bytes for one in ids[:200]}
        assert chosen.tobytes() == b"".join(
            row.tobytes() for row, key in zip(columns, keys_of(columns), strict=True) if key in wanted
        )
    assert len(groups.numbers) > 20
