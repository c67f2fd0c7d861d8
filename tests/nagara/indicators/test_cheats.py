"""Four cities with the same 360 problems: an honest one, and three that would rather look good. Figures decide.

Every third problem is hard and takes 400 hours; the others take 40. All promise 72 hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pytest

from nagara.indicators.cells import Cell
from nagara.indicators.comparison import standardised_mean, standardised_promise, standardised_share
from nagara.indicators.figure import Figure
from nagara.indicators.figures import figures_of
from nagara.indicators.issue_times import LoggedEvent
from nagara.indicators.questions import questions
from nagara.indicators.strata import all_strata
from tests.nagara.indicators.one_by_one import counted_in_columns
from tests.nagara.indicators.test_figures import CODES as SOME
from tests.nagara.indicators.test_figures import START, code, request

CODES = SOME | {"drain": code("drain", hours=72)}
KINDS = ("road_pothole", "street_light", "drain")
CUT_OFF = START + dt.timedelta(days=150)
EASY, HARD, PROBLEMS = 40.0, 400.0, 360
WEIGHTS = dict.fromkeys(KINDS, 1 / 3)


def is_hard(number: int) -> bool:
    return number // 3 % 3 == 0


def event(number: int, hours: float, kind: str, **data: object) -> LoggedEvent:
    return LoggedEvent(kind, START + dt.timedelta(hours=number + hours), "staff", None, data)


def honest(number: int) -> list[LoggedEvent]:
    hours = HARD if is_hard(number) else EASY
    return request(number, hours, name=KINDS[number % 3], answered_after=10)


def leaves_hard_ones_open(number: int) -> list[LoggedEvent]:
    hours = None if is_hard(number) else EASY
    return request(number, hours, name=KINDS[number % 3], answered_after=10)


def recategorises(number: int) -> list[LoggedEvent]:
    """Gives the hard ones to a code with more time, shortly before they are due."""
    filed, answered, closed = honest(number)
    if not is_hard(number):
        return [filed, answered, closed]
    return [filed, answered, event(number, 70, "recategorised", department="x", network_code="noise"), closed]


def closes_and_reopens(number: int) -> list[LoggedEvent]:
    """Calls the hard ones resolved before they are due, and opens them again the day after."""
    filed, answered, closed = honest(number)
    if not is_hard(number):
        return [filed, answered, closed]
    return [filed, answered, event(number, 71.5, "resolved"), event(number, 96, "reopened"), closed]


def cells_by_code(city: Callable[[int], list[LoggedEvent]]) -> dict[str, Cell]:
    cells = counted_in_columns([city(number) for number in range(PROBLEMS)], CUT_OFF)
    found: dict[str, Cell] = {}
    for (_, name, _), cell in cells.items():
        found[name] = Cell.merged([found.get(name, Cell()), cell])
    return found


def figures(city: Callable[[int], list[LoggedEvent]]) -> Mapping[str, Figure]:
    return figures_of(cells_by_code(city), CODES)


def value(found: Mapping[str, Figure], key: str) -> float:
    shown = found[key].value
    assert shown is not None, (key, found[key].withheld)
    return shown


MORE_IS_BETTER = ("N3a.share", "N3b.share", "N4.published", "N4b.published", "N7c")
LESS_IS_BETTER = ("N3a.rmst30", "N3a.rmst90", "N3b.rmst30", "N8")


def test_the_honest_city_has_these_figures() -> None:
    found = figures(honest)
    assert value(found, "N4.published") == pytest.approx(2 / 3)
    assert value(found, "N3a.rmst30") == pytest.approx((2 * EASY + HARD) / 3)
    assert value(found, "N3b.rmst30") == value(found, "N3a.rmst30")
    assert value(found, "N8") == 0
    assert questions(Cell.merged(cells_by_code(honest).values())) == []


def test_leaving_hard_cases_open_looks_no_better_though_its_average_does() -> None:
    ours, theirs = figures(honest), figures(leaves_hard_ones_open)
    closed = [EASY for number in range(PROBLEMS) if not is_hard(number)]
    assert sum(closed) / len(closed) < value(
        ours, "N3a.rmst30"
    )  # what an average over closed ones would reward
    for key in MORE_IS_BETTER:
        assert value(theirs, key) <= value(ours, key)
    for key in LESS_IS_BETTER:
        assert value(theirs, key) >= value(ours, key)
    assert value(theirs, "N3a.rmst30") == pytest.approx((2 * EASY + 720) / 3)
    assert value(theirs, "N3a.rmst90") == pytest.approx((2 * EASY + 2160) / 3)
    assert value(theirs, "N7b.past_promise") == 1


def test_recategorising_changes_no_figure_and_is_asked_about() -> None:
    ours, theirs = figures(honest), figures(recategorises)
    for key in (*MORE_IS_BETTER, *LESS_IS_BETTER):
        assert theirs[key] == ours[key]
    for weigh in (standardised_promise, standardised_mean):
        assert weigh(cells_by_code(recategorises), CODES, WEIGHTS) == weigh(
            cells_by_code(honest), CODES, WEIGHTS
        )


def test_moving_a_request_away_before_it_is_due_is_asked_about() -> None:
    def moves(number: int) -> list[LoggedEvent]:
        filed, *rest = recategorises(number)
        data = dict(filed.data or {}) | {"department": "roads"}
        return [LoggedEvent("filed", filed.occurred_at, "resident", "received", data), *rest]

    asked = {q.id: q for q in questions(Cell.merged(cells_by_code(moves).values()))}
    assert set(asked) == {"moved_before_due"}
    assert (asked["moved_before_due"].having, asked["moved_before_due"].of) == (120, 360)
    assert value(figures(moves), "N10.rerouted") == pytest.approx(1 / 3)


def test_closing_and_reopening_gains_nothing_that_lasts_and_is_asked_about() -> None:
    ours, theirs = figures(honest), figures(closes_and_reopens)
    assert value(theirs, "N4.published") > value(ours, "N4.published")  # the first resolution counts there,
    for key in ("N3b.share", "N4b.published"):  # which is why these stand beside it
        assert value(theirs, key) == value(ours, key)
    assert value(theirs, "N3b.rmst30") == value(ours, "N3b.rmst30")
    assert value(theirs, "N8") == pytest.approx(1 / 3)
    asked = {question.id for question in questions(Cell.merged(cells_by_code(closes_and_reopens).values()))}
    assert "reopened" in asked


def test_declining_much_more_than_before_is_asked_about() -> None:
    def declines(number: int) -> list[LoggedEvent]:
        closing = "declined" if is_hard(number) else "resolved"
        return request(number, 50.0, closing=closing, name=KINDS[number % 3])

    def declines_some(number: int) -> list[LoggedEvent]:
        return request(number, 50.0, closing="declined" if number % 12 == 0 else "resolved", name=KINDS[0])

    now, before = (Cell.merged(cells_by_code(city).values()) for city in (declines, declines_some))
    (asked,) = questions(now, before)
    assert asked.words == "33% were declined, against 8% in the period before. What changed?"
    assert questions(before, now) == []
    assert value(figures(declines), "N3a.share") == pytest.approx(2 / 3)


def backdates_nothing_but_answers_at_once(number: int) -> list[LoggedEvent]:
    """Answers by a machine within a minute; a person still takes as long as everywhere."""
    filed, *rest = honest(number)
    return [filed, LoggedEvent("acknowledged", filed.occurred_at, "system", None, {}), *rest]


def declines_the_hard_ones(number: int) -> list[LoggedEvent]:
    """Calls hard cases no case at all, an hour before they are due."""
    filed, answered, closed = honest(number)
    return [filed, answered, event(number, 71, "declined", reason="not_found")] if is_hard(number) else [
        filed, answered, closed,
    ]  # fmt: skip


CHEATS = (
    leaves_hard_ones_open,
    recategorises,
    closes_and_reopens,
    backdates_nothing_but_answers_at_once,
    declines_the_hard_ones,
)
HEADLINES = {"N2b": 1, "N3a.std": 1, "N5": 1, "N6": -1, "N7b.past_promise": -1}
"""The headline figures a city's own counts decide, and whether more (1) or less (-1) looks better."""

