"""Cities can be spread over servers: the city leads every key, and no hot plan reads a row of another one.

Queues that are one for all cities of a server are named (``server_queues``), and so is what else is read of all.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from bench.floor import spelled
from nagara import statements
from nagara.cities import city_of
from nagara.database import Role, role_options
from nagara.escalation import climbing, emergencies
from nagara.gis import map_builds
from nagara.indicators import snapshots
from nagara.network import counts_of_all, live_counts
from nagara.notifications import joined
from nagara.queue import counts as queue_counts
from nagara.queue.filters import Near, QueueFilter, Sort, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.queue.search import TAKE_WAITING_HERE, WRITE_WORDS
from nagara.queue.words import sought
from nagara.review import notices
from tests.nagara.queue.test_queue_plans import CITY, QUERIES, worked
from tests.nagara.test_hot_plans import OF_THE_CLOCK, hot_statements, nodes, server_queues

SOME_TIME = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

OF_CITIES = """
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'city_id'
 where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
   and not a.attisdropped
"""
UNIQUE_INDEXES = """
select i.indrelid::regclass::text, i.indexrelid::regclass::text,
       (select attname from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0])
  from pg_index i join pg_class c on c.oid = i.indrelid
 where i.indisunique and c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
"""
ALL_TABLES = """
select relname from pg_class
 where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
