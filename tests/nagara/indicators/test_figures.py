"""Published figures of counted cells: values, reasons for having none, and cheats that gain nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from city_config.schema import NetworkCode
from nagara.indicators.cells import Cell
from nagara.indicators.definitions import BY_ID, DEFINITIONS
from nagara.indicators.figure import Figure
from nagara.indicators.figures import figures_of
from nagara.indicators.issue_times import LoggedEvent
from nagara.indicators.survival import aalen_johansen, kaplan_meier, risk_table
from tests.nagara.indicators.one_by_one import counted_in_columns

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CUT_OFF = START + dt.timedelta(days=120)


def code(name: str, comparability: str = "A", hours: float | None = 72, kind: str = "fix") -> NetworkCode:
    return NetworkCode.model_validate(
        {
            "code": name,
            "names": {"en": name},
            "service_class": kind,
            "comparability": comparability,
            "reference_hours": hours,
        }
    )


CODES = {
    c.code: c
    for c in (
        code("road_pothole"),
        code("street_light", hours=168),
        code("noise", "B"),
        code("water_supply", "C", None, "util"),
        code("cable_pole", "B", 24, "util"),
    )
}


def request(
    number: int,
    closed_after: float | None,
    *,
    name: str = "road_pothole",
    closing: str = "resolved",
    answered_after: float | None = None,
    due: float = 72,
    standard: str = "published",
    channel: str = "web",
    more: Iterable[LoggedEvent] = (),
) -> list[LoggedEvent]:
    """Events of one request received at hour ``number``."""
    received = START + dt.timedelta(hours=number)

    def at(hours: float) -> dt.datetime:
        return received + dt.timedelta(hours=hours)

    data = {
        "network_code": name,
        "district": "1",
        "channel": channel,
        "promise_standard": standard,
        "resolve_by": at(due).isoformat(),
    }
    events = [LoggedEvent("filed", received, "resident", "received", data)]
    if answered_after is not None:
        events.append(LoggedEvent("acknowledged", at(answered_after), "staff"))
    if closed_after is not None:
        events.append(LoggedEvent(closing, at(closed_after), "staff"))
    return [*events, *more]


def cell_of(requests: Iterable[list[LoggedEvent]], cut_off: dt.datetime = CUT_OFF) -> Cell:
    return Cell.merged(counted_in_columns(requests, cut_off).values())


def figures(requests: Iterable[list[LoggedEvent]], name: str = "road_pothole") -> Mapping[str, Figure]:
    return figures_of({name: cell_of(requests)}, CODES)


def test_every_definition_has_its_figure_and_every_figure_its_definition() -> None:
    for cells in ({}, {"road_pothole": Cell()}, {"road_pothole": Cell(), "noise": Cell()}):
        assert set(figures_of(cells, CODES)) == {d.id for d in DEFINITIONS if d.scope == "cells"}
    assert len(BY_ID) == len(DEFINITIONS)


def test_figures_of_rows_and_of_their_life_table_agree() -> None:
    random = np.random.default_rng(4)
    waits = np.round(random.lognormal(3.5, 1, 300), 1)
    found = figures(request(i, float(w), answered_after=float(w) / 4) for i, w in enumerate(waits))
    exact = risk_table(waits, np.ones(300))
    median = kaplan_meier(exact).quantile(0.5)
    assert found["N3a.median"].value == pytest.approx(median.value, rel=0.01)
    share = aalen_johansen(exact, 1).at(72)
    assert found["N3a.share"].value == pytest.approx(share.value, abs=1e-9)
    assert found["N3a.share"].low == pytest.approx(share.low, abs=1e-9)
    assert found["N2b"].value == pytest.approx(float((waits / 4 <= 24).mean()), abs=1e-9)
    assert found["N4.published"].value == pytest.approx(float((waits <= 72).mean()), abs=1e-9)


def test_too_few_are_withheld_with_the_reason() -> None:
    found = figures(request(i, 5.0) for i in range(9))
    for key in ("N2a", "N2b", "N3a.median", "N3a.rmst30", "N3a.share", "N4.published", "N11"):
        assert found[key].value is None
        assert "fewer than" in (found[key].withheld or "")
        assert found[key].n == 9
    assert found["N1"].value == 9


def test_many_of_which_hardly_any_ended_are_withheld() -> None:
    found = figures(request(i, 5.0 if i < 9 else None) for i in range(60))
    assert found["N3a.median"].withheld == "fewer than 10 of 60 had ended"


def test_a_median_that_is_not_reached_is_no_number_and_not_withheld() -> None:
    found = figures(request(i, 5.0 if i < 20 else None) for i in range(60))
    assert found["N3a.median"].value is None
    assert found["N3a.median"].withheld is None
    assert found["N3a.share"].value == pytest.approx(1 / 3)


def test_a_young_cohort_is_provisional_and_its_mean_withheld() -> None:
    young = START + dt.timedelta(hours=200)
    cell = cell_of((request(i, 20.0 if i % 2 else None) for i in range(100)), young)
    found = figures_of({"road_pothole": cell}, CODES)
    assert found["N3a.median"].provisional
    assert found["N3a.rmst30"].withheld == "too few were followed for 30 days"
    assert found["N3a.share"].value is not None


def test_reference_is_never_mixed_with_promises() -> None:
    found = figures(request(i, 50.0, standard="reference") for i in range(40))
    assert found["N4.reference"].value == 1
    assert found["N4.published"].withheld == "none"


def test_over_codes_only_comparable_ones_enter() -> None:
    fast = cell_of(request(i, 10.0) for i in range(50))
    slow = cell_of(request(i, 500.0, name="noise") for i in range(50))
    pipes = cell_of(request(i, 2000.0, name="water_supply") for i in range(50))
    found = figures_of({"road_pothole": fast, "noise": slow, "water_supply": pipes}, CODES)
    assert found["N3a.median"].n == found["N3a.share"].n == 50
    assert found["N4.published"].n == 100
    assert found["N1"].value == 150
    alone = figures_of({"water_supply": pipes}, CODES)
    assert "not compared" in (alone["N3a.median"].withheld or "")
    assert figures_of({"noise": slow}, CODES)["N3a.median"].value == pytest.approx(500)


def test_another_bodys_network_has_no_place_in_promise_and_backlog() -> None:
    found = figures([request(i, None, name="cable_pole", answered_after=1) for i in range(40)], "cable_pole")
    assert found["N2a"].n == 40
    assert found["N4.published"].n == found["N7b.median"].n == 0


def test_over_codes_the_share_is_the_mean_by_the_mix() -> None:
    potholes = cell_of(request(i, 50.0 if i % 2 else 100.0) for i in range(60))
    lights = cell_of(request(i, 100.0, name="street_light") for i in range(20))
    found = figures_of({"road_pothole": potholes, "street_light": lights}, CODES)["N3a.share"]
    assert found.value == pytest.approx(0.75 * 0.5 + 0.25 * 1)
    assert found.low is not None
    assert found.note == "2 codes, 100% of the mix"


def test_the_backlog_has_its_age_and_what_is_past_due() -> None:
    open_now = [request(24 * i, None, due=72 if i % 2 else 24 * 300) for i in range(110)]
    found = figures(open_now)
    ages = sorted(120 * 24 - 24 * i for i in range(110))
    assert found["N7b.median"].value == pytest.approx(ages[54], rel=0.01)
    oldest = found["N7b.p90"]
    assert (oldest.value, oldest.low) == pytest.approx((ages[98], ages[91]), rel=0.01)
    assert oldest.high == pytest.approx(ages[105], rel=0.01)
    assert found["N7b.over30"].value == sum(a > 720 for a in ages) / 110
    assert found["N7b.over90"].value == sum(a > 2160 for a in ages) / 110
    assert found["N7b.past_promise"].value == 0.5


def imported(number: int, closed_after: float | None, seen_until: float = 50) -> list[LoggedEvent]:
    """An imported request: closed, or last seen unfinished."""
    filed, *_ = request(number, None)
    received = filed.occurred_at
    first = LoggedEvent("filed", received, "import", "received", filed.data)
    if closed_after is not None:
        return [first, LoggedEvent("resolved", received + dt.timedelta(hours=closed_after), "import")]
    seen = received + dt.timedelta(hours=seen_until)
    return [first, LoggedEvent("observed", seen, "import", None, {"observed_until": seen.isoformat()})]


def test_records_without_answers_give_no_figure_of_answers() -> None:
    found = figures(imported(i, 40.0) for i in range(50))
    assert found["N2b"].withheld == "the imported records hold no answers before the closing"
    assert found["N3a.median"].value == 40
    live = figures(request(i, 40.0) for i in range(50))
    assert live["N2a"].value == 40


def test_a_promise_of_which_too_much_is_unknown_is_not_shown() -> None:
    """Closings are seen, long waits fall out of sight: what is left would flatter."""
    found = figures(imported(i, 40.0 if i % 2 else None) for i in range(100))
    assert found["N4.published"].withheld == "the outcome of 50% is unknown"
    assert found["N3a.median"].value == 40
    nearly_all = figures(imported(i, 40.0 if i % 20 else None) for i in range(100))
    assert nearly_all["N4.published"].value == 1


def test_a_backlog_lost_from_sight_is_unknown_not_empty() -> None:
    found = figures(imported(i, 40.0 if i % 2 else None) for i in range(100))
    for key in ("N7b.median", "N7b.over30", "N7b.past_promise"):
        assert found[key].withheld == "the source stopped showing unfinished issues"


class TestCheatsGainNothing:
    """The same 120 requests, worked on by an honest city and by one that wants to look better."""

    HARD = range(0, 120, 3)

    def honest(self) -> list[list[LoggedEvent]]:
        return [request(i, 300.0 if i in self.HARD else 40.0, answered_after=10) for i in range(120)]

    def better(self, cheat: list[list[LoggedEvent]], key: str) -> bool:
        ours, theirs = figures(self.honest())[key], figures(cheat)[key]
        assert ours.value is not None
        if theirs.value is None:
            return False
        return theirs.value > ours.value

    def test_leaving_the_hard_ones_open(self) -> None:
        cheat = [request(i, None if i in self.HARD else 40.0, answered_after=10) for i in range(120)]
        for key in ("N3a.share", "N3b.share", "N4.published"):
            assert not self.better(cheat, key)
        mean = figures(cheat)["N3a.rmst30"].value
        honest = figures(self.honest())["N3a.rmst30"].value
        assert mean is not None
        assert honest is not None
        assert mean > honest

    def test_declining_the_hard_ones_in_time(self) -> None:
        cheat = [
            request(i, 41.0, closing="declined", answered_after=10) if i in self.HARD else request(i, 40.0)
            for i in range(120)
        ]
        assert not self.better(cheat, "N3a.share")

    def test_closing_at_once_and_opening_again(self) -> None:
        def reopened(i: int) -> list[LoggedEvent]:
            at = [START + dt.timedelta(hours=i + hours) for hours in (1, 2, 300)]
            kinds = ("resolved", "reopened", "resolved")
            return request(i, None, more=[LoggedEvent(k, t, "staff") for k, t in zip(kinds, at, strict=True)])

        cheat = [reopened(i) if i in self.HARD else request(i, 40.0, answered_after=10) for i in range(120)]
        assert not self.better(cheat, "N3b.share")

    def test_recategorising_to_a_slower_code(self) -> None:
        def moved(i: int) -> list[LoggedEvent]:
            data: dict[str, Any] = {"to_network_code": "street_light"}
            change = LoggedEvent("recategorised", START + dt.timedelta(hours=i + 11), "staff", None, data)
            events = request(i, 300.0, answered_after=10)
            return [*events[:2], change, events[2]]

        cheat = [moved(i) if i in self.HARD else request(i, 40.0, answered_after=10) for i in range(120)]
        for key in ("N3a.share", "N4.published"):
            assert figures(cheat)[key] == figures(self.honest())[key]

    def test_reporting_easy_ones_to_itself(self) -> None:
        own = [request(i, 1.0, channel="inspection") for i in range(200)]
        ours, theirs = figures(self.honest()), figures(self.honest() + own)
        assert ours == theirs


def test_cells_come_back_from_json_and_add_up() -> None:
    a, b = cell_of(request(i, 10.0) for i in range(5)), cell_of(request(i, None) for i in range(5))
    assert Cell.from_json(a.to_json()) == a
    assert (
        Cell.merged([a, b]).to_json()
        == cell_of([*(request(i, 10.0) for i in range(5)), *(request(i, None) for i in range(5))]).to_json()
    )
    with pytest.raises(ValueError, match="no"):
        Cell.from_json(a.to_json() | {"counts": {"reporters": 1}})


def answering(
    received: dt.datetime,
    hours: float | None,
    kind: str = "acknowledged",
    who: str = "staff",
    **filed: object,
) -> list[LoggedEvent]:
    """A request whose first answer was promised within 4 hours, and what happened after so many."""
    promised = {
        "network_code": "road_pothole",
        "promise_standard": "published",
        "acknowledge_by": (received + dt.timedelta(hours=4)).isoformat(),
        "respond_by": (received + dt.timedelta(hours=9)).isoformat(),
    }
    events = [LoggedEvent("filed", received, "resident", "received", promised | filed)]
    if hours is not None:
        events.append(LoggedEvent(kind, received + dt.timedelta(hours=hours), who))
    return events


def test_answers_within_the_citys_own_target_are_the_share_of_the_published_vector() -> None:
    """171 of 200 with Wilson's limits as vector B has them; nothing else is among the 200."""
    begin = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    cut_off = begin + dt.timedelta(days=20)
    at = [begin + dt.timedelta(minutes=number) for number in range(200)]
    in_time = [answering(one, 4.0) for one in at[:171]]
    late = [answering(one, 4.01 if number % 2 else None) for number, one in enumerate(at[171:])]
    routed = answering(begin, 1.0, "assigned", "system")  # by a rule: no answer, so it is late
    beside = [
        answering(begin, 1.0, "withdrawn", "resident"),  # taken back before it was due
        answering(cut_off - dt.timedelta(hours=2), 1.0),  # not due yet, and answered already
        answering(cut_off - dt.timedelta(hours=2), None),
        answering(begin, 1.0, promise_standard="reference"),  # nobody promised
        answering(begin, 1.0, acknowledge_by=None, respond_by=None),
    ]
    cells = counted_in_columns([*in_time, *late[:-1], routed, *beside], cut_off)
    found = figures_of({"road_pothole": Cell.merged(cells.values())}, CODES)["N2b.target"]
    assert (found.n, found.events) == (200, 171)
    assert (found.value, found.low, found.high) == pytest.approx((0.855, 0.7995133, 0.8971065), abs=1e-6)
    sight = LoggedEvent("observed", begin, "import", None, {"observed_until": begin.isoformat()})
    lost = [[*answering(begin, None), sight] for _ in range(30)]
    cells = counted_in_columns([*in_time, *lost], cut_off)
    unknown = figures_of({"road_pothole": Cell.merged(cells.values())}, CODES)["N2b.target"]
    assert (unknown.value, unknown.withheld) == (None, "the outcome of 15% is unknown")
