"""What of a city's sheet is read where the city only stands beside others: a tenth of it. Pure.

A page of one city reads thirty others for the network's mix, its common values and a handful of figures. Whatever is
reckoned over all cities (``side_by_side``, the network's overview) reads nothing of a sheet but this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nagara.indicators.side_by_side import FUNNELS, HEADLINE, RANKED

QUALITY = ("N16.place", "N16.code", "N16.answer", "N16.order", "N16.sync")
"""Figures on how good a city's records are."""

PARTS = ("made_by", "version", "simulated", "hidden", "coverage", "strata")
FIGURES = frozenset((*QUALITY, *HEADLINE, *FUNNELS, *RANKED))


def brief_of(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """The parts and figures of a sheet that other cities' pages read, as they stand in it."""
    figures = {key: figure for key, figure in sheet["figures"].items() if key in FIGURES}
    return {part: sheet[part] for part in PARTS} | {"figures": figures}
