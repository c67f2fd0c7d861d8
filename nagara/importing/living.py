"""From a stated history to the rows that hold it: placed, routed and promised as of its own time. Pure.

The rules are those of a report that comes in today, asked with the stated time of receipt: the holidays,
contracts and promises of that day. Every stated move goes through the lifecycle's table, so an import can
write no life that staff could not have led.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from city_config import City
from nagara.cities import service_of
from nagara.errors import (
    InvalidCoordinates,
    InvalidInput,
    MoveNotAllowed,
    NoWorkingTime,
    UnknownDistrict,
    UnknownService,
)
from nagara.escalation.ladder import Climb
from nagara.event_log import EventKind
from nagara.filing.handed_in import MAX_TEXT, Filing, check_text, check_texts
from nagara.filing.intake import Decision, columns_decided, filed_data
from nagara.ids import uuid7_at
from nagara.importing.stated import Because, NotTaken, StatedHistory, StatedMove
from nagara.lifecycle import CLOSED, NOTHING_DUE, PAUSED, Move, Status, Transition, transition
from nagara.places.finding import Place, index_for
from nagara.promises import clocks
from nagara.promises.deadlines import extended_by_pause, promise
from nagara.routing import route

DUE_TIMES = ("acknowledge_by", "respond_by", "resolve_by")
REFUSED_AS = {
    InvalidCoordinates: Because.NO_POSITION,
    UnknownService: Because.UNKNOWN_SERVICE,
    UnknownDistrict: Because.NO_POSITION,
    MoveNotAllowed: Because.IMPOSSIBLE_HISTORY,
    InvalidInput: Because.WRONG_VALUE,
    NoWorkingTime: Because.WRONG_TIME,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """The rows of one request, not yet written. ``parent`` is a source id still to be looked up."""

    row: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    parent: str | None
    other_district: bool
    """True where the source states another district than the one its own position lies in."""


def placed(city: City, histories: Sequence[StatedHistory]) -> dict[int, Place]:
    """Where the positions of many histories lie, by their rows; those without a usable one are left out."""
    index, zone = index_for(city), city.zone
    asked = [
        (one.row, (lat, lon, one.created.astimezone(zone).date() if index.changes else dt.date.max))
        for one in histories
        if (lat := one.lat) is not None
        and (lon := one.lon) is not None
        and usable_position(lat, lon)
        and dt.MINYEAR < one.created.year < dt.MAXYEAR  # a local day can be told of it
    ]
    found = index.locate_all([position for _, position in asked])
    return {row: place for (row, _), place in zip(asked, found, strict=True)}


def drafted(city: City, history: StatedHistory, now: dt.datetime, placed: Place | None = None) -> Draft:
    """The rows of a stated history; raise ``NotTaken`` where it cannot have been so, or cannot be placed.

    ``placed``: where its position lies, if that was found out before.
    """
    try:
        _check_times(history, now)
        filing, place = _filing_and_place(city, history, placed)
        check_texts(filing)
        decision = _decision(city, history, place)
        return _drafted(city, history, filing, decision)
    except tuple(REFUSED_AS) as error:
        because = next(REFUSED_AS[kind] for kind in type(error).__mro__ if kind in REFUSED_AS)
        raise NotTaken(because, str(error)) from error


def check_names(history: StatedHistory) -> None:
    """Raise ``NotTaken`` where what the source calls things cannot be kept: the database could not even look for it."""
    try:
        check_text("source_id", history.source_id, MAX_TEXT)
        check_text("channel", history.channel, MAX_TEXT)
        for stated in history.moves:
            check_text("duplicate_of", stated.parent, MAX_TEXT)
    except InvalidInput as error:
        raise NotTaken(Because.WRONG_VALUE, str(error)) from error


def _check_times(history: StatedHistory, now: dt.datetime) -> None:
    """Refuse times that run backwards, that have not come yet, or that are many systems' way to say none."""
    last = history.created
    if last.year == dt.MINYEAR:  # behind it lie zones in which there is no such day
        raise NotTaken(Because.WRONG_TIME, f"created: {last.isoformat()} is no time of a report")
    for move in history.moves:
        if move.at < last:
            raise NotTaken(
                Because.TIMES_OUT_OF_ORDER,
                f"{move.move} at {move.at.isoformat()} is before {last.isoformat()}",
            )
        last = move.at
    seen = history.observed_until
    if seen is not None and seen < last:
        raise NotTaken(
            Because.TIMES_OUT_OF_ORDER, f"last seen at {seen.isoformat()}, before {last.isoformat()}"
        )
    if max(last, seen or last) > now:
        raise NotTaken(Because.IN_THE_FUTURE, f"{max(last, seen or last).isoformat()} has not come yet")


