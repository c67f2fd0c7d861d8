"""However staff ask for the queue, no plan reads a whole table, and a deep page reads no more than the first."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from bench.floor import as_text, spelled
from nagara.accounts import Account
from nagara.cities import city_of
from nagara.database import role_options
from nagara.permissions import Role
from nagara.queue import counts
from nagara.queue.asked import AskedPage, end_of_day
from nagara.queue.filters import Near, QueueFilter, Sort, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.queue.rows import NAMES
from nagara.queue.search import FIND_WORDS, TAKE_WAITING_HERE
from nagara.queue.words import sought

CITY = "kh-pnh"
TABLES = ("request", "event", "request_words", "contact")
MOST_READ = 3_000
"""Rows of requests one page may read where what it asks for is not rare; a city here has ten thousand."""

SOMEBODY = Account(CITY, "supervisor", Role.SUPERVISOR, (), "")
QUERIES: dict[str, dict[str, Any]] = {
    "open": {},
    "overdue": {"view": "overdue"},
    "due today": {"view": "due_today"},
    "unassigned": {"view": "unassigned"},
    "mine": {"view": "mine"},
    "escalated": {"view": "escalated"},
    "waiting": {"view": "waiting"},
    "referred": {"view": "referred"},
    "department": {"department": "waste"},
    "service": {"service": "waste_missed"},
    "two statuses": {"status": "received,assigned"},
    "closed": {"status": "resolved"},
    "all": {"status": "all"},
    "changed since": {"status": "all", "updated_since": "2020-01-01T00:00:00Z", "sort": "updated"},
    "urgent": {"priority": "urgent"},
    "a place": {"bbox": "104.9,11.5,104.95,11.6"},
}
SORTS = tuple(Sort)
Plan = dict[str, Any]


def worked(query: Mapping[str, Any]) -> Worked:
    city = city_of(CITY)
    return Worked(AskedPage.model_validate(query).meant(SOMEBODY, city, dt.datetime.now(dt.UTC)))


@pytest.fixture
def asked(large: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the HTTP door that sees one city of the large database."""
    with psycopg.connect(
        large, options=role_options("nagara_app"), cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute("select set_config('nagara.city', %s, true)", (CITY,))
        yield connection


def plan(connection: psycopg.Connection[Any], statement: str, values: Mapping[str, Any]) -> Plan:
    """The plan of a statement for these values, with what it read."""
    literal = {name: f"'{as_text(value)}'" for name, value in values.items()}
    spelled_out = spelled(statement, literal)
    row = connection.execute(f"explain (analyze, format json) {spelled_out}".encode()).fetchone()
    assert row is not None
    found: Plan = row[0][0]["Plan"]
    return found


def nodes(found: Plan) -> Iterator[Plan]:
    yield found
    for below in found.get("Plans", ()):
        yield from nodes(below)


def read(found: Plan) -> float:
    """Rows of requests that were looked at; those that a bitmap names count once, as entries of its index."""
    looked_at = 0.0
    for node in nodes(found):
        if node["Node Type"] == "Bitmap Heap Scan":
            continue
        if node.get("Relation Name") == "request" or str(node.get("Index Name", "")).startswith("request_"):
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            looked_at += (node["Actual Rows"] + removed) * node["Actual Loops"]
    return looked_at


def refuse_whole_tables(found: Plan) -> None:
    whole = [n for n in nodes(found) if n["Node Type"] == "Seq Scan" and n["Relation Name"] in TABLES]
    assert whole == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", QUERIES)
def test_no_list_reads_a_whole_table(asked: psycopg.Connection[Any], name: str, sort: Sort) -> None:
    query = {"sort": sort.value} | QUERIES[name]
    found = plan(asked, *page_statement(CITY, worked(query)))
    refuse_whole_tables(found)
    assert read(found) <= MOST_READ, json.dumps(found, indent=1)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("only_open", [True, False])
def test_a_deep_page_reads_what_the_first_one_reads(
    asked: psycopg.Connection[Any], sort: Sort, only_open: bool
) -> None:
    query = {"sort": sort.value} | ({} if only_open else {"status": "all"})
    statement, values = page_statement(CITY, worked(query))
    deep = 3_000
    row = asked.execute(f"{statement} offset {deep}".encode(), values | {"one_more": deep + 1}).fetchone()
    assert row is not None
    cursor = cursor_after(dict(zip(NAMES, row, strict=True)), worked(query).wanted)
    first = plan(asked, statement, values)
    later = plan(asked, *page_statement(CITY, worked(query | {"cursor": cursor})))
    refuse_whole_tables(later)
    passed_by = (
        50 if sort is Sort.PRIORITY else 10
    )  # normal ones have no index of their own, urgent ones have
    assert read(later) <= 1.3 * read(first) + passed_by


def test_words_are_found_by_their_index_under_row_level_security(asked: psycopg.Connection[Any]) -> None:
    """The function's own plan is its owner's; what the HTTP door may see of it is how little it touches."""
    looked_for = sought(CITY, "23456")
    values = {"grams": list(looked_for.grams), "needles": list(looked_for.needles), "most": 3000}
    found = asked.execute(FIND_WORDS, values).fetchone()
    assert found is not None
    assert 0 < len(found[0].strip("{}").split(",")) < 500
    for statement in (
        page_statement(CITY, Worked(QueueFilter(), found=found[0])),
        page_statement(CITY, Worked(QueueFilter(), sought=sought(CITY, "mosquitoes"))),
        page_statement(CITY, Worked(QueueFilter(), reference="PNH-2222222-2")),
        page_statement(CITY, Worked(QueueFilter(), around=Near(11.56, 104.92, 300))),
        (TAKE_WAITING_HERE, {"city_id": CITY, "most": 200}),
    ):
        refuse_whole_tables(plan(asked, *statement))


def test_the_words_index_is_used(large: str) -> None:
    looked_for = sought(CITY, "23456")
    statement = "select request_id from request_words where city_id = %(city)s and grams @> %(grams)s::int[]"
    with psycopg.connect(large, cursor_factory=psycopg.ClientCursor) as owner:
        found = plan(owner, statement, {"city": CITY, "grams": list(looked_for.grams)})
    assert "request_words_grams" in {node.get("Index Name") for node in nodes(found)}


CONTACTS = """
insert into contact (city_id, request_id, sealed, email_digest)
select city_id, id, '', sha256(('resident ' || row_number() over () / 3)::bytea) from request
on conflict do nothing
"""


def test_the_same_reporter_is_found_along_an_index(large: str, asked: psycopg.Connection[Any]) -> None:
    with psycopg.connect(large, autocommit=True) as owner:
        owner.execute(CONTACTS)
        owner.execute("analyze contact")
        row = owner.execute("select reference from request where city_id = %s limit 1", (CITY,)).fetchone()
    assert row is not None
    found = plan(asked, *page_statement(CITY, Worked(QueueFilter(same_reporter=row[0]))))
    refuse_whole_tables(found)
    assert read(found) < 100


def test_figures_are_counted_along_indexes(asked: psycopg.Connection[Any]) -> None:
    account = Account(CITY, "supervisor", Role.SUPERVISOR, ("waste",), "")
    statement, values = counts.question(account, end_of_day(city_of(CITY), dt.datetime.now(dt.UTC)))
    assert isinstance(values, dict)
    refuse_whole_tables(plan(asked, statement, values))
