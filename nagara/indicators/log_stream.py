"""A city's whole log read as columns, a bounded part at a time: memory does not grow with the city.

PostgreSQL sends each event as a row of one width (binary COPY): texts as hashes, times as whole microseconds. What
the hashes stand for is asked once. Requests with rare events come out by name, for their rules to look at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from nagara.indicators.cells import REASONS, STANDARDS
from nagara.indicators.columns import (
    KIND,
    KINDS,
    OTHER_KIND,
    RARE,
    Events,
    Filed,
    Mask,
    Named,
    facts_in_columns,
    name,
    status_kind,
)
from nagara.indicators.facts import EPOCH, KEYED, OPEN, Facts, Group, Groups
from nagara.indicators.issue_times import INSPECTION_CHANNELS, PEOPLE, SIMULATION, UNKNOWN_DISTRICT
from nagara.lifecycle import Status

Ints = npt.NDArray[np.int64]
Tell = Callable[[int], None]
BLOCK = 48 * 1024 * 1024
"""Bytes of events reckoned at once: about 350,000 events."""

NEVER = np.iinfo(np.int64).max
FROM_2000 = 946_684_800_000_000
"""Microseconds from the Unix epoch to PostgreSQL's."""

_TRAILER = b"\xff\xff"
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
ENDS = (len(_TRAILER), len(_SIGNATURE) + 8 + len(_TRAILER))
"""How long the last message is: the trailer alone, or behind the header where a city has no event."""

_COLUMNS = (
    ("id", "V16", 16), ("kind", ">i4", 4), ("actor", ">i4", 4), ("status", ">i4", 4), ("at", ">i8", 8),
    ("head", "V32", 32), ("detail", ">i8", 8), ("filed", ">i8", 8), ("due", ">i8", 8), ("observed", ">i8", 8),
)  # fmt: skip
ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(part for name, kind, _ in _COLUMNS for part in ((f"{name}_size", ">i4"), (name, kind))),
    ]
)
"""An event as PostgreSQL's binary COPY writes it."""

LOG = r"""
copy (
select request_id, hashtext(kind), hashtext(actor_kind), coalesce(hashtext(to_status), 0), occurred_at, hash,
       case kind
       when 'filed' then coalesce(hashtextextended(data->>'department', 0), 0)
       when 'assigned' then coalesce(hashtextextended(nullif(data->>'department', ''), 0), 0)
       when 'recategorised' then coalesce(hashtextextended(nullif(data->>'department', ''), 0), 0)
       when 'declined' then hashtextextended(coalesce(nullif(data->>'reason', ''), 'other'), 0)
       when 'resolved' then (coalesce(data->>'media', '') not in ('', '[]', '{{}}', '0', 'false'))::int::bigint
       when 'escalated' then
           case when coalesce(data->>'promise', case when data ? 'promise' then '' else 'resolve' end) <> 'resolve'
                     then 0
                when jsonb_typeof(data->'step') = 'number' then (data->>'step')::numeric::bigint else 1 end
       when 'feedback_given' then
           case when data->'rating' in ('1', '2', '3', '4', '5') then 4 * (data->>'rating')::numeric::bigint else 0 end
           + case data->'fixed' when 'true' then 1 when 'false' then 2 else 0 end
       else 0 end,
       case when kind = 'filed' then hashtextextended({names}, 0) else 0 end,
       case when kind = 'filed' then coalesce(nullif(data->>'resolve_by', '')::timestamptz, 'infinity')
            when kind not in ('noted', 'added', 'answered', 'prioritised', 'published')
                 and data->>'undid' is not null then timestamptz 'epoch' else 'infinity' end,
       case when kind = 'filed' then coalesce(nullif(data->>'observed_at', '')::timestamptz, 'infinity')
            else 'infinity' end
  from event
 where city_id = {city} and recorded_at <= {known_at} and occurred_at <= {cut_off}{chosen}
 order by city_id, request_id, seq
) to stdout (format binary)
"""
NAMES = ("network_code", "district", "config_fingerprint", "promise_standard", "channel", "source")
_JOINED = " || chr(31) || ".join(f"coalesce(data->>'{one}', chr(30))" for one in NAMES)
HASHES = """
select hashtext(one), hashtextextended(one, 0) from unnest(%s::text[]) with ordinality as t(one, n) order by n
"""
EXAMPLES = "select request_id, data from event where city_id = %s and request_id = any(%s) and seq = 1"


@dataclass(frozen=True)
class Read:
    """Facts of a city's requests in order of id, and the requests that are left to the rules one by one."""

    facts: Facts
    rare: list[UUID]


