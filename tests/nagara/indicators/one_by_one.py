"""The counts of a cell made in the plainest way, one request after another: what whole columns must agree with."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.facts import KEYED, Facts, Groups, facts_of, micros
from nagara.indicators.issue_times import Ending, IssueTimes, LoggedEvent, PromiseOutcome, issue_times
from nagara.indicators.life_table import LifeTable, bin_of
from nagara.indicators.tally import cells_of

TABLES = ("response", "resolution", "sustained", "backlog_age")
UTC = ZoneInfo("UTC")


class CellCounter:
    """Counts requests into a cell, one after another."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.tables: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in TABLES}
        self.promise: dict[str, Counter[str]] = {}
        self.backlog_due: dict[str, Counter[str]] = {}

    def add(self, issue: IssueTimes, cut_off: dt.datetime) -> None:
        if issue.staff_created:
            self.counts["staff_created"] += 1
            return
        self.counts["reports"] += 1
        self.counts["simulated"] += issue.simulated
        if issue.duplicate:
            self.counts["duplicates"] += 1
            return
        self.counts["issues"] += 1
        for name, counts in (
            ("imported", issue.imported),
            ("without_district", issue.district == "-"),
            ("referred", issue.referred),
            ("reopened", issue.reopened),
            ("inconsistent", not issue.consistent),
        ):
            self.counts[name] += counts
        if issue.consistent:
            self._add_times(issue, cut_off)

    def add_promise(self, issue: IssueTimes) -> None:
        counted = issue.promise not in (PromiseOutcome.NONE, PromiseOutcome.PENDING)
        if counted and issue.consistent and not (issue.staff_created or issue.duplicate):
            self.promise.setdefault(issue.promise_standard, Counter())[issue.promise.value] += 1

    def _add_times(self, issue: IssueTimes, cut_off: dt.datetime) -> None:
        def tell(table: str, ending: Ending) -> None:
            self.tables[table][bin_of(ending.at - issue.received_at), ending.cause] += 1

        tell("response", issue.response)
        tell("resolution", issue.resolution)
        tell("sustained", issue.sustained)
        self.counts["answered_by_closing"] += issue.answered_by_closing
        self.counts["lost_from_sight"] += issue.lost_from_sight
        if not issue.open_at_cut_off:
            return
        self.counts["open"] += 1
        self.counts["open_referred"] += issue.referred_at_cut_off
        tell("backlog_age", Ending(cut_off, 0))
        if issue.due is not None:
            dated = self.backlog_due.setdefault(issue.promise_standard, Counter())
            dated["dated"] += 1
            dated["past"] += issue.due < cut_off

    def cell(self) -> Cell:
        return Cell(
            counts={name: count for name, count in self.counts.items() if count},
            tables={name: LifeTable.from_counts(counts) for name, counts in self.tables.items() if counts},
            promise={k: dict(v) for k, v in self.promise.items()},
            backlog_due={k: {a: b for a, b in v.items() if b} for k, v in self.backlog_due.items()},
        )


def counted_one_by_one(
    histories: Iterable[Sequence[LoggedEvent]], cut_off: dt.datetime, zone: ZoneInfo = UTC
) -> dict[CellKey, Cell]:
    """Cells of requests given by their events."""
    counters: dict[CellKey, CellCounter] = {}
    for events in histories:
        issue = issue_times(events, cut_off)
        if issue is None:
            continue

        def counter(at: dt.datetime, issue: IssueTimes = issue) -> CellCounter:
            month = at.astimezone(zone).date().replace(day=1)
            return counters.setdefault((month, issue.network_code, issue.district), CellCounter())

        counter(issue.received_at).add(issue, cut_off)
        if issue.due is not None and issue.due <= cut_off:
            counter(issue.due).add_promise(issue)
    return {key: counter.cell() for key, counter in sorted(counters.items())}


def rows_of(histories: Iterable[Sequence[LoggedEvent]], groups: Groups, zone: ZoneInfo = UTC) -> Facts:
    """The facts of requests given by their events."""
    found = [facts_of(events, (), zone, groups) for events in histories]
    rows = [(number.to_bytes(16, "big"), b"h" * 32, *row) for number, row in enumerate(found) if row]
    return np.array(rows, dtype=KEYED)


def counted_in_columns(
    histories: Iterable[Sequence[LoggedEvent]], cut_off: dt.datetime, zone: ZoneInfo = UTC
) -> dict[CellKey, Cell]:
    """The same cells by way of facts; events after the cut-off are left out before, as the reading does."""
    groups = Groups()
    seen = [[event for event in events if event.occurred_at <= cut_off] for events in histories]
    facts = rows_of([events for events in seen if events], groups, zone)
    return cells_of(facts, groups.names(), micros(cut_off))
