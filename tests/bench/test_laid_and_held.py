"""What grows is held at every size; what the bench lays is what cities would have, and each round begins alike."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from bench.demands import STAYS_FLAT, Demand, Grown
from bench.filling import fill
from bench.laying_events import happen, recorded_earlier
from bench.multiplying import multiply, promised_then
from city_config import City
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.indicators.build import build_city

WITHIN = Demand(2_000, below=True)
HUMP = (794.4, 2_171.2, 1_034.6)
"""Milliseconds as a page once had them: the last is flat, the one before it is not."""


READ = "select requests_read from indicator_build where city_id = %s"
OTHERWISE_PROMISED = """
select count(*) from event e join request r on r.city_id = e.city_id and r.id = e.request_id
 where e.kind = 'filed' and (e.data->>'resolve_by')::timestamptz is distinct from r.resolve_by
"""


def grown(*figures: tuple[str, tuple[float, ...], tuple[Demand, ...]]) -> Grown:
    """Figures measured at three sizes."""
    found = Grown([100_000, 1_000_000, 5_000_000])
    for name, values, demands in figures:
        for value in values:
            found.add(name, value, demands=demands)
    return found


@pytest.mark.parametrize(
    ("demand", "values", "met"),
    [
        (Demand(2, of_first=True), (1.0, 1.9, 2.0), True),
        (Demand(2, of_first=True), HUMP, False),
        (Demand(1.3), (1.19, 1.3, 1.16), True),
        (Demand(1.3), (1.19, 1.31, 1.16), False),
        (WITHIN, (1_059.0, 1_999.9, 1_550.4), True),
        (WITHIN, (1_059.0, 2_000.0, 1_550.4), False),
    ],
)
def test_the_worst_of_all_sizes_counts(demand: Demand, values: tuple[float, ...], met: bool) -> None:
    assert demand.met(values) is met


def test_a_row_says_how_far_the_worst_is_and_which_demand_it_misses() -> None:
    found = grown(
        ("after few", HUMP, STAYS_FLAT),
        ("after many", (1_500.0, 2_423.0, 1_550.4), (*STAYS_FLAT, WITHIN)),
        ("how many", (1.0, 10.0, 50.0), ()),
    )
    few, many, free = (row.split(" | ") for row in found.rows()[2:])
    assert few[-3:] == ["2.73", "worst / first <= 2", "**NOT MET** |"]
    assert many[-3:] == ["1.62", "worst / first <= 2; each < 2,000", "**NOT MET**: each < 2,000 |"]
    assert free[-3:] == ["50.00", "", " |"]


def test_a_longer_history_was_promised_in_its_own_time(
    owner: psycopg.Connection[Any], phnom_penh: City
) -> None:
    fill(owner, (phnom_penh,), 40, time_told(owner))
    with promised_then(owner):
        multiply(owner, (phnom_penh,), 100, lambda _: None, dt.timedelta(days=90))
    assert owner.execute("select count(*) from request").fetchone() == (100,)
    assert owner.execute(OTHERWISE_PROMISED).fetchone() == (0,)
    triggers = owner.execute("select count(*) from pg_trigger where tgname like 'bench%'").fetchone()
    assert triggers == (0,), "only copies are changed"


def test_every_round_of_builds_reads_what_happened_since_and_no_more(
    owner: psycopg.Connection[Any], phnom_penh: City
) -> None:
    fill(owner, (phnom_penh,), 60, time_told(owner))
    _build(phnom_penh)
    for _ in range(3):
        recorded_earlier(owner)
        assert happen(owner, phnom_penh.id, 6) == 6
        _build(phnom_penh)
        assert owner.execute(READ, (phnom_penh.id,)).fetchone() == (6,)
    _build(phnom_penh)
    assert owner.execute(READ, (phnom_penh.id,)).fetchone() == (0,), "what is known is not read again"


def _build(city: City) -> None:
    with clock_connection() as connection, connection.transaction():
        build_city(connection, configuration(), city.id, time_told(connection))
