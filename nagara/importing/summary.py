"""What an import did, in numbers that add up: rows = imported + already there + rejected."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from nagara.importing.living import Draft
from nagara.importing.stated import Because, Reject
from nagara.lifecycle import PAUSED, Status

PLACE_REFUSALS = (Because.OUTSIDE_THE_CITY, Because.NO_POSITION)
CLOSINGS = ("resolved", "declined", "withdrawn", "duplicate_linked")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The result of one run. With ``dry_run`` nothing was written and ``imported`` is what would have been.

    ``placed`` counts imported requests by how they got their district: ``inside`` it, ``nearest`` to it
    (just beyond an edge), ``stated`` by the source for want of a position; ``none`` have an address only.
    ``other_district``: the source states another district than the position lies in. ``overdue_at_last_sight``:
    open, not paused, and past the time computed for their resolution when last seen.
    """

    city: str
    source: str
    dry_run: bool
    rows: int
    imported: int
    already_there: int
    rejects: Mapping[str, int]
    placed: Mapping[str, int]
    other_district: int
    closings: Mapping[str, int]
    open_at_last_sight: int
    overdue_at_last_sight: int

    @property
    def rejected(self) -> int:
        """Rows that were not taken."""
        return sum(self.rejects.values())

    @property
    def share_in_a_district(self) -> float | None:
        """Of the requests whose place was looked at in this run, the share that got a district; None of none."""
        in_district = self.imported - self.placed.get("none", 0)
        looked_at = self.imported + sum(self.rejects.get(because, 0) for because in PLACE_REFUSALS)
        return in_district / looked_at if looked_at else None

    def as_json(self) -> dict[str, Any]:
        """The numbers for ``--json``."""
        return asdict(self) | {"share_in_a_district": self.share_in_a_district}

    def lines(self) -> list[str]:
        """The numbers as sentences for a person."""
        share = self.share_in_a_district
        verb = "would be imported" if self.dry_run else "imported"
        lines = [
            f"{self.rows:,} rows of {self.source} for {self.city}: {self.imported:,} {verb}, "
            f"{self.already_there:,} already there, {self.rejected:,} rejected",
            *(f"  {count:,} rejected: {because}" for because, count in self.rejects.items()),
        ]
        if self.imported and share is not None:
            how = ", ".join(f"{count:,} {method}" for method, count in self.placed.items())
            closed = ", ".join(f"{count:,} {kind}" for kind, count in self.closings.items()) or "none"
            lines += [
                f"placed in a district: {share:.2%} ({how}); the source names another one for "
                f"{self.other_district:,}",
                f"closings recorded: {closed}",
                f"open when last seen: {self.open_at_last_sight:,}, of them overdue: "
                f"{self.overdue_at_last_sight:,}",
            ]
        return lines


class Counted(NamedTuple):
    """What is counted of a request that is taken, in the words of ``ImportSummary``."""

    placed: str
    closings: tuple[str, ...]
    other_district: bool
    open: bool
    overdue: bool


def counted(draft: Draft, now: dt.datetime) -> Counted:
    """What is counted of a draft; one whose source was not looked at for the last time was seen ``now``."""
    row = draft.row
    is_open = row["closed_at"] is None
    due, seen = row["resolve_by"], row["observed_until"] or now
    waits = Status(row["status"]) not in PAUSED
    return Counted(
        row["place_method"] if row["district"] is not None else "none",
        tuple(event["kind"] for event in draft.events if event["kind"] in CLOSINGS),
        draft.other_district,
        is_open,
        bool(is_open and waits and due is not None and due < seen),
    )


@dataclass
class Tally:
    """Counts while an import runs."""

    rows: int = 0
    imported: int = 0
    already_there: int = 0
    other_district: int = 0
    open_at_last_sight: int = 0
    overdue_at_last_sight: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    closings: Counter[str] = field(default_factory=Counter)

    def reject(self, rejects: Iterable[Reject]) -> None:
        """Count rows that are not taken."""
        self.rejects.update(reject.because.value for reject in rejects)

    def take(self, counts: Iterable[Counted]) -> None:
        """Count requests that are taken."""
        for one, times in Counter(counts).items():
            self.imported += times
            self.other_district += times * one.other_district
            self.placed[one.placed] += times
            self.open_at_last_sight += times * one.open
            self.overdue_at_last_sight += times * one.overdue
            for kind in one.closings:
                self.closings[kind] += times

    def summary(self, city: str, source: str, dry_run: bool) -> ImportSummary:
        """The counts as they stand."""
        return ImportSummary(
            city=city,
            source=source,
            dry_run=dry_run,
            rows=self.rows,
            imported=self.imported,
            already_there=self.already_there,
            rejects=dict(self.rejects.most_common()),
            placed=dict(self.placed.most_common()),
            other_district=self.other_district,
            closings=dict(self.closings.most_common()),
            open_at_last_sight=self.open_at_last_sight,
            overdue_at_last_sight=self.overdue_at_last_sight,
        )
