"""The estimators against published vectors and, on random data, against lifelines and statsmodels."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_times, restricted_mean_survival_time
from statsmodels.duration.survfunc import SurvfuncRight

from nagara.indicators.survival import (
    NOT_ACTIONABLE,
    RESOLVED,
    aalen_johansen,
    kaplan_meier,
    restricted_mean,
    restricted_time_wanting,
    risk_table,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::lifelines.exceptions.ApproximationWarning"),
    pytest.mark.filterwarnings("ignore:The maximum number of subdivisions"),
]

T = [2, 5, 5, 8, 12, 20, 20, 26, 30, 48, 48, 60, 72, 90]
E = [1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0]
CAUSE = [1, 1, 2, 0, 1, 1, 0, 2, 1, 1, 0, 0, 1, 0]

observations = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([0, 1]), st.integers(1, 5)), min_size=2, max_size=60
)


@pytest.mark.parametrize(
    ("hours", "share"),
    [
        (2, 0.928571),
        (5, 0.785714),
        (12, 0.707143),
        (20, 0.628571),
        (26, 0.538776),
        (30, 0.448980),
        (48, 0.359184),
        (72, 0.179592),
    ],
)
def test_product_limit_of_the_published_vector(hours: float, share: float) -> None:
    assert kaplan_meier(risk_table(T, E)).at(hours).value == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(
    ("hours", "low", "high"),
    [
        (5, 0.472464, 0.925365),
        (20, 0.322721, 0.826450),
        (30, 0.174242, 0.692816),
        (48, 0.115602, 0.615133),
    ],
)
def test_log_log_band_of_the_published_vector(hours: float, low: float, high: float) -> None:
    found = kaplan_meier(risk_table(T, E)).at(hours)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-6)


def test_quantiles_of_the_published_vector() -> None:
    curve = kaplan_meier(risk_table(T, E))
    median = curve.quantile(0.5)
    assert (median.value, median.low, median.high) == (30, 5, None)
    assert (curve.quantile(0.25).value, curve.quantile(0.75).value) == (12, 72)
    assert curve.quantile(0.9).value is None


@pytest.mark.parametrize(
    ("tau", "mean", "variance"),
    [
        (24, 18.4571428571, 4.9319300292),
        (48, 29.9510204082, 24.8443189147),
        (72, 38.5714285714, 60.7956934611),
    ],
)
def test_restricted_mean_of_the_published_vector(tau: float, mean: float, variance: float) -> None:
    found = restricted_mean(kaplan_meier(risk_table(T, E)), tau)
    assert found is not None
    assert found.value == pytest.approx(mean, abs=1e-9)
    assert found.variance == pytest.approx(variance, abs=1e-8)


@pytest.mark.parametrize(("tau", "trap"), [(24, 67.9910), (48, 325.5037), (72, 769.2456)])
def test_lifelines_variance_is_of_a_lifetime_not_of_the_mean(tau: float, trap: float) -> None:
    """What looks like the variance of the estimate there is the variance of min(T, tau): far too wide."""
    fitted = KaplanMeierFitter().fit(T, E)
    _, theirs = restricted_mean_survival_time(fitted, t=tau, return_variance=True)
    ours = restricted_mean(kaplan_meier(risk_table(T, E)), tau)
    assert theirs == pytest.approx(trap, abs=1e-2)
    assert ours is not None
    assert theirs > 10 * ours.variance


def test_competing_closures_of_the_published_vector() -> None:
    table = risk_table(T, CAUSE)
    resolved, other = aalen_johansen(table, RESOLVED), aalen_johansen(table, NOT_ACTIONABLE)
    assert [resolved.at(t).value for t in (24, 48, 72)] == pytest.approx([0.3, 0.479592, 0.659184], abs=1e-6)
    assert [other.at(t).value for t in (24, 48)] == pytest.approx([0.071429, 0.161224], abs=1e-6)
    naive = kaplan_meier(table, RESOLVED).at(48).value
    assert naive is not None
    assert 1 - naive == pytest.approx(0.542857, abs=1e-6)


def test_difference_of_two_groups_of_the_published_vector() -> None:
    even = restricted_mean(kaplan_meier(risk_table(T[::2], E[::2])), 48)
    odd = restricted_mean(kaplan_meier(risk_table(T[1::2], E[1::2])), 48)
    assert even is not None
    assert odd is not None
    assert [even.value, even.variance] == pytest.approx([26.7142857, 53.4169096])
    assert [odd.value, odd.variance] == pytest.approx([33.2857143, 41.6193586])
    assert even.value - odd.value == pytest.approx(-6.5714286)
    assert math.sqrt(even.variance + odd.variance) == pytest.approx(9.7486547)


@settings(max_examples=40, deadline=None)
@given(observations)
def test_curve_band_and_quantiles_agree_with_lifelines(rows: list[tuple[int, int, int]]) -> None:
    durations, events, counts = map(np.array, zip(*rows, strict=True))
    assume(events.any())
    curve = kaplan_meier(risk_table(durations, events, counts))
    theirs = KaplanMeierFitter().fit(durations, events, weights=counts)
    shares, band = theirs.survival_function_["KM_estimate"], theirs.confidence_interval_
    for time in curve.times:
        ours = curve.at(time)
        assert ours.value == pytest.approx(shares[time], abs=1e-9)
        assert [ours.low, ours.high] == pytest.approx(list(band.loc[time]), abs=1e-8)
    for share in (0.25, 0.5, 0.9):
        level = 1 - share
        nearly = (np.abs(np.concatenate([curve.survival, curve.lower, curve.upper]) - level) < 1e-9).any()
        if nearly:
            continue  # a curve that touches the level is decided by rounding there
        limits = qth_survival_times([level], band).to_numpy().ravel()
        expected = [theirs.percentile(level), limits[0], limits[1]]
        found = curve.quantile(share)
        ours_or_inf = [math.inf if t is None else t for t in (found.value, found.low, found.high)]
        assert ours_or_inf == expected


@settings(max_examples=40, deadline=None)
@given(observations)
def test_median_limits_agree_with_statsmodels(rows: list[tuple[int, int, int]]) -> None:
    durations = np.repeat([row[0] for row in rows], [row[2] for row in rows])
    events = np.repeat([row[1] for row in rows], [row[2] for row in rows])
    assume(events.sum() >= 2)
    curve = kaplan_meier(risk_table(durations, events))
    found = curve.quantile(0.5)
    if (np.abs(np.concatenate([curve.lower, curve.upper, curve.survival]) - 0.5) < 1e-9).any():
        return  # a curve that touches one half is decided by rounding there
    limits = SurvfuncRight(durations, events).quantile_ci(0.5)
    if np.isnan(limits).any():
        return  # it divides by a standard error of 0 where the curve reaches 0
    assert [math.inf if t is None else t for t in (found.low, found.high)] == list(limits)


@settings(max_examples=30, deadline=None)
@given(observations, st.integers(1, 45))
def test_restricted_mean_agrees_with_lifelines_area(rows: list[tuple[int, int, int]], tau: int) -> None:
    durations, events, counts = map(np.array, zip(*rows, strict=True))
    found = restricted_mean(kaplan_meier(risk_table(durations, events, counts)), tau)
    longest = durations.max()
    open_end = not events[durations == longest].all()
    if longest < tau and open_end and found is None:
        return
    assert found is not None
    theirs = restricted_mean_survival_time(KaplanMeierFitter().fit(durations, events, weights=counts), t=tau)
    assert found.value == pytest.approx(theirs, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from([0, 1, 2, 3])), min_size=5, max_size=50))
def test_incidences_and_survival_add_up(rows: list[tuple[int, int]]) -> None:
    table = risk_table([row[0] for row in rows], [row[1] for row in rows])
    curve = kaplan_meier(table)
    for time in curve.times:
        shares = [aalen_johansen(table, cause).at(time).value for cause in (1, 2, 3)]
        assert sum(share or 0 for share in shares) + (curve.at(time).value or 0) == pytest.approx(1)


def test_incidence_agrees_with_lifelines_without_ties() -> None:
    random = np.random.default_rng(11)
    durations = random.permutation(np.arange(1, 401)) / 3
    causes = random.choice([0, 1, 2, 3], size=400, p=[0.3, 0.5, 0.15, 0.05])
    ours = aalen_johansen(risk_table(durations, causes), RESOLVED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = AalenJohansenFitter().fit(durations, causes, event_of_interest=1)
    for time in durations[::20]:
        expected = float(theirs.cumulative_density_.loc[:time].iloc[-1, 0])
        assert ours.at(time).value == pytest.approx(expected, abs=1e-9)
        # Its variance is the delta method's (n for n - 1 in places): near, and not equal.
        assert ours.variance_at(time) == pytest.approx(
            float(theirs.variance_.loc[:time].iloc[-1]), rel=0.02, abs=1e-9
        )


def test_aalen_variance_is_the_formula_written_out() -> None:
    random = np.random.default_rng(5)
    durations, causes = random.integers(1, 15, 80), random.choice([0, 1, 2], 80)
    table = risk_table(durations, causes)
    curve = aalen_johansen(table, RESOLVED)
    times, n, d = curve.times, [], []
    for time in times:
        n.append(int((durations >= time).sum()))
        d.append([int(((durations == time) & (causes == k)).sum()) for k in (1, 2)])
    before = [1.0]
    for (n_j, d_j), _ in pairwise([*zip(n, d, strict=True), (0, [0, 0])]):
        before.append(before[-1] * (n_j - sum(d_j)) / n_j)
    for last in range(len(times)):
        total = 0.0
        for j in range(last + 1):
            (own, any_), rise = (d[j][0], sum(d[j])), curve.incidence[last] - curve.incidence[j]
            if n[j] > any_:
                total += rise**2 * any_ / ((n[j] - 1) * (n[j] - any_))
                total -= 2 * rise * before[j] * own * (n[j] - own) / (n[j] * (n[j] - any_) * (n[j] - 1))
            if n[j] > 1:
                total += before[j] ** 2 * own * (n[j] - own) / (n[j] ** 2 * (n[j] - 1))
        assert curve.variance[last] == pytest.approx(total, abs=1e-12)


def test_without_censoring_the_incidence_has_the_variance_of_a_share() -> None:
    random = np.random.default_rng(3)
    durations, causes = random.uniform(1, 50, 500), random.choice([1, 2], 500)
    curve = aalen_johansen(risk_table(durations, causes), RESOLVED)
    share = float(np.mean((durations <= 20) & (causes == 1)))
    assert curve.at(20).value == pytest.approx(share)
    assert curve.variance_at(20) == pytest.approx(share * (1 - share) / 500, rel=0.02)


def test_counts_are_the_same_as_repeated_rows() -> None:
    counts = [3, 1, 2, 5, 1, 2, 1, 1, 4, 1, 1, 2, 1, 3]
    weighted = risk_table(T, CAUSE, counts)
    repeated = risk_table(np.repeat(T, counts), np.repeat(CAUSE, counts))
    assert np.array_equal(weighted.removed, repeated.removed)
    assert np.array_equal(weighted.at_risk, repeated.at_risk)


def test_an_empty_group_and_one_without_events_have_no_quantile() -> None:
    for table in (risk_table([], []), risk_table([5, 6], [0, 0])):
        assert kaplan_meier(table).quantile(0.5).value is None
        assert kaplan_meier(table).at(1).value == 1
        assert aalen_johansen(table, 1).at(100).value == 0
        assert restricted_mean(kaplan_meier(table), 10) is None


def test_the_area_is_known_where_everything_ended_before_tau() -> None:
    found = restricted_mean(kaplan_meier(risk_table([2, 4], [1, 1])), 100)
    assert found is not None
    assert found.value == 3
    estimate = found.estimate(2.5)
    assert estimate.high == 2.5


@pytest.mark.parametrize(
    ("durations", "causes", "counts"),
    [([-1], [0], [1]), ([math.nan], [0], [1]), ([math.inf], [1], [1]), ([1], [4], [1]), ([1], [0], [-1])],
)
def test_faulty_observations_are_refused(
    durations: list[float], causes: list[int], counts: list[int]
) -> None:
    with pytest.raises(ValueError, match="must"):
        risk_table(durations, causes, counts)


def test_median_limits_agree_with_lifelines_on_the_vector() -> None:
    fitted = KaplanMeierFitter().fit(T, E)
    limits = median_survival_times(fitted.confidence_interval_).to_numpy().ravel()
    assert list(limits) == [5, math.inf]


def test_time_in_which_one_cause_ends_nothing_is_tau_less_the_area_of_the_others() -> None:
    """By hand from the published vector: 48 less the steps of cause 1, each times the hours left to 48."""
    table = risk_table(T, CAUSE)
    curve = aalen_johansen(table, 1)
    steps = np.diff(np.concatenate(([0.0], curve.incidence)))
    left = np.clip(48 - curve.times, 0, None)
    found = restricted_time_wanting(table, 48)
    assert found is not None
    assert found.value == pytest.approx(48 - float(steps @ left), abs=1e-9)
    plain, same = (
        restricted_mean(kaplan_meier(risk_table(T, E)), 48),
        restricted_time_wanting(risk_table(T, E), 48),
    )
    assert plain is not None and same is not None
    assert found.value > plain.value == pytest.approx(29.9510204082)
    assert (same.value, same.variance) == pytest.approx((29.9510204082, 24.8443189147))
    assert restricted_time_wanting(table, 91) is None, "the longest was watched for 90 hours"


def test_variance_of_that_time_is_a_means_without_censoring_and_the_bootstraps_with_it() -> None:
    random = np.random.default_rng(5)
    hours = np.ceil(random.exponential(200, 400))
    causes = random.choice([1, 1, 1, 2], 400)
    restricted = np.where(causes == 2, 720.0, np.minimum(hours, 720.0))
    whole = restricted_time_wanting(risk_table(hours, causes), 720)
    assert whole is not None
    assert whole.value == pytest.approx(restricted.mean())
    assert whole.variance == pytest.approx(restricted.var() / 400)
    watched = np.ceil(random.uniform(100, 1500, 400))
    seen, ends = np.minimum(hours, watched), np.where(hours <= watched, causes, 0)
    drawn = []
    for _ in range(400):
        chosen = random.integers(0, 400, 400)
        again = restricted_time_wanting(risk_table(seen[chosen], ends[chosen]), 720)
        drawn.append(again.value if again else np.nan)
    found = restricted_time_wanting(risk_table(seen, ends), 720)
    assert found is not None
    assert found.standard_error == pytest.approx(float(np.nanstd(drawn)), rel=0.15)
