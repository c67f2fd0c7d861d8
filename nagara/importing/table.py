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
linked          it was found to be a duplicate of ``duplicate_of``, a source_id in or before this file
reopened        it was opened again
resolved_again  it was solved after that
reason          closing reason, as in the staff's list; ``fixed`` for a resolved one where empty
observed_until  the last time the source was looked at; needed while a request is unfinished
=============== =====================================================================================

Further columns are ignored, so a corrected file of rejects can be imported as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from city_config import City
from city_config.texts import ClosingReason
from nagara.importing.fields import coordinate, district_code, time_of
from nagara.importing.stated import Because, NotTaken, StatedHistory, StatedMove
from nagara.lifecycle import CLOSED, TRANSITIONS, Move, Status

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


def history_of(city: City, source: str, row_number: int, row: Mapping[str, str]) -> StatedHistory:
    """The history a row states; raise ``NotTaken`` saying what cannot be taken. Pure."""

    def text(column: str) -> str:
        return row.get(column, "").strip()

    if not text("source_id"):
        raise NotTaken(Because.NO_ID, "source_id is empty")
    if text("district") and district_code(city, text("district")) is None:
        raise NotTaken(Because.WRONG_VALUE, f"district: {text('district')[:40]!r} is not one of the city's")
    moves = tuple(sorted(_moves(city, row), key=lambda stated: stated.at))
    if not text("observed_until") and not _ends_closed(moves):
        raise NotTaken(Because.WRONG_TIME, "observed_until: needed for an unfinished request")
    return StatedHistory(
        row=row_number,
        source=source,
        source_id=text("source_id"),
        service_code=text("service_code"),
        created=time_of("created", text("created")),
        lat=coordinate("lat", text("lat")),
        lon=coordinate("lon", text("lon")),
        district=district_code(city, text("district")),
        address=text("address") or None,
        description=text("description"),
        language=text("language") or None,
        channel=text("channel") or "import",
        moves=moves,
        observed_until=time_of("observed_until", text("observed_until")) if text("observed_until") else None,
    )


def _moves(city: City, row: Mapping[str, str]) -> Iterator[StatedMove]:
    for column, move in MOVES.items():
        stated = row.get(column, "").strip()
        if stated:
            parent = row.get("duplicate_of", "").strip() if move is Move.LINK_DUPLICATE else None
            yield StatedMove(move, time_of(column, stated), parent=parent, data=_data(city, move, row))


def _data(city: City, move: Move, row: Mapping[str, str]) -> dict[str, Any]:
    if move in (Move.RESOLVE, Move.DECLINE):
        reason = row.get("reason", "").strip() or ("fixed" if move is Move.RESOLVE else "")
        if reason not in get_args(ClosingReason):
            raise NotTaken(Because.WRONG_VALUE, f"reason: {reason[:40]!r} is not a closing reason")
        return {"reason": reason}
    body = row.get("referred_to", "").strip() if move is Move.REFER else ""
    if body and body not in city.departments_by_code:
        raise NotTaken(Because.WRONG_VALUE, f"referred_to: {body[:40]!r} is not a department of the city")
    return {"department": body} if body else {}


def _ends_closed(moves: tuple[StatedMove, ...]) -> bool:
    ends = [end for stated in moves if (end := TRANSITIONS[stated.move].end) is not None]
    return bool(ends) and Status(ends[-1]) in CLOSED
