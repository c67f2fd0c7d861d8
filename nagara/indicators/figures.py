"""The published figures of a group of cells: values with limits, or the reason why there is none.

Pure: cells and the facts of the network's codes in, JSON-able figures out. A figure below its minimum is
withheld and says so; it is never shown as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from city_config.schema import NetworkCode
from nagara.indicators.cells import ANSWERS, Cell
from nagara.indicators.counts import mean_of_counted
from nagara.indicators.definitions import (
    CODE_MIX_COVERAGE,
    DEFINITIONS,
    ENOUGH_AT_RISK,
    MATURE_SHARE,
    RESTRICTED_HOURS,
    SMALLEST_STRATUM,
    UNKNOWN_OUTCOMES,
)
from nagara.indicators.figure import NONE, Figure, figure, share, too_few
from nagara.indicators.handling import handling_figures, quality_figures
from nagara.indicators.life_table import LifeTable
from nagara.indicators.proportions import NOTHING, Estimate, median_by_order, quantile_by_order
from nagara.indicators.standardisation import Stratum, proportion_variance, weighted_share
from nagara.indicators.survival import (
    RESOLVED,
    RiskTable,
    kaplan_meier,
    restricted_mean,
)

ALL_CODES = "all"
NO_REPORTS = "no reports in this period"
NO_ANSWERS = "the imported records hold no answers before the closing"

PROMISES = ("published", "internal", "reference")
Codes = Mapping[str, NetworkCode]


def figures_of(
    cells: Mapping[str, Cell],
    codes: Codes,
    ever: Mapping[str, Cell] | None = None,
    compared: Cell | None = None,
) -> dict[str, Figure]:
    """All figures of the cells given by network code: of one code, or pooled over several.

    Over several codes, only those enter a figure whose comparability allows it. What another body's
    network must repair (class util) has no place in times of resolution, promises and backlog; a code the
    network does not know is counted in volumes alone. The backlog is told of ``ever`` where it is given: the cells of
    every month. ``compared``: the cells added up whose resolution compares, where that was done already.
    """
    sums: dict[frozenset[str], Cell] = {}

    def together(some: Mapping[str, Cell]) -> Cell:
        key = frozenset(some)
        if key not in sums:
            sums[key] = Cell.merged(some.values())
        return sums[key]

    whole = together(cells)
    answered = _comparable(cells, codes, "AB")
    own = own_work(cells, codes)
    alone = len(cells) == 1
    resolved = own if alone else _comparable(own, codes, "A")
    pooled = compared if compared is not None and not alone else together(resolved)
    promised = together(own)
    figures = {"N1": _count(whole.count("reports")), "N11": _reports_per_issue(whole)}
    figures |= _first_answer(together(answered))
    figures |= _time_to_closure(pooled.table("resolution"))
    figures["N3a.share"] = within_reference(resolved, codes, "resolution")
    figures["N3b.share"] = within_reference(resolved, codes, "sustained")
    figures |= {f"N4.{standard}": _kept(promised, standard) for standard in PROMISES}
    figures |= _backlog(promised) if ever is None else backlog_figures(ever, codes)
    figures |= handling_figures(whole, pooled, promised)
    figures |= quality_figures(whole, cells["other"].count("issues") if "other" in cells else 0)
    return figures | _not_compared(cells, answered, resolved)


def within_reference(
    cells: Mapping[str, Cell], codes: Codes, table: str, weights: Mapping[str, float] | None = None
) -> Figure:
    """Share resolved within each code's reference time, over codes by weight (the group's own mix if None).

    With one code the plain Aalen-Johansen value and its log(-log) limits.
    """
    tables = {
        code: cell.table(table)
        for code, cell in sorted(cells.items())
        if codes[code].reference_hours is not None and cell.table(table)
    }
    n, closed = sum(t.total for t in tables.values()), sum(t.ended() for t in tables.values())
    reason = too_few("N3a.share", n, closed)
    if reason:
        return Figure(None, None, None, n, closed, reason)
    provisional = not _mature_together(tables.values())
    if len(cells) == 1 and weights is None:
        ((code, only),) = tables.items()
        estimate, reason = _share_at(only, codes[code].reference_hours or 0.0)
        return figure(estimate, n, only.ended(RESOLVED), reason, provisional)
    wanted = weights or {code: float(t.total) for code, t in tables.items()}
    strata = {
        code: stratum_at_reference(tables[code], codes[code], wanted[code])
        for code in tables
        if code in wanted
    }
    usable = {code: stratum for code, stratum in strata.items() if stratum is not None}
    coverage = sum(wanted[code] for code in usable) / sum(wanted.values()) if wanted else 0.0
    if coverage < CODE_MIX_COVERAGE:
        reason = (
            f"codes with enough requests cover {coverage:.0%} of the mix, less than {CODE_MIX_COVERAGE:.0%}"
        )
        return Figure(None, None, None, n, closed, reason)
    estimate, _ = weighted_share(list(usable.values()))
    resolved = sum(t.ended(RESOLVED) for t in tables.values())
    note = f"{len(usable)} codes, {coverage:.0%} of the mix"
    return figure(estimate, n, resolved, None, provisional, note)


def is_mature(risk: RiskTable, hours: float) -> bool:
    """Whether at least 90 % have closed or were followed for so long."""
    return risk.total > 0 and 1 - risk.censored_before(hours) / risk.total >= MATURE_SHARE


def _mature_together(tables: Iterable[LifeTable]) -> bool:
    """``is_mature`` at 30 days of several tables taken as one."""
    risks = [table.risk for table in tables]
    total, lost = sum(r.total for r in risks), sum(r.censored_before(RESTRICTED_HOURS) for r in risks)
    return total > 0 and 1 - lost / total >= MATURE_SHARE


def can_read_at(risk: RiskTable, hours: float) -> bool:
    """Whether a curve may be read at a time: at least 10 at risk there, or hardly anybody lost before."""
    return risk.at_risk_at(hours) >= ENOUGH_AT_RISK or is_mature(risk, hours)


def _comparable(cells: Mapping[str, Cell], codes: Codes, allowed: str) -> dict[str, Cell]:
    return {
        code: cell for code, cell in cells.items() if code in codes and codes[code].comparability in allowed
    }


def _not_compared(
    cells: Mapping[str, Cell], answered: Mapping[str, Cell], resolved: Mapping[str, Cell]
) -> dict[str, Figure]:
    """Figures withheld because their codes are counted only, not compared."""
    times = [d.id for d in DEFINITIONS if d.scope == "cells" and d.id.startswith(("N3a.", "N3b."))]
    withheld = [] if resolved else times
    withheld += [] if answered else ["N2a", "N2b", "N2b.target"]
    counted = any(cell.count("reports") for cell in cells.values())
    reason = "times of this kind of request are not compared between cities" if counted else NO_REPORTS
    return {key: Figure(None, None, None, 0, withheld=reason) for key in withheld}


def _count(number: int) -> Figure:
    return Figure(float(number), None, None, number)


def _reports_per_issue(cell: Cell) -> Figure:
    issues, reports = cell.count("issues"), cell.count("reports")
    reason = too_few("N11", issues)
    family = cell.tally("family")
    drawn = mean_of_counted([int(size) for size in family], list(family.values()))
    value = reports / issues if issues else None
    if value is None or drawn.value is None or drawn.low is None or drawn.high is None:
        return figure(Estimate(value, None, None), issues, None, reason)
    around = Estimate(value, max(1.0, value + drawn.low - drawn.value), value + drawn.high - drawn.value)
    return figure(around, issues, None, reason)


def answers_missing(cell: Cell) -> bool:
    """Whether most issues were imported with a closing but, for most answered, nothing before it.

    What such records call the first answer is the closing: a city would seem not to answer.
    """
    answered = cell.table("response").ended()
    imported = cell.count("imported") > cell.count("issues") / 2
    return imported and cell.count("answered_by_closing") > answered / 2


def _first_answer(cell: Cell) -> dict[str, Figure]:
    table = cell.table("response")
    n, answered = table.total, table.ended()
    reason = too_few("N2a", n, answered)
    if answers_missing(cell):
        reason = NO_ANSWERS
    promised = {"N2b.target": _answered_as_promised(cell)}
    if reason:
        withheld = Figure(None, None, None, n, answered, reason)
        return {"N2a": withheld, "N2b": withheld} | promised
    curve = kaplan_meier(table.risk, RESOLVED)
    still = curve.at(24.0)
    day = Estimate(*(None if s is None else 1 - s for s in (still.value, still.high, still.low)))
    unread = None if can_read_at(table.risk, 24.0) else "too few were followed for 24 hours"
    return {
        "N2a": figure(curve.quantile(0.5), n, answered, None),
        "N2b": figure(day, n, answered, unread),
    } | promised


def _answered_as_promised(cell: Cell) -> Figure:
    """Of the promises that had come due, published or internal; a reference that is only watched is none."""
    in_time, late, unseen = (
        sum(cell.tally(name).get(standard, 0) for standard in ("published", "internal")) for name in ANSWERS
    )
    known = in_time + late
    reason = NO_ANSWERS if answers_missing(cell) else None
    if unseen > UNKNOWN_OUTCOMES * (known + unseen):
        reason = f"the outcome of {unseen / (known + unseen):.0%} is unknown"
    if reason:
        return Figure(None, None, None, known, in_time, reason)
    return share("N2b.target", in_time, known)


def _time_to_closure(table: LifeTable) -> dict[str, Figure]:
    n, closed = table.total, table.ended()
    reason = too_few("N3a.median", n, closed)
    if reason:
        withheld = Figure(None, None, None, n, closed, reason)
        return {"N3a.median": withheld, "N3a.rmst30": withheld}
    provisional = not is_mature(table.risk, RESTRICTED_HOURS)
    curve = table.curve
    area = restricted_mean(curve, RESTRICTED_HOURS)
    readable = area is not None and can_read_at(table.risk, RESTRICTED_HOURS)
    unread = None if readable else "too few were followed for 30 days"
    mean = area.estimate(RESTRICTED_HOURS) if area is not None else NOTHING
    return {
        "N3a.median": figure(curve.quantile(0.5), n, closed, None, provisional),
        "N3a.rmst30": figure(mean, n, closed, unread, provisional),
    }


def _share_at(table: LifeTable, hours: float) -> tuple[Estimate, str | None]:
    if not can_read_at(table.risk, hours):
        return NOTHING, f"too few were followed for {hours:g} hours"
    return table.risk.upto(hours).finished_by(RESOLVED).at(hours), None


def stratum_at_reference(table: LifeTable, code: NetworkCode, weight: float) -> Stratum | None:
    """The code's share and its variance; None where it has too few, or was not followed for long enough."""
    hours = code.reference_hours or 0.0
    if table.total < SMALLEST_STRATUM or not can_read_at(table.risk, hours):
        return None
    curve = table.risk.upto(hours).finished_by(RESOLVED)
    share, variance = curve.value_at(hours), curve.variance_at(hours)
    if not 1e-12 < share < 1 - 1e-12:
        variance = proportion_variance(round(share) * table.total, table.total)
    return Stratum(share, variance, weight)


