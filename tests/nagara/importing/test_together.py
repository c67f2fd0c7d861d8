"""Histories decided together get what each would get alone, to the last character."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city_config import City, load_configuration
from nagara.errors import NoWorkingTime
from nagara.ids import read_reference
from nagara.importing import NotTaken, StatedHistory, StatedMove, import_histories
from nagara.importing.arriving import Arriving, arriving
from nagara.importing.drawing import DIGITS, drawn_digits, new_references, uuid7_text
from nagara.importing.living import drafted, placed
from nagara.importing.run import batches
from nagara.importing.together import Together
from nagara.lifecycle import TRANSITIONS, Move, Status, transitions_from
from nagara.promises.deadlines import promise
from nagara.promises.standing import StandingPromise
from tests.nagara.small_cities import collection, feature, rectangle, service, small_city

NOW = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
DIGITS_OF_ONE = "0123456789abcdef0123"
HOUR = dt.timedelta(hours=1)
ROUND_THE_CLOCK = {
    "hours": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
}
MANY_RULES: dict[str, Any] = {
    "districts": collection(
        feature("01", rectangle(104.80, 11.5, 104.90, 11.6)),
        feature("02", rectangle(104.90, 11.5, 105.00, 11.6)),
    ),
    "areas": collection(feature("park", rectangle(104.88, 11.54, 104.92, 11.56))),
    "departments": [
        {"code": "works", "names": {"en": "Works"}},
        {"code": "night", "names": {"en": "Night crew"}, "calendar": ROUND_THE_CLOCK},
        {"code": "desk", "names": {"en": "Desk"}, "calendar": {"hours": {"wed": ["09:00-12:00"]}}},
        {"code": "gone", "names": {"en": "Old works"}, "valid_to": "2022-12-31"},
    ],
    "contractors": [
        {
            "code": code,
            "names": {"en": code},
            "for_department": "works",
            "zones": [{"districts": ["01"], **dates}],
        }
        for code, dates in {
            "before": {"valid_to": "2023-06-30"},
            "after": {"valid_from": "2023-07-01", "valid_to": "2023-12-31"},
        }.items()
    ],
    "services": [
        service("lamp", promise={"acknowledge": {"working_hours": 4}, "resolve": {"calendar_hours": 24}}),
        service(
            "hole",
            promise={"respond": {"working_days": 1}, "resolve": {"working_days": 3}},
            priority="high",
        ),
        service("noise", promise={"acknowledge": {"calendar_hours": 1}, "respond": {"working_hours": 9}}),
        service("wish"),
    ],
    "rules": [
        {"id": "park", "when": {"areas": ["park"]}, "owner": "desk", "because": "The park has a desk."},
        {
            "id": "dark",
            "when": {"between": "18:00-22:30", "services": ["lamp"]},
            "owner": "night",
            "because": "Dark.",
        },
        {"id": "free", "when": {"holiday": True}, "owner": "night", "because": "All others are at home."},
        {"id": "past", "when": {"districts": ["02"]}, "owner": "gone", "because": "So it was."},
        {"id": "week", "when": {"weekdays": ["sat"]}, "owner": "desk", "because": "Saturday is quiet."},
        {"id": "rest", "owner": "works", "assign": "contractor", "because": "Works looks after the rest."},
    ],
    "ladder": [
        {"step": 1, "at_fraction": 0.5, "tell": ["supervisor"], "because": "Half the time is over."},
        {"step": 2, "after_due": {"calendar_hours": 24}, "tell": ["city_admin"], "because": "A day late."},
    ],
}


CITY = small_city(**MANY_RULES)
TOGETHER = Together(CITY, NOW)
"""One for all examples: what one of them leaves behind, the next ones are held to."""

EDGES = [
    dt.datetime.fromisoformat(f"{day}+07:00")
    for day in (
        "2022-12-31T23:59:59.999999", "2023-01-01T00:00:00", "2023-06-30T23:59:59.999999", "2023-07-01T00:00:00",
        "2023-12-31T23:30:00", "2024-01-01T00:00:00", "2023-11-09T00:00:00", "2023-11-08T23:59:00",
        "2023-05-06T10:00:00", "2023-05-05T17:30:00", "2023-05-05T17:29:59.999999", "2023-05-05T18:00:00",
        "2023-05-05T22:30:00", "2023-05-08T07:30:00", "2023-05-08T11:30:00", "2023-05-10T09:00:00",
    )
]  # fmt: skip
MOMENTS = st.one_of(
    st.sampled_from(EDGES),
    st.datetimes(dt.datetime(2022, 12, 1), dt.datetime(2024, 2, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
).map(lambda at: at.astimezone(dt.UTC))
PAUSE = st.one_of(st.just(HOUR * 0), st.timedeltas(HOUR * 0, HOUR * 200))
TEXTS = st.one_of(st.sampled_from(["", "a lamp", "tab\there\\", "\u200b", "x" * 4001]), st.text(max_size=20))


@st.composite
def lives(draw: st.DrawFn, created: dt.datetime) -> tuple[StatedMove, ...]:
    """Moves as a source may state them: mostly such as the lifecycle allows, mostly in order."""
    moves: list[StatedMove] = []
    status, at = Status.RECEIVED, created
    for _ in range(draw(st.integers(0, 4))):
        known = sorted(transitions_from(status)) or [Move.NOTE]
        move = draw(st.one_of(st.sampled_from(known), st.sampled_from(known), st.sampled_from(list(Move))))
        before, at = at, at + draw(PAUSE) - (HOUR if draw(st.integers(0, 20)) == 20 else HOUR * 0)
        said: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
            [{}, {}, {"reason": "fixed"}, {"reason": None}, {"department": "desk"}, {"note": "n"}]
        )
        parent = draw(st.sampled_from([None, "other"])) if move is Move.LINK_DUPLICATE else None
        moves.append(
            StatedMove(move, at, draw(st.sampled_from([None, None, before])), parent=parent, data=draw(said))
        )
        status = TRANSITIONS[move].end or status
    return tuple(moves)


@st.composite
def histories(draw: st.DrawFn) -> StatedHistory:
    created = draw(MOMENTS)
    moves = draw(lives(created))
    last = moves[-1].at if moves else created
    return StatedHistory(
        row=2,
        source="list",
        source_id=draw(st.sampled_from(["a", "b\\", "ឃុំ"])),
        service_code=draw(st.sampled_from(["lamp", "lamp", "hole", "noise", "wish", "dragons"])),
        created=created,
        lat=draw(st.sampled_from([11.55, 11.55, 11.52, 11.6001, 20.0, None, 91.0])),
        lon=draw(st.sampled_from([104.85, 104.89, 104.95, 104.9])),
        district=draw(st.sampled_from([None, "01", "02", "nowhere"])),
        address=draw(st.sampled_from([None, "Lane\n7", " ", "y" * 501])),
        description=draw(TEXTS),
        language=draw(st.sampled_from([None, "km", "z" * 36])),
        channel=draw(st.sampled_from(["import", "phone"])),
        moves=moves,
        observed_until=draw(st.sampled_from([None, last, last + 50 * HOUR, last - HOUR, NOW + HOUR])),
        facts=draw(st.sampled_from([{}, {}, {"rating": 4}])),
    )


def told(one: Arriving) -> tuple[Any, ...]:
    """All that is not drawn by chance; of a duplicate, whose lines come later, its draft."""
    ids, *events = one.events or ("",)
    assert set(ids.split("\n")) == {one.id} or one.draft is not None
    assert uuid.UUID(one.id).int >> 80 == int(uuid.UUID(one.id).hex[:12], 16)
    return (
        one.row,
        one.source_id,
        uuid.UUID(one.id).int >> 80,
        one.rest,
        events,
        one.counts,
        one.draft is None,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(history=histories())
def test_each_gets_what_it_would_get_alone(history: StatedHistory) -> None:
    place = placed(CITY, [history]).get(history.row)
    together = TOGETHER.decided(history, place, DIGITS_OF_ONE, "TST-2222222-2")
    try:
        alone = arriving(history.row, drafted(CITY, history, NOW, place), NOW)
    except NotTaken:
        assert together is None, "what is refused alone is not taken together"
        return
    assert together is None or told(together) == told(alone)


def test_ordinary_histories_are_decided_together() -> None:
    """All but those with a pause, a parent, or no position of their own."""
    at = EDGES[0].astimezone(dt.UTC)
    stated = [
        (),
        ((Move.ACKNOWLEDGE, {}), (Move.RESOLVE, {"reason": "fixed"})),
        ((Move.START, {}), (Move.RESOLVE, {}), (Move.REOPEN, {}), (Move.RESOLVE, {"reason": "removed"})),
    ]
    found: list[Arriving | None] = []
    for moves in stated:
        steps = tuple(StatedMove(move, at + n * HOUR, data=data) for n, (move, data) in enumerate(moves, 1))
        one = StatedHistory(2, "list", "a", "lamp", at, 11.52, 104.82, moves=steps, observed_until=NOW)
        found.append(TOGETHER.decided(one, placed(CITY, [one])[2], DIGITS_OF_ONE, "TST-2222222-2"))
    paused = [StatedMove(move, at + HOUR) for move in (Move.PAUSE, Move.RESUME)]
    assert (
        TOGETHER.decided(one._replace(moves=tuple(paused)), placed(CITY, [one])[2], DIGITS_OF_ONE, "") is None
    )
    assert all(found)
    assert [one.counts.closings for one in found if one] == [(), ("resolved",), ("resolved", "resolved")]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    at=MOMENTS,
    code=st.sampled_from(["lamp", "hole", "noise", "wish"]),
    owner=st.sampled_from(["works", "desk"]),
)
def test_a_standing_promise_says_what_each_promise_would(at: dt.datetime, code: str, owner: str) -> None:
    offered = CITY.services_by_code[code]
    standing = STANDING.setdefault((code, owner), StandingPromise(CITY, offered, owner, offered.priority))
    assert standing.made(at) == promise(CITY, offered, owner, at, offered.priority)


STANDING: dict[tuple[str, str], StandingPromise] = {}


def test_a_standing_promise_refuses_a_time_without_a_calendar() -> None:
    standing = StandingPromise(CITY, CITY.services_by_code["lamp"], "works", "normal")
    with pytest.raises(NoWorkingTime):
        standing.made(dt.datetime(1969, 7, 1, tzinfo=dt.UTC))


def test_the_first_chunks_are_smaller_so_that_the_database_begins_sooner() -> None:
    sizes = [len(batch) for batch in batches(range(9_300), 4000)]
    assert sizes == [500, 1000, 2000, 4000, 1800]
    assert [len(batch) for batch in batches(range(45), 20)] == [20, 20, 5]


def test_what_is_drawn_for_many_is_what_is_drawn_for_one() -> None:
    references = new_references("ZUL", 500)
    assert len(set(references)) == 500
    assert [read_reference(one) for one in references] == references
    assert {one[4] for one in references} == set("23456789ABCDEFGHJKMNPQRSTVWXY")
    drawn = [uuid.UUID(uuid7_text(1_700_000_000_000, digits)) for digits in drawn_digits(200)]
    assert len(set(drawn)) == 200
    assert {(one.version, one.variant, one.int >> 80) for one in drawn} == {
        (7, uuid.RFC_4122, 1_700_000_000_000)
    }
    assert len(DIGITS_OF_ONE) == DIGITS
    assert (new_references("TST", 0), list(drawn_digits(0))) == ([], [])


def test_ids_with_anything_in_them_are_found_again(db: psycopg.Connection[Any], bangkok: City) -> None:
    ids = ['"', "\\", '\\"', "{a,b}", "NULL", " ", "a\nb\tc", "ឃុំ", "\x1f", "'", ","]
    stated = [
        StatedHistory(row, "odd", id_, "road_pothole", NOW - HOUR, 13.75, 100.50, observed_until=NOW)
        for row, id_ in enumerate(ids, 2)
    ]
    assert import_histories(db, bangkok, "odd", stated, total=len(ids)).imported == len(ids)
    again = import_histories(db, bangkok, "odd", stated, total=len(ids))
    assert (again.imported, again.already_there, again.rejected) == (0, len(ids), 0)
    nothing = import_histories(db, bangkok, "odd", [], total=0)
    assert nothing.rows == 0


def test_references_that_are_taken_are_drawn_again(
    db: psycopg.Connection[Any], bangkok: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "nagara.importing.deciding.new_references", lambda prefix, count: ["BKK-2222222-2"] * count
    )
    stated: Sequence[StatedHistory] = [
        StatedHistory(row, "list", str(row), "road_pothole", NOW - HOUR, 13.75, 100.50, observed_until=NOW)
        for row in range(2, 5)
    ]
    assert import_histories(db, bangkok, "list", stated, total=3).imported == 3
    with db.transaction():
        found = db.execute(
            "select count(distinct reference) from request where reference like 'BKK-%'"
        ).fetchone()
    assert found == (3,)


@pytest.fixture(scope="module")
def bangkok() -> City:
    return load_configuration(Path(__file__).resolve().parents[3] / "city_config").cities["th-bkk"]
