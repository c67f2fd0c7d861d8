"""Rounds: Nagara and the floor in turn, so that whatever else the machine does weighs on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from statistics import median

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of one round: operations a second, latencies in ms, processor time an operation in us."""

    rate: float
    p50: float = NAN
    p95: float = NAN
    p99: float = NAN
    api_us: float = NAN
    database_us: float = NAN


@dataclass(frozen=True, slots=True)
class Bar:
    """What has to be reached: a ratio to the floor, or a time below which 95 (or 99) of 100 answers come."""

    ratio_at_least: float | None = None
    p95_below_ms: float | None = None
    p99_below_ms: float | None = None

    def __str__(self) -> str:
        if self.ratio_at_least is not None:
            return f"ratio >= {self.ratio_at_least}"
        if self.p99_below_ms is not None:
            return f"p99 < {self.p99_below_ms:.0f} ms"
        return f"p95 < {self.p95_below_ms:.0f} ms"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something Nagara does, and the floor of it: each runs about so many seconds when called."""

    name: str
    connections: int
    unit: str
    nagara: Callable[[float], Side]
    floor: Callable[[float], Side]
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of an operation."""

    operation: Operation
    nagara: tuple[Side, ...]
    floor: tuple[Side, ...]

    @property
    def ratios(self) -> list[float]:
        """Nagara's rate over the floor's, round by round."""
        return [ours.rate / theirs.rate for ours, theirs in zip(self.nagara, self.floor, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def usual(self) -> Side:
        """Nagara's figures, each the median over the rounds."""
        return middle(self.nagara)

    @property
    def usual_floor(self) -> Side:
        """The floor's figures, likewise."""
        return middle(self.floor)

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None where there is none."""
        bar = self.operation.bar
        if bar is None:
            return None
        if bar.ratio_at_least is not None:
            return self.ratio >= bar.ratio_at_least
        if bar.p99_below_ms is not None:
            return self.usual.p99 < bar.p99_below_ms
        return self.usual.p95 < (bar.p95_below_ms or NAN)


def middle(sides: Sequence[Side]) -> Side:
    """A side whose every figure is the median over these."""
    return Side(*(median(figures) for figures in zip(*map(astuple, sides), strict=True)))


def measure(operation: Operation, rounds: int, seconds: float) -> Result:
    """Run the rounds after one short one that does not count; who begins changes from round to round."""
    operation.nagara(min(1.0, seconds))
    ours: list[Side] = []
    theirs: list[Side] = []
    for number in range(rounds):
        if number % 2 == 0:
            ours.append(operation.nagara(seconds))
            theirs.append(operation.floor(seconds))
        else:
            theirs.append(operation.floor(seconds))
            ours.append(operation.nagara(seconds))
    return Result(operation, tuple(ours), tuple(theirs))
