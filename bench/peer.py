"""How many times as much as the peer, Signalen 2.50: reckoned, because both were never run in one run.

The peer was measured once beside the same kind of floor, pgbench with the fewest statements for the same answer, at
300,000 signals and 8 connections. So Nagara's share of its floor, times how often the peer's floor is faster than the
peer. Behind a pooler the peer does better; that is taken off. Only as good as both floors are alike: an order of size.
Two lines lean on more than that: the status is ours at 32 connections, and the map's floor beside the peer is taken for
one over an index of all signals, than which ours, over those shown alone, was 8 times as fast on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.rounds import Result

CONNECTIONS = 8
POOLED, MAP_POOLED, NOT_POOLED = 1.5, 2.6, 1.0
"""How many times as much the peer does behind a pooler: creating and the status, its map, its lists."""

PARTIAL_INDEX = 695 / 84
"""The peer's floor for the map walked an index of all signals; ours, one of those shown, is so many times as fast."""

MANY_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Compared:
    """An operation that the peer has too, and how many times as much as the peer its floor did."""

    name: str
    connections: int
    floor_beside_peer: float
    pooled: float
    at_least: float

    @property
    def below_floor(self) -> float:
        """How many times as much our floor does as the peer behind a pooler."""
        return self.floor_beside_peer / self.pooled


BY_CATEGORY = "dashboard, open ones by code beside counting them"
COMPARED = (
    Compared("file a report", CONNECTIONS, 200, POOLED, 50),
    Compared("public status", MANY_CONNECTIONS, 300, POOLED, 30),
    Compared("queue, first page", CONNECTIONS, 5_000, NOT_POOLED, 500),
    Compared("queue, deep page", CONNECTIONS, 20_000, NOT_POOLED, 3_000),
    Compared("map, a box", CONNECTIONS, 11 * PARTIAL_INDEX, MAP_POOLED, 15),
    Compared(BY_CATEGORY, CONNECTIONS, 280, NOT_POOLED, 400),
)
HEAD = """\
| operation | conn. | Nagara of pgbench | pgbench of the peer | Nagara of the peer | bar |  |
|---|--:|--:|--:|--:|--:|---|"""


def beside_the_peer(results: Sequence[Result]) -> str:
    """The section of the page; empty where nothing was measured that the peer was measured in."""
    measured = {(result.operation.name, result.operation.connections): result for result in results}
    rows = []
    for compared in COMPARED:
        result = measured.get((compared.name, compared.connections))
        if result is None:
            continue
        times = result.ratio * compared.below_floor
        met = "met" if times >= compared.at_least else "**NOT MET**"
        rows.append(
            f"| {compared.name} | {compared.connections} | {result.ratio:.2f} | {compared.below_floor:,.0f} "
            f"| {times:,.0f} | {compared.at_least:,.0f} | {met} |"
        )
    if not rows:
        return ""
    return "\n".join(("## Beside the peer", "", str(__doc__), HEAD, *rows, ""))
