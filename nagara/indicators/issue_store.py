"""The facts of every request as they are kept between builds, so that a build reads only what is new.

A city's rows lie together by the first bits of their ids, which tell when a request was filed: some three days are
one bucket, kept as one row of bytes. What happens touches the buckets of some days; a month is counted from those
that say that something in them belongs to it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg

from nagara.indicators.facts import FLAGS, KEYED, NO_MONTH, Facts, Group, Groups

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.bytes_]
BUCKET_BITS = 20
ROWS_AT_ONCE = 50_000
"""Rows that are taken in, counted or compared at once: some 8 MB, and a few times that while they are worked at."""

WHOLE_AT_ONCE = 200_000
"""Rows after which the first build of a city and the nightly proof stop reading its log to work at them: some 32 MB.
Smaller cities are read in one go."""

PLAIN = np.dtype((np.void, KEYED.itemsize))
WIDEST = 1 << 24
"""Bytes in which the numbers of buckets are marked at once."""

LAYOUT = hashlib.sha256(repr((KEYED.descr, FLAGS)).encode()).hexdigest()[:16]
"""Which columns and flags a row has: rows of another layout are read from the log again."""

SUMMARY = """
select bucket, requests, events, array_send(months), array_send(groups), digest
  from indicator_part where city_id = %s order by bucket
"""
CONTENT = """
select bucket, content from indicator_part where city_id = %s and bucket = any(%s) order by bucket
"""
FORGET = "delete from indicator_part where city_id = %s and bucket = any(%s)"
FORGET_ALL = "delete from indicator_part where city_id = %s"
ADD = """
insert into indicator_part (city_id, bucket, requests, events, months, groups, digest, content)
values (%s, %s, %s, %s, %s::int[], %s::int[], %b, %b)
"""

GROUPS = "select network_code, district, fingerprint, id from indicator_group where city_id = %s"
ADD_GROUPS = """
insert into indicator_group (city_id, id, network_code, district, fingerprint)
select %s, * from unnest(%s::int[], %s::text[], %s::text[], %s::text[])
"""

READ_STATE = """
select known_at, snapshot_id, cut_off, touched, whole_as_of from indicator_build
 where city_id = %s and layout = %s for update
"""
WRITE_STATE = """
insert into indicator_build (city_id, known_at, snapshot_id, cut_off, touched, requests_read, months_built, built_at,
                             whole_as_of, layout)
values (%(city)s, %(known_at)s, %(snapshot)s, %(cut_off)s, %(touched)s, %(requests)s, %(months)s, clock_timestamp(),
        %(whole)s, %(layout)s)
on conflict (city_id) do update
   set known_at = excluded.known_at, snapshot_id = excluded.snapshot_id, cut_off = excluded.cut_off,
       touched = excluded.touched, requests_read = excluded.requests_read, months_built = excluded.months_built,
       built_at = excluded.built_at, whole_as_of = excluded.whole_as_of, layout = excluded.layout
"""
RECORD_PROOF = """
update indicator_build set proved_at = %s, differences = %s where city_id = %s
"""

MONTHS = ("month", "due_month", "resolved_month", "closed_month", "rated_month")


@dataclass(frozen=True)
class State:
    """What the kept facts are of: known events, and the snapshot that was made of them last."""

    known_at: dt.datetime
    snapshot_id: UUID | None
    cut_off: dt.datetime | None
    touched: frozenset[int]
    """Months of the facts that have changed since that snapshot."""
    whole_as_of: dt.datetime | None = None
    """The cut-off at which months were last counted because time alone had passed."""


@dataclass(frozen=True)
class Part:
    """What a bucket says of itself."""

    requests: int
    events: int
    months: frozenset[int]
    groups: frozenset[int]
    digest: bytes
    """SHA-256 over each request's id and the hash of its last event, which covers all its events before."""


def parts_of(facts: Facts) -> dict[int, Part]:
    """What each bucket says of itself, of rows in order of id."""
    if not len(facts):
        return {}
    numbers = bucket_numbers(facts["id"])
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    place = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(facts)))
    months = _present(place, *(facts[name] for name in MONTHS))
    groups = _present(place, facts["group_id"])
    requests = np.diff(starts, append=len(facts)).tolist()
    events = np.add.reduceat(facts["events"], starts, dtype=np.int64).tolist()
    together = np.zeros(len(facts), dtype=[("id", "V16"), ("head", "V32")])
    together["id"], together["head"] = facts["id"], facts["head"]
    chained = memoryview(together.tobytes())
    size, ends = together.itemsize, [*starts[1:].tolist(), len(facts)]
    digests = [
        hashlib.sha256(chained[begin * size : end * size]).digest()
        for begin, end in zip(starts.tolist(), ends, strict=True)
    ]
    buckets = numbers[starts].tolist()
    return {
        bucket: Part(requests[n], events[n], months[n], groups[n], digests[n])
        for n, bucket in enumerate(buckets)
    }