def usable_position(lat: float | None, lon: float | None) -> bool:
    """Whether a position is one: on Earth, and not the 0, 0 of a device that knew none."""
    return (
        lat is not None
        and lon is not None
        and -90 <= lat <= 90
        and -180 <= lon <= 180
        and not (lat == 0 and lon == 0)
    )


def _filing_and_place(city: City, history: StatedHistory, placed: Place | None) -> tuple[Filing, Place]:
    """The position decides; only where there is none, the district or address the source states."""
    lat, lon, place = history.lat, history.lon, placed
    if lat is not None and lon is not None and usable_position(lat, lon):
        if place is None:
            place = index_for(city).locate(lat, lon, history.created.astimezone(city.zone).date())
        if not place.inside:
            raise NotTaken(Because.OUTSIDE_THE_CITY, f"{lat}, {lon}")
    elif history.district is not None and history.district in city.district_names:
        lat, lon, place = None, None, Place(True, history.district, (), "inside")
    elif history.address and history.address.strip():
        lat, lon, place = None, None, Place(True, None, (), "inside")
    if place is None:
        read = f"{history.lat}, {history.lon}, district {history.district}"
        raise NotTaken(Because.NO_POSITION, read)
    filing = Filing(
        service_code=history.service_code,
        lat=lat,
        lon=lon,
        address=history.address,
        description=history.description,
        language=history.language,
        channel=history.channel,
        actor_kind="import",
        actor=history.source,
    )
    return filing, place


def _decision(city: City, history: StatedHistory, place: Place) -> Decision:
    """As ``intake.decide``, as of the stated receipt; questions nobody asked then need no answer."""
    service = service_of(city, history.service_code)
    chosen = route(city, service, place, history.created, service.priority)
    times = promise(city, service, chosen.owner, history.created, service.priority)
    return Decision(service, place, chosen, times)


def _drafted(city: City, history: StatedHistory, filing: Filing, decision: Decision) -> Draft:
    row = columns_decided(city, filing, decision, history.created)
    row |= {
        "id": uuid7_at(int(history.created.timestamp() * 1000)),
        "acknowledged_at": None,
        "responded_at": None,
        "closed_at": None,
        "closing_reason": None,
        "duplicate_of": None,
        "paused_at": None,
        "escalation_step": 0,
        "observed_until": None,
        "source": history.source,
        "source_id": history.source_id,
        "version": 1,
        "updated_at": history.created,
    }
    filed = _event(row, "filed", history.created, None, row["status"], filed_data(row, history.source))
    events = [filed, *led(city, row, history.moves)]
    if row["closed_at"] is None and history.observed_until is not None:
        row["observed_until"] = history.observed_until
        seen = {"observed_until": history.observed_until}
        events.append(_event(row, "observed", history.observed_until, row["status"], row["status"], seen))
    if history.facts:
        events[-1]["data"] |= history.facts
    _set_clocks(city, row)
    other = (
        history.district is not None
        and row["lat"] is not None
        and decision.place.district is not None
        and history.district != decision.place.district
    )
    return Draft(row, tuple(events), _parent(history), other)


