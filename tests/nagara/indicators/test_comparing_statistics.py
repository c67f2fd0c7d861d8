"""Counts, funnels, equity, propensity, ranks and suppression against the published vectors and other packages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.rates import confint_poisson

from nagara.indicators import equity, funnel
from nagara.indicators.counts import (
    byar,
    exact_poisson,
    mean_of_counted,
    observed_expected,
    ratio_of_counts,
    weighted_rate,
)
from nagara.indicators.distributions import (
    binomial_cumulated,
    chi_squared_quantile,
    gamma_share,
    interpolated_binomial_share,
)
from nagara.indicators.equity import District
from nagara.indicators.multiplicity import benjamini_hochberg, rank_intervals, two_sided_p
from nagara.indicators.propensity import reporting_propensity
from nagara.indicators.standardisation import Stratum, strata_of, weighted_mean
from nagara.indicators.suppression import determined, is_unstable, rate_withheld, suppressed
from nagara.indicators.survival import kaplan_meier, restricted_mean, risk_table

NEAR = 1e-6
T = [2, 5, 5, 8, 12, 20, 20, 26, 30, 48, 48, 60, 72, 90]
E = [1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.05, 3000))
def test_chi_squared_and_gamma_are_those_of_scipy(share: float, degrees: float) -> None:
    expected = float(stats.chi2.ppf(share, degrees))
    if expected > 1e-12:  # below, the true quantile of a tiny shape is 0 to any precision that matters
        assert chi_squared_quantile(share, degrees) == pytest.approx(expected, rel=1e-9)
    x = degrees * share
    assert gamma_share(degrees / 2, x) == pytest.approx(float(stats.gamma.cdf(x, degrees / 2)), abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 800), st.floats(0.01, 0.99))
def test_binomial_is_that_of_scipy(n: int, p: float) -> None:
    assert binomial_cumulated(n, p) == pytest.approx(stats.binom.cdf(np.arange(n + 1), n, p), abs=1e-10)


def test_quantiles_of_what_is_none_are_refused() -> None:
    for call in (
        lambda: chi_squared_quantile(1.0, 3),
        lambda: gamma_share(0, 1),
        lambda: binomial_cumulated(-1, 0.5),
        lambda: exact_poisson(-1),
        lambda: funnel.spread([0.5], [0.1], 0.5),
        lambda: benjamini_hochberg([1.2]),
        lambda: rank_intervals([1.0], [-1.0]),
    ):
        with pytest.raises(ValueError, match=r"."):
            call()


def test_poisson_of_the_published_vector() -> None:
    found = exact_poisson(37)
    assert [found.low, found.high] == pytest.approx([26.0514146, 50.9996261], abs=NEAR)
    assert exact_poisson(0).low == 0
    assert exact_poisson(3, 0).value is None


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5000), st.floats(0.5, 1e6))
def test_poisson_agrees_with_statsmodels(count: int, exposure: float) -> None:
    low, high = confint_poisson(count, exposure, method="exact-c")
    found = exact_poisson(count, exposure)
    assert [found.low, found.high] == pytest.approx([low, high], rel=1e-8)


def test_indirect_standardisation_of_the_published_vector() -> None:
    found = observed_expected([63], [50, 30, 12], [0.85, 0.70, 0.50])
    assert found is not None
    assert found.expected == pytest.approx(69.5)
    assert found.ratio == pytest.approx(0.9064748, abs=NEAR)
    assert found.variance == pytest.approx(15.675)
    assert found.z == pytest.approx(-1.6417597, abs=NEAR)
    assert observed_expected([0], [0], [0.5]) is None
    exact, approximate = exact_poisson(37, 28.4), byar(37, 28.4)
    assert exact.value == pytest.approx(1.3028169, abs=NEAR)
    assert [exact.low, exact.high] == pytest.approx([0.9173033, 1.7957615], abs=NEAR)
    assert [approximate.low, approximate.high] == pytest.approx([0.9171818, 1.7958133], abs=NEAR)


def test_a_weighted_rate_of_one_stratum_is_garwoods() -> None:
    """With one stratum Fay and Feuer's limits are the exact ones; with more they cover a little more."""
    one, exact = weighted_rate([12], [400.0], [1.0]), exact_poisson(12, 400)
    assert [one.value, one.low, one.high] == pytest.approx([exact.value, exact.low, exact.high])
    two = weighted_rate([12, 3], [400.0, 50.0], [0.6, 0.4])
    assert two.value == pytest.approx(0.6 * 12 / 400 + 0.4 * 3 / 50)
    assert (two.low or 0) < (two.value or 0) < (two.high or 0)
    assert weighted_rate([0], [10.0], [1.0]).low == 0
    random = np.random.default_rng(4)
    true = 0.6 * 0.03 + 0.4 * 0.06
    covered = 0
    for _ in range(400):
        x = random.poisson([400 * 0.03, 50 * 0.06])
        found = weighted_rate([int(v) for v in x], [400.0, 50.0], [0.6, 0.4])
        covered += (found.low or 0) <= true <= (found.high or 0)
    assert covered >= 0.94 * 400