def _present(place: Ints, *columns: Ints) -> list[frozenset[int]]:
    """The numbers from 0 that occur in each place, which count from 0 without gaps, in any of the columns."""
    known = []
    for column in columns:
        numbers = np.ascontiguousarray(column)  # rows are wide: they are gone through once
        there = numbers >= 0
        if there.all():
            known.append((place, numbers))
        elif there.any():
            known.append((place[there], numbers[there]))
    found: list[frozenset[int]] = [frozenset()] * (int(place[-1]) + 1)
    if not known:
        return found
    low = min(int(numbers.min()) for _, numbers in known)
    width = max(int(numbers.max()) for _, numbers in known) - low + 1
    if len(found) * width > WIDEST:
        half = len(found) // 2
        if not half:
            return [frozenset(number for _, numbers in known for number in numbers.tolist())]
        first = int(np.searchsorted(place, half))
        before = _present(place[:first], *(column[:first] for column in columns))
        return before + _present(place[first:] - half, *(column[first:] for column in columns))
    grid = np.zeros(len(found) * width, dtype=bool)
    for own, numbers in known:
        grid[own * width + (numbers - low)] = True
    return [frozenset((np.flatnonzero(row) + low).tolist()) for row in grid.reshape(-1, width)]


def _listed(numbers: Iterable[int]) -> str:
    """Whole numbers as the database writes an array of them."""
    return "{" + ",".join(map(str, sorted(numbers))) + "}"


def read_state(connection: psycopg.Connection[Any], city_id: str) -> State | None:
    """What is kept of a city, locked until the transaction ends; None before the first build."""
    row = connection.execute(READ_STATE, (city_id, LAYOUT)).fetchone()
    return State(row[0], row[1], row[2], frozenset(row[3]), row[4]) if row else None


def write_state(
    connection: psycopg.Connection[Any], city_id: str, state: State, requests_read: int, months_built: int
) -> None:
    """Keep what the facts are of now, and what the build cost."""
    values = {
        "city": city_id,
        "known_at": state.known_at,
        "snapshot": state.snapshot_id,
        "cut_off": state.cut_off,
        "touched": sorted(state.touched),
        "requests": requests_read,
        "months": months_built,
        "whole": state.whole_as_of,
        "layout": LAYOUT,
    }
    connection.execute(WRITE_STATE, values)


def record_proof(
    connection: psycopg.Connection[Any], city_id: str, at: dt.datetime, differences: int
) -> None:
    """Keep when the facts were last held against the whole log, and how many rows differed."""
    connection.execute(RECORD_PROOF, (at, differences, city_id))


def read_groups(connection: psycopg.Connection[Any], city_id: str) -> Groups:
    """The numbers of the groups met so far."""
    return Groups({Group(*row[:3]): row[3] for row in connection.execute(GROUPS, (city_id,))})


def add_groups(connection: psycopg.Connection[Any], city_id: str, groups: Groups) -> None:
    """Keep the numbers that were given since the groups were read."""
    if groups.new:
        columns = [list(column) for column in zip(*groups.new, strict=True)]
        connection.execute(ADD_GROUPS, (city_id, list(groups.new.values()), *columns))
        groups.new.clear()


def read_summary(connection: psycopg.Connection[Any], city_id: str) -> dict[int, Part]:
    """What each bucket of a city says of itself, in order."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(SUMMARY, (city_id,)).fetchall()
        return {row[0]: Part(row[1], row[2], _sent(row[3]), _sent(row[4]), row[5]) for row in rows}


@lru_cache(maxsize=4096)
def _sent(numbers: bytes) -> frozenset[int]:
    """What the server sent of an array of integers: five words, then a length and a number for each."""
    return frozenset(np.frombuffer(numbers, ">i4")[6::2].tolist())


def in_turns(buckets: Iterable[int], parts: Mapping[int, Part]) -> Iterator[set[int]]:
    """Buckets in order, so many at once as hold ``ROWS_AT_ONCE`` rows by what they say, or a single larger one."""
    some, rows = set[int](), 0
    for bucket in sorted(buckets):
        more = parts[bucket].requests if bucket in parts else 0
        if some and rows + more > ROWS_AT_ONCE:
            yield some
            some, rows = set(), 0
        some.add(bucket)
        rows += more
    if some:
        yield some


def read_buckets(
    connection: psycopg.Connection[Any], city_id: str, buckets: Collection[int]
) -> dict[int, Facts]:
    """The rows of some buckets."""
    if not buckets:
        return {}
    with connection.cursor(binary=True) as cursor:
        cursor.execute(CONTENT, (city_id, sorted(buckets)))
        return {bucket: np.frombuffer(content, dtype=KEYED) for bucket, content in cursor}


def put_buckets(
    connection: psycopg.Connection[Any], city_id: str, facts: Mapping[int, Facts]
) -> dict[int, Part]:
    """Keep rows in place of what was kept in their buckets; an empty bucket is forgotten."""
    if not facts:
        return {}
    connection.execute(FORGET, (city_id, list(facts)))
    return add(connection, city_id, together(facts[bucket] for bucket in sorted(facts)))


def forget_all(connection: psycopg.Connection[Any], city_id: str) -> None:
    """Nothing is kept of a city's rows."""
    connection.execute(FORGET_ALL, (city_id,))


