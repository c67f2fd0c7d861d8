"""The rules of the ladder, without a database: which rungs there are, what falls due, what holds it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city_config.network import Network
from city_config.schema import City, LadderStep
from nagara.escalation.events import dedupe_key, first_told, raised, sleeping, told
from nagara.escalation.ladder import (
    Awaited,
    Climb,
    DueStep,
    Fallen,
    Watched,
    after_fall,
    carried_over,
    fallen,
    next_moment,
    open_promises,
    read_climb,
    steps,
    steps_of,
    still_awaited,
    written_climb,
)
from nagara.escalation.quiet_hours import told_at
from tests.nagara.small_cities import local, service, small_city

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def rung(step: int, **fields: Any) -> dict[str, Any]:
    return {"step": step, "tell": ["supervisor"], "because": f"Rung {step}", **fields}


CITY = small_city(
    ladder=[
        rung(3, after_due={"calendar_days": 2}, tell=["city_admin"], raise_priority_to="urgent"),
        rung(1, at_fraction=0.5, tell=["agent", "dispatcher"]),
        rung(2, after_due={"calendar_hours": 4}, raise_priority_to="high"),
    ]
)
RECEIVED = local(CITY, "2026-11-20 16:00")
DUE = local(CITY, "2026-11-26 16:00")


def wanting(*rungs: dict[str, Any], **fields: Any) -> City:
    """A city whose only ladder is of the resolving of missed collections."""
    return small_city(ladders=[{"code": "own", "steps": list(rungs), **fields}])


def request(
    resolve_by: dt.datetime | None = DUE,
    acknowledge_by: dt.datetime | None = None,
    *,
    acknowledged: bool = False,
    priority: str = "normal",
    code: str = "missed_collection",
) -> Watched:
    promised = open_promises(acknowledge_by, None, resolve_by, acknowledged=acknowledged, responded=False)
    return Watched(code, "waste_missed", priority, RECEIVED, promised)


def numbers(fall: Fallen) -> list[tuple[str, int]]:
    return [(step.promise, step.step) for step in fall.rungs]


def climbed(city: City, watched: Watched, climb: Climb, now: dt.datetime) -> Climb:
    return after_fall(climb, fallen(city, watched, climb, now), now)


def test_rungs_come_in_order_of_time_with_what_they_do() -> None:
    first, second, third = steps(CITY, RECEIVED, DUE)
    assert [first.at, second.at, third.at] == [
        local(CITY, "2026-11-23 16:00"),  # half of six days, holidays and all
        local(CITY, "2026-11-26 20:00"),
        local(CITY, "2026-11-28 16:00"),
    ]
    assert (first.rung.tell, first.rung.raise_priority_to) == (("agent", "dispatcher"), None)
    assert (second.rung.tell, second.rung.raise_priority_to) == (("supervisor",), "high")
    assert (third.step, third.rung.because) == (3, "Rung 3")


def test_without_a_promise_or_a_ladder_nobody_climbs() -> None:
    assert steps(CITY, RECEIVED, None) == ()
    assert next_moment(CITY, request(resolve_by=None), Climb()) is None
    assert steps(small_city(), RECEIVED, DUE) == ()


def test_each_rung_leads_to_the_next_and_the_last_to_none() -> None:
    climb, seen = Climb(), []
    while at := next_moment(CITY, request(), climb):
        seen.append(numbers(fallen(CITY, request(), climb, at)))
        assert fallen(CITY, request(), climb, at - dt.timedelta(microseconds=1)) == Fallen()
        climb = climbed(CITY, request(), climb, at)
    assert seen == [[("resolve", 1)], [("resolve", 2)], [("resolve", 3)]]


def test_rungs_that_fall_together_come_by_number() -> None:
    city = small_city(ladder=[rung(2, at_fraction=0.5), rung(1, at_fraction=0.5)])
    assert [step.step for step in steps(city, RECEIVED, DUE)] == [1, 2]


def test_a_fraction_of_one_is_the_due_time() -> None:
    city = small_city(ladder=[rung(1, at_fraction=1)])
    assert steps(city, RECEIVED, DUE)[0].at == DUE


def test_a_service_has_its_own_ladder_and_the_others_the_citys() -> None:
    city = small_city(
        services=[service("missed_collection"), service("dark_street")],
        ladder=[rung(1, at_fraction=1)],
        ladders=[
            {"code": "danger", "services": ["dark_street"], "priorities": ["urgent"], "safety": True,
             "steps": [rung(1, at_fraction=0.1), rung(2, at_fraction=1, wakes=False)]},
            {"code": "dark", "services": ["dark_street"], "steps": [rung(1, at_fraction=0.9)]},
        ],
    )  # fmt: skip
    kinds = [
        ("missed_collection", "urgent", [(None, False, 1.0)]),
        ("dark_street", "normal", [("dark", False, 0.9)]),
        ("dark_street", "urgent", [("danger", True, 0.1), ("danger", False, 1.0)]),
    ]
    for code, priority, expected in kinds:
        found = steps(city, RECEIVED, DUE, "resolve", code, "waste_missed", priority)
        assert [(s.ladder, s.wakes, (s.at - RECEIVED) / (DUE - RECEIVED)) for s in found] == expected


def test_each_promise_has_a_ladder_and_a_kept_one_is_left() -> None:
    city = small_city(
        ladder=[rung(1, at_fraction=1)],
        ladders=[{"code": "look", "promise": "acknowledge", "steps": [
            rung(1, at_fraction=1), rung(2, after_due={"calendar_hours": 2}),
        ]}],
    )  # fmt: skip
    looked_at = RECEIVED + 4 * HOUR
    waiting = request(acknowledge_by=looked_at)
    assert [(s.promise, s.step) for s in steps_of(city, waiting)] == [
        ("acknowledge", 1), ("acknowledge", 2), ("resolve", 1),
    ]  # fmt: skip
    climb = climbed(city, waiting, Climb(), looked_at)
    assert (dict(climb.reached), next_moment(city, waiting, climb)) == (
        {"acknowledge:look": 1},
        looked_at + 2 * HOUR,
    )
    assert next_moment(city, request(acknowledge_by=looked_at, acknowledged=True), climb) == DUE
    # After an outage all that fell due is one alarm, the later promise the highest.
    assert numbers(fallen(city, waiting, Climb(), DUE)) == [
        ("acknowledge", 1),
        ("acknowledge", 2),
        ("resolve", 1),
    ]


def test_without_an_acknowledgement_the_next_rung_comes_at_once() -> None:
    city = wanting(
        rung(1, at_fraction=0.5, acknowledge_within={"calendar_hours": 2}),
        rung(2, after_due={"calendar_days": 1}),
    )
    at = RECEIVED + (DUE - RECEIVED) / 2
    climb = climbed(city, request(), Climb(), at)
    assert climb.awaited == {"resolve": Awaited(1, at + 2 * HOUR, ladder="own")}
    assert next_moment(city, request(), climb) == at + 2 * HOUR
    fall = fallen(city, request(), climb, at + 2 * HOUR)
    assert (numbers(fall), fall.rungs[0].at) == ([("resolve", 2)], at + 2 * HOUR)
    assert fall.unanswered == (("resolve", climb.awaited["resolve"]),)
    after = after_fall(climb, fall, at + 2 * HOUR)
    assert (dict(after.reached), after.awaited, next_moment(city, request(), after)) == (
        {"resolve:own": 2},
        {},
        None,
    )


def test_those_told_are_told_again_so_often_and_then_it_climbs() -> None:
    city = wanting(
        rung(1, at_fraction=0.5, acknowledge_within={"calendar_hours": 1}, without_acknowledgement="tell_again",
             tell_again=2),
        rung(2, after_due={"calendar_days": 1}),
    )  # fmt: skip
    at = RECEIVED + (DUE - RECEIVED) / 2
    climb, seen = climbed(city, request(), Climb(), at), []
    for _ in range(3):
        now = next_moment(city, request(), climb)
        assert now is not None
        fall = fallen(city, request(), climb, now)
        seen.append((now - at, [n for _, n in fall.again], numbers(fall)))
        climb = after_fall(climb, fall, now)
    assert seen == [(HOUR, [1], []), (2 * HOUR, [2], []), (3 * HOUR, [], [("resolve", 2)])]
    # What an outage swallowed is told once, for all the times that were missed.
    late = climbed(city, request(), Climb(), at)
    assert [n for _, n in fallen(city, request(), late, at + 2.5 * HOUR).again] == [2]
    assert numbers(fallen(city, request(), late, at + 9 * HOUR)) == [("resolve", 2)]


def test_a_supervisors_word_holds_the_climb_until_its_time_and_then_it_climbs_on() -> None:
    until = DUE + 5 * DAY
    held = Climb(reached={"resolve": 1}, held_until=until)
    assert fallen(CITY, request(), held, until - dt.timedelta(seconds=1)) == Fallen()
    assert next_moment(CITY, request(), held) == until
    fall = fallen(CITY, request(), held, until)
    assert numbers(fall) == [("resolve", 2), ("resolve", 3)]
    assert after_fall(held, fall, until).held_until is None


def test_a_wait_for_a_rung_the_city_no_longer_has_is_given_up() -> None:
    gone = Climb(reached={"resolve": 7}, awaited={"resolve": Awaited(7, DUE)})
    fall = fallen(CITY, request(), gone, DUE)
    assert (fall.rungs, fall.again) == ((), ())
    assert next_moment(CITY, request(), after_fall(gone, fall, DUE)) is None


LADDERED = small_city(
    ladder=[rung(1, at_fraction=0.5), rung(2, at_fraction=1)],
    ladders=[
        {"code": "danger", "priorities": ["urgent"], "safety": True, "steps": [
            rung(1, at_fraction=0.5, tell=["supervisor"]), rung(2, at_fraction=1, tell=["city_admin"]),
            rung(3, after_due={"calendar_days": 1}, tell=["city_admin"]),
        ]},
        {"code": "watched", "priorities": ["high"], "steps": [
            rung(1, at_fraction=0.5, raise_priority_to="urgent", acknowledge_within={"calendar_hours": 9}),
        ]},
    ],
)  # fmt: skip


def test_who_puts_a_request_on_another_ladder_has_it_climb_from_the_first_rung() -> None:
    """Else a late request that turns out to be dangerous is one of which nobody is ever told."""
    ordinary, danger = request(), request(priority="urgent")
    climb = climbed(LADDERED, ordinary, Climb(), DUE)
    assert (dict(climb.reached), next_moment(LADDERED, ordinary, climb)) == ({"resolve": 2}, None)
    assert next_moment(LADDERED, danger, climb) == RECEIVED + (DUE - RECEIVED) / 2
    fall = fallen(LADDERED, danger, climb, DUE)
    assert [(step.ladder, step.step) for step in fall.rungs] == [("danger", 1), ("danger", 2)]
    assert [dedupe_key(step) for step in fall.rungs] == [
        "escalation:resolve:danger:1",
        "escalation:resolve:danger:2",
    ]
    climb = after_fall(climb, fall, DUE)
    assert dict(climb.reached) == {"resolve": 2, "resolve:danger": 2}
    assert fallen(LADDERED, ordinary, climb, DUE) == Fallen(), "who goes back climbs no rung twice"
    # What was waited for on a ladder that was left is waited for no more.
    left = climbed(LADDERED, request(priority="high"), Climb(), DUE)
    assert left.awaited["resolve"].ladder == "watched"
    assert still_awaited(LADDERED, ordinary, left).awaited == {}
    assert fallen(LADDERED, ordinary, left, DUE + DAY).unanswered == ()


def test_a_rung_that_raises_the_priority_climbs_on_and_does_not_begin_anew() -> None:
    before, after = request(priority="high"), request(priority="urgent")
    climb = climbed(LADDERED, before, Climb(), DUE)
    on = carried_over(LADDERED, before, after, climb)
    assert (on.reached["resolve:danger"], on.awaited["resolve"].ladder) == (1, "danger")
    assert numbers(fallen(LADDERED, after, on, DUE)) == [("resolve", 2)]


def test_where_a_request_stands_survives_its_row() -> None:
    waits = {"respond": Awaited(1, DUE, 2), "resolve": Awaited(1, DUE, 0, "danger")}
    climb = Climb({"resolve": 2, "resolve:danger": 1}, waits, DUE + DAY, {"on_hold": 3600.0})
    assert read_climb(written_climb(climb)) == climb
    assert (written_climb(Climb()), read_climb(None)) == (None, Climb())


POSTS = [
    {"code": "desk", "names": {"en": "Desk"}, "email": "desk@example.org",
     "quiet_hours": {"between": "21:00-06:00"}},
    {"code": "head", "names": {"en": "Head"}, "accounts": ["sok"], "may_be_woken": False,
     "quiet_hours": {"between": "20:00-07:00", "on_days_off": True}},
    {"code": "governor", "names": {"en": "Governor"}},
]  # fmt: skip
PEOPLED = small_city(
    posts=POSTS,
    departments=[{"code": "works", "names": {"en": "Works"}, "head": "head"}],
    contractors=[{"code": "trucks", "names": {"en": "Trucks"}, "for_department": "works", "desk": "desk"}],
    quiet_hours={"supervisor": {"between": "22:00-05:00"}},
)
NETWORK = Network.model_validate(
    {
        "names": {"en": "N"},
        "codes": [],
        "posts": [{"code": "kh", "names": {"en": "C"}, "email": "c@example.org"}],
    }
    | {"codes": [{"code": "x", "names": {"en": "x"}, "service_class": "fix", "comparability": "A"}]}
)


@pytest.mark.parametrize(
    ("tell", "assignee", "roles", "posts"),
    [
        (["contractor", "department_head"], "trucks", (), ("desk", "head")),
        (["contractor"], "somebody", ("supervisor",), ()),
        (["governor"], None, ("city_admin",), ("governor",)),
        (["network:kh", "agent"], None, ("agent",), ("network:kh",)),
    ],
)
def test_whom_a_rung_tells_and_who_stands_in(
    tell: list[str], assignee: str | None, roles: tuple[str, ...], posts: tuple[str, ...]
) -> None:
    step = LadderStep(step=1, at_fraction=1, tell=tuple(tell), because="x")
    whom = told(PEOPLED, NETWORK, step, "works", assignee)
    assert (whom.roles, whom.posts) == (roles, posts)


def test_who_sleeps_is_told_later_unless_safety_wakes_them() -> None:
    step = LadderStep(
        step=1, at_fraction=1, tell=("supervisor", "contractor", "department_head"), because="x"
    )
    whom = told(PEOPLED, NETWORK, step, "works", "trucks")
    night = local(PEOPLED, "2026-11-20 23:00")  # a Friday
    later = sleeping(PEOPLED, NETWORK, whom, night, wakes=False)
    assert later == {
        "supervisor": local(PEOPLED, "2026-11-21 05:00"),
        "desk": local(PEOPLED, "2026-11-21 06:00"),
        "head": local(PEOPLED, "2026-11-26 07:00"),  # the week-end, and three days of the Water Festival
    }
    assert first_told(whom, later, night) == local(PEOPLED, "2026-11-21 05:00")
    woken = sleeping(PEOPLED, NETWORK, whom, night, wakes=True)
    assert (set(woken), first_told(whom, woken, night)) == ({"head"}, night)
    assert sleeping(PEOPLED, NETWORK, whom, local(PEOPLED, "2026-11-20 12:00"), wakes=False) == {}


def test_the_highest_priority_wins_and_never_falls() -> None:
    low, urgent = (
        DueStep("resolve", DUE, LadderStep(step=1, at_fraction=1, tell=("agent",), raise_priority_to=to, because="x"))
        for to in ("low", "urgent")
    )  # fmt: skip
    assert (raised("normal", [low]), raised("normal", [low, urgent])) == ("normal", "urgent")


@given(st.timedeltas(HOUR, 90 * DAY), st.timedeltas(dt.timedelta(), 90 * DAY))
def test_a_later_due_time_brings_no_rung_earlier(length: dt.timedelta, pause: dt.timedelta) -> None:
    sooner, later = (steps(CITY, RECEIVED, RECEIVED + length + extra) for extra in (dt.timedelta(), pause))
    assert all(one.at <= other.at for one, other in zip(sooner, later, strict=True))
    assert list(sooner) == sorted(sooner, key=lambda step: step.at)


RUNGS = st.lists(
    st.tuples(
        st.floats(0.05, 3),
        st.none() | st.integers(1, 40),
        st.sampled_from(["climb", "tell_again"]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(RUNGS, RUNGS, st.lists(st.timedeltas(dt.timedelta(), 30 * DAY), max_size=12))
def test_however_often_and_late_it_is_swept_each_rung_comes_once_and_in_order(
    resolving: list[tuple[float, int | None, str, int]],
    acknowledging: list[tuple[float, int | None, str, int]],
    gaps: list[dt.timedelta],
) -> None:
    """Sweeps at any instants: no rung twice, none before a lower one, and in the end none is left out."""
    city = small_city(
        ladders=[
            {"code": promise, "promise": promise, "steps": [
                rung(n, at_fraction=share,
                     **({"acknowledge_within": {"calendar_hours": hours}, "without_acknowledgement": without,
                         "tell_again": times} if hours else {}))
                for n, (share, hours, without, times) in enumerate(sorted(rungs, key=lambda one: one[0]), 1)
            ]}
            for promise, rungs in (("resolve", resolving), ("acknowledge", acknowledging))
        ]
    )  # fmt: skip
    watched = request(acknowledge_by=RECEIVED + 2 * DAY)
    climb, now, seen = Climb(), RECEIVED, []
    for gap in [*gaps, *[20 * DAY] * 8]:
        now += gap
        fall = fallen(city, watched, climb, now)
        assert all(step.at <= now for step in fall.rungs)
        seen += [(step.promise, step.step) for step in fall.rungs]
        climb = after_fall(climb, fall, now)
        following = next_moment(city, watched, climb)
        assert following is None or following > now
        assert fallen(city, watched, climb, now).rungs == (), "to sweep again at once changes nothing"
    for promise, rungs in (("resolve", resolving), ("acknowledge", acknowledging)):
        mine = [number for one, number in seen if one == promise]
        assert mine == list(range(1, len(rungs) + 1))


@settings(max_examples=60)
@given(st.timedeltas(dt.timedelta(), 365 * DAY), st.booleans())
def test_nobody_is_told_within_their_quiet_hours_nor_much_later(later: dt.timedelta, days_off: bool) -> None:
    quiet = PEOPLED.posts_by_code["head"].quiet_hours
    assert quiet is not None
    at = RECEIVED.astimezone(dt.UTC) + later
    awake = told_at(PEOPLED, quiet.model_copy(update={"on_days_off": days_off}), at)
    wall = awake.astimezone(PEOPLED.zone)
    assert at <= awake < at + 12 * DAY
    assert 7 <= wall.hour < 20
    assert awake == at or (wall.hour, wall.minute) == (7, 0)
