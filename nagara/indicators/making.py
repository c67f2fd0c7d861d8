"""A sheet made from a city's months: of which cells it is reckoned, and whether a part may be shown. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from city_config import Configuration
from nagara.indicators.code_cells import CodeCells
from nagara.indicators.definitions import FEW, METHOD_VERSION
from nagara.indicators.figures import ALL_CODES, Codes
from nagara.indicators.life_table import LifeTable
from nagara.indicators.margins import added_up
from nagara.indicators.month_sums import MonthSums
from nagara.indicators.packed import CURVES, SCALARS, Packed, PartKey
from nagara.indicators.period import Period
from nagara.indicators.publishing import cells_hidden
from nagara.indicators.residents import tells_time
from nagara.indicators.sheet import SHEET_VERSION, Stated, Watched, days_passed, sheet_of
from nagara.indicators.snapshots import ALL_DISTRICTS, Snapshot, part_of
from nagara.indicators.suppression import gives_away, suppressed_line

_NO_CURVES = np.zeros(len(CURVES), dtype=bool)
_HELD = np.array([name.startswith("sustained.") for name in CURVES])
_COUNTS = np.array([name.startswith("counts.") for name in SCALARS])
_NO_SCALARS = np.zeros(len(SCALARS), dtype=bool)


@dataclass(frozen=True)
class Asked:
    """Which months of which part of a city; ``all`` and '' stand for the whole of it."""

    period: Period
    code: str = ALL_CODES
    district: str = ALL_DISTRICTS

    @property
    def whole(self) -> bool:
        """Whether it is all codes and districts: only then there are rates, equity, and sheets in the database."""
        return self.code == ALL_CODES and self.district == ALL_DISTRICTS


def made_by(configuration: Configuration, city: str) -> list[Any]:
    """What decides a sheet besides its snapshot and its period."""
    fingerprint = configuration.cities[city].fingerprint
    return [SHEET_VERSION, METHOD_VERSION, fingerprint, configuration.network.measures]


def backlog_of(months: Mapping[dt.date, Packed]) -> Packed:
    """Of the cells of all months what the backlog is told from."""
    return Packed.merged(packed.backlog() for packed in months.values())


def sheet_from(
    configuration: Configuration,
    snapshot: Snapshot,
    months: Mapping[dt.date, Packed],
    asked: Asked,
    backlog: Packed,
    reports: Mapping[dt.date, int],
) -> dict[str, Any]:
    """The sheet of one city from the months of a period and the backlog of all its months.

    Of a part of it also its reports in each month: on these it rests whether it may be shown.
    """
    codes = configuration.network.codes_by_code
    within = {month: packed for month, packed in months.items() if month in asked.period}
    own = list(within.values())
    if not asked.whole:
        own = [part_of(packed, asked.code, asked.district) for packed in own]
    declared = any(part[2] for packed in within.values() for part in packed.parts)
    watched = Watched(
        received=added_up(own, _code),
        ever=added_up([part_of(backlog, asked.code, asked.district)], _code),
        districts=added_up(own, _district, _COUNTS, _NO_CURVES) if asked.whole else {},
        waiting=_waiting(own, codes) if asked.whole else {},
        without=added_up(own, lambda part: None if part[2] else part[0]) if declared else None,
        months=[month for month, packed in within.items() if packed.has_reports()],
    )
    sheet = _made(configuration, snapshot, asked, watched)
    sheet["hidden"] = not asked.whole and (_is_hidden(within, asked) or _gives_away(reports, asked))
    if not asked.whole:
        sheet["without_hidden"] = declared and _emergencies_give_away(within, asked)
    return sheet


def sheet_of_code(
    configuration: Configuration, snapshot: Snapshot, asked: Asked, cells: CodeCells, sums: MonthSums
) -> dict[str, Any]:
    """The same sheet of a single code, in months without a declared emergency, from its cells alone."""
    watched = Watched(
        received=added_up([cells.received], _code),
        ever=added_up([cells.backlog], _code),
        districts={},
        waiting={},
        without=None,
        months=sums.heard_months(asked.period),
    )
    sheet = _made(configuration, snapshot, asked, watched)
    return sheet | {"hidden": sums.hides_code(asked.code, asked.period), "without_hidden": False}


def _made(configuration: Configuration, snapshot: Snapshot, asked: Asked, watched: Watched) -> dict[str, Any]:
    city, codes = configuration.cities[snapshot.city_id], configuration.network.codes_by_code
    days = days_passed(asked.period, snapshot.cut_off.astimezone(city.zone).date())
    sheet = sheet_of(watched, codes, Stated.of(city) if asked.whole else None, days)
    return sheet | {"made_by": made_by(configuration, snapshot.city_id)}


def _code(part: PartKey) -> str:
    return part[0]


def _district(part: PartKey) -> str | None:
    return None if part[1] == "-" else part[1]


def _waiting(months: Sequence[Packed], codes: Codes) -> dict[str, LifeTable]:
    """Times to the resolution that held by district, of the codes whose times compare."""
    cells = added_up(
        months,
        lambda part: _district(part) if tells_time(part[0], codes) else None,
        _NO_SCALARS,
        _HELD,
    )
    return {district: cell.table("sustained") for district, cell in cells.items()}


def _gives_away(reports: Mapping[dt.date, int], asked: Asked) -> bool:
    """Whether the part in this period, held against the same part in another, would tell a small number of months."""
    counts = {_number(month): count for month, count in reports.items()}
    return gives_away(counts, _number(asked.period.first), _number(asked.period.last))


def reports_of(months: Mapping[dt.date, Packed], asked: Asked) -> dict[dt.date, int]:
    """Residents' reports of a part in each month."""
    return {month: _reports(packed, asked) for month, packed in months.items()}


