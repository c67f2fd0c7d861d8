"""A bar is met where all it demands is, and the table says which demand is not."""

from __future__ import annotations

import pytest

from bench.report import bars, row_of
from bench.rounds import NAN, Bar, Operation, Result, Side


def result(bar: Bar | None, ours: Side, theirs: Side) -> Result:
    """An operation of one round."""
    return Result(
        Operation("file", 8, "reports/s", lambda _: ours, lambda _: theirs, bar), (ours,), (theirs,)
    )


OURS = Side(400, 4.0, 9.0, 20.0, 700.0, 500.0)
FLOOR = Side(1000, 1.0, 3.0, 6.0, NAN, 450.0)


@pytest.mark.parametrize(
    ("bar", "met"),
    [
        (Bar(ratio_at_least=0.4), True),
        (Bar(ratio_at_least=0.41), False),
        (Bar(p95_below_ms=9.1), True),
        (Bar(p95_below_ms=9.0), False),
        (Bar(p99_below_ms=20.1), True),
        (Bar(p99_below_ms=20.0), False),
        (Bar(p99_at_most_floors=4), True),
        (Bar(p99_at_most_floors=3.3), False),
        (Bar(us_at_most=1200), True),
        (Bar(us_at_most=1199), False),
        (Bar(ratio_at_least=0.4, p99_at_most_floors=3, us_at_most=1300), False),
        (None, None),
    ],
)
def test_each_demand_counts(bar: Bar | None, met: bool | None) -> None:
    assert result(bar, OURS, FLOOR).met is met


def test_the_table_names_what_is_not_met_and_how_far_it_is() -> None:
    bar = Bar(ratio_at_least=0.4, stretch_ratio=0.8, p99_at_most_floors=3, us_at_most=1300)
    found = result(bar, OURS, FLOOR)
    assert row_of(found)[-1] == (
        "ratio >= 0.4: met; p99 3.3 <= 3 times pgbench's: NOT MET; "
        "API + db 1,200 <= 1,300 us (2.67 times pgbench's): met (stretch 0.8: not reached)"
    )
    assert bars([found, result(None, OURS, FLOOR)]) == [
        "Bars met: 2 of 3; NOT MET: file at 8 (p99 3.3 <= 3 times pgbench's)"
    ]
    unmeasured = Side(400)
    assert result(Bar(p95_below_ms=50, us_at_most=1300), unmeasured, FLOOR).met is False, (
        "not known is not met"
    )