def add(connection: psycopg.Connection[Any], city_id: str, facts: Facts) -> dict[int, Part]:
    """Keep rows in order of id, whose buckets are empty until now; returns what these say of themselves."""
    parts, buckets = parts_of(facts), by_bucket(facts)
    with connection.cursor() as cursor:
        cursor.executemany(
            ADD,
            (
                (
                    *(city_id, bucket, part.requests, part.events),
                    *(_listed(part.months), _listed(part.groups), part.digest, buckets[bucket].tobytes()),
                )
                for bucket, part in parts.items()
            ),
        )
    return parts


def bucket_numbers(keys: npt.NDArray[Any]) -> Ints:
    """Where the row of each request lies, told by its id."""
    first = np.ascontiguousarray(keys).view(">u4").reshape(-1, 4)[:, 0].astype(np.int64)
    numbers: Ints = first >> (32 - BUCKET_BITS)
    return numbers


def by_bucket(facts: Facts) -> dict[int, Facts]:
    """Rows in order of id, cut into buckets."""
    if not len(facts):
        return {}
    buckets = bucket_numbers(facts["id"])
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    ends = [*starts[1:].tolist(), len(facts)]
    return {int(buckets[s]): facts[s:e] for s, e in zip(starts.tolist(), ends, strict=True)}


def together(facts: Iterable[Facts]) -> Facts:
    """Rows of several buckets, in the order given."""
    every = list(facts)
    if len(every) == 1:
        return every[0]
    return _rows(np.concatenate([_plain(one) for one in every])) if every else np.zeros(0, dtype=KEYED)


def same(one: Facts, other: Facts) -> bool:
    """Whether rows are the same, byte for byte."""
    return len(one) == len(other) and bool((_plain(one) == _plain(other)).all())


def _plain(facts: Facts) -> Facts:
    """Rows whose columns are not told apart: numpy moves these as they lie, others column by column."""
    return facts.view(PLAIN)


def _rows(plain: Facts) -> Facts:
    return plain.view(KEYED)


def months_of(facts: Facts) -> set[int]:
    """Every month in which something of these rows is counted."""
    months: set[int] = set()
    for name in MONTHS:
        months |= set(np.unique(facts[name]).tolist())
    return months - {NO_MONTH}


def of_months(facts: Facts, months: Collection[int]) -> Facts:
    """The rows of which something is counted in these months."""
    chosen = np.array(sorted(months), dtype=np.int32)
    there = np.zeros(len(facts), dtype=bool)
    for name in MONTHS:
        there |= np.isin(facts[name], chosen)
    return facts if there.all() else _rows(_plain(facts)[there])


def keys_of(facts: Facts) -> list[bytes]:
    """The ids of the rows as bytes, whose order is that of the rows."""
    return cut(facts["id"].tobytes())


def cut(ids: bytes) -> list[bytes]:
    """Ids that lie one after another, each by itself."""
    return [ids[start : start + 16] for start in range(0, len(ids), 16)]


def sortable(ids: bytes) -> Keys:
    """Ids as keys that numpy compares as bytes: all are of one length, so that zeros at an end do no harm."""
    return np.frombuffer(ids, dtype="S16")


def looked_up(ids: Keys, among: Keys) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The place of each id among others, which are in order, and whether it is there at all."""
    if not len(among):
        return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=bool)
    places = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return places, among[places] == ids


def split(facts: Facts, ids: Keys) -> tuple[Facts, Facts]:
    """Of rows in order of id those of these requests, and the others."""
    mask = np.zeros(len(facts), dtype=bool)
    places, there = looked_up(ids, sortable(facts["id"].tobytes()))
    mask[places[there]] = True
    plain = _plain(facts)
    return _rows(plain[mask]), _rows(plain[~mask])


def joined(facts: Facts, fresh: Facts) -> Facts:
    """Rows and further ones, of requests that are not among them, in order of id."""
    places = np.searchsorted(sortable(facts["id"].tobytes()), sortable(fresh["id"].tobytes()))
    return _rows(np.insert(_plain(facts), places, _plain(fresh)))
