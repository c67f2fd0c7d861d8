"""Times of which some are not yet known: Kaplan-Meier, restricted mean, Aalen-Johansen.

An open request is not left out, as an average over closed ones would; it is *censored*: known to have
lasted at least so long. The same functions take exact observations (every count 1) and life tables (a
duration per bin, with counts). Durations are hours; 0 as cause means censored. Somebody censored at t is
at risk at t. Every interval is 95 %, pointwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nagara.indicators.proportions import NOTHING, Estimate, Z

Floats = npt.NDArray[np.float64]
CENSORED, RESOLVED, NOT_ACTIONABLE, WITHDRAWN = 0, 1, 2, 3
CAUSES = 4
FORGIVEN = 1e-12
"""Rounding that a comparison of probabilities forgives: a curve that is 0.5 on paper counts as 0.5."""


@dataclass(frozen=True)
class RiskTable:
    """Distinct times in ascending order, how many were at risk at each, and what happened there."""

    times: Floats
    at_risk: Floats
    removed: Floats
    """One row per time, one column per cause; column 0 counts the censored."""

    @cached_property
    def total(self) -> int:
        """Observations in all."""
        return int(self.at_risk[0]) if len(self.at_risk) else 0

    def events(self, cause: int | None = None) -> Floats:
        """Events at each time: of one cause, or of any."""
        return self._ended if cause is None else self.removed[:, cause]

    @cached_property
    def _ended(self) -> Floats:
        ended: Floats = sum(self.removed.T[1:], np.zeros(len(self.times)))  # whole: exact in any order
        return ended

    def at_risk_at(self, time: float) -> int:
        """How many were still under observation and unfinished at a time (those ending there included)."""
        index = int(np.searchsorted(self.times, time, side="left"))
        return int(self.at_risk[index]) if index < len(self.times) else 0

    def followed_at(self, times: Sequence[float]) -> list[int]:
        """``at_risk_at`` for many times at once."""
        index = np.searchsorted(self.times, times, side="left")
        followed: list[int] = np.append(self.at_risk, 0)[index].astype(np.int64).tolist()
        return followed

    def finished_by(self, cause: int) -> IncidenceCurve:
        """The share finished by a cause while others compete, reckoned once."""
        found = self._finished.get(cause)
        if found is None:
            found = self._finished[cause] = aalen_johansen(self, cause)
        return found

    def upto(self, time: float) -> RiskTable:
        """What happened until a time, that time included: all that a curve at it rests on."""
        found = self._upto.get(time)
        if found is None:
            end = int(np.searchsorted(self.times, time, side="right"))
            found = RiskTable(self.times[:end], self.at_risk[:end], self.removed[:end])
            self._upto[time] = found
        return found

    @cached_property
    def _upto(self) -> dict[float, RiskTable]:
        return {}

    @cached_property
    def _finished(self) -> dict[int, IncidenceCurve]:
        return {}

    def censored_before(self, time: float) -> int:
        """How many left observation, unfinished, before a time."""
        return int(self.removed[: int(np.searchsorted(self.times, time, side="left")), CENSORED].sum())


def risk_table(
    durations: npt.ArrayLike, causes: npt.ArrayLike, counts: npt.ArrayLike | None = None
) -> RiskTable:
    """Sort observations into a risk table.

    Raises ValueError for a negative or infinite duration, an unknown cause or a negative count: such rows
    are a fault of the data and must be counted out before.
    """
    hours = np.asarray(durations, dtype=np.float64)
    cause = np.asarray(causes, dtype=np.int64)
    weight = np.ones(len(hours)) if counts is None else np.asarray(counts, dtype=np.float64)
    if not np.all(np.isfinite(hours) & (hours >= 0)):
        raise ValueError("durations must be finite and not negative")
    if not np.all((cause >= 0) & (cause < CAUSES)):
        raise ValueError(f"causes must be 0 to {CAUSES - 1}")
    if not np.all(weight >= 0):
        raise ValueError("counts must not be negative")
    kept = weight > 0
    times, where = np.unique(hours[kept], return_inverse=True)
    cells = np.bincount(where * CAUSES + cause[kept], weights=weight[kept], minlength=len(times) * CAUSES)
    removed = cells.reshape(len(times), CAUSES).astype(np.float64)
    leaving = removed.sum(axis=1)
    at_risk = leaving[::-1].cumsum()[::-1]
    return RiskTable(times, at_risk, removed)


@dataclass(frozen=True)
class SurvivalCurve:
    """Share not yet finished after each event time, with Greenwood's sum and the log(-log) band."""

    times: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    greenwood: Floats
    last_time: float
    """Longest observation; the curve says nothing beyond it unless it has reached 0."""

    @cached_property
    def _limits(self) -> tuple[Floats, Floats]:
        return _log_log_limits(self.survival, np.sqrt(self.greenwood) * self.survival)

    @property
    def lower(self) -> Floats:
        """The band's lower limit after each event time; like the upper reckoned when it is asked for."""
        return self._limits[0]

    @property
    def upper(self) -> Floats:
        """The band's upper limit after each event time."""
        return self._limits[1]

    def at(self, time: float) -> Estimate:
        """S(time) with its limits; 1 before the first event."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0:
            return Estimate(1.0, 1.0, 1.0)
        return Estimate(float(self.survival[index]), float(self.lower[index]), float(self.upper[index]))

    def at_all(self, times: Sequence[float]) -> Floats:
        """``at`` for many times at once: a row for each of value, lower and upper limit."""
        index = np.searchsorted(self.times, times, side="right")
        return np.array([np.append(1.0, ends)[index] for ends in (self.survival, self.lower, self.upper)])

    def quantile(self, share: float) -> Estimate:
        """Time by which this share has finished: the smallest t with S(t) <= 1 - share.

        The limits are the times at which the band crosses 1 - share. None where never reached.
        """
        level = 1 - share + FORGIVEN
        return Estimate(*(self._first_at_most(c, level) for c in (self.survival, self.lower, self.upper)))

    def _first_at_most(self, heights: Floats, level: float) -> float | None:
        reached = np.flatnonzero(heights <= level)
        return float(self.times[reached[0]]) if len(reached) else None


def kaplan_meier(table: RiskTable, cause: int | None = None) -> SurvivalCurve:
    """Product-limit estimate of the share not finished; with a cause given, other causes censor.

    Variance by Greenwood, limits S^exp(+-z sqrt(G) / ln S); where S is 0 both limits are 0.
    """
    happened = table.events(cause)
    kept = happened > 0
    events, at_risk = happened[kept], table.at_risk[kept]
    survival = np.cumprod((at_risk - events) / at_risk, dtype=np.float64)
    left = at_risk - events
    terms = np.divide(events, at_risk * left, out=np.zeros_like(events), where=left > 0)
    greenwood = np.cumsum(terms, dtype=np.float64)
    last = float(table.times[-1]) if len(table.times) else 0.0
    return SurvivalCurve(table.times[kept], at_risk, events, survival, greenwood, last)


@dataclass(frozen=True)
class RestrictedMean:
    """Mean hours until finished, none counted longer than tau, and the variance of that mean."""

    value: float
    variance: float

    @property
    def standard_error(self) -> float:
        """Square root of the variance, in hours."""
        return float(np.sqrt(self.variance))

    def estimate(self, tau: float) -> Estimate:
        """The value with value +- z standard errors, kept within 0 and tau."""
        half = Z * self.standard_error
        return Estimate(self.value, max(0.0, self.value - half), min(tau, self.value + half))


def restricted_mean(curve: SurvivalCurve, tau: float) -> RestrictedMean | None:
    """Area under the curve to tau, with the variance of that area (not of a single restricted lifetime).

    Variance: sum over event times t_j <= tau of A_j^2 d_j / (n_j (n_j - d_j)), A_j the area from t_j to tau.
    None where the longest observation is shorter than tau and unfinished: the area is then not known.
    """
    ends_open = not len(curve.survival) or curve.survival[-1] > 0
    if curve.last_time < tau and ends_open:
        return None
    upto = int(np.searchsorted(curve.times, tau, side="right"))
    edges = np.concatenate(([0.0], curve.times[:upto], [tau]))
    pieces = edges[1:] - edges[:-1]
    pieces[1:] *= curve.survival[:upto]
    area = float(pieces.sum())
    beyond = pieces[1:][::-1].cumsum()[::-1]
    increments = curve.greenwood[:upto].copy()
    increments[1:] -= curve.greenwood[: max(0, upto - 1)]
    return RestrictedMean(area, float((beyond**2 * increments).sum()))


def restricted_time_wanting(
    table: RiskTable, tau: float, wanting: int = NOT_ACTIONABLE
) -> RestrictedMean | None:
    """Mean hours until finished otherwise than by one cause, none counted longer than tau; that cause ends no waiting.

    tau less the area under the incidence F of the other causes: an issue of the cause ``wanting`` counts tau. Without
    such issues it is ``restricted_mean``. Variance by the delta method over the hazards of both kinds at every time,
    which with nothing censored is the plain variance of a mean; F competes as in Aalen and Johansen (1978). None where
    the longest observation is shorter than tau and unfinished.
    """
    any_cause = table.events()
    kept = any_cause > 0
    n, ended, other = table.at_risk[kept], any_cause[kept], table.events(wanting)[kept]
    before = np.concatenate(([1.0], np.cumprod((n - ended) / n)))
    last = float(table.times[-1]) if len(table.times) else 0.0
    if last < tau and before[-1] > 0:
        return None
    upto = table.times[kept] <= tau
    n, ended, other, left = n[upto], ended[upto], other[upto], tau - table.times[kept][upto]
    own, still = ended - other, before[:-1][upto]
    gains = still * own / n * left
    later = gains.sum() - gains.cumsum()
    lost = np.divide(later * n, n - ended, out=np.zeros_like(later), where=n > ended)
    finished = still * left - lost
    variance = (
        finished**2 * own * (n - own) + lost**2 * other * (n - other) + 2 * finished * lost * own * other
    ) / n**3
    return RestrictedMean(float(tau - gains.sum()), float(variance.sum()))


@dataclass(frozen=True)
class IncidenceCurve:
    """Share finished by one cause up to each event time, with Aalen's variance and log(-log) limits."""

    times: Floats
    incidence: Floats
    before: Floats
    """Share not finished by any cause just before each event time."""
    own: Floats
    events: Floats
    at_risk: Floats

    @cached_property
    def variance(self) -> Floats:
        """Aalen's variance after each event time; reckoned when it is asked for."""
        return _aalen_variance(self.incidence, self.before, self.own, self.events, self.at_risk)

    @cached_property
    def _limits(self) -> tuple[Floats, Floats]:
        return _log_log_limits(self.incidence, np.sqrt(self.variance))

    @property
    def lower(self) -> Floats:
        """The band's lower limit after each event time; like the upper reckoned when it is asked for."""
        return self._limits[0]

    @property
    def upper(self) -> Floats:
        """The band's upper limit after each event time."""
        return self._limits[1]

    def at(self, time: float) -> Estimate:
        """F(time) with its limits; before the first event of the cause 0 with no interval."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0 or self.incidence[index] == 0:
            return Estimate(0.0, None, None)
        one = slice(index, index + 1)
        low, high = _log_log_limits(self.incidence[one], np.sqrt(self.variance[one]))
        return Estimate(float(self.incidence[index]), float(low[0]), float(high[0]))

    def value_at(self, time: float) -> float:
        """F(time) without its limits."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        return float(self.incidence[index]) if index >= 0 else 0.0

    def at_all(self, times: Sequence[float]) -> Floats:
        """F at many times; 0 before the first event."""
        found: Floats = np.append(0.0, self.incidence)[np.searchsorted(self.times, times, side="right")]
        return found

    def variance_at(self, time: float) -> float:
        """Variance of F(time); 0 before the first event."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        return float(self.variance[index]) if index >= 0 else 0.0


def aalen_johansen(table: RiskTable, cause: int) -> IncidenceCurve:
    """Share finished by a cause while other causes compete; ties are taken as they are.

    Censoring the other causes instead would overstate it. F_k(t) sums S(t_j-) d_kj / n_j; the limits are
    F^exp(+-z se / (F ln F)) with se by Aalen (1978).
    """
    any_cause = table.events()
    kept = any_cause > 0
    events, own, at_risk = any_cause[kept], table.events(cause)[kept], table.at_risk[kept]
    before = np.concatenate(([1.0], np.cumprod((at_risk - events) / at_risk)))[:-1]
    incidence = np.cumsum(before * own / at_risk)
    return IncidenceCurve(table.times[kept], incidence, before, own, events, at_risk)


def _aalen_variance(f: Floats, before: Floats, own: Floats, events: Floats, at_risk: Floats) -> Floats:
    """Aalen's variance of the incidence at every event time, in one pass.

    The squares (F(t) - F(t_j))^2 are multiplied out, so that running sums serve all times at once. A term
    whose risk set empties is 0: the incidence does not change after it.
    """
    left, others = at_risk - events, at_risk - 1

    def ratio(numerator: Floats, denominator: Floats) -> Floats:
        return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)

    squared = ratio(events, others * left)
    jump = ratio(before**2 * own * (at_risk - own), at_risk**2 * others)
    cross = ratio(before * own * (at_risk - own), at_risk * left * others)
    first = f**2 * squared.cumsum() - 2 * f * (squared * f).cumsum() + (squared * f**2).cumsum()
    third = f * cross.cumsum() - (cross * f).cumsum()
    variance: Floats = np.maximum(0.0, first + jump.cumsum() - 2 * third)
    return variance


def _log_log_limits(share: Floats, standard_error: Floats) -> tuple[Floats, Floats]:
    """Limits share^exp(+-z se / (share ln share)), which stay within 0 and 1; at 0 and 1 the share itself."""
    inside = (share > 0) & (share < 1)
    s, se = share[inside], standard_error[inside]
    spread = Z * se / (s * np.log(s))
    lower, upper = share.copy(), share.copy()
    with np.errstate(over="ignore"):  # a share next to 1 may have its limits at 0 and 1: that is meant
        lower[inside], upper[inside] = s ** np.exp(-spread), s ** np.exp(spread)
    return lower, upper


__all__ = [
    "CAUSES",
    "CENSORED",
    "NOTHING",
    "NOT_ACTIONABLE",
    "RESOLVED",
    "WITHDRAWN",
    "IncidenceCurve",
    "RestrictedMean",
    "RiskTable",
    "SurvivalCurve",
    "aalen_johansen",
    "kaplan_meier",
    "restricted_mean",
    "restricted_time_wanting",
    "risk_table",
]
