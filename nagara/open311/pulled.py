"""Another endpoint's requests in a city here: of one that joins, once; of one without Nagara, again and again.

Taken through the ordinary import, under the source's ids: whatever is repeated is there already. How far the walk
came is kept, so that one that broke off goes on where it was. A city that is only pulled has no staff here: what
changed at the source is followed (``following``), and its words stay there.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import City
from city_config.import_mapping import ImportMapping
from nagara.database import time_told
from nagara.importing import Reject
from nagara.importing.progress import OnProgress, unseen
from nagara.importing.run import import_histories
from nagara.importing.summary import ImportSummary
from nagara.open311.client import NotTaken, Refused, Server, Unclear
from nagara.open311.client_history import Walk, items_of
from nagara.open311.following import follow, open_ids

OVERLAP = dt.timedelta(days=1)
"""How much of the last walk is walked again: a list may lag behind."""

BEGIN = """
insert into open311_pull as p (city_id, source, url, tried_at) values (%s, %s, %s, clock_timestamp())
on conflict (city_id, source) do update set url = excluded.url, tried_at = excluded.tried_at
returning walked_until
"""
WALKED = """
update open311_pull set walked_until = greatest(walked_until, %s) where city_id = %s and source = %s
"""
DONE = """
update open311_pull set pulled_at = clock_timestamp(), seen_until = %s, last_error = null, missing = %s
 where city_id = %s and source = %s
"""
FAILED = "update open311_pull set last_error = %s where city_id = %s and source = %s"
PULLS = "select city_id, source, pulled_at, seen_until, last_error, missing from open311_pull order by city_id, source"


@dataclass(frozen=True, slots=True)
class Pulled:
    """An endpoint that is read into a city. ``missing``: what it cannot tell, so that no figure of it is zero."""

    source: str
    pulled_at: dt.datetime | None
    seen_until: dt.datetime | None
    last_error: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullSummary:
    """What one run did."""

    imported: ImportSummary
    followed: Mapping[str, int]
    missing: tuple[str, ...]

    def lines(self) -> list[str]:
        """The numbers as sentences for a person."""
        lines = self.imported.lines()
        if self.followed:
            lines.append(
                "followed: " + ", ".join(f"{count:,} {name}" for name, count in self.followed.items())
            )
        return [*lines, f"what this endpoint does not tell: {', '.join(self.missing)}"]


def missing_of(connection: psycopg.Connection[Any]) -> dict[str, tuple[Pulled, ...]]:
    """Of each city into which endpoints are read, which, how fresh, and what is missing in them."""
    found: dict[str, tuple[Pulled, ...]] = {}
    for city_id, source, pulled_at, seen_until, last_error, missing in connection.execute(PULLS).fetchall():
        one = Pulled(source, pulled_at, seen_until, last_error, tuple(missing))
        found[city_id] = (*found.get(city_id, ()), one)
    return found


def pull(
    connection: psycopg.Connection[Any],
    city: City,
    mapping: ImportMapping,
    server: Server,
    since: dt.datetime,
    *,
    words: bool = True,
    following: bool = False,
    dry_run: bool = False,
    progress: OnProgress = unseen,
    on_reject: Callable[[Reject], None] = lambda _: None,
) -> PullSummary:
    """Read an endpoint from ``since``, or from where the last run came to. ``words``: descriptions and addresses, too.

    ``following``: what changed of those that are here already. ``connection`` acts as ``nagara_clock`` and is in no
    transaction; every chunk and every window is one. Raises ``NotTaken``, ``Unclear`` or ``Refused`` of the client;
    what came before stands, and the next run goes on there.
    """
    key = (city.id, mapping.source)

    def told(rejects: Sequence[Reject], *_: object) -> None:
        for one in rejects:
            on_reject(one)

    with connection.transaction():
        now = time_told(connection)
        row = connection.execute(BEGIN, (*key, server.endpoint.url)).fetchone()
    walked: dt.datetime | None = row[0] if row and not dry_run else None
    walk, total, number = Walk(server), None, 2
    try:
        for end, rows in walk.windows(since if walked is None else max(since, walked - OVERLAP), now):
            items = items_of(city, mapping, rows, now, words=words, first=number)
            number += len(rows)
            done = import_histories(
                connection, city, mapping.source, items, total=number, dry_run=dry_run, on_rejects=told
            )
            total = done if total is None else merged(total, done)
            progress(total.rows, total.rows)
            if not dry_run:
                with connection.transaction():
                    connection.execute(WALKED, (end, *key))
        followed: Counter[str] = Counter()
        if following and not dry_run:
            followed = follow(city, mapping, walk.of_ids(open_ids(connection, city, mapping.source)), now)
    except (NotTaken, Unclear, Refused) as error:
        with connection.transaction():
            connection.execute(FAILED, (str(error)[:500], *key))
        raise
    if not dry_run:
        with connection.transaction():
            connection.execute(DONE, (now, list(walk.missing), *key))
    nothing = import_histories(connection, city, mapping.source, (), total=0, dry_run=True)
    return PullSummary(total or nothing, followed, walk.missing)


def merged(one: ImportSummary, other: ImportSummary) -> ImportSummary:
    """Two runs as one."""

    def added(name: str) -> dict[str, int]:
        return dict(Counter(getattr(one, name)) + Counter(getattr(other, name)))

    return ImportSummary(
        city=one.city,
        source=one.source,
        dry_run=one.dry_run,
        rows=one.rows + other.rows,
        imported=one.imported + other.imported,
        already_there=one.already_there + other.already_there,
        rejects=added("rejects"),
        placed=added("placed"),
        other_district=one.other_district + other.other_district,
        closings=added("closings"),
        open_at_last_sight=one.open_at_last_sight + other.open_at_last_sight,
        overdue_at_last_sight=one.overdue_at_last_sight + other.overdue_at_last_sight,
    )
