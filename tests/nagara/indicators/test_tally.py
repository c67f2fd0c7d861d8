"""Columns of facts against counting one request after another, and the facts' own way through storage."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.indicators.cells import COUNTS, TALLIES, Cell
from nagara.indicators.conduct import conduct
from nagara.indicators.facts import Groups, micros
from nagara.indicators.issue_times import LoggedEvent
from nagara.indicators.packed import Packed, pack_cells
from nagara.indicators.tally import cells_of, moving_months, only
from tests.nagara.indicators.one_by_one import counted_in_columns, counted_one_by_one, rows_of

START = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BANGKOK = ZoneInfo("Asia/Bangkok")
KINDS = (
    "acknowledged", "assigned", "started", "asked", "referred", "resolved", "declined", "withdrawn", "reopened",
    "recategorised", "duplicate_linked", "escalated", "observed", "feedback_given", "noted",
)  # fmt: skip
TO = {"asked": "waiting_reporter", "referred": "referred", "resolved": "resolved", "reopened": "in_progress"}


@given(st.frozensets(st.integers(24_000, 24_050)), st.lists(st.integers(23_990, 24_060) | st.just(-1)))
def test_months_are_wanted_that_are_named(chosen: frozenset[int], found: list[int]) -> None:
    wanted = only(chosen)(np.array(found, dtype=np.int32))
    assert wanted.tolist() == [month in chosen for month in found]


@st.composite
def histories(draw: st.DrawFn) -> list[LoggedEvent]:
    """One request's events: any order of kinds, at any time, as imports and people can make them."""
    received = START + dt.timedelta(hours=draw(st.integers(0, 3000)))
    data = {
        "network_code": draw(st.sampled_from(["a", "b"])),
        "district": draw(st.sampled_from(["1", None])),
        "channel": draw(st.sampled_from(["web", "inspection"])),
        "promise_standard": draw(st.sampled_from(["published", "internal", "reference"])),
        "resolve_by": draw(
            st.one_of(
                st.none(), st.integers(-5, 2000).map(lambda h: (received + dt.timedelta(hours=h)).isoformat())
            )
        ),
        "acknowledge_by": draw(
            st.one_of(
                st.none(), st.integers(0, 900).map(lambda h: (received + dt.timedelta(hours=h)).isoformat())
            )
        ),
        "department": "roads",
    }
    who = st.sampled_from(["staff", "resident", "system", "import", "api_key"])
    events = [LoggedEvent("filed", received, draw(who), "received", data)]
    at = received
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=6)):
        at += dt.timedelta(hours=draw(st.floats(-1, 900)))
        more = {"reason": "not_found", "step": 2, "fixed": True, "rating": 4, "department": "drains"}
        if kind == "observed":
            more = {"observed_until": at.isoformat()}
        events.append(LoggedEvent(kind, at, draw(who), TO.get(kind), more))
    return events


@settings(max_examples=150)
@given(st.lists(histories(), max_size=12), st.integers(0, 5000))
def test_columns_count_what_rows_count(requests: list[list[LoggedEvent]], hours: int) -> None:
    cut_off = START + dt.timedelta(hours=hours)
    plain = counted_one_by_one(requests, cut_off, BANGKOK)
    columns = counted_in_columns(requests, cut_off, BANGKOK)
    for key in plain.keys() | columns.keys():
        one, other = plain.get(key, Cell()), columns.get(key, Cell())
        assert {k: v for k, v in other.counts.items() if k in one.counts} == one.counts
        assert not any(
            other.counts.get(name) for name in ("reports", "issues", "open") if name not in one.counts
        )
        assert other.tables == one.tables
        assert other.promise == one.promise
        assert other.backlog_due == one.backlog_due
        assert Cell.from_json(other.to_json()) == other


@settings(max_examples=100)
@given(st.lists(histories(), min_size=1, max_size=10), st.integers(0, 4000), st.integers(1, 900))
def test_months_that_stand_still_count_the_same_later(
    requests: list[list[LoggedEvent]], hours: int, later: int
) -> None:
    """What is not among the moving months may be taken over from the snapshot before."""
    cut_off = START + dt.timedelta(hours=hours)
    seen = [[event for event in events if event.occurred_at <= cut_off] for events in requests]
    groups = Groups()
    facts = rows_of([events for events in seen if events], groups)
    then, now = micros(cut_off), micros(cut_off + dt.timedelta(hours=later))
    moving = moving_months(facts, then)
    before, after = (cells_of(facts, groups.names(), at) for at in (then, now))
    differing = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {month.year * 12 + month.month - 1 for month in differing} <= moving
    chosen = cells_of(facts, groups.names(), now, only(moving))
    assert chosen == {
        key: cell for key, cell in after.items() if key[0].year * 12 + key[0].month - 1 in moving
    }


def event(
    kind: str, hours: float, actor: str = "staff", to: str | None = None, **data: object
) -> LoggedEvent:
    return LoggedEvent(kind, START + dt.timedelta(hours=hours), actor, to, data)


def filed() -> LoggedEvent:
    return event("filed", 0, "resident", "received", department="roads", network_code="a")


