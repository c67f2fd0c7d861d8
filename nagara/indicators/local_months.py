"""The local month of many moments at once: a look-up and one comparison instead of a search."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from nagara.indicators.facts import EPOCH, MICROSECOND

Ints = npt.NDArray[np.int64]
FIRST_YEAR, LAST_YEAR = 1900, 2199
_STEP_BITS = 40
"""2^40 microseconds are 12.7 days: within such a step one month begins at most."""


@dataclass(frozen=True, eq=False)
class LocalMonths:
    """When each month of a time zone begins; months count on over years: year * 12 + month - 1."""

    edge: Ints
    """Microseconds of Unix time, ascending; one that never comes at the end."""
    first_step: int
    edge_of_step: Ints
    """The first month's beginning that is not before the beginning of each step."""

    def of(self, times: Ints) -> Ints:
        """The month of each moment; moments outside 1900 to 2199 count as in the last of these months."""
        steps = np.clip((times >> _STEP_BITS) - self.first_step, 0, len(self.edge_of_step) - 1)
        edges = self.edge_of_step[steps]
        begun = edges + (self.edge[edges] <= times)
        found: Ints = np.where(begun > 0, begun, len(self.edge) - 1) + (FIRST_YEAR * 12 - 1)
        return found


@cache
def local_months(zone: ZoneInfo) -> LocalMonths:
    """The months of a zone from 1900 to 2199."""
    numbers = range(FIRST_YEAR * 12, (LAST_YEAR + 1) * 12)
    begins = [(dt.datetime(n // 12, n % 12 + 1, 1, tzinfo=zone) - EPOCH) // MICROSECOND for n in numbers]
    edge = np.array([*begins, np.iinfo(np.int64).max], dtype=np.int64)
    first, last = begins[0] >> _STEP_BITS, begins[-1] >> _STEP_BITS
    steps = np.arange(first, last + 2, dtype=np.int64) << _STEP_BITS
    return LocalMonths(edge, first, np.searchsorted(edge, steps).astype(np.int64))
