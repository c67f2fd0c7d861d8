"""Figures on how requests are handled, who reports, and how good the data are: from cells alone. Pure.

What each is, of whom, and how many it needs stands in its line of the table of definitions.
"""

from __future__ import annotations

from dataclasses import replace

from nagara.indicators.cells import LEVELS, STANDARDS, Cell
from nagara.indicators.counts import mean_of_counted, ratio_of_counts
from nagara.indicators.definitions import BY_ID, ENOUGH_AT_RISK, MATURE_SHARE, RESTRICTED_HOURS
from nagara.indicators.facts import SQUARES
from nagara.indicators.figure import NONE, Figure, figure, share, too_few
from nagara.indicators.life_table import LifeTable
from nagara.indicators.propensity import propensity_of
from nagara.indicators.proportions import NOTHING, median_by_order
from nagara.indicators.survival import RiskTable, restricted_mean

QUARTER_HOURS = 2160.0
FEWEST_ANSWERS = 0.05
"""A mean rating is not shown where fewer residents than this answered."""


def handling_figures(whole: Cell, resolved: Cell, own: Cell) -> dict[str, Figure]:
    """The figures of ``definitions_of_handling`` that cells alone decide.

    ``whole`` are all requests, ``resolved`` those of codes whose resolution compares, ``own`` those that are the
    city's own work.
    """
    figures = _further_times(resolved)
    for standard in STANDARDS:
        figures[f"N4b.{standard}"] = _kept_for_good(own, standard)
    received = own.count("issues")
    clearance = ratio_of_counts(own.count("closed"), received)
    figures["N7c"] = figure(clearance, received, own.count("closed"), _few("N7c", received))
    figures["N8"] = share("N8", own.count("reopened_in_30_days"), own.count("resolved_first"))
    fell_due = own.tally("escalated").get("0", 0)
    for level in LEVELS[1:]:
        figures[f"N9.{level}"] = share(f"N9.{level}", own.tally("escalated").get(level, 0), fell_due)
    figures["N10.declined"] = share(
        "N10.declined", sum(own.tally("declined_for").values()), own.count("closed")
    )
    figures["N10.rerouted"] = share("N10.rerouted", own.count("owner_changed"), own.count("accepted"))
    figures |= _satisfaction(whole)
    figures |= propensity_figures(whole)
    return figures | verified_figures(whole)


def verified_figures(cell: Cell) -> dict[str, Figure]:
    """N15: what an audit found of a random sample of resolutions, and what residents said who answered.

    What an audit drew and did not look at counts as not confirmed; before nine tenths were looked at there is none.
    """
    drawn, checked = cell.count("audit_drawn"), cell.count("audit_checked")
    audited = share("N15", cell.count("audit_confirmed"), drawn)
    if not drawn:
        audited = replace(audited, withheld="no audit was drawn")
    elif audited.withheld is None and checked < MATURE_SHARE * drawn:
        audited = Figure(
            None, None, None, drawn, None, f"the audit has looked at {checked / drawn:.0%} of its sample"
        )
    said = cell.count("said_fixed"), cell.count("said_fixed") + cell.count("said_not_fixed")
    return {
        "N15": replace(audited, provisional=audited.value is not None and checked < drawn),
        "N15.residents": share("N15.residents", *said),
    }


def quality_figures(whole: Cell, under_other: int) -> dict[str, Figure]:
    """N16: how complete and consistent the records are."""
    issues = whole.count("issues")
    answered = whole.table("response").ended()
    waited = whole.table("sync_delay")
    delays = median_by_order(waited.risk.times, waited.risk.removed[:, 0])
    return {
        "N16.sync": figure(delays, waited.total, None, _few("N16.sync", waited.total)),
        "N16.place": share("N16.place", issues - whole.count("without_district"), issues),
        "N16.code": share("N16.code", issues - under_other, issues),
        "N16.answer": share("N16.answer", answered, issues),
        "N16.order": share("N16.order", issues - whole.count("inconsistent"), issues),
    }


