"""What a city's figures are weighted from: its codes, each with its value, its variance and how many. Pure.

The strata of a city depend on nothing but its own cells, so they are kept with its figures; the network's mix is
laid over them when cities are put beside each other, which is arithmetic alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from nagara.indicators.cells import STANDARDS, Cell
from nagara.indicators.counts import exact_poisson
from nagara.indicators.definitions import ENOUGH_AT_RISK, RESTRICTED_HOURS, SMALLEST_STRATUM
from nagara.indicators.figures import Codes, is_mature, own_work, stratum_at_reference
from nagara.indicators.life_table import LifeTable
from nagara.indicators.standardisation import Stratum, proportion_variance, strata_of
from nagara.indicators.survival import restricted_mean, restricted_time_wanting

Cells = Mapping[str, Cell]
"""A city's cells by network code."""


class CodeStratum(TypedDict):
    """One code, or small codes of one class merged: value (a share, or hours), its variance, and of how many."""

    codes: list[str]
    value: float
    variance: float
    n: int


class Strata(TypedDict):
    """A city's strata of one kind, with how many issues and how many endings there are in all of its codes."""

    strata: list[CodeStratum]
    n: int
    events: int


def promise_counts(cell: Cell, standard: str = "published") -> tuple[int, int]:
    """Promises kept, and those kept or missed."""
    outcomes = cell.promise.get(standard, {})
    met = outcomes.get("met", 0)
    return met, met + outcomes.get("missed", 0)


def promises_by_code(cells: Cells, codes: Codes, standard: str = "published") -> dict[str, tuple[int, int]]:
    """The same of each code that is the city's own work."""
    return {code: promise_counts(cell, standard) for code, cell in own_work(cells, codes).items()}


def lasting_counts(cell: Cell, standard: str = "published") -> tuple[int, int]:
    """Promises kept by a resolution that held, and those kept or missed; due 30 days before the cut-off at least."""
    return cell.tally("kept_for_good").get(standard, 0), cell.tally("settled").get(standard, 0)


def undeclined_counts(cell: Cell, standard: str = "published") -> tuple[int, int]:
    """The same, where what was declined before it fell due counts as not kept."""
    kept, settled = lasting_counts(cell, standard)
    return kept, settled + cell.tally("declined_in_time").get(standard, 0)


