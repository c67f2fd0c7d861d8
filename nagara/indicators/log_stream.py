"""A city's log turned into facts, page by page: memory does not grow with the city where facts are taken on the way.

What the hashes in a page stand for is asked once, by an example of each. Requests with rare events come out by name,
for their rules to look at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import psycopg

from nagara.indicators.cells import REASONS, STANDARDS
from nagara.indicators.columns import (
    KIND,
    OTHER_KIND,
    RARE,
    Bytes,
    Events,
    Filed,
    Mask,
    Named,
    by_people,
    facts_in_columns,
    name,
    status_kind,
)
from nagara.indicators.facts import Facts, Group, Groups
from nagara.indicators.issue_store import Keys, looked_up, sortable, together
from nagara.indicators.issue_times import INSPECTION_CHANNELS, SIMULATION, UNKNOWN_DISTRICT
from nagara.indicators.local_months import local_months
from nagara.indicators.log_pages import DETAIL, Page, Rows, pages, unix

Ints = npt.NDArray[np.int64]
Tell = Callable[[int], None]

EXAMPLES = "select request_id, data from event where city_id = %s and request_id = any(%s) and seq = 1"
WORDS = f"""
select distinct on (n) kind, actor_kind, to_status, {DETAIL},
       case when kind = 'declined' then coalesce(nullif(data->>'reason', ''), 'other') end
  from unnest(%s::uuid[], %s::bytea[]) with ordinality example(id, last, n)
  join event on city_id = %s and request_id = example.id and hash = example.last order by n
"""  # noqa: S608 - built of constants


@dataclass(frozen=True)
class Read:
    """Facts of requests in order of id, and those among them that are left to the rules one by one."""

    facts: Facts
    rare: list[UUID]
    goes_on: bool
    """Whether more may come."""


def read_log(
    connection: psycopg.Connection[Any],
    city_id: str,
    zone: ZoneInfo,
    groups: Groups,
    known_at: dt.datetime,
    cut_off: dt.datetime,
    apart: Keys,
    tell: Tell,
    requests: Sequence[UUID] | None = None,
    at_once: int | None = None,
) -> Iterator[Read]:
    """A city's requests (or some of them) as of a cut-off, as known then; those of ``apart`` come out as rare.

    Both in order of id, and some after others as soon as there are ``at_once`` requests; all together without it. Holds
    one page of events at a time, and the facts until they are taken, 158 bytes for each request.
    """
    reader = _Reader(connection, city_id, zone, groups, apart)
    told = {"city": city_id, "known_at": known_at, "cut_off": cut_off}
    for page in pages(connection, told, requests):
        if at_once is not None and reader.waiting >= at_once:
            yield reader.read(goes_on=True)
        tell(reader.take(page))
    if reader.waiting:
        yield reader.read(goes_on=False)


class _Reader:
    """Turns pages of events into facts, and keeps what hashes stand for."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        city_id: str,
        zone: ZoneInfo,
        groups: Groups,
        apart: Keys,
    ) -> None:
        self._apart = apart
        self._months = local_months(zone)
        self._words = _Words(connection, city_id)
        self._filings = _Filings(connection, city_id, groups)
        self._facts: list[Facts] = []
        self._rares: list[UUID] = []
        self._taken = self._given = 0

    def take(self, page: Page) -> int:
        """Reckon the requests whose events these are; returns how many were taken so far."""
        if not len(page.ids):
            return self._taken
        halves = page.ids.view(np.int64).reshape(-1, 2)
        begins = np.ones(len(page.ids), dtype=bool)
        begins[1:] = (halves[1:, 0] != halves[:-1, 0]) | (halves[1:, 1] != halves[:-1, 1])
        first = np.flatnonzero(begins)
        request = np.cumsum(begins) - 1
        word = self._words.of(page)
        kind = self._words.kind[word]
        rare = self._rare(page, request, first, kind)
        self._rares += [UUID(bytes=bytes(one)) for one in page.ids[first[rare]]]
        self._taken += len(first)
        last = np.append(first[1:], len(begins))[~rare] - 1
        chosen: Mask | slice = slice(None)
        if rare.any():
            chosen = ~rare[request]
            request, word, kind = (np.cumsum(~rare) - 1)[request[chosen]], word[chosen], kind[chosen]
        if len(last):
            opening = self._openings(page, first, rare)
            events = self._events(page, chosen, request, word, kind)
            filed = Filed(*(unix(opening[name]) for name in ("due", "answer_due", "observed")))
            facts = facts_in_columns(events, filed, opening["id"], page.heads[last], self._months)
            name(facts, self._filings.of(opening, self._words.filer[word[events.first]]))
            self._facts.append(facts)
        return self._taken

    @property
    def waiting(self) -> int:
        """How many requests were taken and not given yet."""
        return self._taken - self._given

    def read(self, *, goes_on: bool) -> Read:
        """All that was taken since it was asked for last."""
        found = Read(together(self._facts), self._rares, goes_on)
        self._facts, self._rares, self._given = [], [], self._taken
        return found

    def _rare(self, page: Page, request: Ints, first: Ints, kind: Bytes) -> Mask:
        """Which requests are left to the rules."""
        odd = page.words == 0
        for one in RARE:
            odd |= kind == KIND[one]
        found = np.zeros(len(first), dtype=bool)
        found[request[odd]] = True
        found |= kind[first] != KIND["filed"]
        ids = page.ids[first]
        if len(page.openings) != len(first) or (page.openings["id"] != ids).any():
            opened = set(page.openings["id"].tolist())
            found |= np.array([one not in opened for one in ids.tolist()])
        if len(self._apart):
            found |= looked_up(sortable(ids.tobytes()), self._apart)[1]
        return found

    def _openings(self, page: Page, first: Ints, rare: Mask) -> Rows:
        """The first event of each request that is not rare."""
        if not rare.any():
            return page.openings
        kept = set(page.ids[first[~rare]].tolist())
        mask = np.fromiter((one in kept for one in page.openings["id"].tolist()), bool, len(page.openings))
        found: Rows = page.openings[mask]
        return found

    def _events(self, page: Page, chosen: Mask | slice, request: Ints, word: Ints, kind: Bytes) -> Events:
        first, words = np.flatnonzero(np.diff(request, prepend=-1)), self._words
        people, status, detail = words.people[word], words.status[word], words.detail[word]
        return Events(request, first, kind, page.at[chosen], people, status, detail)


