"""Requests as PostgreSQL takes them in bulk: a line of COPY text each, and their events column by column. Pure.

Laying out is done ahead of the database, by the thread that decides; who writes only puts lines together.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from nagara.importing.living import Draft

NAMES = ("id", "reference")
STEADY = (
    "city_id", "service_code", "network_code", "department", "assignee", "priority", "district", "place_method",
    "answers", "language", "channel", "confidential", "rule", "reason", "config_fingerprint", "promise_standard",
    "calendar_stages", "escalation_step", "source",
)  # fmt: skip
"""What requests of a service at a place share, as a rule."""

LED = ("status", "closing_reason", "duplicate_of", "paused_at", "observed_at", "version")
"""What requests of the same moves share, as a rule."""

OWN = (
    "lat", "lon", "address", "description", "source_id", "received_at", "acknowledge_by", "respond_by", "resolve_by",
    "next_due_at", "next_step_at", "observed_until", "acknowledged_at", "responded_at", "closed_at", "updated_at",
)  # fmt: skip
COLUMNS = (*NAMES, *STEADY, *LED, *OWN)
"""The columns of a request's line, in order."""

EVENT_FIELDS = ("request_id", "kind", "occurred_at", "from_status", "to_status", "data")
"""What differs between the events of an import: the parameters of ``events_arrive`` after city and source."""

SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
NOTHING = r"\N"
BETWEEN = "\n"
"""Between the values of a column of events: no code has a line break in it, and JSON writes its own as an escape."""

steady_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*STEADY)
led_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*LED)
_rest_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*STEADY, *LED, *OWN)


class Lines(NamedTuple):
    """A request as it goes to the database: its row behind ``NAMES``, and each of its events' columns as one text."""

    rest: str
    events: tuple[str, ...]


def laid_out(draft: Draft) -> Lines:
    """A draft as it goes to the database: the ``COLUMNS`` of its row, and ``EVENT_FIELDS``."""
    id_ = str(draft.row["id"])
    events = [
        (
            id_,
            event["kind"],
            event["occurred_at"].isoformat(),
            event["from_status"] or "",
            event["to_status"] or "",
            orjson.dumps(event["data"]).decode(),
        )
        for event in draft.events
    ]
    return Lines(joined(_rest_of(draft.row)), tuple(map(BETWEEN.join, zip(*events, strict=True))))


def joined(values: Iterable[Any]) -> str:
    """Values in COPY's text format. Raises ``KeyError`` for a type that no column has."""
    return "\t".join([NOTHING if value is None else _TEXTS[type(value)](value) for value in values])


def text(value: str) -> str:
    """A text in COPY's text format."""
    if value.isprintable() and "\\" not in value:
        return value
    return SPECIAL.sub(lambda found: ESCAPED[found[0]], value)


def text_array(values: Iterable[str]) -> str:
    """Any texts as one of PostgreSQL's array literals: of many, the driver takes several times as long over each."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def in_json(times: Sequence[dt.datetime | None]) -> list[str]:
    """Each of some times in UTC as JSON has it, in quotes or ``null``: of all ways to write a time the quickest."""
    return orjson.dumps(times).decode()[1:-1].split(",")


def _list(values: list[str]) -> str:
    """An array of codes, which need no quotes."""
    return "{" + ",".join(values) + "}"


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: text,
    dt.datetime: dt.datetime.isoformat,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    uuid.UUID: str,
    list: _list,
}
