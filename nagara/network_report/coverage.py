"""What a report says of the data behind a city's figures, and what a reader must know before comparing. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nagara.indicators.cells import Cell
from nagara.indicators.definitions import FEW, RESTRICTED_HOURS
from nagara.indicators.figures import answers_missing, is_mature
from nagara.indicators.life_table import LifeTable
from nagara.indicators.suppression import is_few
from nagara.network.pulled import without_untold
from nagara.network_report.texts import SOURCE, texts_in

QUALITY_QUESTION = 0.1
"""A share of issues beyond which a shortcoming of the data is named on the first page."""

IMPORTED, LOST, ORDER, OTHER = "imported", "lost_from_sight", "inconsistent", "other_code"
NOTED: Mapping[str, str] = {
    IMPORTED: "of issues were imported from another system's records.",
    LOST: "of issues were unfinished when their source last showed them. If those are the slow ones, the figures "
    "flatter the city.",
    ORDER: "of issues have times that contradict each other and are left out of times.",
    OTHER: "of issues are filed under 'other': the city's services need a better mapping.",
}


@dataclass(frozen=True)
class Note:
    """A shortcoming of the data: its name, the share of issues it concerns, and the English sentence."""

    id: str
    share: float | None
    words: str
    untold: tuple[str, ...] = ()
    """Of a pulled city: what its endpoint does not tell, by code."""

    def as_json(self) -> dict[str, Any]:
        """By name, for other languages."""
        told: dict[str, Any] = {"id": self.id, "share": rounded(self.share)}
        return told | ({"untold": list(self.untold)} if self.untold else {})


def coverage_of(
    pooled: Cell, by_code: Mapping[str, Cell], table: LifeTable, months: list[dt.date]
) -> dict[str, Any]:
    """How many reports a city received in a period, and how complete their records are.

    Shares from 10 issues. None of those that name issues tells, held against all of them, 1 to 9 of these; how many
    have a district and were followed for 30 days is told of every city, because figures cannot be read without it.
    """
    issues = pooled.count("issues")

    def share(name: str) -> float | None:
        return _share(pooled.count(name), issues)

    unfinished = table.risk.censored_before(RESTRICTED_HOURS)
    return {
        "reports": few(pooled.count("reports")),
        "issues": few(issues),
        "duplicates": few(pooled.count("duplicates")),
        "own_findings": few(pooled.count("staff_created")),
        "first_month": f"{months[0]:%Y-%m}" if months else None,
        "last_month": f"{months[-1]:%Y-%m}" if months else None,
        "months": len(months),
        "imported": share("imported"),
        "with_district": rounded(1 - pooled.count("without_district") / issues) if issues >= FEW else None,
        "inconsistent": share("inconsistent"),
        "answered_by_closing": share("answered_by_closing"),
        "lost_from_sight": share("lost_from_sight"),
        "referred": share("referred"),
        "reopened": share("reopened"),
        "other_code": _share(by_code.get("other", Cell()).count("issues"), issues),
        "followed_30_days": rounded(1 - unfinished / table.total) if table.total >= FEW else None,
        "mature": is_mature(table.risk, RESTRICTED_HOURS) if table.total else None,
    }


def _share(having: int, issues: int) -> float | None:
    return None if issues < FEW or is_few(having) else rounded(having / issues)


def pulled_notes(untold: tuple[str, ...]) -> list[Note]:
    """That a city is read through its endpoint, and what that does not tell."""
    if not untold:
        return []
    texts = texts_in(SOURCE)
    words = texts.say("note.pulled", what=", ".join(texts.say(f"untold.{code}") for code in untold))
    return [Note("pulled", None, words, untold)]


def headline_told(
    headline: Mapping[str, dict[str, Any]], untold: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """The headline without the figures that rest on what a pulled city's endpoint does not tell."""
    now = without_untold({key: own["now"] for key, own in headline.items()}, untold)
    return {
        key: own if now[key] == own["now"] else {"now": now[key], "before": None, "error": None}
        for key, own in headline.items()
    }


def notes_on(pooled: Cell, coverage: Mapping[str, Any]) -> list[Note]:
    """What a reader must know about the data before reading the figures."""
    if not pooled.count("issues"):
        return [Note("no_reports", None, "No reports in this period.")]
    found = [_noted(name, coverage[name]) for name in (IMPORTED, LOST) if _many(coverage[name])]
    if answers_missing(pooled):
        words = "The imported records hold no answers before the closing, so times to the first answer are left out."
        found.append(Note("no_answers", None, words))
    found += [_noted(name, coverage[name]) for name in (ORDER, OTHER) if _many(coverage[name])]
    placed = coverage["with_district"]
    if placed is not None and placed < 1 - QUALITY_QUESTION:
        unplaced = 1 - placed
        found.append(
            Note("unplaced", unplaced, f"{unplaced:.0%} of issues could not be placed in a district.")
        )
    if coverage["mature"] is False:
        followed = coverage["followed_30_days"]
        known = f" ({followed:.0%})" if followed is not None else ""
        words = f"Provisional: less than 90% of issues are closed or were followed for 30 days{known}."
        found.append(Note("provisional", followed, words))
    return found


def _many(share: float | None) -> bool:
    return (share or 0) > QUALITY_QUESTION


def _noted(name: str, share: float) -> Note:
    return Note(name, share, f"{share:.0%} {NOTED[name]}")


def remarks_needed(cities: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """What holds for the comparison as a whole, by name, with the cities it names, from their parts of a report."""
    simulated = [city for city in cities if city["simulated"]]
    spans = {(city["coverage"]["first_month"], city["coverage"]["last_month"]) for city in cities}
    missing = [city for city in cities if city["snapshot"] is None]
    return [
        *([("simulated", simulated)] if simulated else []),
        *([("months", [])] if len(spans - {(None, None)}) > 1 else []),
        *([("missing", missing)] if missing else []),
    ]


def remarks_on(cities: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same in English."""
    texts = texts_in(SOURCE)
    return [
        texts.say(f"network.remark.{name}", cities=", ".join(city["name"] for city in named))
        for name, named in remarks_needed(cities)
    ]


def few(count: int) -> int | None:
    """The count, or None where it is 1 to 9 and could point to somebody."""
    return None if is_few(count) else count


def rounded(value: float | None) -> float | None:
    """Six decimals: finer than any interval, and free of the last digits' noise."""
    return None if value is None else round(value, 6)