def _few(definition: str, n: int) -> str | None:
    return too_few(definition, n) if n else NONE


def _further_times(cell: Cell) -> dict[str, Figure]:
    closed, held = cell.table("resolution"), cell.table("sustained")
    return {
        "N3a.p75": _quantile("N3a.p75", closed, 0.75),
        "N3a.rmst90": _mean("N3a.rmst90", closed, QUARTER_HOURS),
        "N3b.median": _quantile("N3b.median", held, 0.5),
        "N3b.p75": _quantile("N3b.p75", held, 0.75),
        "N3b.rmst90": _mean("N3b.rmst90", held, QUARTER_HOURS),
        "N3b.rmst30": _mean("N3b.rmst30", held, RESTRICTED_HOURS),
    }


def _quantile(definition: str, table: LifeTable, part: float) -> Figure:
    n, ended = table.total, table.ended()
    reason = too_few(definition, n, ended)
    estimate = NOTHING if reason else table.curve.quantile(part)
    return figure(estimate, n, ended, reason, not _followed(table.risk, RESTRICTED_HOURS))


def _mean(definition: str, table: LifeTable, hours: float) -> Figure:
    n, ended = table.total, table.ended()
    reason = too_few(definition, n, ended)
    if reason:
        return figure(NOTHING, n, ended, reason)
    area = restricted_mean(table.curve, hours)
    mature = _followed(table.risk, hours)
    if area is None or not (mature or table.risk.at_risk_at(hours) >= ENOUGH_AT_RISK):
        return figure(NOTHING, n, ended, f"too few were followed for {hours / 24:g} days")
    return figure(area.estimate(hours), n, ended, None, not mature)


def _followed(risk: RiskTable, hours: float) -> bool:
    return risk.total > 0 and 1 - risk.censored_before(hours) / risk.total >= MATURE_SHARE


def _kept_for_good(cell: Cell, standard: str) -> Figure:
    settled = cell.tally("settled").get(standard, 0)
    return share(f"N4b.{standard}", cell.tally("kept_for_good").get(standard, 0), settled)


def _satisfaction(cell: Cell) -> dict[str, Figure]:
    ratings = {int(rating): count for rating, count in cell.tally("ratings").items()}
    n, invited = sum(ratings.values()), cell.count("invited")
    answered = min(n, invited)
    reason = _few("N12.mean", n)
    if not reason and invited and n / invited < FEWEST_ANSWERS:
        reason = f"only {n / invited:.0%} of those asked gave a rating"
    mean = mean_of_counted(list(ratings), list(ratings.values()))
    good = share("N12.good", ratings.get(4, 0) + ratings.get(5, 0), n)
    return {
        "N12.mean": figure(mean, n, None, reason),
        "N12.good": Figure(None, None, None, n, good.events, reason) if reason else good,
        "N12.answered": share("N12.answered", answered, invited),
    }


def propensity_figures(cell: Cell) -> dict[str, Figure]:
    """N14: how soon others report what was reported, and how long a problem waits for its first report."""
    duplicates, hours = cell.count("early_duplicates"), cell.count("watched_seconds") / 3600
    least = BY_ID["N14.rate"].minimum_n
    reason = f"fewer than {least} further reports" if duplicates < least else None
    if reason or hours <= 0:
        withheld = Figure(None, None, None, duplicates, withheld=reason or NONE)
        return {"N14.rate": withheld, "N14.delay": withheld}
    issues, rate = cell.count("watched_issues"), duplicates / hours
    # sum (c - r t)^2 / (r t) = sum c^2 / (r t) - 2 sum c + r sum t, and r sum t = sum c
    pearson = max(0.0, cell.count("duplicate_squares") / SQUARES / rate - duplicates)
    found = propensity_of(duplicates, hours, issues, pearson)
    return {
        "N14.rate": figure(found.rate, duplicates, None, None),
        "N14.delay": figure(found.delay, duplicates, None, None),
    }
