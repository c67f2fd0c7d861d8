"""The operations people reach over HTTP: file a report, ask for its status, read pages of the queue."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import psycopg

from bench.filling import Decided
from bench.floor import Script, run_pgbench, spelled, variables_of
from bench.load import KEY, Load, run_load
from bench.references import drawing_commands, drawn, reference
from bench.rounds import Bar, Operation, Side
from bench.servers import Measured
from city_config import City
from nagara import statements
from nagara.database import SET_CITY
from nagara.event_log import PUBLIC_KINDS
from nagara.filing import body_digest
from nagara.intake import filed_data
from nagara.lifecycle import Status
from nagara.queue.filters import QueueFilter, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.sealing import seal

FILE_BAR = Bar(ratio_at_least=0.2)
QUEUE_BAR = Bar(p95_below_ms=50)
REFERENCES = 5_000
DEEP_PAGES = 8
FILTERS: tuple[dict[str, str], ...] = (
    {"status": "received,acknowledged"},
    {"overdue": "true"},
    {"department": "{department}", "status": "assigned,in_progress"},
    {"service": "{service}"},
)


def file_operation(
    measured: Measured, city: City, filings: Sequence[Decided], secret: bytes, connections: int
) -> Operation:
    """File a report with an idempotency key, against a transaction that writes the same rows."""
    requests = [
        _request("POST", f"/api/v1/cities/{city.id}/requests", _body(decided), ("Idempotency-Key", KEY))
        for decided in filings
    ]
    scripts = [_file_script(number, city, decided, secret) for number, decided in enumerate(filings)]
    return Operation(
        "file a report",
        connections,
        "reports/s",
        _load(measured, connections, 201, requests),
        _floor(measured, connections, scripts),
        FILE_BAR,
    )


def status_operation(measured: Measured, city: City, count: int, connections: int) -> Operation:
    """The public status of one of the city's ``count`` first requests, drawn at random on both sides."""
    chance = random.Random(7)
    drawn_ones = [reference(city.reference_prefix, chance.randrange(count)) for _ in range(REFERENCES)]
    requests = [_request("GET", f"/api/v1/requests/{one}") for one in drawn_ones]
    names, variables = variables_of("", {"kinds": sorted(PUBLIC_KINDS), "city": city.id})
    statement = spelled(
        statements.PUBLIC_STATUS, [names["kinds"], names["city"], drawn(city.reference_prefix)]
    )
    text = drawing_commands(city.reference_prefix, count) + "\n" + _reading(names["city"], statement)
    return Operation(
        "public status",
        connections,
        "answers/s",
        _load(measured, connections, 200, requests),
        _floor(measured, connections, [Script(text, variables)]),
    )


def queue_operations(
    measured: Measured, owner: psycopg.Connection[Any], city: City, token: str, connections: int
) -> list[Operation]:
    """Pages of 50: the first, ones from half-way down, and first ones with filters."""
    first = [QueueFilter()]
    deep = [QueueFilter(cursor=cursor) for cursor in _deep_cursors(owner, city)]
    department, service = _most_common(owner, city)
    chosen = [
        {name: text.format(department=department, service=service) for name, text in one.items()}
        for one in FILTERS
    ]
    kinds: list[tuple[str, list[dict[str, str]], list[QueueFilter]]] = [
        ("queue, first page", [{}], first),
        ("queue, deep page", [{"cursor": str(one.cursor)} for one in deep], deep),
        ("queue, with filters", chosen, [_filter(one) for one in chosen]),
    ]
    return [
        Operation(
            name,
            connections,
            "pages/s",
            _load(measured, connections, 200, [_queue_request(one, token) for one in queries]),
            _floor(measured, connections, [_page_script(n, city, w) for n, w in enumerate(wanted)]),
            QUEUE_BAR,
        )
        for name, queries, wanted in kinds
    ]


def _load(measured: Measured, connections: int, status: int, requests: list[str]) -> Callable[[float], Side]:
    def run(seconds: float) -> Side:
        api, database = measured.api_seconds(), measured.database_seconds()
        answers = run_load(Load(measured.port, connections, seconds, status, requests))
        api, database = measured.api_seconds() - api, measured.database_seconds() - database
        return Side(
            answers.count / answers.seconds,
            answers.p50,
            answers.p95,
            answers.p99,
            api / answers.count * 1e6,
            database / answers.count * 1e6,
        )

    return run


