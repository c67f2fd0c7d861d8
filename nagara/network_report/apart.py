"""Numbers of a report that are parts of a published total: by code, by age, by district. Pure.

A part of 1 to 9 is not told, and neither is another part where the total would then give it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from city_config import NetworkCode
from nagara.indicators.cells import Cell
from nagara.indicators.figures import own_work, within_reference
from nagara.indicators.life_table import LifeTable
from nagara.indicators.publishing import ages_shown, hidden, published
from nagara.indicators.sheet import backlog_classes
from nagara.indicators.suppression import suppressed_line
from nagara.indicators.survival import RESOLVED

Codes = Mapping[str, NetworkCode]
SHARE = "N3a.share"


def shares_by_code(cells: Mapping[str, Cell], codes: Codes) -> dict[str, dict[str, Any]]:
    """The share resolved within the reference time by code, of codes whose resolution compares.

    How many issues there were and how many were resolved stands beside the same of all codes together.
    """
    found = {code: within_reference({code: cell}, codes, "resolution") for code, cell in cells.items()}
    shown = {code: published(SHARE, figure.as_json()) for code, figure in found.items()}
    resolved = [cells[code].table("resolution").ended(RESOLVED) for code in found]
    for counts in ([figure.n for figure in found.values()], resolved):
        for code, count in zip(found, suppressed_line(counts), strict=True):
            if count is None:
                shown[code] = _without_counts(shown[code])
    return shown


def _without_counts(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The figure without any count; one whose value its limits would give a count of is hidden whole."""
    if shown["value"] is None and shown["withheld"]:
        return {**shown, "n": None, "events": None}
    return hidden(shown)


def backlog_by_age(
    cells: Mapping[str, Cell], codes: Codes, shown: Mapping[str, Mapping[str, Any]]
) -> list[int | None]:
    """Open issues by class of age, beside the figures of the backlog that are shown."""
    return ages_shown(backlog_classes(own_work(cells, codes).values()), shown)


def issues_by_district(tables: Mapping[str, LifeTable]) -> dict[str, int | None]:
    """Issues of each district, of which none of 1 to 9 follows from the others and those of the city.

    Equity counts the districts that can be read, so the sum of the others follows from both figures, as the published
    rules say.
    """
    counts = suppressed_line([table.total for table in tables.values()])
    return dict(zip(tables, counts, strict=True))
