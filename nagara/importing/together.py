"""Many histories decided together: what was worked out for one holds for every other of its kind. Pure.

What counts is ``living.drafted``, which decides one history by itself. Two things are taken from it and kept:

* of reports on one service from places of one district, at moments that no rule tells apart, the columns and the first
  event, all but their times (``_Kind``): the first such report is drafted, the others take over what it got;
* of histories with the same moves, which column and which event has the time of which move (``lives``).

That holds because nothing else goes into them: a route asks for the service, the place and what ``Turns`` tells of the
moment; a life without pauses compares no times. Whatever is different - a pause, which moves the promise; a duplicate,
whose parent the database knows; a position that is none; all that is refused - is left to be decided by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from city_config import City
from nagara.cities import service_of
from nagara.errors import NagaraError
from nagara.escalation.ladder import Climb
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_TEXT, check_text, something_to_read
from nagara.importing import lines
from nagara.importing.arriving import Arriving
from nagara.importing.drawing import uuid7_text
from nagara.importing.lines import BETWEEN, NOTHING
from nagara.importing.lives import Life, Lives
from nagara.importing.living import drafted
from nagara.importing.stated import NotTaken, StatedHistory
from nagara.importing.summary import Counted, counted
from nagara.lifecycle import NOTHING_DUE
from nagara.places.finding import Place
from nagara.promises import clocks
from nagara.promises.deadlines import PromisedTimes
from nagara.promises.standing import StandingPromise
from nagara.routing import turns_of

MOST_KEPT = 20_000
"""Kinds kept: a source that calls every row's channel something else must not fill the memory."""

NOT_CLIMBED = Climb()
CLOSED_CLOCKS = (NOTHING_DUE, None)
TIMES = ("acknowledge_by", "respond_by", "resolve_by")


class _Kind(NamedTuple):
    """What reports share that no rule tells apart."""

    steady: str
    before: str
    after: str
    """The first event as JSON, before and after the promised times."""
    promise: StandingPromise
    district: str | None
    placed: str
    service_code: str
    network_code: str
    priority: str
    department: str


class _Waiting(NamedTuple):
    """An open request, as the clocks ask for it."""

    service_code: str
    network_code: str
    priority: str
    department: str
    status: str
    received_at: dt.datetime
    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    acknowledged_at: dt.datetime | None
    responded_at: dt.datetime | None
    paused_at: None


class Together:
    """Decides the histories of one import by what it decided before."""

    def __init__(self, city: City, now: dt.datetime) -> None:
        self._city = city
        self._now = now
        self._turns = turns_of(city)
        self._kinds: dict[tuple[Any, ...], _Kind] = {}
        self._lives = Lives(city)
        self._promises: dict[tuple[str, str], StandingPromise] = {}

    def decided(
        self, history: StatedHistory, place: Place | None, digits: str, reference: str
    ) -> Arriving | None:
        """A history as it arrives, at the place of its position; None where it is to be decided by itself.

        ``digits`` are drawn for its number, ``reference`` is the one it gets.
        """
        if place is None or not place.inside or not _in_order(history, self._now):
            return None
        life = self._lives.of(history.moves)
        if life is None or (history.facts and not history.moves and history.observed_until is None):
            return None
        try:
            check_text("description", history.description, MAX_DESCRIPTION)
            check_text("address", history.address, MAX_TEXT)
            kind = self._kind(history, place)
            due = kind.promise.made(history.created)
        except (NagaraError, NotTaken):
            return None
        seen = history.observed_until if life.closed is None else None
        moved = [history.created, *[stated.at for stated in history.moves]]
        next_ = CLOSED_CLOCKS if life.ends_closed else self._clocks(kind, life, moved, due)
        told = lines.in_json([*moved, due.acknowledge_by, due.respond_by, due.resolve_by, *next_, seen])
        id_ = uuid7_text(int(history.created.timestamp() * 1000), digits)
        return Arriving(
            history.row,
            history.source_id,
            id_,
            reference,
            _rest(history, kind, life, told),
            _events(history, kind, life, id_, told),
            self._counts(history, kind, life, due.resolve_by, seen),
        )

    def _kind(self, history: StatedHistory, place: Place) -> _Kind:
        key = (
            history.service_code,
            place.district,
            place.areas,
            place.method,
            self._turns.of(history.created),
            history.language,
            history.channel,
            history.source,
        )
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MOST_KEPT:
                self._kinds.clear()
            kind = self._kinds[key] = self._first_of(history, place)
        return kind

    def _first_of(self, history: StatedHistory, place: Place) -> _Kind:
        """What the first of its kind gets, drafted as one without moves."""
        alone = history._replace(moves=(), observed_until=None, facts={})
        draft = drafted(self._city, alone, self._now, place)
        row, said = draft.row, list(draft.events[0]["data"].items())
        names = [name for name, _ in said]
        start = names.index(TIMES[0])
        before, after = (
            orjson.dumps(dict(part)).decode() for part in (said[:start], said[start + len(TIMES) :])
        )
        service, owner = service_of(self._city, history.service_code), row["department"]
        promise = self._promises.setdefault(
            (service.code, owner), StandingPromise(self._city, service, owner, service.priority)
        )
        return _Kind(
            lines.joined(lines.steady_of(row)),
            f"{before[:-1]},",
            f",{after[1:]}",
            promise,
            place.district,
            counted(draft, self._now).placed,
            service.code,
            row["network_code"],
            row["priority"],
            owner,
        )

    def _clocks(
        self, kind: _Kind, life: Life, moved: Sequence[dt.datetime], due: PromisedTimes
    ) -> tuple[dt.datetime, dt.datetime | None]:
        """When something of an open request is due next, and when its ladders move."""
        waiting = _Waiting(
            kind.service_code,
            kind.network_code,
            kind.priority,
            kind.department,
            life.status,
            moved[0],
            due.acknowledge_by,
            due.respond_by,
            due.resolve_by,
            None if life.acknowledged is None else moved[life.acknowledged],
            None if life.responded is None else moved[life.responded],
            None,
        )
        ticking = clocks.ticking(self._city, waiting, NOT_CLIMBED)
        return ticking.next_due_at, ticking.next_step_at

    def _counts(
        self,
        history: StatedHistory,
        kind: _Kind,
        life: Life,
        resolve_by: dt.datetime | None,
        seen: dt.datetime | None,
    ) -> Counted:
        elsewhere = (
            history.district is not None and kind.district is not None and history.district != kind.district
        )
        is_open = life.closed is None
        late = is_open and resolve_by is not None and resolve_by < (seen or self._now)
        return Counted(kind.placed, life.closings, elsewhere, is_open, late)


