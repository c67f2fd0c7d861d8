"""Figures that need the number of residents: rates, and differences between districts. Pure.

Without a population a rate is withheld, never estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.counts import exact_poisson
from nagara.indicators.definitions import ENOUGH_AT_RISK, ENOUGH_EVENTS, RESTRICTED_HOURS
from nagara.indicators.equity import ENOUGH_IN_DISTRICT, District, typical_with_limits, why_not
from nagara.indicators.figure import Figure, figure
from nagara.indicators.figures import Codes, is_mature, own_work
from nagara.indicators.life_table import LifeTable
from nagara.indicators.survival import restricted_mean, restricted_time_wanting

DAYS_OF_A_YEAR = 365.25
UNKNOWN = "the city states no population"
THOUSAND = 1000.0


def rates(
    received: Mapping[str, Cell], ever: Mapping[str, Cell], codes: Codes, population: int | None, days: float
) -> dict[str, Figure]:
    """N1.rate of the requests received in so many days, and N7a of all that are open."""
    reports = Cell.merged(received.values()).count("reports")
    open_now = Cell.merged(own_work(ever, codes).values()).count("open")
    if not population:
        return {
            "N1.rate": Figure(None, None, None, reports, withheld=UNKNOWN),
            "N7a": Figure(None, None, None, open_now, withheld=UNKNOWN),
        }
    return {
        "N1.rate": _rate("reports", reports, population * days / DAYS_OF_A_YEAR),
        "N7a": _rate("open issues", open_now, population),
    }


def _rate(what: str, count: int, exposure: float) -> Figure:
    reason = f"fewer than 10 {what}" if count < ENOUGH_EVENTS else None
    if exposure <= 0:
        reason = "the period has not begun"
    return figure(exact_poisson(count, exposure / THOUSAND), count, None, reason)


def districts_of(
    cells: Mapping[CellKey, Cell],
    codes: Codes,
    populations: Mapping[str, int],
    *,
    declining_ends: bool = True,
) -> list[District]:
    """N3b.rmst30 of each district of known population that can be read at 30 days; see ``readable_districts``."""
    tables: dict[str, list[LifeTable]] = {}
    for (_, code, district), cell in cells.items():
        if tells_time(code, codes) and district in populations:
            tables.setdefault(district, []).append(cell.table("sustained"))
    merged = {district: LifeTable.merged(parts) for district, parts in tables.items()}
    return readable_districts(merged, populations, declining_ends=declining_ends)


def tells_time(code: str, codes: Codes) -> bool:
    """Whether the time to the resolution of a code compares, and is the city's own."""
    return code in codes and codes[code].comparability == "A" and codes[code].service_class != "util"


def readable_districts(
    tables: Mapping[str, LifeTable], populations: Mapping[str, int], *, declining_ends: bool = True
) -> list[District]:
    """The same from each district's life table to the resolution that held.

    With ``declining_ends`` False an issue that was declined counts all 30 days.
    """
    found = []
    for district, table in sorted(tables.items()):
        risk = table.risk
        area = (
            restricted_mean(table.curve, RESTRICTED_HOURS)
            if declining_ends
            else restricted_time_wanting(risk, RESTRICTED_HOURS)
        )
        readable = is_mature(risk, RESTRICTED_HOURS) or risk.at_risk_at(RESTRICTED_HOURS) >= ENOUGH_AT_RISK
        if area is not None and readable:
            people = float(populations[district])
            found.append(District(district, area.value, area.standard_error, people, risk.total))
    return found


def between_districts(districts: list[District], city_population: int | None) -> Figure:
    """N13: the typical real difference between districts in hours, noise taken off, with bootstrap limits."""
    n = sum(district.n for district in districts)
    reason = why_not(districts, city_population)
    if reason:
        return Figure(None, None, None, n, withheld=reason)
    enough = [district for district in districts if district.n >= ENOUGH_IN_DISTRICT]
    estimate = typical_with_limits(enough)
    return replace(figure(estimate, n, None, None), note=f"{len(enough)} districts")
