"""How many times as much as the peer, Signalen 2.50: reckoned, because both were never run in one run.

The peer was measured once beside the same kind of floor, pgbench with the fewest statements for the same answer, at
300,000 signals and 8 connections. So Nagara's share of its floor, times how often the peer's floor is faster than the
peer. Behind a pooler the peer does better; that is taken off. Only as good as both floors are alike: an order of size.
Beside it, by rates alone: Nagara's a second over the most that was measured of the peer, pooled likewise. That leans on
no floor, but on machines that were not the same at the time. Where the two are far apart, floors or machines were not
alike, and the lower is safer to believe. The status is ours at 32 connections.

The report by category has rates alone: the peer's floor did 168 a second over 300,000 rows, ours does some ten over
half as many, so that multiplying by the peer's would count as Nagara's what is only a slower floor.

Of the peer's floor for the map it is not told which index it walked. At 1,194 points an index of all signals did 84 a
second, 1 to 3.5 times the peer's 24 to 80, and one of those shown alone 695, 9 to 29 times. The floor was 11 times the
peer, so it is taken for the latter, which ours walks too. Were it the former, the line would be 8 times as much; rates
alone speak against that. The peer reads its points each time. Where somebody has looked at a box within the last
minute, ours looks up that nothing has changed; one that has, or that nobody looked at, is read and drawn, at half the
floor's pace and some twice the peer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.rounds import Result, Verdict, middle

CONNECTIONS = 8
POOLED, MAP_POOLED, NOT_POOLED = 1.5, 2.6, 1.0
"""How many times as much the peer does behind a pooler: creating and the status, its map, its lists."""

MANY_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Compared:
    """An operation that the peer has too: how many a second it did, and how many times as many its floor did."""

    name: str
    connections: int
    peer: float
    floor_beside_peer: float | None
    pooled: float
    at_least: float

    @property
    def below_floor(self) -> float | None:
        """How many times as much our floor does as the peer behind a pooler; None where the floors are not alike."""
        return None if self.floor_beside_peer is None else self.floor_beside_peer / self.pooled


BY_CATEGORY = "dashboard, open ones by code beside counting them"
COMPARED = (
    Compared("file a report", CONNECTIONS, 13, 200, POOLED, 50),
    Compared("public status", MANY_CONNECTIONS, 100, 300, POOLED, 30),
    Compared("queue, first page", CONNECTIONS, 1.3, 5_000, NOT_POOLED, 500),
    Compared("queue, deep page", CONNECTIONS, 0.2, 20_000, NOT_POOLED, 3_000),
    Compared("map, a box", CONNECTIONS, 80, 11, MAP_POOLED, 15),
    Compared(BY_CATEGORY, CONNECTIONS, 0.6, None, NOT_POOLED, 400),
)
HEAD = """\
| operation | conn. | Nagara of pgbench | pgbench of the peer | Nagara of the peer | by rates alone | bar |  |
|---|--:|--:|--:|--:|--:|--:|---|"""


@dataclass(frozen=True, slots=True)
class Times:
    """How many times as much as the peer: by both floors, or by rates where these are not alike."""

    compared: Compared
    result: Result

    @property
    def by_rates(self) -> float:
        """Of what was measured of both."""
        return middle(self.result.nagara).rate / (self.compared.peer * self.compared.pooled)

    @property
    def reckoned(self) -> float:
        """What the bar is held against."""
        below = self.compared.below_floor
        return self.by_rates if below is None else self.result.ratio * below

    @property
    def met(self) -> bool:
        """Whether it is as many as wanted."""
        return self.reckoned >= self.compared.at_least


def _measured(results: Sequence[Result]) -> list[Times]:
    measured = {(result.operation.name, result.operation.connections): result for result in results}
    found = ((compared, measured.get((compared.name, compared.connections))) for compared in COMPARED)
    return [Times(compared, result) for compared, result in found if result is not None]


def against_the_peer(results: Sequence[Result]) -> list[Verdict]:
    """Each operation's bar beside the peer."""
    return [
        Verdict(f"{one.compared.name} ({_told(one.reckoned)} >= {one.compared.at_least:,.0f} times)", one.met)
        for one in _measured(results)
    ]


def beside_the_peer(results: Sequence[Result]) -> str:
    """The section of the page; empty where nothing was measured that the peer was measured in."""
    rows = []
    for one in _measured(results):
        compared, below = one.compared, one.compared.below_floor
        shares = "- | -" if below is None else f"{one.result.ratio:.2f} | {_told(below)}"
        rows.append(
            f"| {compared.name} | {compared.connections} | {shares} | {_told(one.reckoned)} | {_told(one.by_rates)} "
            f"| {compared.at_least:,.0f} | {'met' if one.met else '**NOT MET**'} |"
        )
    if not rows:
        return ""
    return "\n".join(("## Beside the peer", "", str(__doc__), HEAD, *rows, ""))


def _told(times: float) -> str:
    return f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
