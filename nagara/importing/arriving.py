"""A request that arrives: all that the database is to be told of it, and what is counted. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from nagara.importing.lines import laid_out
from nagara.importing.living import Draft
from nagara.importing.summary import Counted, counted


@dataclass(slots=True)
class Arriving:
    """A history that is taken, from row ``row``: as its lines, behind ``id`` and ``reference``.

    A ``draft`` is kept only of those that say of another request that it is the same: which one that is, the
    database knows, and their lines are not ``whole`` before.
    """

    row: int
    source_id: str
    id: str
    reference: str
    rest: str
    events: tuple[str, ...]
    counts: Counted
    draft: Draft | None = None

    @property
    def is_duplicate(self) -> bool:
        """Whether it ends as a duplicate of another."""
        return self.draft is not None and self.draft.parent is not None

    def laid_out_again(self) -> None:
        """The lines of a draft that was filled in since."""
        if self.draft is not None:
            self.rest, self.events = laid_out(self.draft)


def arriving(row: int, draft: Draft, now: dt.datetime) -> Arriving:
    """A draft as it arrives."""
    own = draft.row
    parents = any(event["kind"] == "duplicate_linked" for event in draft.events)
    rest, events = ("", ()) if parents else laid_out(draft)
    return Arriving(
        row,
        own["source_id"],
        str(own["id"]),
        own["reference"],
        rest,
        events,
        counted(draft, now),
        draft if parents else None,
    )
