"""One chunk of stated histories into the database: all of it or nothing, each id once, however often run.

COPY does not go through row-level security, and no role may pass it. So requests are copied into a temporary
table of the transaction, and one INSERT ... SELECT takes them from there, policies and triggers included. Their
events go to ``events_arrive``, column by column: the database numbers, times and chains them itself, all in one
statement, as its trigger does one by one. No pointer goes into the outbox: nobody is written to about what
happened elsewhere long ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.sql import SQL, Identifier

from city_config import City
from nagara.importing.arriving import Arriving
from nagara.importing.drawing import new_references
from nagara.importing.lines import BETWEEN, COLUMNS, EVENT_FIELDS, text_array
from nagara.importing.living import Draft
from nagara.importing.stated import Because, Reject

REQUEST_COLUMNS = (
    "city_id", "id", "reference", "status", "service_code", "network_code", "department", "assignee",
    "priority", "district", "lat", "lon", "place_method", "address", "description", "answers", "language",
    "channel", "confidential", "observed_at", "received_at", "rule", "reason", "config_fingerprint",
    "acknowledge_by", "respond_by", "resolve_by", "promise_standard", "next_due_at", "acknowledged_at",
    "responded_at", "closed_at", "closing_reason", "duplicate_of", "paused_at", "escalation_step",
    "next_step_at", "observed_until", "source", "source_id", "version", "updated_at", "calendar_stages",
)  # fmt: skip
EVENT_COLUMNS = (
    "city_id", "request_id", "kind", "occurred_at", "actor_kind", "actor", "from_status", "to_status", "data",
)  # fmt: skip
REFERENCE_KEY = "request_city_id_reference_key"

LOCK_SOURCE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
"""Two imports of one source take turns, chunk by chunk."""

FIND = """
select source_id, id, reference, duplicate_of is not null from request
 where city_id = %s and source = %s and source_id = any(%s::text[])