def _in_order(history: StatedHistory, now: dt.datetime) -> bool:
    """Whether no time runs backwards or has not come yet; and whether all are told in UTC."""
    last = history.created
    for stated in history.moves:
        if stated.at < last or stated.at.tzinfo is not dt.UTC:
            return False
        last = stated.at
    seen = history.observed_until
    if seen is None:
        return last <= now and history.created.tzinfo is dt.UTC
    return last <= seen <= now and history.created.tzinfo is seen.tzinfo is dt.UTC


def _rest(history: StatedHistory, kind: _Kind, life: Life, told: Sequence[str]) -> str:
    """The row's line behind its names."""
    address = history.address if something_to_read(history.address) else None
    moves = len(history.moves)
    times = [NOTHING if one == "null" else one[1:-1] for one in told]
    return "\t".join(
        (
            kind.steady,
            life.led,
            repr(history.lat),
            repr(history.lon),
            NOTHING if address is None else lines.text(address),
            lines.text(history.description),
            lines.text(history.source_id),
            times[0],
            *times[moves + 1 :],
            NOTHING if life.acknowledged is None else times[life.acknowledged],
            NOTHING if life.responded is None else times[life.responded],
            NOTHING if life.closed is None else times[life.closed],
            times[moves],
        )
    )


def _events(
    history: StatedHistory, kind: _Kind, life: Life, id_: str, told: Sequence[str]
) -> tuple[str, ...]:
    """The columns of the events, as ``lines.EVENT_FIELDS`` names them."""
    moves, seen = len(history.moves), told[-1]
    at = [one[1:-1] for one in told[: moves + 1]]
    acknowledge, respond, resolve = told[moves + 1 : moves + 4]
    filed = f'{kind.before}"acknowledge_by":{acknowledge},"respond_by":{respond},"resolve_by":{resolve}{kind.after}'
    kinds, befores, afters = life.kinds, life.befores, life.afters
    if seen != "null":
        at.append(seen[1:-1])
        kinds = f"{kinds}{BETWEEN}observed"
        befores, afters = f"{befores}{BETWEEN}{life.status}", f"{afters}{BETWEEN}{life.status}"
    contents = _contents(history, life, seen)
    return (
        BETWEEN.join((id_,) * len(at)),
        kinds,
        BETWEEN.join(at),
        befores,
        afters,
        BETWEEN.join([filed, *contents]),
    )


def _contents(history: StatedHistory, life: Life, seen: str) -> Sequence[str]:
    """What the events after the first say."""
    if not history.facts and all(stated.known_after is None for stated in history.moves):
        return life.contents if seen == "null" else [*life.contents, f'{{"observed_until":{seen}}}']
    said = [
        dict(stated.data)
        if stated.known_after is None
        else {**stated.data, "known_between": [stated.known_after, stated.at]}
        for stated in history.moves
    ]
    if seen != "null":
        said.append({"observed_until": history.observed_until})
    said[-1] |= history.facts
    return [orjson.dumps(one).decode() for one in said]