def test_standardised_mean_of_the_published_vector() -> None:
    groups = [restricted_mean(kaplan_meier(risk_table(T[i::2], E[i::2])), 48) for i in (0, 1)]
    strata = [Stratum(g.value, g.variance, w) for g, w in zip(groups, (0.7, 0.3), strict=True) if g]
    estimate, error = weighted_mean(strata, 48)
    assert estimate.value == pytest.approx(28.6857143, abs=NEAR)
    assert error == pytest.approx(5.4699203, abs=NEAR)


def test_small_codes_are_merged_into_their_class_before_they_are_dropped() -> None:
    classes = {"a": "fix", "b": "fix", "c": "fix", "d": "act"}
    assert strata_of({"a": 9, "b": 3, "c": 2, "d": 4}, classes, 5) == {"a": ("a",), "class:fix": ("b", "c")}


def test_funnel_of_the_published_vector() -> None:
    having, totals = [180, 95, 410, 60, 33, 250, 120], [220, 120, 480, 90, 60, 280, 130]
    found = funnel.share_funnel(having, totals)
    spread = found.spread
    assert found.target == pytest.approx(0.8318841, abs=NEAR)
    assert spread.z == pytest.approx(
        [-0.543459, -1.178063, 1.305422, -4.191227, -5.838621, 2.728232, 2.780332], abs=NEAR
    )
    assert [spread.winsorised.min(), spread.winsorised.max()] == pytest.approx(
        [-4.850185, 2.749072], abs=NEAR
    )
    assert spread.phi == pytest.approx(8.4969469, abs=NEAR)
    assert float((spread.z**2).mean()) == pytest.approx(10.0309548, abs=NEAR)
    assert spread.overdispersed
    assert spread.tau_squared == pytest.approx(0.0068616010, abs=1e-9)
    assert spread.z_adjusted == pytest.approx(
        [-0.158248, -0.448886, 0.263465, -1.801006, -2.940046, 0.710669, 1.023580], abs=NEAR
    )
    assert [spread.z_multiplicative[0], spread.z_multiplicative[4]] == pytest.approx(
        [-0.186439, -2.002990], abs=NEAR
    )
    assert found.verdicts[4] == "watch"
    assert set(found.verdicts) == {"usual", "watch"}
    assert [funnel.verdict(z) for z in (0.1, -2.5, 3.2)] == ["usual", "watch", "investigate"]


def test_binomial_limits_of_the_published_vector() -> None:
    target = 1148 / 1380
    fifty, many = funnel.binomial_limits(target, 50), funnel.binomial_limits(target, 200)
    assert [fifty.low_998, fifty.high_998] == pytest.approx([0.6418608, 0.9623288], abs=NEAR)
    assert [fifty.low_95, fifty.high_95] == pytest.approx([0.7112511, 0.9186829], abs=NEAR)
    assert [many.low_998, many.high_998] == pytest.approx([0.7430945, 0.9060615], abs=NEAR)
    assert funnel.share_limits(target, 50) == fifty  # n p (1 - p) is below 10 there
    normal = funnel.share_limits(target, 200)
    assert normal.high_95 == pytest.approx(
        target + 1.959964 * math.sqrt(target * (1 - target) / 200), abs=NEAR
    )
    assert interpolated_binomial_share(0.025, 10, 0.0) == 0


def test_cities_that_differ_by_chance_alone_are_not_overdispersed() -> None:
    random = np.random.default_rng(9)
    totals = random.integers(80, 900, 31)
    found = funnel.share_funnel([int(x) for x in random.binomial(totals, 0.8)], [int(n) for n in totals])
    assert found.spread.tau_squared == 0
    assert found.verdicts.count("investigate") == 0
    alike = funnel.share_funnel([10, 20], [10, 20])
    assert alike.verdicts == ("usual", "usual")


POPULATION = dict(zip("abcde", (120, 80, 200, 150, 50), strict=True))
DEPRIVATION = dict(zip("abcde", (0.1, 0.5, 0.3, 0.7, 0.9), strict=True))


