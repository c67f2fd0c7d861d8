"""Nagara's own table: one row a request, any city, any other system. CSV or CSV.gz, UTF-8, with a header.

=============== =====================================================================================
column          meaning (``*``: must be there; times are ISO 8601 with zone, empty where it did not happen)
=============== =====================================================================================
source_id*      the other system's id; a request is imported once for each (city, source, source_id)
service_code*   a service of the city
created*        when the resident reported it
lat, lon        decimal degrees, WGS 84; or else
district        a district's code or name; or else
address         in words
description     what the resident wrote
language        BCP-47
channel         how it came in; ``import`` where empty
acknowledged    a person took it on
assigned        it was given to somebody
started         work began
referred        another body was to act; ``referred_to`` may name it by its code
resolved        the first time it was solved
declined        it was closed without work; needs ``reason``
withdrawn       the resident took it back
linked          it was found to be a duplicate of ``duplicate_of``: a source_id in this file, or here already
reopened        it was opened again
resolved_again  it was solved after that
reason          closing reason, as in the staff's list; ``fixed`` for a resolved one where empty
observed_until  the last time the source was looked at; needed while a request is unfinished
=============== =====================================================================================

Further columns are ignored, so a corrected file of rejects can be imported as it is. The other request of a duplicate
may stand anywhere in the file, and must not end as a duplicate itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, get_args

from city_config import City
from city_config.texts import ClosingReason
from nagara.importing.fields import coordinate, district_code, time_of
from nagara.importing.stated import Because, NotTaken, StatedHistory, StatedMove
from nagara.lifecycle import CLOSED, TRANSITIONS, Move, Status

CLOSING_REASONS = frozenset(get_args(ClosingReason))
NEEDED = ("source_id", "service_code", "created")
MOVES: Mapping[str, Move] = {
    "acknowledged": Move.ACKNOWLEDGE,
    "assigned": Move.ASSIGN,
    "started": Move.START,
    "referred": Move.REFER,
    "resolved": Move.RESOLVE,
    "declined": Move.DECLINE,
    "withdrawn": Move.WITHDRAW,
    "linked": Move.LINK_DUPLICATE,
    "reopened": Move.REOPEN,
    "resolved_again": Move.RESOLVE,
}
"""Columns of stated times; moves of one instant happen in this order."""

COLUMNS = frozenset(
    {
        *NEEDED, *MOVES, "lat", "lon", "district", "address", "description", "language", "channel", "referred_to",
        "duplicate_of", "reason", "observed_until",
    }
)  # fmt: skip


def history_of(city: City, source: str, row_number: int, row: Mapping[str, str]) -> StatedHistory:
    """The history a row states; raise ``NotTaken`` saying what cannot be taken. Pure."""
    return reader(city, source, tuple(row))(row_number, tuple(row.values()))


def reader(city: City, source: str, header: Sequence[str]) -> Callable[[int, Sequence[str]], StatedHistory]:
    """``history_of`` for the rows of one file: given a row's number and its fields in the order of the header."""
    columns = [(name, place) for place, name in enumerate(header) if name in COLUMNS]

    def read(number: int, fields: Sequence[str]) -> StatedHistory:
        said = {name: text for name, place in columns if (text := fields[place].strip())}
        return _stated(city, source, number, said)

    return read


def _stated(city: City, source: str, row_number: int, said: Mapping[str, str]) -> StatedHistory:
    """The history of what is said in a row's columns; those that are empty are left out."""
    source_id, district = said.get("source_id"), said.get("district")
    if source_id is None:
        raise NotTaken(Because.NO_ID, "source_id is empty")
    code = district_code(city, district) if district is not None else None
    if district is not None and code is None:
        raise NotTaken(Because.WRONG_VALUE, f"district: {district[:40]!r} is not one of the city's")
    moves = tuple(sorted(_moves(city, said), key=_when))
    seen = said.get("observed_until")
    if seen is None and not _ends_closed(moves):
        raise NotTaken(Because.WRONG_TIME, "observed_until: needed for an unfinished request")
    return StatedHistory(
        row=row_number,
        source=source,
        source_id=source_id,
        service_code=said.get("service_code", ""),
        created=time_of("created", said.get("created", "")),
        lat=coordinate("lat", said.get("lat", "")),
        lon=coordinate("lon", said.get("lon", "")),
        district=code,
        address=said.get("address"),
        description=said.get("description", ""),
        language=said.get("language"),
        channel=said.get("channel", "import"),
        moves=moves,
        observed_until=time_of("observed_until", seen) if seen is not None else None,
    )


_when = attrgetter("at")


def _moves(city: City, said: Mapping[str, str]) -> Iterator[StatedMove]:
    """The moves a row states; ``said`` holds what is not empty, without blanks around it."""
    for column, move in MOVES.items():
        stated = said.get(column)
        if stated is not None:
            parent = said.get("duplicate_of", "") if move is Move.LINK_DUPLICATE else None
            yield StatedMove(move, time_of(column, stated), parent=parent, data=_data(city, move, said))


def _data(city: City, move: Move, said: Mapping[str, str]) -> dict[str, Any]:
    if move in (Move.RESOLVE, Move.DECLINE):
        reason = said.get("reason", "fixed" if move is Move.RESOLVE else "")
        if reason not in CLOSING_REASONS:
            raise NotTaken(Because.WRONG_VALUE, f"reason: {reason[:40]!r} is not a closing reason")
        return {"reason": reason}
    body = said.get("referred_to") if move is Move.REFER else None
    if body is not None and body not in city.departments_by_code:
        raise NotTaken(Because.WRONG_VALUE, f"referred_to: {body[:40]!r} is not a department of the city")
    return {"department": body} if body is not None else {}


def _ends_closed(moves: tuple[StatedMove, ...]) -> bool:
    ends = [end for stated in moves if (end := TRANSITIONS[stated.move].end) is not None]
    return bool(ends) and Status(ends[-1]) in CLOSED
