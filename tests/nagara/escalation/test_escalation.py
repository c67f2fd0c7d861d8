"""The escalation sweep on a real database: what is due climbs once, whoever sweeps and however often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from city_config import City
from city_config.ladder_checks import ladder_holds_for
from nagara import event_log
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.database import city_session, clock_connection
from nagara.escalation import events as escalation_events
from nagara.escalation.climbing import SweepResult, sweep
from nagara.escalation.ladder import steps
from nagara.lifecycle import Move
from nagara.permissions import Role
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from tests import helpers
from tests.helpers import Connection, Known, age, multiply

SUPERVISOR = "supervisor"


def file(city: City) -> Known:
    """File a request under a service that stands on the city's own ladder of two rungs."""
    plain = (
        service.code
        for service in city.services
        if not any(question.required for question in service.questions)
        and not any(ladder_holds_for(ladder, service) for ladder in city.ladders)
    )
    return helpers.file(city, service_code=next(plain))


def state(owner: Connection, request: Known) -> dict[str, Any]:
    """The columns a sweep may touch."""
    cursor = owner.execute(
        "select escalation_step, priority, next_step_at, version, status, resolve_by, received_at "
        "from request where city_id = %s and id = %s",
        (request.city_id, request.id),
    )
    row = cursor.fetchone()
    assert row is not None and cursor.description is not None
    return dict(zip((column.name for column in cursor.description), row, strict=True))


def escalations(owner: Connection, request: Known) -> list[dict[str, Any]]:
    """The data of a request's escalations, in order."""
    rows = owner.execute(
        "select data || jsonb_build_object('actor_kind', actor_kind, 'dedupe_key', dedupe_key) from event "
        "where city_id = %s and request_id = %s and kind = 'escalated' order by seq",
        (request.city_id, request.id),
    )
    return [row[0] for row in rows]


def hours_to_step(city: City, owner: Connection, request: Known, number: int) -> float:
    """How many hours must pass from now until a rung is due."""
    row = state(owner, request)
    step = next(s for s in steps(city, row["received_at"], row["resolve_by"]) if s.step == number)
    return (step.at - dt.datetime.now(dt.UTC)).total_seconds() / 3600


def worked_on(city: City, request: Known, *moves: tuple[Move, Details]) -> None:
    """Make moves as a supervisor of the city."""
    account = Account(city.id, "somebody", Role.SUPERVISOR, (), "Somebody")
    for move, details in moves:
        with city_session(city.id) as session:
            staff_actions.make_move(session, city, account, request.reference, move, details)


