"""What a city is asked to look at: patterns that gaming would leave, and that good reasons leave too. Pure.

Questions, not verdicts. They are shown to the city first, with the counts they rest on; a count of 1 to 9 asks
nothing, because chance would ask. A share is held against a fixed bound, against the city's own period before, and -
for what ends a promise without keeping it - against what other cities do with the same kinds of requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nagara.indicators.cells import Cell
from nagara.indicators.counts import exact_poisson
from nagara.indicators.definitions import FEW
from nagara.indicators.proportions import wilson

ASKED_FROM = {
    "closed_at_once": 0.05,
    "closed_at_the_last": 0.15,
    "moved_before_due": 0.05,
    "mostly_waited": 0.2,
    "photo_reopened": 0.05,
    "unconfirmed": 0.1,
    "reopened": 0.15,
    "times_corrected": 0.05,
    "taken_apart": 0.05,
    "audit_unconfirmed": 0.1,
    "in_emergency": 0.5,
}
"""Shares above which a question is asked."""

JUMP = 1.5
"""Shares that grew by more than half against the period before are asked about, and such that are beyond peers'."""

ENOUGH_BEFORE = 20
"""Cases a period before needs to be held against, and peers' of a kind."""

FEWEST_PEERS = 3
Counts = tuple[int, int]
"""Having, and of how many."""


@dataclass(frozen=True)
class Question:
    """One question to a city, the share it rests on, and of how many."""

    id: str
    words: str
    having: int
    of: int


def declined(cell: Cell) -> Counts:
    """Issues declined, of those closed."""
    return sum(cell.tally("declined_for").values()), cell.count("closed")


def merged(cell: Cell) -> Counts:
    """Reports said to be of a problem that was known, of all reports."""
    return cell.count("duplicates"), cell.count("reports")


def entered(cell: Cell) -> Counts:
    """Reports that staff wrote down for residents, of all reports."""
    return cell.count("entered_by_staff"), cell.count("reports")


def questions(now: Cell, before: Cell | None = None, in_emergency: int = 0) -> list[Question]:
    """The questions that a period's counts ask; ``before`` is the period of the same length before it.

    ``in_emergency``: how many of the reports came in while an emergency was declared.
    """
    return [*_shares(now, in_emergency), *(_jumps(now, before) if before is not None else ())]


def _shares(cell: Cell, in_emergency: int) -> Iterator[Question]:
    closed, resolved, reports = cell.count("closed"), cell.count("resolved_first"), cell.count("reports")
    due = cell.tally("escalated").get("0", 0)
    said = cell.count("said_fixed") + cell.count("said_not_fixed")
    checked = cell.count("audit_checked")
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
        ("times_corrected", "have a time that was corrected afterwards. What shows the right one?", reports, None),
        ("taken_apart", "were one problem with another report and are counted apart now. What told them apart?",
         reports, None),
        ("audit_unconfirmed", "of the resolutions that an audit looked at were not found fixed. What was done there?",
         checked, checked - cell.count("audit_confirmed")),
        ("in_emergency", "came in while an emergency was declared. Does it go on?", reports, in_emergency),
    )  # fmt: skip
    for name, words, of, given in rows:
        having = cell.count(name) if given is None else given
        if of and having >= FEW and having / of > ASKED_FROM[name]:
            yield Question(name, f"{having / of:.0%} {words}", having, of)


def _jumps(now: Cell, before: Cell) -> Iterator[Question]:
    rows = (
        ("declined_jump", "were declined, against {} in the period before. What changed?", declined),
        ("merged_jump", "were merged as reports of a known problem, against {} in the period before. What changed?",
         merged),
        ("entered_jump", "were written down by staff for residents, against {} in the period before. Who called?",
         entered),
    )  # fmt: skip
    for name, words, counts in rows:
        (having, of), (past, past_of) = counts(now), counts(before)
        if grew((having, of), (past, past_of)):
            yield Question(
                name,
                f"{having / of:.0%} " + words.format(f"{past / past_of:.0%}" if past else "none"),
                having,
                of,
            )
    (having, of), (past, past_of) = merged(now), merged(before)
    if past >= FEW and of >= ENOUGH_BEFORE and grew((past, past_of), (having, of)):
        words = f"{having / of:.0%} were merged as reports of a known problem, against {past / past_of:.0%} in the "
        yield Question(
            "merged_less", words + "period before. Is one problem counted several times?", having, of
        )


def grew(now: Counts, before: Counts) -> bool:
    """Whether a share grew by more than half, and not by chance: from nothing at all it can grow, too.

    Where ten cases or more were there before, the shares themselves decide; where fewer were, the low end of the
    interval now must lie beyond one and a half times the high end of the interval before.
    """
    (having, of), (past, past_of) = now, before
    if having < FEW or not of or not past_of:
        return False
    if past >= FEW:
        return having / of > JUMP * past / past_of
    low, high = wilson(having, of).low, wilson(past, past_of).high
    return past_of >= ENOUGH_BEFORE and low is not None and high is not None and low > JUMP * high


def beside_peers(own: Mapping[str, Cell], peers: Sequence[Mapping[str, Cell]]) -> list[Question]:
    """What a city is asked because others do it far less with the same kinds of requests; cells by network code.

    Like for like: what is expected of the city is what its peers do, code by code, on the city's own numbers
    (indirect standardisation), over the codes of which three peers closed or received twenty at least. Asked where
    even the low end of the exact interval lies more than half above what is expected.
    """
    rows = (
        ("declined_peers", "were declined, against {} by which other cities decline the same kinds. Why these?",
         declined),
        ("merged_peers", "were merged as reports of a known problem, against {} in other cities for the same kinds. "
         "Were they the same?", merged),
    )  # fmt: skip
    found = []
    for name, words, counts in rows:
        having, of, expected = 0, 0, 0.0
        for code, cell in own.items():
            known = [
                pair for city in peers if code in city and (pair := counts(city[code]))[1] >= ENOUGH_BEFORE
            ]
            if len(known) >= FEWEST_PEERS:
                mine = counts(cell)
                having, of = having + mine[0], of + mine[1]
                expected += mine[1] * sum(n for n, _ in known) / sum(n for _, n in known)
        if having < FEW:
            continue
        least = exact_poisson(having).low or 0.0
        if least > JUMP * expected:
            usual = f"{expected / of:.0%}" if expected else "none"
            found.append(Question(name, f"{having / of:.0%} " + words.format(usual), having, of))
    return found