class _Filings:
    """What hashes of the names in a filing stand for: asked of the log where one is met first."""

    def __init__(self, connection: psycopg.Connection[Any], city_id: str, groups: Groups) -> None:
        self._connection, self._city, self._groups = connection, city_id, groups
        self._numbers: dict[int, int] = {}
        self._lookup = _Lookup({0: -1}, -1)
        self._known = np.zeros((0, 3), dtype=np.int64)
        """Group, standard and traits of each."""

    def of(self, openings: Rows, filer: Bytes) -> Named:
        """What these filings say; ``filer``: who filed each."""
        hashes = openings["filed"].astype(np.int64)
        found = self._lookup.of(hashes)
        unknown = np.flatnonzero(found < 0)
        if len(unknown):
            self._ask(hashes[unknown], openings["id"][unknown])
            found = self._lookup.of(hashes)
        group, standard, traits = (self._known[:, column][found] for column in range(3))
        return Named(
            group=group,
            standard=standard,
            channel_of_staff=(traits & 1) > 0,
            inspection=(traits & 2) > 0,
            simulated=(traits & 4) > 0,
            without_district=(traits & 8) > 0,
            by_staff=filer == _STAFF,
            by_import=filer == _IMPORT,
        )

    def _ask(self, hashes: Ints, ids: Rows) -> None:
        """Take in what is not known yet, from one filing of each."""
        new, place = np.unique(hashes, return_index=True)
        examples = [UUID(bytes=bytes(one)) for one in ids[place]]
        told = dict(self._connection.execute(EXAMPLES, (self._city, examples)).fetchall())
        rows = [self._told(told[example]) for example in examples]
        for code in new.tolist():
            self._numbers[code] = len(self._numbers)
        self._known = np.concatenate((self._known, np.array(rows, dtype=np.int64)))
        self._lookup = _Lookup(self._numbers, -1)

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


class _Words:
    """What hashes of kind, actor, status and detail stand for: asked of the log where one is met first."""

    def __init__(self, connection: psycopg.Connection[Any], city_id: str) -> None:
        self._connection, self._city = connection, city_id
        self._numbers = {0: 0}
        self._lookup = _Lookup(self._numbers, -1)
        self.kind: Bytes = np.array([OTHER_KIND], dtype=np.uint8)
        self.people: Mask = np.array([False])
        self.status: Bytes = np.array([0], dtype=np.uint8)
        self.filer: Bytes = np.array([0], dtype=np.uint8)
        self.detail: Ints = np.array([0], dtype=np.int64)

    def of(self, page: Page) -> Ints:
        """The number of each event's word: its place in the columns here."""
        found = self._lookup.of(page.words)
        unknown = np.flatnonzero(found < 0)
        if len(unknown):
            self._ask(page, unknown)
            found = self._lookup.of(page.words)
        return found

    def _ask(self, page: Page, unknown: Ints) -> None:
        words, place = np.unique(page.words[unknown], return_index=True)
        ids = [UUID(bytes=bytes(one)) for one in page.ids[unknown[place]]]
        heads = [bytes(one) for one in page.heads[unknown[place]]]
        rows = self._connection.execute(WORDS, (ids, heads, self._city)).fetchall()
        for word, _ in zip(words.tolist(), rows, strict=True):
            self._numbers[word] = len(self._numbers)
        self._lookup = _Lookup(self._numbers, -1)
        kinds = [KIND.get(row[0], OTHER_KIND) for row in rows]
        self.kind = np.append(self.kind, np.array(kinds, dtype=np.uint8))
        self.people = np.append(self.people, [by_people(row[1]) for row in rows])
        statuses = [status_kind(row[2]) for row in rows]
        self.status = np.append(self.status, np.array(statuses, dtype=np.uint8))
        filers = [_FILERS.get(row[1], 0) for row in rows]
        self.filer = np.append(self.filer, np.array(filers, dtype=np.uint8))
        details = [row[3] if row[4] is None else _reason(row[4]) for row in rows]
        self.detail = np.append(self.detail, np.array(details, dtype=np.int64))


def _reason(name: str) -> int:
    """1 + the number of the reason of a declining; one that is not on the list counts as the last."""
    return 1 + REASONS.index(name) if name in REASONS else len(REASONS)


_STAFF, _IMPORT = 1, 2
_FILERS = {"staff": _STAFF, "import": _IMPORT}


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