"""


_COLUMNS = SQL(", ").join(map(Identifier, COLUMNS))
ARRIVING = SQL(
    "create temporary table arriving_request on commit drop as select {} from request with no data"
).format(_COLUMNS)
COPY_REQUESTS = SQL("copy arriving_request ({}) from stdin").format(_COLUMNS)
TAKE_REQUESTS = SQL("insert into request ({0}) select {0} from arriving_request").format(_COLUMNS)
EVENTS_ARRIVE = f"select events_arrive(%s, %s{', %s' * len(EVENT_FIELDS)})"

NOT_ASSUMED: Mapping[str, bool] = MappingProxyType({})


class Known(NamedTuple):
    """A request that can be a parent."""

    id: Any
    reference: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many rows of the file, up to ``last_row``: what arrives, and what is not taken."""

    arriving: Sequence[Arriving]
    rejects: Sequence[Reject]
    rows: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a chunk; rejects in the order of their rows."""

    arrived: Sequence[Arriving]
    already_there: int
    rejects: tuple[Reject, ...]


def write_chunk(
    connection: psycopg.Connection[Any],
    city: City,
    source: str,
    chunk: Chunk,
    *,
    dry_run: bool = False,
    assumed: Mapping[str, bool] = NOT_ASSUMED,
) -> Written:
    """Write what is not there yet, in one transaction that is committed when this returns.

    With ``dry_run`` everything but the writing; ``assumed`` are then the requests of earlier chunks that
    would be there: by source id, whether it is a duplicate.
    """
    while True:
        try:
            with connection.transaction():
                return _written(connection, city, source, chunk, dry_run, assumed)
        except UniqueViolation as clash:
            if clash.diag.constraint_name != REFERENCE_KEY:
                raise
            drawn = new_references(city.reference_prefix, len(chunk.arriving))
            for one, reference in zip(chunk.arriving, drawn, strict=True):  # a random one was taken already
                one.reference = reference


def _written(
    connection: psycopg.Connection[Any],
    city: City,
    source: str,
    chunk: Chunk,
    dry_run: bool,
    assumed: Mapping[str, bool],
) -> Written:
    refused = {reject.source_id for reject in chunk.rejects if reject.decided}
    with connection.pipeline():
        connection.execute(LOCK_SOURCE, (f"import {city.id} {source}",))
        there = _find(connection, city, source, [*(one.source_id for one in chunk.arriving), *refused])
    new = [one for one in chunk.arriving if one.source_id not in there] if there else chunk.arriving
    rejects = [one for one in chunk.rejects if not (one.decided and one.source_id in there)]
    new, orphans = _linked(connection, city, source, new, there, assumed)
    rejects += map(_orphan, orphans)
    if not dry_run and new:
        _insert(connection, city, source, new)
    return Written(new, len(there), tuple(sorted(rejects, key=lambda reject: reject.row)))


def _find(
    connection: psycopg.Connection[Any], city: City, source: str, source_ids: list[str]
) -> dict[str, Known]:
    rows = connection.execute(FIND, (city.id, source, text_array(source_ids))).fetchall()
    return {row[0]: Known(*row[1:]) for row in rows}


def _linked(
    connection: psycopg.Connection[Any],
    city: City,
    source: str,
    new: Sequence[Arriving],
    there: Mapping[str, Known],
    assumed: Mapping[str, bool],
) -> tuple[Sequence[Arriving], list[Arriving]]:
    """Those whose parents are known and no duplicates themselves, with the links filled in; and the rest."""
    links = [(one, one.draft) for one in new if one.draft is not None]
    if not links:
        return new, []
    known = dict(there)
    known |= {one.source_id: Known(one.id, one.reference, one.is_duplicate) for one in new}
    wanted = {parent for _, draft in links for parent in _parents(draft)} - known.keys()
    known |= _find(connection, city, source, sorted(wanted))
    known |= {parent: Known(None, "", assumed[parent]) for parent in wanted & assumed.keys()}
    orphans: list[Arriving] = []
    while found := [one for one, draft in links if _is_orphan(one, draft, known)]:
        orphans += found  # and is no parent either
        for one in found:
            del known[one.source_id]
        links = [(one, draft) for one, draft in links if one.source_id in known]
    for one, draft in links:
        _fill_in(draft, known)
        one.laid_out_again()
    lost = {one.source_id for one in orphans}
    return [one for one in new if one.source_id not in lost], orphans


def _is_orphan(one: Arriving, draft: Draft, known: Mapping[str, Known]) -> bool:
    """Whether one of its parents is not here, a duplicate, or itself."""
    parents = {parent: known.get(parent) for parent in _parents(draft)}
    return any(
        found is None or found.duplicate or parent == one.source_id for parent, found in parents.items()
    )


def _parents(draft: Draft) -> set[str]:
    return {
        event["data"]["parent_source_id"] for event in draft.events if event["kind"] == "duplicate_linked"
    }


def _fill_in(draft: Draft, known: Mapping[str, Known]) -> None:
    for event in draft.events:
        if event["kind"] == "duplicate_linked":
            parent = known[event["data"]["parent_source_id"]]
            event["data"] |= {"parent": parent.reference, "parent_id": parent.id}
    if draft.parent is not None:
        draft.row["duplicate_of"] = known[draft.parent].id


def _orphan(one: Arriving) -> Reject:
    parents = ", ".join(sorted(_parents(one.draft))) if one.draft is not None else ""
    detail = f"duplicate of {parents}, which is neither here nor in what was read, or is a duplicate itself"
    return Reject(one.row, Because.UNKNOWN_PARENT, detail, one.source_id, may_come=True)


def _insert(connection: psycopg.Connection[Any], city: City, source: str, new: Sequence[Arriving]) -> None:
    connection.execute(ARRIVING)
    with connection.cursor().copy(COPY_REQUESTS) as copy:
        copy.write("".join([f"{one.id}\t{one.reference}\t{one.rest}\n" for one in new]))
    columns = zip(*[one.events for one in new], strict=True)
    with connection.pipeline():  # one after the other, without a word from here in between
        connection.execute(TAKE_REQUESTS)
        connection.execute(EVENTS_ARRIVE, (city.id, source, *map(BETWEEN.join, columns)))