def counts_by_code(
    cells: Cells, codes: Codes, counts: Callable[[Cell], tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Counts of each code that is the city's own work."""
    return {code: counts(cell) for code, cell in own_work(cells, codes).items()}


def promise_strata(counts: Mapping[str, Sequence[int]], codes: Codes) -> Strata:
    """Shares of promises kept by code, small codes merged into their class first."""
    found: list[CodeStratum] = []
    for parts in _merged({code: count[1] for code, count in counts.items()}, codes):
        met, n = sum(counts[c][0] for c in parts), sum(counts[c][1] for c in parts)
        found.append(_stratum(parts, met / n, proportion_variance(met, n), n))
    return {
        "strata": found,
        "n": sum(count[1] for count in counts.values()),
        "events": sum(count[0] for count in counts.values()),
    }


def declined_counts(cell: Cell) -> tuple[int, int]:
    """Issues closed by declining, and issues closed, by month of the closing that stands."""
    return sum(cell.tally("declined_for").values()), cell.count("closed")


def mean_strata(
    cells: Cells, codes: Codes, table: str = "resolution", *, declining_ends: bool = True
) -> Strata:
    """Mean hours open in the first 30 days by code whose resolution compares, small codes merged first.

    With ``declining_ends`` False an issue that was declined counts all 30 days.
    """
    tables = {code: cell.table(table) for code, cell in _compared(cells, codes).items()}
    found: list[CodeStratum] = []
    for parts in _merged({code: table.total for code, table in tables.items()}, codes):
        together = LifeTable.merged(tables[c] for c in parts)
        risk = together.risk
        area = (
            restricted_mean(together.curve, RESTRICTED_HOURS)
            if declining_ends
            else restricted_time_wanting(risk, RESTRICTED_HOURS)
        )
        enough = risk.at_risk_at(RESTRICTED_HOURS) >= ENOUGH_AT_RISK or is_mature(risk, RESTRICTED_HOURS)
        if area is not None and enough:
            found.append(_stratum(parts, area.value, area.variance, risk.total))
    return _of_tables(found, tables.values())


def share_strata(cells: Cells, codes: Codes, table: str = "resolution") -> Strata:
    """Shares resolved within each code's own reference time (Aalen-Johansen), by code whose resolution compares.

    Codes are not merged: each has a reference time of its own.
    """
    tables = {
        code: cell.table(table)
        for code, cell in _compared(cells, codes).items()
        if codes[code].reference_hours is not None
    }
    found: list[CodeStratum] = []
    for code, own in tables.items():
        stratum = stratum_at_reference(own, codes[code], 1.0) if own else None
        if stratum is not None:
            found.append(_stratum((code,), stratum.share, stratum.variance, own.total))
    return _of_tables(found, tables.values())


def all_strata(cells: Cells, codes: Codes) -> dict[str, Any]:
    """Every kind a city's sheet keeps, with the counts by code that the network's mix is made of.

    ``kept`` are the published promises kept and the exact limits of that number, which take longer than all the rest.
    """
    promises = {standard: promises_by_code(cells, codes, standard) for standard in STANDARDS}
    kept = sum(count[0] for count in promises["published"].values())
    limits = exact_poisson(kept)
    return {
        "share": share_strata(cells, codes),
        "mean": mean_strata(cells, codes),
        "share_for_good": share_strata(cells, codes, "sustained"),
        "mean_for_good": mean_strata(cells, codes, "sustained"),
        "mean_undeclined": mean_strata(cells, codes, "sustained", declining_ends=False),
        "promise_for_good": promise_strata(counts_by_code(cells, codes, lasting_counts), codes),
        "promise_undeclined": promise_strata(counts_by_code(cells, codes, undeclined_counts), codes),
        "declined": promise_strata(counts_by_code(cells, codes, declined_counts), codes),
        "promise": {standard: promise_strata(counts, codes) for standard, counts in promises.items()},
        **counted_strata(cells, codes),
        "kept": [kept, limits.low, limits.high],
    }


def counted_strata(cells: Cells, codes: Codes) -> dict[str, Any]:
    """Of these no more than the counts by code: of a part of a city, which is not standardised."""
    promises = {standard: promises_by_code(cells, codes, standard) for standard in STANDARDS}
    compared = _compared(cells, codes)
    return {
        "issues": {code: n for code, cell in compared.items() if (n := cell.table("resolution").total)},
        "promises": {
            standard: {code: list(count) for code, count in counts.items() if count[1]}
            for standard, counts in promises.items()
        },
    }


def weighed(strata: Strata, weights: Mapping[str, float]) -> list[Stratum]:
    """The strata with the network's weights of their codes."""
    return [
        Stratum(part["value"], part["variance"], sum([weights.get(code, 0.0) for code in part["codes"]], 0.0))
        for part in strata["strata"]
    ]


def _compared(cells: Cells, codes: Codes) -> dict[str, Cell]:
    own = own_work(cells, codes)
    return {code: cell for code, cell in sorted(own.items()) if codes[code].comparability == "A"}


def _merged(counts: Mapping[str, int], codes: Codes) -> Iterable[tuple[str, ...]]:
    return strata_of(counts, {c: codes[c].service_class for c in counts}, SMALLEST_STRATUM).values()


def _stratum(parts: Sequence[str], value: float, variance: float, n: int) -> CodeStratum:
    return {"codes": list(parts), "value": value, "variance": variance, "n": n}


def _of_tables(found: list[CodeStratum], tables: Iterable[LifeTable]) -> Strata:
    every = list(tables)
    return {"strata": found, "n": sum(t.total for t in every), "events": sum(t.ended() for t in every)}