def read_log(
    connection: psycopg.Connection[Any],
    city_id: str,
    zone: ZoneInfo,
    groups: Groups,
    known_at: dt.datetime,
    cut_off: dt.datetime,
    apart: Sequence[UUID],
    tell: Tell,
    requests: Sequence[UUID] | None = None,
) -> Read:
    """A city's requests (or some of them) as of a cut-off, as known then; those of ``apart`` come out as rare.

    Holds one block of events at a time; what stays are the facts, about 180 bytes for each request.
    """
    reader = _Reader(connection, city_id, zone, groups, {request.bytes for request in apart})
    told = {"city": city_id, "known_at": known_at, "cut_off": cut_off}
    chosen: sql.Composable = sql.SQL("")
    if requests is not None:
        chosen = sql.SQL(" and request_id = any({})").format(sql.Literal(list(requests)))
    statement = sql.SQL(LOG).format(
        names=sql.SQL(_JOINED), chosen=chosen, **{key: sql.Literal(value) for key, value in told.items()}
    )
    rest = np.zeros(0, dtype=ROW)
    for block in _blocks(connection, statement):
        ready, rest = _whole_requests(np.concatenate((rest, block)) if len(rest) else block)
        tell(reader.take(ready))
    reader.take(rest)
    return reader.named()


def _blocks(connection: psycopg.Connection[Any], statement: sql.Composed) -> Iterator[npt.NDArray[np.void]]:
    """What the server sends, in blocks of whole rows; raises ValueError where a row has another width."""
    parts: list[Any] = []
    size, head = 0, len(_SIGNATURE) + 8
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for data in _messages(connection, copy):
            parts.append(data)
            size += len(data)
            if size >= BLOCK:
                rest = b"".join(parts)[head:]
                whole = len(rest) // ROW.itemsize * ROW.itemsize
                yield _rows(rest[:whole])
                parts, size, head = [rest[whole:]], len(rest) - whole, 0
    rest = b"".join(parts)[head:]
    if rest[-2:] != _TRAILER:
        raise ValueError("not a whole binary copy")
    yield _rows(rest[:-2])


def _messages(
    connection: psycopg.Connection[Any], copy: psycopg.Copy
) -> Iterator[memoryview | bytes | bytearray]:
    """What the server has sent, message by message: straight from libpq, and by way of psycopg where it must wait.

    A message is one event; psycopg's own iteration costs several times what libpq does.
    """
    take = connection.pgconn.get_copy_data
    while True:
        size, sent = take(1)
        if size < 0:
            raise psycopg.OperationalError("the log ended before its end")
        data = sent if size else copy.read()
        yield data
        if len(data) in ENDS and bytes(data[-len(_TRAILER) :]) == _TRAILER:
            copy.read()  # the end, by which psycopg knows that the connection is free again
            return


def _rows(content: bytes) -> npt.NDArray[np.void]:
    if len(content) % ROW.itemsize:
        raise ValueError("an event of the copy is not as wide as it should be")
    rows = np.frombuffer(content, dtype=ROW)
    if len(rows) and any((rows[f"{column}_size"] != size).any() for column, _, size in _COLUMNS):
        raise ValueError("a column of the copy is not as wide as it should be")
    return rows


def _whole_requests(rows: npt.NDArray[np.void]) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    """The rows before those of the last request, which may go on in the next block."""
    if not len(rows):
        return rows, rows
    ids = rows["id"]
    own = len(rows) - 1
    while own > 0 and ids[own - 1] == ids[-1]:
        own -= 1
    return rows[:own], rows[own:]