def test_a_request_within_its_promise_stays_where_it_is(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    before = state(owner, request)
    assert sweep(db) == SweepResult(0, 0, dt.timedelta(), {})
    assert state(owner, request) == before


def test_a_rung_that_is_due_is_climbed_and_recorded(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    before = state(owner, request)
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.25)

    result = sweep(db)

    assert (result.escalated, result.batches) == (1, 1)
    assert dt.timedelta(minutes=15) <= result.oldest_due_age < dt.timedelta(hours=1)
    after = state(owner, request)
    first, second = steps(phnom_penh, after["received_at"], after["resolve_by"])
    assert after["escalation_step"] == 1
    assert after["priority"] == max(before["priority"], "high", key=escalation_events.PRIORITIES.index)
    assert after["next_step_at"] == second.at
    assert after["version"] == before["version"] + 1
    assert after["status"] == before["status"]
    (event,) = escalations(owner, request)
    assert (event["step"], event["promise"], event["tell"]) == (1, "resolve", [SUPERVISOR])
    assert dt.datetime.fromisoformat(event["due_at"]) == first.at
    assert (event["actor_kind"], event["dedupe_key"]) == ("system", "escalation:resolve:1")
    assert event["recorded_with"] == []
    assert owner.execute(
        "select count(*) from event_outbox join event using (city_id, request_id, seq) "
        "where event.kind = 'escalated'"
    ).fetchone() == (1,)
    assert event_log.verify(db, phnom_penh.id).faults == ()


def test_a_second_sweep_changes_nothing(db: Connection, owner: Connection, phnom_penh: City) -> None:
    request = file(phnom_penh)
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    sweep(db)
    after = state(owner, request)
    assert sweep(db).escalated == 0
    assert state(owner, request) == after
    assert len(escalations(owner, request)) == 1


def test_a_rung_recorded_before_is_not_recorded_again_even_if_the_row_forgot_it(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    sweep(db)
    owner.execute("update request set escalation_step = 0, climb = null, next_step_at = resolve_by")
    assert sweep(db).escalated == 0
    assert state(owner, request)["escalation_step"] == 1
    assert len(escalations(owner, request)) == 1


def test_rungs_missed_in_an_outage_collapse_into_the_highest(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    age(owner, request, hours_to_step(phnom_penh, owner, request, 2) + 100)

    assert sweep(db).escalated == 1

    (event,) = escalations(owner, request)
    assert event["step"] == 2
    assert [lower["step"] for lower in event["recorded_with"]] == [1]
    after = state(owner, request)
    assert (after["escalation_step"], after["next_step_at"]) == (2, None)
    assert after["priority"] in ("high", "urgent"), "what the lower rung raises is raised all the same"
    assert sweep(db).escalated == 0


def test_the_ladder_ends(db: Connection, owner: Connection, phnom_penh: City) -> None:
    request = file(phnom_penh)
    for number in (1, 2):
        age(owner, request, hours_to_step(phnom_penh, owner, request, number) + 0.01)
        assert sweep(db).escalated == 1
    assert [event["step"] for event in escalations(owner, request)] == [1, 2]
    age(owner, request, 10_000)
    assert sweep(db).escalated == 0
    assert state(owner, request)["next_step_at"] is None


def test_time_can_be_given_so_that_weeks_pass_in_a_moment(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    row = state(owner, request)
    first, second = steps(phnom_penh, row["received_at"], row["resolve_by"])
    tick = dt.timedelta(seconds=1)
    assert sweep(db, now=first.at - tick).escalated == 0
    assert sweep(db, now=first.at).escalated == 1
    assert sweep(db, now=second.at - tick).escalated == 0
    assert sweep(db, now=second.at).escalated == 1


@pytest.mark.parametrize(
    "moves",
    [
        [(Move.PAUSE, Details(note="Waiting for the pump"))],
        [(Move.ASK, Details(note="Which side of the road?"))],
        [(Move.REFER, Details(department="@external"))],
        [(Move.RESOLVE, Details(note="Done"))],
        [(Move.DECLINE, Details(reason="not_found"))],
    ],
    ids=lambda moves: moves[-1][0].value,
)
def test_what_is_paused_or_closed_does_not_climb(
    db: Connection, owner: Connection, phnom_penh: City, moves: Sequence[tuple[Move, Details]]
) -> None:
    request = file(phnom_penh)
    worked_on(phnom_penh, request, *((move, at_an_outside_body(phnom_penh, d)) for move, d in moves))
    age(owner, request, 10_000)
    # even if a clock were left on the row by mistake
    owner.execute("update request set next_step_at = resolve_by")
    assert sweep(db).escalated == 0
    assert escalations(owner, request) == []


def at_an_outside_body(city: City, details: Details) -> Details:
    """Replace the stand-in for the city's first external body."""
    if details.department != "@external":
        return details
    return replace(details, department=next(d.code for d in city.departments if d.kind == "external"))


def test_after_a_pause_the_ladder_goes_on_from_the_moved_promise(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    worked_on(phnom_penh, request, (Move.PAUSE, Details(note="Rain")), (Move.RESUME, Details()))
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    assert sweep(db).escalated == 1


def test_an_escalation_by_hand_leaves_every_rung_to_the_ladder(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    before = state(owner, request)
    worked_on(phnom_penh, request, (Move.ESCALATE, Details(note="Children play there")))
    after = state(owner, request)
    assert (after["escalation_step"], after["next_step_at"]) == (0, before["next_step_at"])
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    assert sweep(db).escalated == 1
    assert state(owner, request)["escalation_step"] == 1
    assert [data.get("step") for data in escalations(owner, request)] == [None, 1]


def test_priority_rises_and_never_falls(db: Connection, owner: Connection, phnom_penh: City) -> None:
    low, urgent = file(phnom_penh), file(phnom_penh)
    for request, priority in ((low, "low"), (urgent, "urgent")):
        owner.execute("update request set priority = %s where id = %s", (priority, request.id))
        age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    sweep(db)
    assert state(owner, low)["priority"] == "high"
    assert state(owner, urgent)["priority"] == "urgent"
    assert escalations(owner, low)[0]["priority"] == {"from": "low", "to": "high"}
    assert "priority" not in escalations(owner, urgent)[0]


def test_two_sweeps_at_once_share_the_work_without_overlap(
    owner: Connection, phnom_penh: City, db: Connection
) -> None:
    request = file(phnom_penh)
    age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    multiply(owner, request, 1499)

    def one_worker(_: int) -> int:
        with clock_connection() as connection:
            return sweep(connection, batch=50).escalated

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(one_worker, range(4)))

    assert sum(shares) == 1500
    counted = owner.execute(
        "select count(*), count(distinct request_id) from event where kind = 'escalated'"
    ).fetchone()
    assert counted == (1500, 1500)
    assert owner.execute(
        "select count(*) from request where escalation_step = 1 and version = 2"
    ).fetchone() == (1500,)
    assert event_log.verify(db, phnom_penh.id).faults == ()


def test_what_another_worker_holds_is_left_to_it(db: Connection, owner: Connection, phnom_penh: City) -> None:
    held, free = file(phnom_penh), file(phnom_penh)
    for request in (held, free):
        age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    with clock_connection() as other:
        other.execute("select 1 from request where id = %s for update", (held.id,))
        assert sweep(db).escalated == 1
        other.rollback()
    assert escalations(owner, held) == []
    assert len(escalations(owner, free)) == 1


def test_rows_of_a_city_no_longer_configured_are_left_and_reported(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    stray, known = file(phnom_penh), file(phnom_penh)
    for request in (stray, known):
        age(owner, request, hours_to_step(phnom_penh, owner, request, 1) + 0.01)
    owner.execute("set session_replication_role = replica")
    owner.execute("update event set city_id = 'xx-gone' where request_id = %s", (stray.id,))
    owner.execute("update request set city_id = 'xx-gone' where id = %s", (stray.id,))
    owner.execute("set session_replication_role = default")

    result = sweep(db, batch=1)

    assert (result.escalated, dict(result.strays)) == (1, {"xx-gone": 1})
    assert state(owner, Known("xx-gone", stray.id, stray.reference))["escalation_step"] == 0


def test_rungs_the_city_has_moved_later_only_set_the_clock(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    before = state(owner, request)
    owner.execute("update request set next_step_at = received_at")
    assert sweep(db).escalated == 0
    assert state(owner, request) == before


def test_every_city_has_a_ladder_that_climbs(db: Connection, owner: Connection) -> None:
    for city in configuration().cities.values():
        request = file(city)
        row = state(owner, request)
        rungs = steps(city, row["received_at"], row["resolve_by"])
        assert len(rungs) >= 2
        for rung in rungs:
            assert sweep(db, now=rung.at).escalated == 1, (city.id, rung)