def test_conduct_of_a_request_that_went_through_much() -> None:
    due = START + dt.timedelta(hours=72)
    shown = conduct(
        [
            filed(),
            event("acknowledged", 2),
            event("recategorised", 60, department="drains"),
            event("asked", 61, to="waiting_reporter"),
            event("answered", 70, "resident", "in_progress"),
            event("resolved", 71.5, to="resolved", media=["x"]),
            event("escalated", 73, "system", step=2, promise="resolve"),
            event("reopened", 80, "resident", "in_progress"),
            event("resolved", 90, to="resolved"),
            event("feedback_given", 95, "resident", fixed=False, rating=2),
        ],
        START,
        due,
    )
    assert shown.first_resolved_at == START + dt.timedelta(hours=71.5)
    assert shown.reopened_in_30_days
    assert shown.photo_reopened
    assert shown.closed_at == START + dt.timedelta(hours=90)
    assert shown.accepted
    assert shown.owner_changed
    assert shown.moved_before_due
    assert not shown.mostly_waited  # 9 of 90 hours
    assert shown.level == 2
    assert (shown.rating, shown.said_fixed) == (2, False)
    assert not shown.closed_at_once


@pytest.mark.parametrize(
    ("events", "name"),
    [
        ([event("resolved", 0.05)], "closed_at_once"),
        ([event("resolved", 71.5)], "closed_at_the_last"),
        (
            [event("paused", 1, to="on_hold"), event("resumed", 30, to="in_progress"), event("resolved", 40)],
            "mostly_waited",
        ),
        ([event("declined", 3, reason="abuse")], "declined_for"),
    ],
)  # fmt: skip
def test_conduct_names_what_is_asked_about(events: list[LoggedEvent], name: str) -> None:
    shown = conduct([filed(), *events], START, START + dt.timedelta(hours=72))
    assert getattr(shown, name)
    assert not getattr(conduct([filed(), event("resolved", 20)], START, None), name)


def test_owners_may_change_before_anybody_accepted() -> None:
    shown = conduct(
        [filed(), event("recategorised", 1, department="drains"), event("resolved", 2)], START, None
    )
    assert not shown.owner_changed


@settings(max_examples=60, deadline=None)
@given(st.lists(histories(), min_size=1, max_size=6))
def test_a_packed_month_is_read_as_it_was_written_and_adds_up(found: list[list[LoggedEvent]]) -> None:
    cells = counted_in_columns(found, START + dt.timedelta(days=400))
    months: dict[dt.date, dict[tuple[str, str, bool], Cell]] = {}
    for (month, code, district), cell in cells.items():
        months.setdefault(month, {})[code, district, False] = cell
    packs = [pack_cells(of_month) for of_month in months.values()]
    for packed, of_month in zip(packs, months.values(), strict=True):
        again = Packed.from_bytes(packed.to_bytes())
        assert again.to_bytes() == packed.to_bytes()
        assert {key: cell.to_json() for key, cell in again.cells().items()} == {
            key: cell.to_json() for key, cell in of_month.items()
        }
    whole = Packed.merged(packs).grouped(lambda part: "all")
    assert whole.get("all", Cell()).to_json() == Cell.merged(cells.values()).to_json()


@pytest.mark.parametrize("content", [b"", b"NGM1", b"NGM0" + bytes(12), b"NGM1" + bytes(11) + b"\1"])
def test_what_is_no_packed_month_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="packed"):
        Packed.from_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        {"counts": {"reporters": 1}},
        {"counts": {"reports": -1}},
        {"counts": {"reports": True}},
        {"counts": {"reports": "a name"}},
        {"promise": {"published": {"met": 1.5}}},
        {"promise": {"someone@example.org": {"met": 1}}},
        {"tallies": {"declined_for": {"because he said so": 1}}},
        {"notes": {}},
    ],
)
def test_a_cell_has_nowhere_to_put_a_name(content: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no |whole"):
        Cell.from_json(Cell().to_json() | content)


def test_every_name_of_a_cell_is_counted_somewhere() -> None:
    """A request that has been through everything leaves no count of the closed lists out of reach."""
    assert len(set(COUNTS)) == len(COUNTS)
    assert set(TALLIES) == {
        "family", "kept_for_good", "settled", "declined_in_time", "escalated", "declined_for", "ratings",
        "answer_in_time", "answer_late", "answer_unseen",
    }  # fmt: skip


def test_an_answer_counts_when_its_time_has_come_whatever_happened_before() -> None:
    """A request declined at once stands still but for the answer's time, which comes an hour later."""
    filed_at = LoggedEvent(
        "filed", START, "resident", "received",
        {"network_code": "a", "promise_standard": "internal", "respond_by": (START + HOUR).isoformat()},
    )  # fmt: skip
    groups = Groups()
    facts = rows_of([[filed_at, event("declined", 0.5)]], groups)
    (before,), (after,) = (
        cells_of(facts, groups.names(), micros(START + share * HOUR)).values() for share in (0.75, 1.25)
    )
    assert (before.tally("answer_in_time"), after.tally("answer_in_time")) == ({}, {"internal": 1})
    assert moving_months(facts, micros(START + 0.75 * HOUR)) == {2026 * 12}
    assert moving_months(facts, micros(START + 1.25 * HOUR)) == set()
