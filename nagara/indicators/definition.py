"""What a line of the table of published figures says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Unit = Literal["hours", "share", "count", "ratio"]
Scope = Literal["cells", "city", "network"]


@dataclass(frozen=True)
class Definition:
    """One figure: what it estimates, of whom, from what, and how many it needs to be published."""

    id: str
    name: str
    unit: Unit
    estimand: str
    denominator: str
    interval: str
    source: str
    minimum_n: int
    comparability: Literal["A", "B", "C"]
    """Codes pooled in it: A those whose resolution compares, B also those whose answer and promise do, C all.

    A single code of B has its N3 figures too, for its city's own eyes.
    """

    scope: Scope = "cells"
    """What it is computed from: cells alone, or also facts of the city (residents), or other cities of the network."""

    def as_json(self) -> dict[str, str | int]:
        """The line as JSON."""
        return {name: value for name, value in asdict(self).items() if name != "scope"}
