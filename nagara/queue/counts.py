"""The figures beside the views.

Each is counted along an index that holds just the rows of its view, up to a limit: beyond that nobody needs
the exact figure, and counting costs the same in a city with ten thousand open requests and with a million.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, LiteralString

from nagara.accounts import Account
from nagara.database import Pool, read_in_city
from nagara.exchange import Question
from nagara.queue.filters import View, names_of

COUNTED_UP_TO = 10_000

_CONDITIONS: Mapping[View, LiteralString] = {
    View.OPEN: "true",
    View.MINE: "assignee = any(%(names)s)",
    View.DEPARTMENT: "department = any(%(departments)s)",
    View.UNASSIGNED: "assignee is null",
    View.OVERDUE: "next_due_at < clock_timestamp()",
    View.DUE_TODAY: "next_due_at < %(end_of_day)s",
    View.ESCALATED: "(escalation_step > 0 or escalated_by_hand)",
    View.WAITING: "status = 'waiting_reporter'",
    View.REFERRED: "status = 'referred'",
}
VIEWS = tuple(_CONDITIONS)


def _one(condition: LiteralString) -> LiteralString:
    return (
        "(select count(*) from (select from request where city_id = %(city_id)s and closed_at is null and "  # noqa: S608
        + condition
        + " limit %(most)s) as counted)"
    )


COUNTS: LiteralString = "select " + ", ".join(map(_one, _CONDITIONS.values()))


def question(account: Account, end_of_day: dt.datetime) -> Question:
    """The statement that counts every view for somebody."""
    return COUNTS, {
        "city_id": account.city_id,
        "names": list(names_of(account)),
        "departments": list(account.departments),
        "end_of_day": end_of_day,
        "most": COUNTED_UP_TO,
    }


def shown(account: Account, row: tuple[Any, ...]) -> dict[str, int | None]:
    """The figures by view; none for the department of somebody who belongs to none."""
    counted: dict[str, int | None] = {view.value: n for view, n in zip(VIEWS, row, strict=True)}
    if not account.departments:
        counted[View.DEPARTMENT] = None
    return counted


async def counts(pool: Pool, account: Account, end_of_day: dt.datetime) -> dict[str, int | None]:
    """What is in each view of somebody, counted up to ``COUNTED_UP_TO``."""
    [[row]] = await read_in_city(pool, account.city_id, question(account, end_of_day))
    return shown(account, row)
