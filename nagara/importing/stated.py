"""What another system states about a request, and what is said of a row that cannot be taken. Pure values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from nagara.errors import Invalid
from nagara.lifecycle import Move

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Because(StrEnum):
    """Why a row is not taken; the words after it in the rejects file say what was read."""

    WRONG_FIELD_COUNT = "wrong_field_count"
    NO_ID = "no_id"
    REPEATED_ID = "repeated_id"  # the id stood in an earlier row of the same file: only the first counts
    NOT_A_REQUEST = "not_a_request"  # praise, a question: the mapping leaves this kind out
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_STATUS = "unknown_status"
    WRONG_TIME = "wrong_time"  # missing, without zone, or not a time
    IN_THE_FUTURE = "in_the_future"
    TIMES_OUT_OF_ORDER = "times_out_of_order"
    IMPOSSIBLE_HISTORY = "impossible_history"  # the lifecycle allows no such sequence of moves
    NO_POSITION = "no_position"  # neither a usable position nor a district or address instead
    OUTSIDE_THE_CITY = "outside_the_city"
    UNKNOWN_PARENT = (
        "unknown_parent"  # a duplicate of a request that is neither here nor in the file, or of a duplicate
    )
    WRONG_VALUE = "wrong_value"


class UnreadableFile(Invalid):
    """The file cannot be read as a whole, or its header is not the expected one; nothing was written."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not taken. ``row`` counts as a spreadsheet does: the header is row 1."""

    row: int
    because: Because
    detail: str
    source_id: str = ""
    decided: bool = False
    """The rules refused it, not its form: where the request is there already, that is what counts."""
    may_come: bool = False
    """It names a request that is not here, which may stand further down."""


class NotTaken(Exception):
    """Raised while a row is read or decided; becomes its ``Reject``."""

    def __init__(self, because: Because, detail: str) -> None:
        super().__init__(detail)
        self.because = because
        self.detail = detail


class StatedMove(NamedTuple):
    """A move the source states, and when.

    Where the source only shows that it happened between two looks, ``at`` is the later one - the time by
    which it is known to have happened - and ``known_after`` the earlier. ``parent`` is the source's id of
    the request this one is a duplicate of.
    """

    move: Move
    at: dt.datetime
    known_after: dt.datetime | None = None
    parent: str | None = None
    data: Mapping[str, Any] = NOTHING


class StatedHistory(NamedTuple):
    """One request as another system states it; all times aware.

    ``observed_until`` is the last time the source showed it, the honest end of observation of one that was
    not finished; None where Nagara itself sees it from then on, as in a simulation. ``district`` is the
    code of the district the source states; it decides only where there is no position. ``facts`` are kept
    in the data of the last event.
    """

    row: int
    source: str
    source_id: str
    service_code: str
    created: dt.datetime
    lat: float | None = None
    lon: float | None = None
    district: str | None = None
    address: str | None = None
    description: str = ""
    language: str | None = None
    channel: str = "import"
    moves: tuple[StatedMove, ...] = ()
    observed_until: dt.datetime | None = None
    facts: Mapping[str, Any] = NOTHING