"""
OF_THE_INSTALLATION = {"alembic_version", "timer", "timer_run"}
"""What each server has of its own."""

CONDITIONS = ("Index Cond", "Recheck Cond")
WRITTEN = {
    "file": statements.FILE_REQUEST,
    "file with photos": statements.FILE_WITH_PHOTOS,
    "photos to use": spelled(statements.USABLE_PHOTOS, ["%(city_id)s", "%(media)s"]),
    "a block": spelled(statements.FIND_BLOCK, ["%(city_id)s", "%(digests)s"]),
    "signed in": spelled(statements.SIGNED_IN_STAFF, ["%(city_id)s", "%(token)s", "%(idle)s"]),
    "its photo": statements.FIND_PHOTO,
    "a kept tile": map_builds.READ_TILE,
    "live counts": live_counts.READ,
    "GeoReport, by reference": statements.GEOREPORT_BY_REFERENCE,
    "GeoReport walk in a box": statements.GEOREPORT_WALK_IN_BOX,
    "GeoReport updates": statements.GEOREPORT_UPDATES,
    "figures of the queue": queue_counts.COUNTS,
    "words that wait": TAKE_WAITING_HERE,
    "newest figures, city by city": spelled(snapshots.LATEST_SNAPSHOTS, ["%(cities)s"]),
}
"""Hot statements that ``hot_statements`` does not hold against their plan."""

OF_WHAT_WAS_TAKEN = {
    "clocks set anew": climbing.SET_CLOCK,
    "who joined": spelled(joined.JOINED, ["%(cities)s", "%(parents)s"]),
    "who joined, held": joined.HOLD,
    "words": WRITE_WORDS,
}
"""What is asked next of what was taken from a queue: each row by its own city."""

OF_ALL_CITIES: dict[str, tuple[Role, str, set[str]]] = {
    "emergencies that hold": ("nagara_clock", emergencies.HOLD_NOW, {"declared_emergency"}),
    "digests of reviewers": (
        "nagara_clock",
        notices.DIGESTS,
        {"review_notice", "staff_account", "staff_notice_choice"},
    ),
    "counts of all cities": ("nagara_network", counts_of_all.READ, {"request_count_version"}),
}
"""Small tables of which rows of all cities are read: a sweep holds each step against the emergencies that hold now, who
reviews reports of the network may wait for one mail a day, and whose counts have changed stands in one row a city. What
was counted is asked for city by city."""

ONLY_WRITES = frozenset({"recorded steps"})


def queue_statements() -> dict[str, str]:
    """Pages of the queue, however they are asked for: by every filter in every order, by words, by place, and on."""
    row: dict[str, Any] = dict.fromkeys(("next_due_at", "received_at", "updated_at"), SOME_TIME)
    row |= {"id": uuid.UUID(int=1), "priority": "high"}
    looked_for = sought(CITY, "mosquitoes")
    ways = {f"queue, {name}": worked(query) for name, query in QUERIES.items()} | {
        "queue, a polygon": worked({"area": "104.9,11.5;105,11.5;104.9,11.6"}),
        "queue, words": Worked(QueueFilter(), looked_for=looked_for),
        "queue, common words": Worked(QueueFilter(), sought=looked_for),
        "queue, words that were found": Worked(QueueFilter(), found="{}"),
        "queue, a reference": Worked(QueueFilter(), reference="PNH-2222222-2"),
        "queue, around one": Worked(QueueFilter(), around=Near(11.56, 104.92, 300)),
        "queue, of one reporter": Worked(QueueFilter(same_reporter="PNH-2222222-2")),
    }
    asked: dict[str, str] = {}
    for name, way in ways.items():
        for sort in Sort:
            first = replace(way, wanted=replace(way.wanted, sort=sort))
            on = replace(first.wanted, cursor=cursor_after(row, first.wanted))
            asked[f"{name}, {sort}"] = page_statement(CITY, first)[0]
            asked[f"{name}, {sort}, on"] = page_statement(CITY, replace(first, wanted=on))[0]
    return asked


@pytest.fixture(scope="module")
def of_cities(large: str) -> set[str]:
    """The tables that have rows of cities."""
    with psycopg.connect(large) as owner:
        return {str(row[0]) for row in owner.execute(OF_CITIES).fetchall()}


def test_every_unique_index_leads_with_the_city(large: str, of_cities: set[str]) -> None:
    with psycopg.connect(large) as owner:
        found = owner.execute(UNIQUE_INDEXES).fetchall()
        tables = {str(row[0]) for row in owner.execute(ALL_TABLES).fetchall()}
    assert len(of_cities) > 40
    assert tables - of_cities == OF_THE_INSTALLATION, "each has the column"
    assert tables == {table for table, _, _ in found}, "each has a key"
    assert [row for row in found if row[0] not in OF_THE_INSTALLATION and row[2] != "city_id"] == []


def test_no_hot_plan_reads_a_row_of_another_city(large: str, of_cities: set[str]) -> None:
    """Each reading of a table of cities is bounded by an index on the city, or on a key taken from such a row."""
    with psycopg.connect(large, autocommit=True) as owner:
        asked: dict[str, Any] = {name: one[0] for name, one in hot_statements(owner, city_of(CITY)).items()}
    crossing = {}
    every = asked | WRITTEN | queue_statements() | OF_WHAT_WAS_TAKEN
    for name, statement in every.items():
        plan = generic_plan(large, role_of(name), statement)
        read = list(readings(plan, of_cities))
        assert bool(read) is (name not in ONLY_WRITES), f"{name} reads nothing: {json.dumps(plan)}"
        if loose := [node for node in read if not of_one_city(node)]:
            crossing[name] = loose
    named = {name for name in server_queues(SOME_TIME) if name in asked}
    assert crossing.keys() == named, json.dumps(crossing, indent=1)


def test_a_queue_of_a_server_reads_other_cities_in_its_own_table_alone(
    large: str, of_cities: set[str]
) -> None:
    """One question takes what waits of all cities; what else it reads is of the city of what it took."""
    for name, queue in server_queues(SOME_TIME).items():
        plan = generic_plan(large, "nagara_clock", queue.statement)
        crossing = {node["Relation Name"] for node in readings(plan, of_cities) if not of_one_city(node)}
        assert crossing == {queue.table}, f"{name}: {json.dumps(plan, indent=1)}"


def test_rows_of_all_cities_are_read_of_small_tables_alone(large: str, of_cities: set[str]) -> None:
    for name, (role, statement, tables) in OF_ALL_CITIES.items():
        plan = generic_plan(large, role, statement)
        crossing = {node["Relation Name"] for node in readings(plan, of_cities) if not of_one_city(node)}
        assert crossing <= tables, f"{name}: {json.dumps(plan, indent=1)}"


def role_of(name: str) -> Role:
    """Who asks."""
    return "nagara_clock" if name in OF_THE_CLOCK | OF_WHAT_WAS_TAKEN.keys() else "nagara_app"


def of_one_city(node: dict[str, Any]) -> bool:
    """Whether an index on the city bounds what a node reads, and not on any of several cities."""
    return "city_id" in bounds(node) and "city_id = ANY" not in bounds(node)


def bounds(node: dict[str, Any]) -> str:
    """What an index is asked for by a node that reads a table."""
    return "".join(node.get(one, "") for one in CONDITIONS)


def generic_plan(url: str, role: Role, statement: str) -> dict[str, Any]:
    """The plan for any values, with indexes preferred: how small a test's tables are must not decide."""
    names: dict[str, str] = {}

    class Numbered(dict[str, str]):
        def __missing__(self, name: str) -> str:
            return names.setdefault(name, f"${len(names) + 1}")

    with psycopg.connect(
        url, options=role_options(role) + " -c enable_seqscan=off", cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute("select set_config('nagara.city', 'kh-pnh', true)")
        row = connection.execute(
            f"explain (generic_plan, format json) {spelled(statement, Numbered())}"
        ).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def readings(plan: dict[str, Any], tables: set[str]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that read a table of cities."""
    for node in nodes(plan):
        if node.get("Relation Name") in tables and "Scan" in node["Node Type"]:
            yield node
