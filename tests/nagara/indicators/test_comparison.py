"""Cities beside each other, rates and districts, from cells."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from nagara.indicators.cells import Cell
from nagara.indicators.comparison import (
    Standardised,
    beside,
    observed_over_expected,
    promise_funnel,
    promise_weights,
    standardised_mean,
    standardised_promise,
)
from nagara.indicators.figure import Figure
from nagara.indicators.figures import figures_of
from nagara.indicators.life_table import LifeTable
from nagara.indicators.residents import between_districts, districts_of, rates
from nagara.indicators.strata import promise_counts
from tests.nagara.indicators.one_by_one import counted_in_columns
from tests.nagara.indicators.test_figures import CODES as SOME
from tests.nagara.indicators.test_figures import code, request

CODES = SOME | {name: code(name) for name in ("a", "b", "c", "d")}


def kept(met: int, n: int) -> Cell:
    return Cell(promise={"published": {"met": met, "missed": n - met}})


def test_the_published_vector_by_way_of_cells() -> None:
    city = {"a": kept(40, 50), "b": kept(18, 30), "c": kept(5, 12)}
    found = standardised_promise(city, CODES, {"a": 0.5, "b": 0.3, "c": 0.2})
    assert found.figure.value == pytest.approx(0.6633333, abs=1e-6)
    assert found.error == pytest.approx(0.0482720, abs=1e-6)
    assert [found.figure.low, found.figure.high] == pytest.approx([0.5632912, 0.7506044], abs=1e-6)
    assert found.coverage == pytest.approx(1)


def test_too_few_kinds_or_too_little_of_the_mix_is_withheld_with_its_coverage() -> None:
    few = standardised_promise({"a": kept(4, 5), "b": kept(4, 5)}, CODES, {"a": 0.5, "b": 0.5})
    assert few.figure.withheld == "fewer than 3 kinds of request with enough of them"
    city = {name: kept(8, 10) for name in "abc"}
    little = standardised_promise(city, CODES, {"a": 0.2, "b": 0.2, "c": 0.2, "noise": 0.4})
    assert little.coverage == pytest.approx(0.6)
    assert "60% of the mix" in (little.figure.withheld or "")


def test_weights_are_the_networks_mix_and_codes_of_others_have_none() -> None:
    cities = [{"a": kept(10, 30), "water_supply": kept(5, 90)}, {"a": kept(5, 10), "b": kept(30, 60)}]
    assert promise_weights(cities, CODES) == {"a": 0.4, "b": 0.6}
    assert promise_counts(cities[0]["a"]) == (10, 30)


def test_observed_over_expected_is_one_for_the_network_itself() -> None:
    city = {"a": kept(40, 50), "b": kept(18, 30)}
    same = {name: promise_counts(cell) for name, cell in city.items()}
    assert observed_over_expected(city, CODES, same).value == pytest.approx(1)
    better = observed_over_expected(city, CODES, {"a": (30, 50), "b": (10, 30)})
    assert better.value == pytest.approx(58 / 40)
    assert (better.low or 0) < 58 / 40 < (better.high or 0)
    assert "5 misses" in (observed_over_expected(city, CODES, {"a": (50, 50), "b": (30, 30)}).withheld or "")


def test_a_mean_of_an_easy_mix_is_judged_by_the_common_mix() -> None:
    """Two cities that are equally quick with each code, and mix them differently, have one figure."""
    random = np.random.default_rng(6)

    def city(numbers: dict[str, int]) -> dict[str, Cell]:
        means = {"a": 20.0, "b": 100.0, "c": 300.0}
        return {
            name: Cell(
                tables={"resolution": LifeTable.of(random.exponential(means[name], n), np.ones(n, int))}
            )
            for name, n in numbers.items()
        }

    weights = {"a": 0.4, "b": 0.3, "c": 0.3}
    easy, hard = city({"a": 4000, "b": 500, "c": 500}), city({"a": 500, "b": 500, "c": 4000})
    crude = [figures_of(cells, CODES)["N3a.rmst30"].value or 0.0 for cells in (easy, hard)]
    fair = [standardised_mean(cells, CODES, weights) for cells in (easy, hard)]
    assert crude[1] > 3 * crude[0]
    values = [found.figure.value or 0.0 for found in fair]
    assert abs(values[0] - values[1]) < 3 * (fair[0].error + fair[1].error)


def test_a_city_far_from_the_others_is_asked_to_look_and_ranks_are_intervals() -> None:
    def shown(value: float) -> Standardised:
        return Standardised(Figure(value, None, None, 100), 2.0, 1.0)

    cities = {f"c{number}": shown(100 + number % 5) for number in range(20)} | {"far": shown(140)}
    found = beside(cities)
    assert found is not None
    assert found.verdicts["far"] == "investigate"
    assert [city for city, stands in found.stands.items() if stands] == ["far"]
    assert set(found.verdicts.values()) == {"usual", "investigate"}
    assert found.ranks["far"].low == found.ranks["far"].high == 21
    assert found.ranks["c0"].high - found.ranks["c0"].low >= 5
    assert beside({"a": shown(1), "b": shown(2)}) is None


def test_funnels_are_by_promise_standard_and_need_three_cities() -> None:
    cities = {str(n): {"a": kept(80, 100)} for n in range(4)}
    found = promise_funnel(cities, CODES)
    assert set(found) == {"published"}
    assert found["published"].verdicts == ("usual",) * 4
    assert promise_funnel(dict(list(cities.items())[:2]), CODES) == {}


def test_rates_need_residents() -> None:
    cells = {"a": Cell(counts={"reports": 37, "open": 20})}
    found = rates(cells, cells, CODES, 100_000, 365.25)
    assert found["N1.rate"].value == pytest.approx(0.37)
    assert [found["N1.rate"].low, found["N1.rate"].high] == pytest.approx(
        [0.260514146, 0.509996261], abs=1e-6
    )
    assert found["N7a"].value == pytest.approx(0.2)
    assert rates(cells, cells, CODES, None, 30)["N1.rate"].withheld == "the city states no population"
    assert "10 open issues" in (rates({}, {}, CODES, 5, 30)["N7a"].withheld or "")


def test_districts_are_compared_with_noise_taken_off() -> None:
    random = np.random.default_rng(1)
    month = dt.date(2026, 1, 1)

    def cells(means: list[float], n: int = 200) -> dict[tuple[dt.date, str, str], Cell]:
        return {
            (month, "a", str(i)): Cell(
                tables={"sustained": LifeTable.of(random.exponential(mean, n), np.ones(n, dtype=int))}
            )
            for i, mean in enumerate(means)
        }

    people = {str(i): 1000 for i in range(6)}
    alike, apart = (
        [*districts_of(cells(m), CODES, people)] for m in ([50.0] * 6, [20.0, 40, 60, 80, 100, 120])
    )
    same, different = between_districts(alike, 6000), between_districts(apart, 6000)
    assert (same.value or 0) < 5
    assert (different.value or 0) > 25
    assert (different.low or 0) < (different.value or 0) < (different.high or 0)
    assert different.note == "6 districts"
    assert between_districts(apart, None).withheld == "the city states no population"
    assert "80%" in (between_districts(apart, 60_000).withheld or "")
    assert districts_of(cells([50.0]), CODES, {}) == []


def test_propensity_satisfaction_and_quality_from_requests() -> None:
    """Twenty further reports of sixty problems, each a tenth of its time before the answer."""
    (cell,) = counted_in_columns(
        [request(i, 40.0, answered_after=10.0) for i in range(60)], dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    ).values()
    assert cell.count("watched_seconds") == 60 * 36_000
    more = Cell(
        counts={"early_duplicates": 60, "duplicate_squares": 6_000_000, "invited": 100, "said_fixed": 30},
        tallies={"ratings": {"2": 10, "5": 15}},
    )
    found = figures_of({"a": Cell.merged([cell, more])}, CODES)
    assert found["N14.rate"].value == pytest.approx(0.1)
    assert found["N14.delay"].value == pytest.approx(10)
    assert found["N12.mean"].value == pytest.approx(95 / 25)
    assert found["N12.good"].value == pytest.approx(0.6)
    assert found["N15.residents"].value == 1
    assert found["N15"].withheld == "no audit was drawn"
    assert found["N16.answer"].value == found["N16.order"].value == 1
    unheard = figures_of({"a": Cell.merged([cell, more, Cell(counts={"invited": 5000})])}, CODES)
    assert "gave a rating" in (unheard["N12.mean"].withheld or "")
