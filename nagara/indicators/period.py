"""Periods of whole months, written ``2026-01..2026-06`` or ``2026-06``."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from nagara.errors import InvalidInput

_WRITTEN = re.compile(r"(\d{4})-(\d{2})(?:\.\.(\d{4})-(\d{2}))?\Z", re.ASCII)
LONGEST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day of a month to the first day of the last month, both months included."""

    first: dt.date
    last: dt.date

    @classmethod
    def parse(cls, text: str) -> Period:
        """A period as written; raises ``InvalidInput`` saying what is allowed."""
        allowed = "YYYY-MM or YYYY-MM..YYYY-MM, at most ten years"
        found = _WRITTEN.match(text)
        if not found:
            raise InvalidInput(f"{text[:40]!r} is not a period.", field="period", allowed=allowed)
        numbers = [int(part) for part in found.groups() if part]
        try:
            first = dt.date(numbers[0], numbers[1], 1)
            last = dt.date(numbers[-2], numbers[-1], 1)
        except ValueError:
            raise InvalidInput(f"{text!r} names no month.", field="period", allowed=allowed) from None
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        if not 1 <= months <= LONGEST_MONTHS:
            raise InvalidInput(
                f"{text!r} ends before it begins, or is too long.", field="period", allowed=allowed
            )
        return cls(first, last)

    def __str__(self) -> str:
        first, last = f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"
        return first if first == last else f"{first}..{last}"

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day.replace(day=1) <= self.last