LASTING = {"closes_and_reopens": {"N3a.std": "N3b.share", "N5": "N4b.published", "N6": "N3b.rmst30"}}
"""Of what was opened again the first resolution counts in a headline; the lasting form stands beside it and judges."""

ASKED = {"declines_the_hard_ones": {"N5", "N6"}}
"""A case declined in time has no promise left and nobody waits for it: what shows it is the share declined, the share
resolved, which gains nothing, and the question about it."""


def headline(city: Callable[[int], list[LoggedEvent]]) -> dict[str, float | None]:
    """The headline figures, standardised ones by one mix, and the lasting forms."""
    cells = cells_by_code(city)
    strata = all_strata(cells, CODES)
    found: dict[str, float | None] = {
        "N3a.std": standardised_share(strata["share"], WEIGHTS).figure.value,
        "N5": standardised_promise(cells, CODES, WEIGHTS).figure.value,
        "N6": standardised_mean(cells, CODES, WEIGHTS).figure.value,
    }
    own = figures_of(cells, CODES)
    for key in ("N2b", "N7b.past_promise", "N3b.share", "N4b.published", "N3b.rmst30", "N10.declined"):
        found[key] = own[key].value
    return found


def test_no_cheat_looks_better_than_its_honest_twin_on_any_headline_figure() -> None:
    ours = headline(honest)
    lines = [f"{'':40}" + "".join(f"{key:>18}" for key in ours)]
    for city in (honest, *CHEATS):
        theirs = headline(city)
        lines.append(
            f"{city.__name__:40}"
            + "".join(f"{'-' if v is None else round(v, 4):>18}" for v in theirs.values())
        )
        for key, better in HEADLINES.items():
            if key in ASKED.get(city.__name__, ()):
                continue
            judged = LASTING.get(city.__name__, {}).get(key, key)
            mine, other = ours[judged], theirs[judged]
            if mine is None or other is None:  # none open at all: there is nothing past its time
                assert key == "N7b.past_promise"
                assert mine is None
                continue
            assert other * better <= mine * better + 1e-9, (city.__name__, judged)
    print("\n" + "\n".join(lines))
    assert (headline(declines_the_hard_ones)["N3a.std"] or 0) <= (ours["N3a.std"] or 0)
    assert (headline(declines_the_hard_ones)["N10.declined"] or 0) == pytest.approx(1 / 3)


def test_the_city_that_declines_its_hard_cases_is_asked() -> None:
    now, before = (Cell.merged(cells_by_code(city).values()) for city in (declines_the_hard_ones, honest))
    asked = {question.id for question in questions(now, before)}
    assert "closed_at_the_last" in asked
