"""How many times the peer: from our share of the floor, and the peer's, pooled as it would be run."""

from __future__ import annotations

import pytest

from bench.peer import BY_CATEGORY, COMPARED, beside_the_peer
from bench.report import markdown
from bench.rounds import Operation, Result, Side


def result(name: str, connections: int, ratio: float) -> Result:
    """An operation that did so much of what its floor did."""
    ours, floor = Side(1000 * ratio), Side(1000)
    return Result(
        Operation(name, connections, "answers/s", lambda _: ours, lambda _: floor), (ours,), (floor,)
    )


@pytest.mark.parametrize(
    ("name", "connections", "ratio", "line"),
    [
        ("file a report", 8, 0.5, "| file a report | 8 | 0.50 | 133 | 67 | 26 | 50 | met |"),
        ("file a report", 8, 0.3, "| file a report | 8 | 0.30 | 133 | 40 | 15 | 50 | **NOT MET** |"),
        ("public status", 32, 0.34, "| public status | 32 | 0.34 | 200 | 68 | 2.3 | 30 | met |"),
        (
            "queue, deep page",
            8,
            0.2,
            "| queue, deep page | 8 | 0.20 | 20,000 | 4,000 | 1,000 | 3,000 | met |",
        ),
        ("map, a box", 8, 0.62, "| map, a box | 8 | 0.62 | 4.2 | 2.6 | 3.0 | 15 | **NOT MET** |"),
        (BY_CATEGORY, 8, 0.48, f"| {BY_CATEGORY} | 8 | - | - | 800 | 800 | 400 | met |"),
        (BY_CATEGORY, 8, 0.12, f"| {BY_CATEGORY} | 8 | - | - | 200 | 200 | 400 | **NOT MET** |"),
    ],
)
def test_the_peer_is_held_against_our_share_of_the_floor(
    name: str, connections: int, ratio: float, line: str
) -> None:
    assert line in beside_the_peer([result(name, connections, ratio)]).splitlines()


def test_what_was_not_measured_has_no_line() -> None:
    assert beside_the_peer([result("file a report", 32, 1.0), result("escalation sweep", 1, 0.6)]) == ""
    page = markdown([result(one.name, one.connections, 4.0) for one in COMPARED], ["Machine: one"])
    assert page.count("| met |") == len(COMPARED)
    assert page.endswith("|\n")
