"""What a city is asked to look at: patterns that gaming would leave, and that good reasons leave too. Pure.

Questions, not verdicts. They are shown to the city first, with the counts they rest on; a count of 1 to 9 asks
nothing, because chance would ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nagara.indicators.cells import Cell
from nagara.indicators.definitions import FEW

ASKED_FROM = {
    "closed_at_once": 0.05,
    "closed_at_the_last": 0.15,
    "moved_before_due": 0.05,
    "mostly_waited": 0.2,
    "photo_reopened": 0.05,
    "unconfirmed": 0.1,
    "reopened": 0.15,
}
"""Shares above which a question is asked."""

JUMP = 1.5
"""Refusals that grew by more than half against the period before are asked about."""


@dataclass(frozen=True)
class Question:
    """One question to a city, the share it rests on, and of how many."""

    id: str
    words: str
    having: int
    of: int


def questions(now: Cell, before: Cell | None = None) -> list[Question]:
    """The questions that a period's counts ask; ``before`` is the period of the same length before it."""
    return [*_shares(now), *_jump(now, before)]


def _shares(cell: Cell) -> Iterator[Question]:
    closed, resolved = cell.count("closed"), cell.count("resolved_first")
    due = cell.tally("escalated").get("0", 0)
    said = cell.count("said_fixed") + cell.count("said_not_fixed")
    rows = (
        ("closed_at_once", "were closed within five minutes of receipt. Were they worked on?", closed, None),
        ("closed_at_the_last", "were closed in the last hour before they were due. What was done then?", closed, None),
        ("moved_before_due", "went to another department in the day before they were due. Why then?", due, None),
        ("mostly_waited", "stood still for more than a fifth of their time. Who was waited for?", closed, None),
        ("photo_reopened", "were resolved with a picture and opened again within 30 days. What did it show?", resolved,
         None),
        ("reopened", "were opened again within 30 days of being resolved. What had been missed?", resolved,
         cell.count("reopened_in_30_days")),
        ("unconfirmed", "were called not fixed by those who reported them. Did anybody look again?", said,
         cell.count("said_not_fixed")),
    )  # fmt: skip
    for name, words, of, given in rows:
        having = cell.count(name) if given is None else given
        if of and having >= FEW and having / of > ASKED_FROM[name]:
            yield Question(name, f"{having / of:.0%} {words}", having, of)


def _jump(now: Cell, before: Cell | None) -> Iterator[Question]:
    if before is None:
        return
    refused, closed = sum(now.tally("declined_for").values()), now.count("closed")
    refused_before, closed_before = sum(before.tally("declined_for").values()), before.count("closed")
    if refused < FEW or refused_before < FEW or not closed or not closed_before:
        return
    share, share_before = refused / closed, refused_before / closed_before
    if share > JUMP * share_before:
        words = f"{share:.0%} were declined, against {share_before:.0%} in the period before. What changed?"
        yield Question("declined_jump", words, refused, closed)
