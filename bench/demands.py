"""Figures measured at several sizes, and what is held of them at every one: a table, and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.chart import chart

FLAT, FLAT_MEMORY = 2.0, 1.5
"""How many times its first figure something may take and still be flat."""

PLACES = {"times": 2, "requests": 0}
"""Digits behind the point, where it is not one."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a figure is held to at every size: so much, or so many times its value at the first."""

    most: float
    of_first: bool = False
    below: bool = False
    """Whether reaching it is too much already."""

    def met(self, values: Sequence[float]) -> bool:
        """Whether the worst of the values, one a size, is within it."""
        worst = max(values) / (values[0] if self.of_first else 1)
        return worst < self.most if self.below else worst <= self.most

    def __str__(self) -> str:
        sign = "<" if self.below else "<="
        return f"worst / first {sign} {self.most:g}" if self.of_first else f"each {sign} {self.most:,g}"


@dataclass
class Figure:
    """One figure: its values, one a size, what they are counted in, what is held of them, and whether it is drawn."""

    unit: str
    demands: tuple[Demand, ...]
    drawn: bool
    values: list[float] = field(default_factory=list)

    def verdict(self) -> str:
        """Whether all that is held of it is met; where not, what is not. Nothing where nothing is held."""
        missed = [str(demand) for demand in self.demands if not demand.met(self.values)]
        if missed:
            return "**NOT MET**" + (f": {'; '.join(missed)}" if len(self.demands) > 1 else "")
        return "met" if self.demands else ""

    def cells(self) -> list[str]:
        """Its values, how many times the first the worst is, and what is held of it."""
        values = [f"{value:,.{PLACES.get(self.unit, 1)}f} {self.unit}" for value in self.values]
        worst = f"{max(self.values) / self.values[0]:.2f}"
        return [*values, worst, "; ".join(map(str, self.demands)), self.verdict()]


STAYS_FLAT = (Demand(FLAT, of_first=True),)
MEMORY_STAYS_FLAT = (Demand(FLAT_MEMORY, of_first=True),)


@dataclass
class Grown:
    """All figures by name, each with one value a size."""

    sizes: list[int] = field(default_factory=list)
    found: dict[str, Figure] = field(default_factory=dict)

    def add(
        self,
        name: str,
        value: float,
        unit: str = "ms",
        demands: tuple[Demand, ...] = STAYS_FLAT,
        *,
        drawn: bool = True,
    ) -> None:
        """One value of the size that is being measured."""
        self.found.setdefault(name, Figure(unit, demands, drawn)).values.append(value)

    def rows(self) -> list[str]:
        """A row for each figure: its values, how many times the first the worst is, and what is held of it."""
        heads = ["figure", *(f"{size:,}" for size in self.sizes), "worst / first", "bar", ""]
        lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        return lines + [f"| {' | '.join([name, *one.cells()])} |" for name, one in self.found.items()]

    def chart(self, unit: str, title: str) -> str:
        """The lines of everything that is counted in a unit and drawn."""
        drawn = {name: one.values for name, one in self.found.items() if one.unit == unit and one.drawn}
        series = {name: list(zip(self.sizes, values, strict=True)) for name, values in drawn.items()}
        return chart(title, "requests in the table", unit, series, log=True)
