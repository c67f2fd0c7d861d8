"""Wilson and weighted shares against published vectors and statsmodels."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint

from nagara.indicators.proportions import median_by_order, quantile_by_order, wilson
from nagara.indicators.standardisation import Stratum, proportion_variance, weighted_share


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (171, 200, 0.7995133, 0.8971065),
        (9, 10, 0.5958500, 0.9821238),
        (0, 12, 0.0, 0.2424940),
        (12, 12, 0.7575060, 1.0),
    ],
)
def test_wilson_of_the_published_vector(k: int, n: int, low: float, high: float) -> None:
    found = wilson(k, n)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-6)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_statsmodels(pair: tuple[int, int]) -> None:
    low, high = proportion_confint(*pair, method="wilson")
    found = wilson(*pair)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-9)


def test_a_share_of_nothing_has_no_value_and_an_impossible_one_is_refused() -> None:
    assert wilson(0, 0).value is None
    for k, n in ((2, 1), (-1, 5)):
        with pytest.raises(ValueError, match="not a share"):
            wilson(k, n)


def test_weighted_share_of_the_published_vector() -> None:
    rows = [(40, 50, 0.5), (18, 30, 0.3), (5, 12, 0.2)]
    strata = [Stratum(x / n, proportion_variance(x, n), w) for x, n, w in rows]
    estimate, error = weighted_share(strata)
    assert estimate.value == pytest.approx(0.6633333, abs=1e-6)
    assert error == pytest.approx(0.0482720, abs=1e-6)
    assert [estimate.low, estimate.high] == pytest.approx([0.5632912, 0.7506044], abs=1e-6)


def test_a_full_share_has_an_honest_variance() -> None:
    assert proportion_variance(10, 10) > 0
    assert weighted_share([Stratum(1.0, 0.01, 1.0)])[0].high is None


def largest_rank(n: int) -> int:
    """Largest k with P(Binomial(n, 1/2) < k) <= 2.5 %, in whole numbers; 0 where there is none."""
    below, k, term = 0, 0, 1
    while (below + term) * 40 <= 2**n:
        below, k, term = below + term, k + 1, term * (n - k) // (k + 1)
    return k


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), min_size=1, max_size=30))
def test_median_limits_cover_by_the_binomial(rows: list[tuple[int, int]]) -> None:
    values = sorted(value for value, count in rows for _ in range(count))
    found = median_by_order([v for v, _ in rows], [c for _, c in rows])
    n = len(values)
    assert found.value == values[(n + 1) // 2 - 1]
    k = largest_rank(n)
    if k < 1:
        assert found.low is None
    else:
        assert (found.low, found.high) == (values[k - 1], values[n - k])


@pytest.mark.parametrize("n", [999, 1000, 1001, 25_000])
def test_median_ranks_of_many_are_within_one_of_exact(n: int) -> None:
    found = median_by_order(list(range(1, n + 1)), [1] * n)
    assert found.low is not None
    assert abs(found.low - largest_rank(n)) <= 1


@pytest.mark.parametrize("n", [20, 40, 131, 999, 1000, 25_000])
def test_nine_tenths_of_the_backlog_have_the_limits_of_exact_ranks(n: int) -> None:
    """Values 1 to n: a limit is its own rank. Exact below 1,000, within one rank above."""
    found = quantile_by_order(list(range(1, n + 1)), [1] * n, 0.9)
    assert found.value == math.ceil(0.9 * n - 1e-9)
    lower, upper = binom.ppf(0.025, n, 0.9), binom.ppf(0.975, n, 0.9) + 1
    near = 0 if n < 1000 else 1
    assert found.low == pytest.approx(lower, abs=near)
    if upper > n:
        assert found.high is None, "so few say nothing of how old the oldest may be"
    else:
        assert found.high == pytest.approx(upper, abs=near)
    together = quantile_by_order([5.0, 9.0, 7.0], [n, 0, 0], 0.9)
    assert (together.value, together.low) == (5.0, 5.0)
