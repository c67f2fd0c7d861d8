"""A list of reports that was looked at again and again, merged to one row a report, read by a mapping file.

What such a list tells is bounded by its looks: a state began after the last look that shows another, and by
the first look that shows it. Decisions, each made so that no figure gets better by not knowing:

* Closed: at ``finished`` where the source says when, else at ``finished_by``, the first look that shows it.
* Any other state: by the first look known to show it; ``last_activity`` where that is earlier and the state
  is the last one. The bounds stand in the event's data as ``known_between``.
* Seen closed and later open: resolved, then reopened by the next look; the first closing stays.
* A state that goes back (from work to waiting) is no move: nobody un-does an answer. The state shown last is
  kept as ``stated_state``.
* Reopenings that are only counted are kept as ``reopen_count``, not turned into events without a time; stars
  as ``rating``; the types after the first as ``further_types``.
* The position decides the district; the stated district serves only where there is no position at all.
* Unfinished: observed until ``last_seen``, and no longer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from city_config import City
from city_config.import_mapping import ImportMapping, StateMapping
from nagara.importing.fields import coordinate, district_code, time_of
from nagara.importing.stated import Because, NotTaken, StatedHistory, StatedMove
from nagara.lifecycle import CLOSED, PAUSED, TRANSITIONS, Move, Status

COLUMNS = (
    "ticket_id", "type", "lon", "lat", "district", "created", "finished", "finished_after", "finished_by",
    "state_last", "last_activity", "first_seen", "last_seen", "state_path", "star", "count_reopen",
)  # fmt: skip
BETWEEN_STATES = ">"
LONGEST_COUNT = 9
"""Digits: what is longer counts nothing, and JSON could not hold it."""


TOWARDS: Mapping[Status, Move] = {
    Status.ACKNOWLEDGED: Move.ACKNOWLEDGE,
    Status.ASSIGNED: Move.ASSIGN,
    Status.IN_PROGRESS: Move.START,
    Status.WAITING_REPORTER: Move.ASK,
    Status.ON_HOLD: Move.PAUSE,
    Status.REFERRED: Move.REFER,
    Status.RESOLVED: Move.RESOLVE,
    Status.DECLINED: Move.DECLINE,
    Status.WITHDRAWN: Move.WITHDRAW,
    Status.DUPLICATE: Move.LINK_DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class _Look:
    """A state, the look by which it is known to have begun, and the last one before that shows another."""

    state: StateMapping
    at: dt.datetime
    known_after: dt.datetime | None


def history_of(city: City, mapping: ImportMapping, row_number: int, row: Mapping[str, str]) -> StatedHistory:
    """The history a row states; raise ``NotTaken`` saying what cannot be taken. Pure."""
    source_id = row["ticket_id"].strip()
    if not source_id:
        raise NotTaken(Because.NO_ID, "ticket_id is empty")
    service = mapping.service_for(row["type"])
    if service is None:
        primary = (mapping.types_of(row["type"]) or [""])[0]
        because = Because.NOT_A_REQUEST if primary in mapping.drop else Because.UNKNOWN_SERVICE
        raise NotTaken(because, f"{primary}: {mapping.why_left_out(row['type'])}")
    looks = _looks(mapping, row)
    moves, status = _moves(looks)
    return StatedHistory(
        row=row_number,
        source=mapping.source,
        source_id=source_id,
        service_code=service,
        created=time_of("created", row["created"]),
        lat=coordinate("lat", row["lat"]),
        lon=coordinate("lon", row["lon"]),
        district=district_code(city, row["district"]),
        moves=moves,
        observed_until=time_of("last_seen", row["last_seen"]),
        facts=_facts(mapping, row, looks, status),
    )


def _looks(mapping: ImportMapping, row: Mapping[str, str]) -> list[_Look]:
    """Each state of the path with the narrowest bounds the looks allow."""
    states = [state for text in _path(row) if (state := _state(mapping, text)) is not None]
    if not states:
        raise NotTaken(Because.UNKNOWN_STATUS, "no state is stated")
    created, first, last = (time_of(name, row[name]) for name in ("created", "first_seen", "last_seen"))
    after, by, finished = (
        time_of(name, row[name]) if row[name].strip() else None
        for name in ("finished_after", "finished_by", "finished")
    )
    closing = next((n for n, state in enumerate(states) if Status(state.status) is Status.RESOLVED), None)
    shown: dict[int, dt.datetime] = {len(states) - 1: last, 0: first}
    if closing is not None:
        if after is not None and closing > 1:
            shown[closing - 1] = after
        if ended := finished or by:
            shown[closing] = ended
    looks = []
    for n, state in enumerate(states):
        at = min(time for index, time in shown.items() if index >= n)
        bound: dt.datetime | None = max((time for index, time in shown.items() if index < n), default=created)
        if n == closing:
            bound = None if finished else after or bound
        looks.append(_Look(state, at, bound))
    return _sharpened(looks, row)


def _sharpened(looks: list[_Look], row: Mapping[str, str]) -> list[_Look]:
    """The last state had begun by the last activity, where that lies within its bounds and it is open."""
    last = looks[-1]
    if row["last_activity"] and not last.state.closes and last.known_after is not None:
        active = time_of("last_activity", row["last_activity"])
        if last.known_after <= active < last.at:
            looks[-1] = _Look(last.state, active, last.known_after)
    return looks


def _path(row: Mapping[str, str]) -> list[str]:
    """The states in order; a look that showed none says nothing between two that did."""
    path = [text.strip() for text in row["state_path"].split(BETWEEN_STATES) if text.strip()]
    return path or [row["state_last"].strip()]


def _state(mapping: ImportMapping, text: str) -> StateMapping | None:
    state = mapping.state_for(text)
    if state is None and text:
        raise NotTaken(Because.UNKNOWN_STATUS, text)
    return state


def _moves(looks: list[_Look]) -> tuple[tuple[StatedMove, ...], Status]:
    """The moves that lead through the states in order, and where they end."""
    moves: list[StatedMove] = []
    status = Status.RECEIVED
    for look in looks:
        for move in _towards(status, Status(look.state.status)):
            data = {"reason": look.state.reason} if look.state.reason and move is not Move.REOPEN else {}
            moves.append(StatedMove(move, look.at, look.known_after, data=data))
            status = TRANSITIONS[move].end or status
    return tuple(moves), status


def _towards(status: Status, target: Status) -> Iterator[Move]:
    """The moves from one status to another; none where the other lies behind."""
    if status is target:
        return
    if status in CLOSED:
        yield Move.REOPEN
        status = Status.IN_PROGRESS
    elif status in PAUSED and target is Status.IN_PROGRESS:
        yield Move.RESUME
        return
    move = TOWARDS.get(target)
    if move is not None and status is not target and status in TRANSITIONS[move].start:
        yield move


def _facts(
    mapping: ImportMapping, row: Mapping[str, str], looks: list[_Look], status: Status
) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if Status(looks[-1].state.status) is not status:
        facts["stated_state"] = row["state_last"].strip()
    if further := mapping.types_of(row["type"])[1:]:
        facts["further_types"] = further
    for column, name in (("star", "rating"), ("count_reopen", "reopen_count")):
        text = row[column].strip()
        if text not in ("", "0"):
            if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_COUNT):
                raise NotTaken(Because.WRONG_VALUE, f"{column}: {text[:40]!r} is not a count")
            facts[name] = int(text)
    return facts
