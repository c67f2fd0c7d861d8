"""The operations residents reach over HTTP: file a report, ask for its status."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import orjson

from bench.filling import Decided
from bench.floor import Script, run_pgbench, spelled, variables_of
from bench.load import ADDRESS, KEY, NAME, Load, run_load
from bench.references import drawing_commands, drawn, reference
from bench.rounds import Bar, Operation, Side
from bench.servers import Measured
from city_config import City
from nagara import statements
from nagara.database import SET_CITY
from nagara.event_log import PUBLIC_KINDS
from nagara.filing.handed_in import body_digest
from nagara.filing.intake import filed_data
from nagara.public.publication import public_values
from nagara.residents.contact_digests import digests_of
from nagara.sealing import seal

FILE_STRETCH = {8: 0.8, 32: 1.0}
STATUS_BAR = Bar(ratio_at_least=0.1, stretch_ratio=0.25)
"""At 32 connections; fewer leave gaps that pgbench fills better."""

REFERENCES, MANY = 40_000, 32


def file_operation(
    measured: Measured,
    city: City,
    filings: Sequence[Decided],
    secret: bytes,
    connections: int,
    *,
    in_one_go: bool = False,
) -> Operation:
    """File a report with an idempotency key, against a transaction that writes the same rows.

    The floor says it statement by statement, as its bar was set, or all ``in_one_go``, which has no bar.
    """
    bar = Bar(
        ratio_at_least=0.4,
        stretch_ratio=FILE_STRETCH.get(connections),
        p99_at_most_floors=4,
        us_at_most=1_300,
    )
    spelled_out = _in_one_go if in_one_go else _in_a_transaction
    scripts = [
        _file_script(number, city, decided, secret, spelled_out) for number, decided in enumerate(filings)
    ]
    return Operation(
        "file a report, beside the floor in one go" if in_one_go else "file a report",
        connections,
        "reports/s",
        load_of(measured, connections, 201, [filing_text(city.id, decided) for decided in filings]),
        floor_of(measured, connections, scripts),
        None if in_one_go else bar,
    )


def filing_text(city_id: str, decided: Decided) -> str:
    """A report as a resident's page sends it: with a key, and with the number its device gave itself."""
    headers = (("Idempotency-Key", KEY), ("Nagara-Device", NAME))
    return request_text("POST", f"/api/v1/cities/{city_id}/requests", body_of(decided), *headers)


def status_operation(measured: Measured, city: City, count: int, connections: int) -> Operation:
    """The public status of one of the city's ``count`` first requests, drawn at random on both sides."""
    chance = random.Random(7)
    drawn_ones = [reference(city.reference_prefix, chance.randrange(count)) for _ in range(REFERENCES)]
    requests = [request_text("GET", f"/api/v1/requests/{one}") for one in drawn_ones]
    values = public_values(city) | {"public_kinds": sorted(PUBLIC_KINDS), "city_id": city.id}
    names, variables = variables_of("", values)
    names["reference"] = drawn(city.reference_prefix)
    statement = spelled(statements.PUBLIC_STATUS, names)
    text = drawing_commands(city.reference_prefix, count) + "\n" + reading(names["city_id"], statement)
    return Operation(
        "public status",
        connections,
        "answers/s",
        load_of(measured, connections, 200, requests),
        floor_of(measured, connections, [Script(text, variables)]),
        STATUS_BAR if connections >= MANY else None,
    )


def load_of(
    measured: Measured, connections: int, status: int, requests: list[str]
) -> Callable[[float], Side]:
    """Nagara's side: requests in turn over HTTP, each expected to answer with a status."""

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


def floor_of(measured: Measured, connections: int, scripts: Sequence[Script]) -> Callable[[float], Side]:
    """The floor's side: scripts in equal shares by pgbench, as the role the API has."""

    def run(seconds: float) -> Side:
        found = run_pgbench(
            measured.database_url,
            "nagara_app",
            scripts,
            connections=connections,
            seconds=seconds,
            spent=measured.database_seconds,
        )
        return Side(found.rate, found.p50, found.p95, found.p99, database_us=found.spent_us)

    return run


def request_text(method: str, path: str, body: bytes = b"", *headers: tuple[str, str]) -> str:
    """A request of HTTP/1.1 as it goes over the wire, each time from another address, as a proxy tells it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"X-Forwarded-For: {ADDRESS}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body.decode()])


def body_of(decided: Decided) -> bytes:
    """A filing as it is sent, from somebody else each time."""
    filing = decided.filing
    return orjson.dumps(
        {
            "service_code": filing.service_code,
            "lat": filing.lat,
            "lon": filing.lon,
            "description": filing.description,
            "contact": {"email": f"{NAME}@example.org"} if filing.contact else None,
            "language": filing.language,
        }
    )


def _file_script(
    number: int,
    city: City,
    decided: Decided,
    secret: bytes,
    spelled_out: Callable[[str, dict[str, str]], str],
) -> Script:
    """What Nagara writes, one report a transaction: only id, reference and key are made by the database here."""
    filing, row = decided.filing, decided.row
    values = row | {
        "actor_kind": filing.actor_kind,
        "actor": filing.actor,
        "event_data": orjson.dumps(filed_data(row)).decode(),
        "body_digest": body_digest(filing),
        "sealed": seal(secret, city.id, dict(filing.contact)) if filing.contact else None,
        **digests_of(secret, city, filing.contact),
    }
    names, variables = variables_of(f"f{number}_", values)
    names |= {
        "id": "uuidv7()",
        "reference": f"'{city.reference_prefix}-' || left(md5(random()::text), 10)",
        "idempotency_key": "gen_random_uuid()::text",
    }
    return Script(spelled_out(names["city_id"], names), variables)


def _in_a_transaction(city_name: str, names: dict[str, str]) -> str:
    """Four statements, each after the answer to the one before; the second also tells the time."""
    return "\n".join(
        (
            "begin;",
            spelled(statements.BEGIN_IN_CITY, [city_name]) + " \\gset",
            spelled(statements.FILE_REQUEST, names | {"received_at": ":clock_timestamp"}) + ";",
            "commit;",
        )
    )


def _in_one_go(city_name: str, names: dict[str, str]) -> str:
    """One message, as Nagara's own is."""
    return reading(
        city_name, spelled(statements.FILE_REQUEST, names | {"received_at": "statement_timestamp()"})
    )


def reading(city_name: str, *statements_read: str) -> str:
    """A transaction that reads, sent in one go as Nagara sends it: what a pipeline sends is one."""
    lines = ("\\startpipeline", spelled(SET_CITY, [city_name]) + ";")
    return "\n".join((*lines, *(f"{one};" for one in statements_read), "\\endpipeline"))
