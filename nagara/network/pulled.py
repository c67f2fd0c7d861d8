"""Cities that the network reads through their Open311 endpoint: what such an endpoint cannot tell is missing, not zero.

A city without Nagara says nothing of reopenings, escalations or satisfaction. Figures of these would be flattering
zeros; they are withheld, and its data's coverage names what is not told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.indicators.reasons import explained

PULLED = "select city_id, seen_until, missing from pulled_cities() order by city_id"
CLOSING_REASON = "closing_reason"
FIGURES: Mapping[str, tuple[str, ...]] = {
    "first_response": ("N2a", "N2b", "N16.answer"),
    "duplicates": ("N11", "N14."),
    CLOSING_REASON: ("N3a.share", "N3a.std", "N4.", "N5", "N10.declined"),
    "reopening": ("N3b.", "N4b.", "N5b", "N6b", "N8", "N13"),
    "pauses": (),
    "escalation": ("N9.",),
    "satisfaction": ("N12.", "N15"),
    "private_requests": (),
}
"""What an endpoint may not tell, and which figures rest on it: by their ids, or how these begin.

Where it is not told why a request was closed, whatever was declined looks resolved.
"""

WITHHELD = "the city's endpoint does not tell of it"


@dataclass(frozen=True, slots=True)
class PulledCity:
    """A city that is read through endpoints: what none of them tells, and how far the walk over them has come."""

    missing: tuple[str, ...]
    seen_until: dt.datetime | None

    def as_json(self) -> dict[str, Any]:
        """For the answers of the network."""
        return {
            "missing": list(self.missing),
            "seen_until": self.seen_until.isoformat() if self.seen_until else None,
        }


def pulled_cities(connection: psycopg.Connection[Any]) -> dict[str, PulledCity]:
    """Every city into which endpoints are read, by id; of several endpoints the oldest sight counts."""
    found: dict[str, PulledCity] = {}
    for city_id, seen_until, missing in connection.execute(PULLED).fetchall():
        before = found.get(city_id)
        every = {*missing, *(before.missing if before else ())}
        sights = [at for at in (seen_until, before.seen_until if before else seen_until) if at is not None]
        told = tuple(code for code in FIGURES if code in every)
        found[city_id] = PulledCity(told, min(sights, default=None))
    return found


def without_untold(
    figures: Mapping[str, Mapping[str, Any]], missing: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The figures, and those that rest on what the endpoint does not tell withheld with that reason."""
    nothing = {
        "value": None,
        "low": None,
        "high": None,
        "events": None,
        "withheld": WITHHELD,
        "provisional": False,
        **explained(WITHHELD),
    }
    return {
        key: {**own, **(nothing if rests_on_untold(key, missing) else {})} for key, own in figures.items()
    }


def rests_on_untold(figure: str, missing: Sequence[str]) -> bool:
    """Whether a figure, by its id, rests on something that an endpoint does not tell."""
    return figure.startswith(tuple(one for code in missing for one in FIGURES[code]))


def told_of(
    pulled: PulledCity | None, sheet: Mapping[str, Any], figures: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Figures of a city, of its sheet or of a part of it, without those that rest on what is not told of it."""
    if pulled is not None and mostly_pulled(sheet):
        return without_untold(figures, pulled.missing)
    return figures


def causes_untold(pulled: PulledCity | None, sheet: Mapping[str, Any]) -> bool:
    """Whether it is not told why a city's issues were closed: resolved and declined ones then look alike."""
    return pulled is not None and CLOSING_REASON in pulled.missing and mostly_pulled(sheet)


def mostly_pulled(sheet: Mapping[str, Any]) -> bool:
    """Whether most issues of a sheet came from another system: a city that has joined speaks for itself."""
    return bool(sheet["coverage"]["imported"] * 2 > sheet["coverage"]["issues"])