def districts(values: tuple[float, ...], errors: tuple[float, ...] = (3, 6, 2.5, 3, 9)) -> list[District]:
    return [District(c, y, e, POPULATION[c], 100) for c, y, e in zip("abcde", values, errors, strict=True)]


HOURS = districts((30, 55, 35, 42, 70))


def test_equity_of_the_published_vector() -> None:
    found = equity.gaps(HOURS)
    assert found.mean == pytest.approx(41.3333333, abs=NEAR)
    assert found.mean_gap == pytest.approx(8.7555556, abs=NEAR)
    assert found.variance == pytest.approx(132.5555556, abs=NEAR)
    assert found.noise == pytest.approx(14.8638889, abs=NEAR)
    assert found.corrected == pytest.approx(117.6916667, abs=NEAR)
    assert found.typical == pytest.approx(10.8485790, abs=NEAR)
    assert list(found.shrinkage.values()) == pytest.approx(
        [0.928961, 0.765765, 0.949573, 0.928961, 0.592333], abs=NEAR
    )
    assert list(found.smoothed.values()) == pytest.approx(
        [30.805104, 51.798785, 35.319371, 41.952641, 58.313551], abs=NEAR
    )
    assert found.widest == 40
    assert equity.theil(HOURS) == pytest.approx(0.0356317, abs=NEAR)
    assert equity.mean_log_deviation(HOURS) == pytest.approx(0.0335440, abs=NEAR)
    assert equity.gini(HOURS) == pytest.approx(0.1426075, abs=NEAR)


def test_concentration_of_the_published_vector() -> None:
    waits = equity.by_deprivation(HOURS, DEPRIVATION)
    assert waits.concentration == pytest.approx(-0.1216398, abs=NEAR)
    assert waits.slope_of_inequality == pytest.approx(-32.2159597, abs=NEAR)
    kept = equity.by_deprivation(districts((0.91, 0.80, 0.86, 0.83, 0.70)), DEPRIVATION, bounded=True)
    assert kept.concentration == pytest.approx(0.0311439, abs=NEAR)
    assert kept.erreygers == pytest.approx(0.1047889, abs=NEAR)
    assert kept.wagstaff == pytest.approx(0.1960792, abs=NEAR)
    with pytest.raises(ValueError, match="no deprivation is stated for e"):
        equity.by_deprivation(HOURS, dict.fromkeys("abcd", 0.1))
    tied = equity.by_deprivation(HOURS, dict.fromkeys("abcde", 0.5))
    assert tied.concentration == pytest.approx(0)


def test_concentration_is_the_slope_of_a_weighted_regression() -> None:
    p = np.array(list(POPULATION.values())) / 600
    order = np.argsort([-DEPRIVATION[c] for c in "abcde"])
    ranks = np.zeros(5)
    ranks[order] = np.cumsum(p[order]) - p[order] / 2
    y = np.array([30, 55, 35, 42, 70.0])
    mean, spread = p @ y, p @ (ranks - p @ ranks) ** 2
    slope = np.polyfit(ranks, 2 * spread * y / mean, 1, w=np.sqrt(p))[0]
    assert equity.by_deprivation(HOURS, DEPRIVATION).concentration == pytest.approx(slope, abs=1e-9)


def test_noise_alone_is_no_inequality_and_limits_hold_the_value() -> None:
    random = np.random.default_rng(2)
    noisy = [District(str(i), float(random.normal(40, 8)), 8.0, 100) for i in range(12)]
    found = equity.gaps(noisy)
    assert found.variance > 20
    assert found.corrected < found.variance / 2
    estimate = equity.limits(HOURS, equity.theil)
    assert (estimate.low or 0) < (estimate.value or 0) < (estimate.high or 0)
    assert estimate == equity.limits(HOURS, equity.theil)


def test_theil_parts_add_up_to_the_whole() -> None:
    cities = {"x": HOURS[:3], "y": HOURS[3:]}
    found = equity.decompose(cities)
    assert found.total == pytest.approx(equity.theil(HOURS), abs=1e-12)
    assert found.between > 0


def test_equity_needs_enough_of_the_city() -> None:
    assert equity.why_not(HOURS, 600) is None
    assert "no population" in (equity.why_not(HOURS, None) or "")
    assert "fewer than 5" in (equity.why_not(HOURS[:4], 600) or "")
    assert "60%" in (equity.why_not(HOURS, 1000) or "")
    for bad in ([District("a", 1, 1, 0)], []):
        with pytest.raises(ValueError, match="population"):
            equity.gaps(bad)
    with pytest.raises(ValueError, match="above 0"):
        equity.theil([District("a", 0, 1, 10)])


