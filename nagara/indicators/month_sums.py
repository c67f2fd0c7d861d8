"""What figures of any period need of all months of a snapshot: its open issues, and what came month by month. Pure.

A city that only stands beside another is weighed by how many issues and promises of each code it had: a few numbers a
month. So whoever asks for a period that nobody asked for before reads the cells of one city, not those of thirty. They
are of one snapshot, which never changes, and say nothing that depends on a configuration.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import orjson

from nagara.indicators.figures import ALL_CODES, Codes
from nagara.indicators.packed import CURVE, SCALAR, Packed
from nagara.indicators.period import Period
from nagara.indicators.snapshots import ALL_DISTRICTS
from nagara.indicators.suppression import gives_away, suppressed_line
from nagara.indicators.survival import CAUSES

SUMS_VERSION = 2
_RESOLUTION = CURVE["resolution.0"] // CAUSES
_REPORTS, _ISSUES, _SIMULATED = (SCALAR[f"counts.{name}"] for name in ("reports", "issues", "simulated"))
_MET, _MISSED = SCALAR["promise.published.met"], SCALAR["promise.published.missed"]

Line = list[int]
"""A number for each month."""


@dataclass(frozen=True, slots=True)
class MonthSums:
    """Volumes by month; by code and month issues followed to their resolution, promises kept, kept or missed, and
    residents' reports; and reports by district and month."""

    months: tuple[str, ...]
    """As YYYY-MM."""
    issues: Line
    simulated: Line
    codes: Mapping[str, tuple[Line, Line, Line, Line]]
    districts: Mapping[str, Line]

    @classmethod
    def of(cls, months: Mapping[dt.date, Packed]) -> MonthSums:
        """Of the months of a city's snapshot."""
        issues, simulated = [], []
        nothing = [0] * len(months)
        codes: dict[str, tuple[Line, Line, Line, Line]] = {}
        districts: dict[str, Line] = {}
        for place, packed in enumerate(months.values()):
            issues.append(int(packed.value[packed.scalar_column == _ISSUES].sum()))
            simulated.append(int(packed.value[packed.scalar_column == _SIMULATED].sum()))
            followed, met, missed = _resolution(packed), _by_part(packed, _MET), _by_part(packed, _MISSED)
            reports = _by_part(packed, _REPORTS)
            for (code, district, _), *numbers in zip(
                packed.parts, followed, met, missed, reports, strict=True
            ):
                lines = codes.setdefault(code, (nothing[:], nothing[:], nothing[:], nothing[:]))
                lines[0][place] += numbers[0]
                lines[1][place] += numbers[1]
                lines[2][place] += numbers[1] + numbers[2]
                lines[3][place] += numbers[3]
                districts.setdefault(district, nothing[:])[place] += numbers[3]
        names = tuple(f"{month:%Y-%m}" for month in months)
        return cls(names, issues, simulated, dict(sorted(codes.items())), dict(sorted(districts.items())))

    @classmethod
    def joined(cls, some: Sequence[MonthSums]) -> MonthSums:
        """Of the months of all of these, one after another."""
        lengths = [len(one.months) for one in some]

        def line(own: Sequence[Line | None]) -> Line:
            found = [
                [0] * length if numbers is None else numbers
                for numbers, length in zip(own, lengths, strict=True)
            ]
            return list(chain.from_iterable(found))

        def of_code(code: str, kind: int) -> Line:
            return line([one.codes[code][kind] if code in one.codes else None for one in some])

        codes = {
            code: (of_code(code, 0), of_code(code, 1), of_code(code, 2), of_code(code, 3))
            for code in sorted({code for one in some for code in one.codes})
        }
        districts = sorted({district for one in some for district in one.districts})
        return cls(
            tuple(chain.from_iterable(one.months for one in some)),
            line([one.issues for one in some]),
            line([one.simulated for one in some]),
            codes,
            {district: line([one.districts.get(district) for one in some]) for district in districts},
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> MonthSums | None:
        """What ``to_bytes`` wrote; None where another version did."""
        told = orjson.loads(content)
        if told["version"] != SUMS_VERSION:
            return None
        return cls(tuple(told["months"]), told["issues"], told["simulated"], told["codes"], told["districts"])

    def to_bytes(self) -> bytes:
        """How it is kept."""
        parts = {
            "months": self.months,
            "issues": self.issues,
            "simulated": self.simulated,
            "codes": self.codes,
            "districts": self.districts,
        }
        return orjson.dumps({"version": SUMS_VERSION} | parts)

    def reports(self, code: str, district: str) -> dict[dt.date, int] | None:
        """Residents' reports of a code or a district in each month; None for a code in a district: that is not kept."""
        if (code == ALL_CODES) == (district == ALL_DISTRICTS):
            return None
        nothing = [0] * len(self.months)
        line = self.districts.get(district, nothing)
        if code != ALL_CODES:
            line = self.codes[code][3] if code in self.codes else nothing
        return {dt.date.fromisoformat(f"{month}-01"): n for month, n in zip(self.months, line, strict=True)}

    def hidden_districts(self, period: Period) -> frozenset[str]:
        """Districts whose reports in the period must not be told: few, or told by the others or by other periods."""
        within = self._within(period)
        totals = suppressed_line([_sum(line, within) for line in self.districts.values()])
        first, last = number_of(period.first), number_of(period.last)
        return frozenset(
            district
            for (district, line), total in zip(self.districts.items(), totals, strict=True)
            if total is None
            or gives_away(dict(zip(map(_number, self.months), line, strict=True)), first, last)
        )

    def hides_code(self, code: str, period: Period) -> bool:
        """Whether a code's reports in the period must not be told: few, or told by the others or by other periods."""
        within = self._within(period)
        counts = {name: n for name, lines in self.codes.items() if (n := _sum(lines[3], within))}
        shown = dict(zip(counts, suppressed_line(list(counts.values())), strict=True))
        if code in shown and shown[code] is None:
            return True
        line = self.codes[code][3] if code in self.codes else [0] * len(self.months)
        of_months = dict(zip(map(_number, self.months), line, strict=True))
        return gives_away(of_months, number_of(period.first), number_of(period.last))

    def heard_months(self, period: Period) -> list[dt.date]:
        """Months of the period in which anything was reported."""
        return [
            dt.date.fromisoformat(f"{self.months[place]}-01")
            for place in self._within(period)
            if any(lines[3][place] for lines in self.codes.values())
        ]

    def _within(self, period: Period) -> list[int]:
        """The places of the months of a period."""
        first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
        return [place for place, month in enumerate(self.months) if first <= month <= last]

    def beside(self, period: Period, codes: Codes) -> dict[str, Any]:
        """What other cities' pages read of a sheet of the period, as it would stand there (see ``side_by_side``)."""
        within = self._within(period)
        issues: dict[str, int] = {}
        promises: dict[str, list[int]] = {}
        for code, lines in self.codes.items():
            known = codes.get(code)
            if known is None or known.service_class == "util" or known.comparability not in "AB":
                continue
            followed, met, due = (_sum(line, within) for line in lines[:3])
            if due:
                promises[code] = [met, due]
            if followed and known.comparability == "A":
                issues[code] = followed
        return {
            "simulated": _sum(self.simulated, within) > 0,
            "coverage": {"issues": _sum(self.issues, within)},
            "strata": {"issues": issues, "promises": {"published": promises}},
        }


def number_of(month: dt.date) -> int:
    """Months count on over years."""
    return month.year * 12 + month.month - 1


def _number(month: str) -> int:
    return number_of(dt.date.fromisoformat(f"{month}-01"))


def _sum(line: Sequence[int], places: Sequence[int]) -> int:
    return sum(line[place] for place in places)


def _by_part(packed: Packed, column: int) -> Line:
    """One number of each part."""
    own = packed.scalar_column == column
    return _summed(packed.scalar_part[own], packed.value[own], len(packed.parts))


def _resolution(packed: Packed) -> Line:
    """Issues in each part's life table of the resolution."""
    own = packed.curve_column // CAUSES == _RESOLUTION
    return _summed(packed.curve_part[own], packed.count[own], len(packed.parts))


def _summed(parts: Any, amounts: Any, size: int) -> Line:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, parts, amounts)
    found: Line = total.tolist()
    return found