def _kept(cell: Cell, standard: str) -> Figure:
    outcomes = cell.promise.get(standard, {})
    met, missed, unknown = (outcomes.get(name, 0) for name in ("met", "missed", "unobserved"))
    known = met + missed
    if unknown > UNKNOWN_OUTCOMES * (known + unknown):
        reason = f"the outcome of {unknown / (known + unknown):.0%} is unknown"
        return Figure(None, None, None, known, met, reason)
    return share(f"N4.{standard}", met, known)


def own_work(cells: Mapping[str, Cell], codes: Codes) -> dict[str, Cell]:
    """Cells of comparable codes that are the city's own to resolve."""
    comparable = _comparable(cells, codes, "AB")
    return {code: cell for code, cell in comparable.items() if codes[code].service_class != "util"}


def backlog_figures(cells: Mapping[str, Cell], codes: Codes) -> dict[str, Figure]:
    """The N7 figures alone: a report of some months takes them of every month.

    Withheld where more unfinished issues were lost from sight than are known to be open: nobody then knows
    how large or how old the backlog is.
    """
    return _backlog(Cell.merged(own_work(cells, codes).values()))


def _backlog(cell: Cell) -> dict[str, Figure]:
    """``backlog_figures`` of a city's own work, added up."""
    ages = cell.table("backlog_age")
    older = {days: _older(ages, days * 24.0) for days in (30, 90)}
    promised = _due_counts(cell, ("published", "internal"))
    watched = _due_counts(cell, ("reference",))
    reason = too_few("N7b.median", ages.total) if ages.total else NONE
    hours, counts = ages.risk.times, ages.risk.removed[:, 0]
    figures = {
        "N7b.median": figure(median_by_order(hours, counts), ages.total, None, reason),
        "N7b.p90": figure(quantile_by_order(hours, counts, 0.9), ages.total, None, reason),
        "N7b.over30": share("N7b.over30", older[30], ages.total),
        "N7b.over90": share("N7b.over90", older[90], ages.total),
        "N7b.past_promise": share("N7b.past_promise", *promised),
        "N7b.past_reference": share("N7b.past_reference", *watched),
    }
    if cell.count("lost_from_sight") > ages.total:
        unknown = "the source stopped showing unfinished issues"
        return {key: Figure(None, None, None, figure.n, withheld=unknown) for key, figure in figures.items()}
    return figures


def _older(ages: LifeTable, hours: float) -> int:
    return int(ages.risk.removed[ages.risk.times > hours, 0].sum())


def _due_counts(cell: Cell, standards: Iterable[str]) -> tuple[int, int]:
    due = [cell.backlog_due.get(standard, {}) for standard in standards]
    return sum(d.get("past", 0) for d in due), sum(d.get("dated", 0) for d in due)
