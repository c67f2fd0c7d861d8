"""Steps of earlier reports that fall due while something else is measured, and when each was climbed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from bench.sweeping import NOT_YET_CLIMBED
from nagara.database import time_told
from nagara.lifecycle import AT_WORK

CHOOSE = (
    "create temp table due as select r.city_id, r.id, %(now)s + random() * %(within)s::interval as at"
    + NOT_YET_CLIMBED
    + " limit %(due)s"
)
MAKE_DUE: LiteralString = """
update request r set next_step_at = due.at from due where r.city_id = due.city_id and r.id = due.id
"""
CLIMBED: LiteralString = """
select due.id::text, extract(epoch from e.recorded_at - due.at)::float8
  from due left join event e on e.city_id = due.city_id and e.request_id = due.id and e.kind = 'escalated'
"""


@dataclass(frozen=True, slots=True)
class Climbed:
    """How many steps were to be climbed, how late each was that was, in seconds, and how many were climbed again."""

    due: int
    late: list[float]
    again: int

    @property
    def once(self) -> bool:
        """Whether each was, and once."""
        return self.due == len(self.late) and self.again == 0


def make_due(owner: psycopg.Connection[Any], due: int, seconds: float) -> None:
    """Let so many overdue reports climb their first step at moments spread over so many seconds from now on."""
    values = {"now": time_told(owner), "within": f"{seconds} seconds", "due": due}
    found = owner.execute(CHOOSE, values | {"statuses": [status.value for status in AT_WORK]}).rowcount
    if found != due:
        raise RuntimeError(f"only {found} of {due} overdue reports are there: fill more")
    owner.execute(MAKE_DUE)


def climbed(owner: psycopg.Connection[Any]) -> Climbed:
    """What became of them; over the same connection."""
    rows = owner.execute(CLIMBED).fetchall()
    times = Counter(row[0] for row in rows)
    late = sorted(row[1] for row in rows if row[1] is not None)
    again = sum(count - 1 for count in times.values())
    return Climbed(len(times), late, again)
