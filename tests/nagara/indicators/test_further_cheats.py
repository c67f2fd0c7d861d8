"""Eight more ways to look good, each held against its honest twin: no headline figure gains, or the city is asked.

The cities and their problems are those of ``test_cheats``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from nagara.indicators.cells import Cell
from nagara.indicators.facts import OPEN, Groups, micros
from nagara.indicators.figures import figures_of
from nagara.indicators.issue_times import LoggedEvent
from nagara.indicators.questions import Question, beside_peers, questions
from nagara.indicators.tally import Emergency, every_month, packed_months
from tests.nagara.indicators.one_by_one import counted_in_columns, rows_of
from tests.nagara.indicators.test_cheats import (
    BETTER,
    CODES,
    CUT_OFF,
    EASY,
    HARD,
    KINDS,
    PROBLEMS,
    UNDECLINED,
    event,
    headline_of,
    honest,
    in_its_district,
    is_hard,
    looks_better,
)
from tests.nagara.indicators.test_figures import START, request

Histories = list[list[LoggedEvent]]
City = Callable[[int], Histories]
"""The requests that a city makes of one problem."""


def as_it_was(number: int) -> Histories:
    return [honest(number)]


def merges_the_hard_ones(number: int) -> Histories:
    """Calls every hard problem another report of the first one, which stays open."""
    events = honest(number)
    if not is_hard(number) or number == 0:
        return [events]
    return [[*events[:2], event(number, 60, "duplicate_linked", parent="TST-0000")]]


def backdates(number: int) -> Histories:
    """Corrects the time of each late resolution to an hour before it was due, as the log keeps it and reads it."""
    filed, answered, closed = honest(number)
    if not is_hard(number):
        return [[filed, answered, closed]]
    right = replace(closed, occurred_at=filed.occurred_at + dt.timedelta(hours=71))
    return [[filed, answered, right, event(number, HARD + 1, "time_corrected", event=3)]]


def fake(number: int, channel: str) -> list[LoggedEvent]:
    filed, *rest = request(number, 20.0, name=KINDS[number % 3], answered_after=1, channel=channel)
    return [replace(filed, actor_kind="staff"), *rest]


def reports_to_itself(number: int) -> Histories:
    """Writes down an easy problem that nobody had, as if a resident had called, and closes it."""
    return [honest(number), fake(number, "phone")]


def inspects_easy_ones(number: int) -> Histories:
    """The same as findings of its own."""
    return [honest(number), fake(number, "staff")]


def with_followers(number: int) -> Histories:
    """The honest twin of the next: two neighbours report each easy problem too, and are linked to it."""
    if is_hard(number):
        return [honest(number)]
    return [honest(number), *([*honest(number)[:1], event(number, 5, "duplicate_linked")] for _ in range(2))]


def splits(number: int) -> Histories:
    """Takes neighbours' reports of easy problems apart again, so that each counts as a problem solved."""
    first, *others = with_followers(number)
    closed = event(number, EASY, "resolved")
    return [first, *([*events, event(number, 6, "reopened"), closed] for events in others)]


def hides(number: int) -> Histories:
    """Marks hard problems confidential."""
    filed, *rest = honest(number)
    data = dict(filed.data or {}) | {"confidential": is_hard(number)}
    return [[replace(filed, data=data), *rest]]


def moves_districts(number: int) -> Histories:
    """Says of hard problems, before they are due, that they lie in a district where all else goes well."""
    filed, answered, closed = honest(number)
    if not is_hard(number):
        return [[filed, answered, closed]]
    return [[filed, answered, event(number, 70, "recategorised", district="6"), closed]]


def pauses(number: int, *, for_ever: bool) -> Histories:
    filed, answered, closed = honest(number)
    if not is_hard(number):
        return [[filed, answered, closed]]
    waits = replace(event(number, 11, "paused"), to_status="on_hold")
    return [[filed, answered, waits] + ([] if for_ever else [replace(closed, to_status="resolved")])]


def pauses_for_ever(number: int) -> Histories:
    """Lets hard problems wait for somebody, and never ends it."""
    return pauses(number, for_ever=True)


def pauses_until_the_end(number: int) -> Histories:
    """Lets them wait until they are resolved."""
    return pauses(number, for_ever=False)


