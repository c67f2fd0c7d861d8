"""Life tables against the exact rows they stand for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.indicators.life_table import SPARSE, LifeTable, bin_of, bins_of, hours_of
from nagara.indicators.survival import aalen_johansen, kaplan_meier, restricted_mean, risk_table

hours = st.floats(0.001, 5000, allow_nan=False)
rows = st.lists(st.tuples(hours, st.sampled_from([0, 1, 2, 3])), min_size=1, max_size=120)


@given(st.floats(0.001, 900_000))
def test_a_bin_is_at_most_one_percent_wide_and_never_below_its_duration(duration: float) -> None:
    edge = float(hours_of(bins_of([duration]))[0])
    assert duration * (1 - 1e-9) <= edge <= duration * 1.01 * (1 + 1e-9)


@pytest.mark.parametrize("promised", [4, 24, 36, 48, 72, 120, 168, 240, 336, 504, 720, 2160, 8760])
def test_round_numbers_people_promise_in_are_edges(promised: int) -> None:
    assert hours_of([bin_of(dt.timedelta(hours=promised))])[0] == promised
    late = dt.timedelta(hours=promised, seconds=1)
    assert hours_of([bin_of(late)])[0] > promised


def test_a_duration_of_nothing_counts_as_the_smallest() -> None:
    assert hours_of([bin_of(dt.timedelta(0))])[0] == 0.001


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), 1e12])
def test_impossible_durations_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="durations"):
        bins_of([bad])


@given(rows, rows)
def test_merging_tables_is_counting_together(a: list[tuple[float, int]], b: list[tuple[float, int]]) -> None:
    both = LifeTable.of(*zip(*(a + b), strict=True))
    assert LifeTable.of(*zip(*a, strict=True)) + LifeTable.of(*zip(*b, strict=True)) == both
    assert both.total == len(a) + len(b)


def test_merging_many_rows_is_counting_together_too() -> None:
    random = np.random.default_rng(5)
    hours, causes = random.lognormal(4, 2, 6000), random.integers(0, 4, 6000)
    parts = [LifeTable.of(hours[start::3], causes[start::3]) for start in range(3)]
    assert sum(len(part.bins) for part in parts) > SPARSE
    assert LifeTable.merged(parts) == LifeTable.of(hours, causes)


@given(rows)
def test_json_and_bytes_come_back_equal(found: list[tuple[float, int]]) -> None:
    table = LifeTable.of(*zip(*found, strict=True))
    assert LifeTable.from_json(table.to_json()) == table
    assert LifeTable.from_bytes(table.to_bytes()) == table
    assert table.to_bytes() == (LifeTable() + table).to_bytes()


@pytest.mark.parametrize(
    "rotten",
    [
        [[1, 2]],
        [[1], [0], [0], [0], [0]],
        [[2, 1], [1, 1], [0, 0], [0, 0], [0, 0]],
        [[1], [-1], [1], [0], [0]],
        [[1], [1.5], [0], [0], [0]],
        [[1, 2], [1], [0], [0], [0]],
        [[10**9], [1], [0], [0], [0]],
    ],
)
def test_what_is_no_life_table_is_refused(rotten: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="not a life table"):
        LifeTable.from_json(rotten)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_quantiles_without_censoring_are_those_of_the_rows_rounded_up(
    found: list[tuple[float, int]],
) -> None:
    durations = [duration for duration, _ in found]
    exact = kaplan_meier(risk_table(durations, [1] * len(durations)))
    binned = kaplan_meier(LifeTable.of(durations, [1] * len(durations)).risk)
    for share in (0.1, 0.5, 0.9):
        true, rounded = exact.quantile(share), binned.quantile(share)
        assert true.value is not None
        assert rounded.value == hours_of(bins_of([true.value]))[0]


@settings(max_examples=60, deadline=None)
@given(rows)
def test_with_censoring_the_exact_curve_lies_within_the_bins(found: list[tuple[float, int]]) -> None:
    """Within a bin the order of closings and censorings is forgotten; the two extreme orders bound S."""
    durations = np.array([duration for duration, _ in found])
    causes = np.array([int(cause > 0) for _, cause in found])
    edges = hours_of(bins_of(durations))
    exact = kaplan_meier(risk_table(durations, causes))
    closings_first = kaplan_meier(LifeTable.of(durations, causes).risk)
    censored_first = kaplan_meier(risk_table(np.where(causes == 0, edges * (1 - 1e-6), edges), causes))
    for edge in np.unique(edges):
        value = exact.at(edge * (1 + 1e-12)).value
        upper, lower = closings_first.at(edge).value, censored_first.at(edge).value
        assert value is not None
        assert upper is not None
        assert lower is not None
        assert lower - 1e-9 <= value <= upper + 1e-9


def test_figures_of_many_requests_differ_by_less_than_a_bin() -> None:
    random = np.random.default_rng(8)
    durations = random.lognormal(4, 1.4, 20_000)
    watched = random.uniform(200, 2000, 20_000)
    causes = np.where(durations <= watched, random.choice([1, 2, 3], 20_000, p=[0.9, 0.07, 0.03]), 0)
    seen = np.minimum(durations, watched)
    exact, binned = risk_table(seen, causes), LifeTable.of(seen, causes).risk
    for share in (0.25, 0.5, 0.75):
        a, b = kaplan_meier(exact).quantile(share), kaplan_meier(binned).quantile(share)
        assert a.value is not None
        assert a.value <= (b.value or 0) <= a.value * 1.011
    mean, mean_binned = (restricted_mean(kaplan_meier(t), 720) for t in (exact, binned))
    assert mean is not None
    assert mean_binned is not None
    assert mean.value <= mean_binned.value <= mean.value * 1.01
    share_exact, share_binned = (aalen_johansen(t, 1).at(72).value for t in (exact, binned))
    assert share_binned == pytest.approx(share_exact, abs=2e-4)