def led(city: City, row: dict[str, Any], moves: tuple[StatedMove, ...]) -> Iterator[dict[str, Any]]:
    """Move the row through its stated life; yields the event of each move."""
    for stated in moves:
        before = Status(row["status"])
        step = transition(before, stated.move)
        after = step.end or before
        data = dict(stated.data)
        if stated.known_after is not None:
            data["known_between"] = [stated.known_after, stated.at]
        if stated.move is Move.LINK_DUPLICATE:
            data |= _link(stated)
        if before in PAUSED and after not in PAUSED:
            data |= _end_pause(city, row, stated.at)
        if after in PAUSED and row["paused_at"] is None:
            row["paused_at"] = stated.at
        _set_stages(row, step, after, stated, data)
        yield _event(row, EventKind(step.event).value, stated.at, before.value, after.value, data)


def _set_stages(
    row: dict[str, Any], step: Transition, after: Status, stated: StatedMove, data: Mapping[str, Any]
) -> None:
    """Status, stages and counters of the row after a move."""
    row["status"] = after.value
    row["acknowledged_at"] = row["acknowledged_at"] or (stated.at if step.acknowledges else None)
    row["responded_at"] = row["responded_at"] or (stated.at if step.responds else None)
    if after in CLOSED:
        row["closed_at"] = row["closed_at"] or stated.at
        row["closing_reason"] = data.get("reason")
    if stated.move is Move.REOPEN:
        row["closed_at"], row["closing_reason"], row["duplicate_of"] = None, None, None
    if stated.move in (Move.ASSIGN, Move.REFER):
        row["assignee"] = stated.data.get("assignee") or stated.data.get("department") or row["assignee"]
    row["version"] += 1
    row["updated_at"] = stated.at


def _end_pause(city: City, row: dict[str, Any], until: dt.datetime) -> dict[str, Any]:
    """Move the due times by the working time of the pause, as for a live request; both stand in the event."""
    paused_from, row["paused_at"] = row["paused_at"], None
    moved: dict[str, Any] = {"paused_from": paused_from}
    for name in DUE_TIMES:
        due: dt.datetime | None = row[name]
        if due is not None and due > paused_from:
            in_calendar_time = name.removesuffix("_by") in row["calendar_stages"]
            row[name] = extended_by_pause(
                city, row["department"], due, paused_from, until, calendar_time=in_calendar_time
            )
            moved |= {f"{name}_before": due, name: row[name]}
    return moved


def _set_clocks(city: City, row: dict[str, Any]) -> None:
    """What is due next, and when the ladders move: an unfinished request climbs from where it stands."""
    if row["status"] in CLOSED:
        row["next_due_at"], row["next_step_at"] = NOTHING_DUE, None
        return
    ticking = clocks.ticking(city, SimpleNamespace(**row), Climb())
    row["next_due_at"], row["next_step_at"] = ticking.next_due_at, ticking.next_step_at


def _event(
    row: Mapping[str, Any],
    kind: str,
    at: dt.datetime,
    before: str | None,
    after: str | None,
    data: dict[str, Any],
) -> dict[str, Any]:
    return {
        "city_id": row["city_id"],
        "request_id": row["id"],
        "kind": kind,
        "occurred_at": at,
        "actor_kind": "import",
        "actor": row["source"],
        "from_status": before,
        "to_status": after,
        "data": data,
    }


def _link(stated: StatedMove) -> dict[str, Any]:
    """What the event of a link says; the parent's reference is added when it is known."""
    if not stated.parent:
        raise NotTaken(Because.UNKNOWN_PARENT, "a duplicate of a request that is not named")
    return {"parent_source_id": stated.parent, "reason": "duplicate"}


def _parent(history: StatedHistory) -> str | None:
    """The request it is a duplicate of at the end; None where it was taken apart again."""
    parent = None
    for move in history.moves:
        if move.move is Move.LINK_DUPLICATE:
            parent = move.parent
        elif move.move is Move.REOPEN:
            parent = None
    return parent
