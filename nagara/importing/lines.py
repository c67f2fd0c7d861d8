"""Rows as PostgreSQL takes them in bulk: a line of COPY's text format a request, a line a column for all events. Pure.

Laying out is done ahead of the database, by the thread that decides; who writes only puts lines together.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
NOTHING = r"\N"
BETWEEN = "\n"
"""Between the values of a column of events: no code has a line break in it, and JSON writes its own as an escape."""


class Lines(NamedTuple):
    """A request as it goes to the database: its row, and its events' values, column by column."""

    row: str
    events: tuple[tuple[str, ...], ...]


def lines_of(
    row: Mapping[str, Any], columns: Sequence[str], events: Iterable[Mapping[str, Any]], fields: Sequence[str]
) -> Lines:
    """A request and its events laid out; an event's ``data`` become JSON, what is missing an empty text."""
    return Lines(
        copy_line([row[name] for name in columns]),
        tuple(tuple(_EVENT_TEXTS[type(event[name])](event[name]) for name in fields) for event in events),
    )


def copy_line(values: Iterable[Any]) -> str:
    """A row in COPY's text format, its end included. Raises ``KeyError`` for a type that no column has."""
    return "\t".join([_TEXTS[type(value)](value) for value in values]) + "\n"


def _text(value: str) -> str:
    return SPECIAL.sub(lambda found: ESCAPED[found[0]], value) if SPECIAL.search(value) else value


def _list(values: list[str]) -> str:
    """An array of codes, which need no quotes."""
    return "{" + ",".join(values) + "}"


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: NOTHING,
    str: _text,
    dt.datetime: str,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    uuid.UUID: str,
    list: _list,
}
_EVENT_TEXTS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    str: str,
    dt.datetime: str,
    uuid.UUID: str,
    dict: lambda value: orjson.dumps(value).decode(),
}