def _reports(packed: Packed, asked: Asked) -> int:
    parts = packed.reports().items()
    return sum(
        count
        for (code, district), count in parts
        if asked.code in (ALL_CODES, code) and asked.district in (ALL_DISTRICTS, district)
    )


def _number(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def _is_hidden(period: Mapping[dt.date, Packed], asked: Asked) -> bool:
    """Whether the part is small, or would let a small one be worked out from the sums over codes and districts."""
    counts: dict[tuple[str, str], int] = {}
    for packed in period.values():
        for key, count in packed.reports().items():
            counts[key] = counts.get(key, 0) + count
    rows, columns = sorted({key[0] for key in counts}), sorted({key[1] for key in counts})
    code = "" if asked.code == ALL_CODES else asked.code
    return (code, asked.district) in cells_hidden(counts, rows, columns)


def _emergencies_give_away(period: Mapping[dt.date, Packed], asked: Asked) -> bool:
    """Whether the part without emergencies, held against the part with them, would tell a small number.

    In every month with reports in an emergency those in it and those outside of it are lines of their own by code or
    district, beside their totals. Of a code within a district nothing is told: tables of single months are too thin.
    """
    if asked.code != ALL_CODES and asked.district != ALL_DISTRICTS:
        return True
    own, axis = (asked.district, 1) if asked.code == ALL_CODES else (asked.code, 0)
    for packed in period.values():
        inside, outside = (_by(packed, axis, emergency=emergency) for emergency in (True, False))
        if not inside:
            continue
        names = sorted(inside.keys() | outside.keys())
        for counts in (inside, outside):
            shown = dict(zip(names, suppressed_line([counts.get(name, 0) for name in names]), strict=True))
            if shown.get(own, 0) is None:
                return True
        if inside.get(own) and outside.get(own, 0) < FEW:
            return True
    return False


def _by(packed: Packed, axis: int, *, emergency: bool) -> dict[str, int]:
    """Reports by code (axis 0) or district (1): those in an emergency, or the others."""
    found: dict[str, int] = {}
    for key, count in packed.where(lambda part: part[2] == emergency).reports().items():
        found[key[axis]] = found.get(key[axis], 0) + count
    return found
