"""Requests as PostgreSQL takes them in bulk: a line of COPY text each, and their events column by column. Pure.

Laying out is done ahead of the database, by the thread that decides; who writes only puts lines together.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from nagara.importing.living import Draft

STEADY = (
    "city_id", "service_code", "network_code", "department", "assignee", "priority", "district", "place_method",
    "answers", "language", "channel", "confidential", "rule", "reason", "config_fingerprint", "promise_standard",
    "escalation_step", "source",
)  # fmt: skip
"""What requests of a service at a place share, as a rule: these are laid out once for all of them."""

OWN = (
    "id", "reference", "status", "lat", "lon", "address", "description", "observed_at", "received_at",
    "acknowledge_by", "respond_by", "resolve_by", "next_due_at", "acknowledged_at", "responded_at", "closed_at",
    "closing_reason", "duplicate_of", "paused_at", "next_step_at", "observed_until", "source_id", "version",
    "updated_at", "calendar_stages",
)  # fmt: skip
EVENT_FIELDS = ("request_id", "kind", "occurred_at", "from_status", "to_status", "data")
"""What differs between the events of an import: the parameters of ``events_arrive`` after city and source."""

SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
NOTHING = r"\N"
BETWEEN = "\n"
"""Between the values of a column of events: no code has a line break in it, and JSON writes its own as an escape."""

_steady_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*STEADY)
_own_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*OWN)


class Lines(NamedTuple):
    """A request as it goes to the database: its row, and its events' values, column by column."""

    row: str
    events: tuple[tuple[str, ...], ...]


def laid_out(draft: Draft) -> Lines:
    """A draft as it goes to the database: ``STEADY`` and ``OWN`` columns, and ``EVENT_FIELDS``."""
    row = draft.row
    id_ = str(row["id"])
    return Lines(
        f"{_steady(_steady_of(row))}\t{_joined(_own_of(row))}\n",
        tuple(
            (
                id_,
                event["kind"],
                str(event["occurred_at"]),
                event["from_status"] or "",
                event["to_status"] or "",
                orjson.dumps(event["data"]).decode(),
            )
            for event in draft.events
        ),
    )


@lru_cache(maxsize=4096)
def _steady(values: tuple[Any, ...]) -> str:
    return _joined(values)


def _joined(values: Iterable[Any]) -> str:
    """Values in COPY's text format. Raises ``KeyError`` for a type that no column has."""
    return "\t".join([NOTHING if value is None else _TEXTS[type(value)](value) for value in values])


def _text(value: str) -> str:
    if value.isprintable() and "\\" not in value:
        return value
    return SPECIAL.sub(lambda found: ESCAPED[found[0]], value)


def _list(values: list[str]) -> str:
    """An array of codes, which need no quotes."""
    return "{" + ",".join(values) + "}"


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    dt.datetime: str,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    uuid.UUID: str,
    list: _list,
}
