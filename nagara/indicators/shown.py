"""What is shown of a city's sheet, ready to be sent: rounded, flagged, and without what may not be seen.

A page of all cities shows some seventy figures of each, the same until the next build. They are written once, with the
sheet, by the rules that everything shown goes through (``publishing``): as the public sees them, and as officials do.
Whoever shows them joins bytes. Kept bytes say by which rules and of which configuration they are; of others nothing is
read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, LiteralString
from uuid import UUID

import orjson
import psycopg

from nagara.indicators import definitions, definitions_of_handling, publishing, reasons, suppression
from nagara.indicators.publishing import publish

RULES: tuple[ModuleType, ...] = (
    publishing, suppression, reasons, definitions, definitions_of_handling, sys.modules[__name__],
)  # fmt: skip
"""What decides how a figure is shown, and to whom; and how that is kept, which is read back by this module."""

_KEPT: LiteralString = """
  from indicator_sheet s
  join unnest(%s::text[], %s::uuid[]) as asked(city_id, snapshot_id) using (city_id, snapshot_id)
 where s.period = %s and
"""
PUBLIC: LiteralString = f"select s.city_id, s.shown {_KEPT} s.shown is not null"
OFFICIAL: LiteralString = f"select s.city_id, s.shown_to_officials {_KEPT} s.shown_to_officials is not null"
CURVES: LiteralString = f"select s.city_id, s.curve {_KEPT} s.curve is not null"


@dataclass(frozen=True, slots=True)
class Shown:
    """Parts of a city's row in an answer, each of them JSON."""

    figures: bytes
    without_emergencies: bytes
    survival: bytes

    @classmethod
    def of(cls, sheet: Mapping[str, Any], *, internal: bool) -> Shown:
        """What is shown of the sheet of a whole city; raises ValueError for one that is hidden."""
        if sheet["hidden"]:
            raise ValueError("of a hidden sheet no figure is shown")
        without = sheet["without_emergencies"]
        return cls(
            orjson.dumps(publish(sheet["figures"], internal=internal)),
            orjson.dumps(None if without is None else publish(without, internal=internal)),
            orjson.dumps(sheet["survival"]),
        )

    @classmethod
    def read(cls, content: bytes, made_by: Sequence[Any]) -> Shown | None:
        """What ``written`` wrote; None where it was made by other rules, or of another configuration."""
        head, *parts = content.split(b"\n")  # JSON has none within
        return cls(*parts) if head == _head(made_by) else None

    def written(self, made_by: Sequence[Any]) -> bytes:
        """How it is kept: a line for what made it, and one for each part."""
        return b"\n".join((_head(made_by), self.figures, self.without_emergencies, self.survival))

    def with_further(self, figures: Mapping[str, Any]) -> bytes:
        """The figures and further ones, as one object of JSON."""
        if not figures:
            return self.figures
        return b"".join((self.figures[:-1], b",", orjson.dumps(figures)[1:]))


CAUSES = ("resolved", "not_actionable", "withdrawn")
"""How an issue can end."""

_POINT = ("hours", "open", "low", "high", *CAUSES, "n")


def curve_shown(sheet: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The points of a sheet's curve as they are shown."""
    return [dict(zip(_POINT, point, strict=True)) for point in sheet["curve"]]


@dataclass(frozen=True, slots=True)
class ReadyCurve:
    """The curve of a whole city: its points as JSON, and whether they are of made-up requests."""

    simulated: bool
    points: bytes

    @classmethod
    def of(cls, sheet: Mapping[str, Any]) -> ReadyCurve:
        """The curve of a sheet."""
        return cls(sheet["simulated"], orjson.dumps(curve_shown(sheet)))

    @classmethod
    def read(cls, content: bytes, made_by: Sequence[Any]) -> ReadyCurve | None:
        """What ``written`` wrote; None where it was made by other rules, or of another configuration."""
        head, simulated, points = content.split(b"\n")
        return cls(orjson.loads(simulated), points) if head == _head(made_by) else None

    def written(self, made_by: Sequence[Any]) -> bytes:
        """How it is kept."""
        return b"\n".join((_head(made_by), orjson.dumps(self.simulated), self.points))


def read_curves(
    connection: psycopg.Connection[Any],
    snapshots: Mapping[str, UUID],
    period: str,
    made_by: Mapping[str, Sequence[Any]],
) -> dict[str, ReadyCurve]:
    """What is kept ready of the curves of cities' snapshots; others are left out."""
    values = (list(snapshots), list(snapshots.values()), period)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(CURVES, values).fetchall()
    found = {city: ReadyCurve.read(content, made_by[city]) for city, content in rows}
    return {city: curve for city, curve in found.items() if curve is not None}


def read_shown(
    connection: psycopg.Connection[Any],
    snapshots: Mapping[str, UUID],
    period: str,
    made_by: Mapping[str, Sequence[Any]],
    *,
    internal: bool,
) -> dict[str, Shown]:
    """What is kept ready of cities' snapshots; cities of which nothing is, or of other makings, are left out."""
    values = (list(snapshots), list(snapshots.values()), period)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(OFFICIAL if internal else PUBLIC, values).fetchall()
    found = {city: Shown.read(content, made_by[city]) for city, content in rows}
    return {city: shown for city, shown in found.items() if shown is not None}


def rules_digest() -> str:
    """Of the text of the modules that decide what is shown: with any of them changed it is another."""
    return _DIGEST


def _digest_of(modules: Sequence[ModuleType]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        assert module.__file__ is not None  # noqa: S101 - they are files of this package
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


_DIGEST = _digest_of(RULES)
"""Of the rules this process has: taken when it starts, because files may be replaced under it."""


def _head(made_by: Sequence[Any]) -> bytes:
    return orjson.dumps([rules_digest(), *made_by])