def test_propensity_of_the_published_vector() -> None:
    found = reporting_propensity([3, 0, 1, 5], [48, 12, 30, 60])
    assert found is not None
    assert found.rate.value == pytest.approx(0.06)
    assert [found.rate.low, found.rate.high] == pytest.approx([0.0274358, 0.1138987], abs=NEAR)
    assert found.delay.value == pytest.approx(16.67, abs=0.01)
    assert reporting_propensity([], []) is None
    none_yet = reporting_propensity([0], [10])
    assert none_yet is not None
    assert none_yet.delay.value is None


def test_clustered_duplicates_have_wider_limits() -> None:
    found = reporting_propensity([30, 0, 0, 0, 0, 0], [10.0] * 6)
    assert found is not None
    exact = exact_poisson(30, 60)
    assert (found.dispersion or 0) > 1.5
    assert (found.rate.low or 0) < (exact.low or 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discoveries_are_those_of_statsmodels(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == multipletests(p_values, 0.05, method="fdr_bh")[0].tolist()


def test_two_sided_p() -> None:
    assert two_sided_p(-1.959964) == pytest.approx(0.05, abs=1e-6)


def test_ranks_of_alike_cities_are_open_and_of_distant_ones_settled() -> None:
    alike = rank_intervals([10.0] * 10, [2.0] * 10)
    assert all(r.low <= 2 and r.high >= 9 for r in alike)
    apart = rank_intervals([10.0, 50.0, 90.0], [1.0] * 3)
    assert [(r.low, r.high) for r in apart] == [(1, 1), (2, 2), (3, 3)]


def test_bootstraps_are_seeded_and_near_what_theory_says() -> None:
    ratio = ratio_of_counts(900, 1000)
    assert ratio == ratio_of_counts(900, 1000)
    spread = 1.96 * 0.9 * math.sqrt(1 / 900 + 1 / 1000)
    assert [ratio.low, ratio.high] == pytest.approx([0.9 - spread, 0.9 + spread], abs=0.02)
    mean = mean_of_counted([1, 2, 3, 4, 5], [10, 20, 30, 25, 15])
    values = np.repeat([1, 2, 3, 4, 5], [10, 20, 30, 25, 15])
    half = 1.96 * values.std(ddof=1) / 10
    assert mean.value == pytest.approx(values.mean())
    assert [mean.low, mean.high] == pytest.approx([values.mean() - half, values.mean() + half], abs=0.04)
    assert mean_of_counted([1], [0]).value is None
    assert ratio_of_counts(1, 0).value is None


tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 25), min_size=width, max_size=width), min_size=2, max_size=4
    )
)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_no_suppressed_count_can_be_worked_out(table: list[list[int]]) -> None:
    shown = suppressed(table)
    hidden = np.array([[cell is None for cell in row] for row in shown])
    assert all(cell is not None or hidden[r, c] for r, row in enumerate(shown) for c, cell in enumerate(row))
    small = [(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if 0 < n < 10]
    assert all(hidden[cell] for cell in small)
    assert not determined(hidden)
    assert not small or hidden.sum() >= 4


@settings(max_examples=80, deadline=None)
@given(tables)
def test_companions_leave_the_least_to_be_worked_out(table: list[list[int]]) -> None:
    """As trying each cell in its turn finds them, which takes seconds for a city of fifty districts."""
    counts = np.array(table)
    hidden = (counts > 0) & (counts < 10)
    while given := determined(hidden):
        costs = []
        for row, column in np.argwhere(~hidden).tolist():
            if not any(row == r or column == c for r, c in given):
                continue
            trial = hidden.copy()
            trial[row, column] = True
            size = int(counts[row, column])
            costs.append((len(determined(trial)), size == 0, size, row, column))
        _, _, _, row, column = min(costs)
        hidden[row, column] = True
    assert [[cell is None for cell in line] for line in suppressed(table)] == hidden.tolist()


def test_the_companions_of_a_small_count_are_the_next_smallest() -> None:
    shown = suppressed([[4, 30, 50], [25, 40, 60]])
    assert shown == [[None, None, 50], [None, None, 60]]
    other = [[5, 29, 50], [24, 41, 60]]  # fits the same totals: nobody can tell which it was
    assert [sum(row) for row in other] == [84, 125]
    assert [sum(column) for column in zip(*other, strict=True)] == [29, 70, 110]


def test_rates_of_few_and_unstable_figures_are_named() -> None:
    assert rate_withheld(19, 15) == "fewer than 20 cases"
    assert rate_withheld(40, 9) == "fewer than 10 events"
    assert rate_withheld(40, 10) is None
    assert is_unstable(15, math.sqrt(15))
    assert not is_unstable(16, 4.0)