def _floor(measured: Measured, connections: int, scripts: Sequence[Script]) -> Callable[[float], Side]:
    def run(seconds: float) -> Side:
        database = measured.database_seconds()
        found = run_pgbench(
            measured.database_url, "nagara_app", scripts, connections=connections, seconds=seconds
        )
        database = measured.database_seconds() - database
        return Side(
            found.rate, found.p50, found.p95, found.p99, database_us=database / found.transactions * 1e6
        )

    return run


def _request(method: str, path: str, body: bytes = b"", *headers: tuple[str, str]) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body.decode()])


def _body(decided: Decided) -> bytes:
    filing = decided.filing
    return orjson.dumps(
        {
            "service_code": filing.service_code,
            "lat": filing.lat,
            "lon": filing.lon,
            "description": filing.description,
            "contact": dict(filing.contact) or None,
            "language": filing.language,
        }
    )


def _file_script(number: int, city: City, decided: Decided, secret: bytes) -> Script:
    """Nagara's transaction word for word: only id, reference and key are made by the database here."""
    filing, row = decided.filing, decided.row
    values = row | {
        "actor_kind": filing.actor_kind,
        "actor": filing.actor,
        "event_data": orjson.dumps(filed_data(row)).decode(),
        "body_digest": body_digest(filing),
        "sealed": seal(secret, city.id, dict(filing.contact)) if filing.contact else None,
    }
    names, variables = variables_of(f"f{number}_", values)
    names |= {
        "id": "uuidv7()",
        "reference": f"'{city.reference_prefix}-' || left(md5(random()::text), 10)",
        "received_at": ":clock_timestamp",
        "idempotency_key": "gen_random_uuid()::text",
    }
    text = "\n".join(
        (
            "begin;",
            spelled(statements.BEGIN_IN_CITY, [names["city_id"]]) + " \\gset",
            spelled(statements.FILE_REQUEST, names) + ";",
            "commit;",
        )
    )
    return Script(text, variables)


def _page_script(number: int, city: City, wanted: QueueFilter) -> Script:
    statement, values = page_statement(city.id, Worked(wanted))
    names, variables = variables_of(f"q{number}_", values)
    return Script(_reading(names["city_id"], spelled(statement, names)), variables)


def _reading(city_name: str, statement: str) -> str:
    """A transaction that reads, sent in one go as Nagara sends it."""
    lines = ("\\startpipeline", "begin;", spelled(SET_CITY, [city_name]) + ";", statement + ";", "commit;")
    return "\n".join((*lines, "\\endpipeline"))


def _queue_request(query: Mapping[str, str], token: str) -> str:
    parameters = "".join(f"&{name}={value}" for name, value in query.items())
    path = f"/api/v1/staff/queue?limit={QueueFilter().limit}{parameters}"
    return _request("GET", path, b"", ("Authorization", f"Bearer {token}"))


def _filter(query: Mapping[str, str]) -> QueueFilter:
    """The filter the route makes of a query."""
    wanted = QueueFilter(
        departments=_one(query, "department"), services=_one(query, "service"), overdue="overdue" in query
    )
    statuses = tuple(Status(name) for name in query.get("status", "").split(",") if name)
    return replace(wanted, statuses=statuses)


def _one(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (query[name],) if name in query else ()


def _deep_cursors(owner: psycopg.Connection[Any], city: City) -> list[str]:
    """Cursors of pages spread around the middle of the city's queue."""
    rows = owner.execute(
        "with open as (select next_due_at, id, row_number() over (order by next_due_at, id) as position, "
        "count(*) over () as total from request where city_id = %s and closed_at is null) "
        "select next_due_at, id from open where position between total / 2 and total / 2 + %s",
        (city.id, DEEP_PAGES - 1),
    ).fetchall()
    return [
        cursor_after({"next_due_at": at.astimezone(dt.UTC), "id": id_}, QueueFilter()) for at, id_ in rows
    ]


def _most_common(owner: psycopg.Connection[Any], city: City) -> tuple[str, str]:
    row = owner.execute(
        "select mode() within group (order by department), mode() within group (order by service_code) "
        "from request where city_id = %s and closed_at is null",
        (city.id,),
    ).fetchone()
    assert row is not None
    return row[0], row[1]