CHEATS: tuple[tuple[City, City, set[str], str | None], ...] = (
    (merges_the_hard_ones, as_it_was, {"N3b.std", "N5b"}, "merged_jump"),
    (backdates, as_it_was, {"N3b.std", "N5b", "N13"}, "times_corrected"),
    (reports_to_itself, as_it_was, {"N3b.std", "N5b", "N13"}, "entered_jump"),
    (inspects_easy_ones, as_it_was, set(), None),
    (splits, with_followers, {"N3b.std", "N5b"}, "taken_apart"),
    (hides, as_it_was, set(), None),
    (moves_districts, as_it_was, set(), None),
    (pauses_for_ever, as_it_was, set(), None),
    (pauses_until_the_end, as_it_was, set(), "mostly_waited"),
)
"""The cheat, its honest twin, the headline figures that flatter it, and what the city is then asked."""


def histories(city: City) -> Histories:
    return [in_its_district(n, events) for n in range(PROBLEMS) for events in city(n)]


@cache
def counts(city: City) -> dict[str, Cell]:
    placed = counted_in_columns(histories(city), CUT_OFF)
    return {
        name: Cell.merged(cell for key, cell in placed.items() if key[1] == name)
        for name in sorted({key[1] for key in placed})
    }


@cache
def figures(city: City) -> dict[str, float | None]:
    return headline_of(histories(city))


@cache
def asked_of(city: City, twin: City) -> dict[str, Question]:
    now, before = counts(city), counts(twin)
    own = questions(Cell.merged(now.values()), Cell.merged(before.values()))
    return {one.id: one for one in (*own, *beside_peers(now, [before] * 3))}


@pytest.mark.parametrize("row", CHEATS, ids=lambda row: row[0].__name__)
def test_a_cheat_gains_nothing_or_is_asked(row: tuple[City, City, set[str], str | None]) -> None:
    city, twin, expected, question = row
    theirs, ours = figures(city), figures(twin)
    watched = BETTER | UNDECLINED
    print(f"\n{city.__name__}")
    for key in watched:
        print(f"  {key:16}{ours[key] or 0:10.4f} ->{theirs[key] or 0:10.4f}")
    asked = asked_of(city, twin)
    print("  asked:", [one.words for one in asked.values()])
    flattering = {key for key, better in BETTER.items() if looks_better(theirs[key], ours[key], better)}
    assert flattering == expected
    assert not flattering or asked, "whatever looks better asks something"
    assert question is None or question in asked
    assert asked_of(twin, twin) == {}, "and of the honest twin nothing is asked"


def test_the_questions_rest_on_these_counts() -> None:
    def said(city: City, twin: City, name: str) -> tuple[int, int, str]:
        found = asked_of(city, twin)[name]
        return found.having, found.of, found.words

    assert said(merges_the_hard_ones, as_it_was, "merged_jump")[:2] == (119, 360)
    assert "against none in other cities" in said(merges_the_hard_ones, as_it_was, "merged_peers")[2]
    assert said(backdates, as_it_was, "times_corrected")[:2] == (120, 360)
    assert said(reports_to_itself, as_it_was, "entered_jump") == (
        360, 720,
        "50% were written down by staff for residents, against none in the period before. Who called?",
    )  # fmt: skip
    assert said(splits, with_followers, "taken_apart")[:2] == (480, 840)
    assert said(splits, with_followers, "merged_less")[2].startswith(
        "0% were merged as reports of a known problem"
    )
    assert said(pauses_until_the_end, as_it_was, "mostly_waited")[:2] == (120, 360)


def test_what_a_city_says_of_itself_or_hides_changes_no_figure_at_all() -> None:
    ours = figures_of(counts(as_it_was), CODES)
    for city in (inspects_easy_ones, hides, moves_districts):
        assert figures_of(counts(city), CODES) == ours, city.__name__


def test_an_emergency_that_never_ends_hides_nothing_and_is_asked_about() -> None:
    """The headline counts what came in during an emergency; what is published without it is left with nothing."""
    groups = Groups()
    facts = rows_of(histories(as_it_was), groups)
    always = Emergency(micros(START) - 1, OPEN, frozenset())
    cut_off = micros(CUT_OFF)
    named = groups.names()
    plain = packed_months(facts, named, cut_off)
    declared = packed_months(facts, named, cut_off, every_month, [always])
    for month, packed in declared.items():
        assert packed.without_emergency() == plain[month].without_emergency()
        assert not packed.where(lambda part: not part[2]).cells()
    whole = Cell.merged(cell for packed in declared.values() for cell in packed.cells().values())
    (asked,) = questions(whole, None, whole.count("reports"))
    assert (asked.id, asked.having, asked.of) == ("in_emergency", 360, 360)
    assert questions(whole, None, 100) == []