class _Reader:
    """Turns rows of events into facts, and keeps what hashes stand for."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        city_id: str,
        zone: ZoneInfo,
        groups: Groups,
        apart: set[bytes],
    ) -> None:
        self._connection, self._city, self._groups, self._apart = connection, city_id, groups, apart
        self._months = _month_edges(zone)
        statuses = [status.value for status in Status]
        actors = sorted({*PEOPLE, "resident", "system", "clock"})
        names = [*KINDS, *actors, *statuses, *REASONS]
        short, long = zip(*connection.execute(HASHES, (names,)).fetchall(), strict=True)
        end = len(KINDS)
        self._kinds = _Lookup(dict(zip(short[:end], range(end), strict=True)), OTHER_KIND)
        people = {h: int(a in PEOPLE) for h, a in zip(short[end:], actors, strict=False)}
        self._people = _Lookup(people, 0)
        staff, imports = (short[end + actors.index(name)] for name in ("staff", "import"))
        self._staff, self._import = staff, imports
        end += len(actors)
        self._statuses = _Lookup(
            {h: status_kind(s) for h, s in zip(short[end:], statuses, strict=False)} | {0: 0}, 3
        )
        end += len(statuses)
        self._reasons = _Lookup({h: 1 + n for n, h in enumerate(long[end:])}, len(REASONS))
        self._facts: list[Facts] = []
        self._first: list[tuple[Ints, Ints, Mask]] = []
        self._rares: list[UUID] = []
        self._taken = 0

    def take(self, rows: npt.NDArray[np.void]) -> int:
        """Reckon the requests whose events these are; returns how many were taken so far."""
        if not len(rows):
            return self._taken
        ids = np.ascontiguousarray(rows["id"])
        words = ids.view(">u8").reshape(-1, 2)
        begins = np.ones(len(rows), dtype=bool)
        begins[1:] = (words[1:] != words[:-1]).any(axis=1)
        request = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        kind = self._kinds.of(rows["kind"])
        rare = self._rare(rows, request, first, kind)
        chosen, kept = ~rare[request], np.flatnonzero(~rare)
        number = np.cumsum(~rare) - 1
        events = self._events(rows[chosen], number[request[chosen]], kind[chosen])
        last = np.append(first[1:], len(rows))[kept] - 1
        opening = rows[first[kept]]
        filed = Filed(_unix(opening["due"]), _unix(opening["observed"]))
        self._facts.append(
            facts_in_columns(events, filed, ids[first[kept]], rows["head"][last], self._months)
        )
        actor = opening["actor"].astype(np.int64)
        self._first.append((opening["filed"].astype(np.int64), actor == self._staff, actor == self._import))
        self._rares += [UUID(bytes=bytes(one)) for one in ids[first[rare]]]
        self._taken += len(first)
        return self._taken

    def named(self) -> Read:
        """All that was taken, with what the names stand for."""
        if not self._facts:
            return Read(np.zeros(0, dtype=KEYED), self._rares)
        facts = np.concatenate(self._facts)
        codes, by_staff, by_import = (np.concatenate([first[i] for first in self._first]) for i in range(3))
        kinds, place, where = np.unique(codes, return_index=True, return_inverse=True)
        examples = {UUID(bytes=bytes(facts["id"][at])): n for n, at in enumerate(place.tolist())}
        known = np.zeros((len(kinds), 3), dtype=np.int64)
        for request, data in self._connection.execute(EXAMPLES, (self._city, list(examples))).fetchall():
            known[examples[request]] = self._told(data)
        group, standard, traits = known[where].T
        told = Named(
            group=group,
            standard=standard,
            channel_of_staff=(traits & 1) > 0,
            inspection=(traits & 2) > 0,
            simulated=(traits & 4) > 0,
            without_district=(traits & 8) > 0,
            by_staff=by_staff,
            by_import=by_import,
        )
        name(facts, told)
        return Read(facts, self._rares)

    def _rare(
        self, rows: npt.NDArray[np.void], request: Ints, first: Ints, kind: Ints
    ) -> npt.NDArray[np.bool_]:
        odd = np.isin(kind, [KIND[name] for name in RARE])
        odd |= (rows["due"] == -FROM_2000) & (kind != KIND["filed"])  # a move that takes another back
        found = np.zeros(len(first), dtype=bool)
        found[request[odd]] = True
        found |= kind[first] != KIND["filed"]
        if self._apart:
            ids = np.ascontiguousarray(rows["id"][first]).tobytes()
            own = (ids[start : start + 16] in self._apart for start in range(0, len(ids), 16))
            found |= np.fromiter(own, dtype=bool, count=len(first))
        return found

    def _events(self, rows: npt.NDArray[np.void], request: Ints, kind: Ints) -> Events:
        detail = rows["detail"].astype(np.int64)
        declined = kind == KIND["declined"]
        detail[declined] = self._reasons.of(detail[declined])
        return Events(
            request,
            kind,
            rows["at"].astype(np.int64) + FROM_2000,
            self._people.of(rows["actor"]) == 1,
            self._statuses.of(rows["status"]),
            detail,
        )

    def _told(self, data: Mapping[str, Any]) -> tuple[int, int, int]:
        """Group, standard and traits of a filing, as ``issue_times`` reads them."""
        district = data.get("district") or UNKNOWN_DISTRICT
        group = Group(data.get("network_code") or "other", district, data.get("config_fingerprint") or "")
        standard = data.get("promise_standard") or "reference"
        traits = (
            (data.get("channel") in INSPECTION_CHANNELS)
            + 2 * (data.get("channel") == "inspection")
            + 4 * (data.get("source") == SIMULATION)
            + 8 * (district == UNKNOWN_DISTRICT)
        )
        return self._groups.number(group), STANDARDS.index(standard) if standard in STANDARDS else 2, traits


class _Lookup:
    """Numbers for hashes, for whole columns; a hash that is not known has the number for others."""

    def __init__(self, numbers: Mapping[int, int], other: int) -> None:
        self._hashes = np.array(sorted(numbers), dtype=np.int64)
        self._numbers = np.array([numbers[code] for code in sorted(numbers)], dtype=np.int64)
        self._other = other

    def of(self, hashes: npt.NDArray[Any]) -> Ints:
        """The number of each."""
        own = hashes.astype(np.int64)
        place = np.minimum(np.searchsorted(self._hashes, own), len(self._hashes) - 1)
        return np.where(self._hashes[place] == own, self._numbers[place], self._other)


def _unix(times: npt.NDArray[Any]) -> Ints:
    own = times.astype(np.int64)
    return np.where(own == NEVER, OPEN, own + FROM_2000)


@cache
def _month_edges(zone: ZoneInfo) -> Mapping[str, Ints]:
    """When each local month begins (microseconds), and its number; 1900 to 2199."""
    numbers = np.arange(1900 * 12, 2200 * 12)
    edges = [
        (dt.datetime(n // 12, n % 12 + 1, 1, tzinfo=zone) - EPOCH) // dt.timedelta(microseconds=1)
        for n in numbers.tolist()
    ]
    return {"edge": np.array(edges, dtype=np.int64), "number": numbers.astype(np.int64)}
