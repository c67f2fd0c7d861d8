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
    """What has to be reached, each where it is given.

    A ratio to the floor's rate, and one that would be better still; times below which 95 or 99 of 100 answers come;
    how many times the floor's p99 ours may be; microseconds of the API and the database together an operation.
    """

    ratio_at_least: float | None = None
    stretch_ratio: float | None = None
    p95_below_ms: float | None = None
    p99_below_ms: float | None = None
    p99_at_most_floors: float | None = None
    us_at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One demand of a bar, in words, and whether it is met."""

    demand: str
    met: bool

    def __str__(self) -> str:
        return f"{self.demand}: {'met' if self.met else 'NOT MET'}"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something Nagara does, and the floor of it: each runs about so many seconds when called.

    ``note``: what a reader must know of this run's rows, such as where its pages begin.
    """

    name: str
    connections: int
    unit: str
    nagara: Callable[[float], Side]
    floor: Callable[[float], Side]
    bar: Bar | None = None
    note: str = ""


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
    def verdicts(self) -> list[Verdict]:
        """What the bar demands, each held against the medians."""
        bar, ours, theirs = self.operation.bar or Bar(), self.usual, self.usual_floor
        found = []
        if bar.ratio_at_least is not None:
            found.append(Verdict(f"ratio >= {bar.ratio_at_least:g}", self.ratio >= bar.ratio_at_least))
        if bar.p95_below_ms is not None:
            found.append(Verdict(f"p95 < {bar.p95_below_ms:g} ms", ours.p95 < bar.p95_below_ms))
        if bar.p99_below_ms is not None:
            found.append(Verdict(f"p99 < {bar.p99_below_ms:g} ms", ours.p99 < bar.p99_below_ms))
        if bar.p99_at_most_floors is not None:
            times = ours.p99 / theirs.p99
            demand = f"p99 {times:.1f} <= {bar.p99_at_most_floors:g} times pgbench's"
            found.append(Verdict(demand, times <= bar.p99_at_most_floors))
        if bar.us_at_most is not None:
            demand = f"API + db {self.processor_us:,.0f} <= {bar.us_at_most:,.0f} us"
            demand += f" ({self.processor_us / theirs.database_us:.2f} times pgbench's)"
            found.append(Verdict(demand, self.processor_us <= bar.us_at_most))
        return found

    @property
    def processor_us(self) -> float:
        """Processor time of the API and the database together, an operation."""
        return self.usual.api_us + self.usual.database_us

    @property
    def met(self) -> bool | None:
        """Whether all that the bar demands is met; None where there is none."""
        verdicts = self.verdicts
        return all(verdict.met for verdict in verdicts) if verdicts else None

    @property
    def stretched(self) -> bool | None:
        """Whether more than the bar is reached; None where nothing more is named."""
        bar = self.operation.bar
        return None if bar is None or bar.stretch_ratio is None else self.ratio >= bar.stretch_ratio


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
