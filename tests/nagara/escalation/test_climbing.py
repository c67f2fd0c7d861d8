"""Ladders of several promises, answers that are waited for, pauses with an end: on a real database, with time given."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from city_config import City
from city_config.schema import Ladder
from nagara import event_log
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.database import city_session
from nagara.errors import InvalidInput, MoveNotAllowed, NotPermitted
from nagara.escalation.climbing import Sweeping, sweep, sweep_batch
from nagara.lifecycle import Move
from nagara.permissions import Role
from nagara.promises.deadlines import WorkingClock, calendar_stages
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from tests.helpers import Connection, Known, file

HOUR, DAY, TICK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)
COLUMNS = (
    "status, priority, department, assignee, received_at, acknowledge_by, respond_by, resolve_by, paused_at, "
    "escalation_step, escalated_by_hand, climb, next_step_at, next_due_at, version, calendar_stages"
)


def row(owner: Connection, request: Known) -> dict[str, Any]:
    cursor = owner.execute(f"select {COLUMNS} from request where id = %s", (request.id,))
    found = cursor.fetchone()
    assert found is not None and cursor.description is not None
    return dict(zip((column.name for column in cursor.description), found, strict=True))


def events(owner: Connection, request: Known, *kinds: str) -> list[dict[str, Any]]:
    rows = owner.execute(
        "select data || jsonb_build_object('kind', kind, 'dedupe_key', dedupe_key) from event "
        "where request_id = %s and kind = any(%s) order by seq",
        (request.id, list(kinds)),
    )
    return [found[0] for found in rows]


def move(city: City, request: Known, made: Move, role: Role = Role.SUPERVISOR, **details: Any) -> None:
    account = Account(city.id, "somebody", role, (), "Somebody")
    with city_session(city.id) as session:
        staff_actions.make_move(session, city, account, request.reference, made, Details(**details))


def climbing(city: City, *rungs: dict[str, Any], promise: str = "resolve", **fields: Any) -> City:
    """The city with one ladder more before its own, for requests about rubbish."""
    written = [{"because": "Because.", **one} for one in rungs]
    own = Ladder.model_validate(
        {"code": "tried", "promise": promise, "services": ["waste_missed"], "steps": written, **fields}
    )
    return city.model_copy(update={"ladders": (own, *city.ladders), "fingerprint": ""})


def swept(db: Connection, city: City, now: dt.datetime) -> int:
    known = configuration()
    sweeping = Sweeping(now, {**known.cities, city.id: city}, known.network)
    with db.transaction():
        return sweep_batch(db, sweeping, 50).escalated


def set_going(owner: Connection, request: Known) -> None:
    """As if the city's ladders had just been changed: the sweep looks at the request and sets its clock anew."""
    owner.execute("update request set next_step_at = received_at where id = %s", (request.id,))
    owner.commit()


def test_rubbish_climbs_from_the_contractor_to_the_division_to_the_deputy_governor(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    filed = row(owner, request)
    received = filed["received_at"]
    assert filed["assignee"] in phnom_penh.contractors_by_code
    for hours, step in ((12, 1), (24, 2), (48, 3)):
        assert sweep(db, now=received + hours * HOUR - TICK).escalated == 0
        assert sweep(db, now=received + hours * HOUR).escalated == 1
        assert row(owner, request)["escalation_step"] == step
    told = [
        (data["step"], data["ladder"], data["posts"], data["tell"])
        for data in events(owner, request, "escalated")
    ]
    desk = phnom_penh.contractors_by_code[filed["assignee"]].desk
    assert told == [
        (1, "waste", [desk], ["supervisor"]),  # no address of a post is known: roles stand in
        (2, "waste", ["waste-division-head"], ["supervisor"]),
        (3, "waste", ["deputy-governor"], ["city_admin"]),
    ]
    assert (row(owner, request)["priority"], row(owner, request)["next_step_at"]) == ("urgent", None)
    assert event_log.verify(db, phnom_penh.id).faults == ()


def test_after_an_outage_all_promises_are_one_alarm_and_each_rung_is_recorded_once(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = climbing(
        phnom_penh,
        {"step": 1, "at_fraction": 1, "tell": ["agent"]},
        {"step": 2, "after_due": {"calendar_hours": 1}, "tell": ["supervisor"], "raise_priority_to": "high"},
        promise="acknowledge",
    )
    request = file(phnom_penh, service_code="waste_missed")
    late = row(owner, request)["received_at"] + 30 * DAY
    assert (swept(db, city, late), swept(db, city, late)) == (1, 0)
    (alarm,) = events(owner, request, "escalated")
    assert (alarm["promise"], alarm["step"], alarm["dedupe_key"]) == (
        "resolve",
        3,
        "escalation:resolve:waste:3",
    )
    assert [(one["promise"], one["step"]) for one in alarm["recorded_with"]] == [
        ("acknowledge", 1), ("acknowledge", 2), ("resolve", 1), ("resolve", 2),
    ]  # fmt: skip
    assert {"agent", "supervisor"} & set(alarm["tell"]) == {"supervisor"}, (
        "of each promise those of the top rung"
    )
    assert "deputy-governor" in alarm["posts"]
    assert row(owner, request)["climb"] == {"reached": {"acknowledge:tried": 2, "resolve:waste": 3}}


def test_one_alarm_of_two_promises_tells_and_wakes_those_of_both(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    """The higher promise speaks, and may have come to a lower rung: those above must not be left out by it."""
    city = climbing(
        phnom_penh,
        {"step": 1, "at_fraction": 1, "tell": ["supervisor"]},
        {"step": 2, "after_due": {"calendar_hours": 1}, "tell": ["city_admin"], "wakes": True},
        promise="acknowledge",
    )
    request = file(phnom_penh, service_code="waste_missed")
    owner.execute(
        "update request set acknowledge_by = received_at, next_step_at = received_at where id = %s",
        (request.id,),
    )
    owner.commit()
    assert swept(db, city, row(owner, request)["received_at"] + 12 * HOUR) == 1
    (alarm,) = events(owner, request, "escalated")
    assert (alarm["promise"], alarm["step"], alarm["wakes"]) == ("resolve", 1, True)
    assert alarm["tell"] == ["city_admin", "supervisor"]


def test_a_row_that_cannot_be_worked_out_is_put_off_and_stops_no_other(
    db: Connection, owner: Connection, phnom_penh: City, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = (file(phnom_penh, service_code="waste_missed") for _ in range(2))
    owner.execute("update request set climb = '{\"reached\": 5}' where id = %s", (broken.id,))
    owner.commit()
    now = row(owner, sound)["received_at"] + 12 * HOUR
    result = sweep(db, now=now)
    assert (result.escalated, result.faulty) == (1, 1)
    assert row(owner, sound)["escalation_step"] == 1
    after = row(owner, broken)
    assert (after["escalation_step"], after["next_step_at"]) == (0, now + 5 * MINUTE)
    assert str(broken.id) in caplog.text
    assert sweep(db, now=now).faulty == 0, "it is not the first of every sweep"


def test_a_kept_promise_ends_its_ladder_and_no_other(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = climbing(phnom_penh, {"step": 1, "at_fraction": 1, "tell": ["agent"]}, promise="acknowledge")
    seen, unseen = (file(phnom_penh, service_code="waste_missed") for _ in range(2))
    for request in (seen, unseen):
        set_going(owner, request)
    move(city, seen, Move.ACKNOWLEDGE)
    times = row(owner, unseen)
    now = max(times["acknowledge_by"], times["received_at"])
    swept(db, city, now)
    told = [
        [
            (one["promise"], one["step"])
            for alarm in events(owner, request, "escalated")
            for one in (alarm, *alarm.get("recorded_with", ()))  # the other promise may be due by then
        ]
        for request in (seen, unseen)
    ]
    assert ("acknowledge", 1) in told[1]
    assert ("acknowledge", 1) not in told[0]
    assert row(owner, seen)["next_step_at"] is not None, "the promise to resolve is still to be kept"


def test_a_rung_hands_the_work_on_and_says_from_whom_to_whom(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = climbing(
        phnom_penh,
        {"step": 1, "at_fraction": 1, "tell": ["supervisor"], "hand_to": "dpwt", "assign_to": "cintri",
         "raise_priority_to": "urgent"},
    )  # fmt: skip
    request = file(phnom_penh, service_code="waste_missed")
    before = row(owner, request)
    set_going(owner, request)
    assert swept(db, city, before["resolve_by"]) == 1
    after = row(owner, request)
    assert (after["department"], after["assignee"], after["priority"]) == ("dpwt", "cintri", "urgent")
    (alarm,) = events(owner, request, "escalated")
    changed = {"department": [before["department"], "dpwt"]}
    if before["assignee"] != "cintri":
        changed["assignee"] = [before["assignee"], "cintri"]
    assert (alarm["changed"], alarm["priority"]) == (changed, {"from": before["priority"], "to": "urgent"})
    assert after["resolve_by"] == before["resolve_by"], "handed on is not given more time"


def test_who_worked_on_it_for_the_former_department_has_it_no_longer(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = climbing(phnom_penh, {"step": 1, "at_fraction": 1, "tell": ["supervisor"], "hand_to": "dpwt"})
    request = file(phnom_penh, service_code="waste_missed")
    assert row(owner, request)["assignee"] is not None
    set_going(owner, request)
    assert swept(db, city, row(owner, request)["resolve_by"]) == 1
    assert (row(owner, request)["department"], row(owner, request)["assignee"]) == ("dpwt", None)


def test_no_answer_is_told_again_and_then_climbs_at_once(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    city = climbing(
        phnom_penh,
        {"step": 1, "at_fraction": 0.5, "tell": ["supervisor"], "acknowledge_within": {"calendar_hours": 1},
         "without_acknowledgement": "tell_again", "tell_again": 1},
        {"step": 2, "after_due": {"calendar_days": 9}, "tell": ["city_admin"]},
    )  # fmt: skip
    request = file(phnom_penh, service_code="waste_missed")
    set_going(owner, request)
    half = row(owner, request)["received_at"] + 12 * HOUR
    for hours in range(3):
        swept(db, city, half + hours * HOUR - TICK)
        assert swept(db, city, half + hours * HOUR) == 1
        assert swept(db, city, half + hours * HOUR) == 0
    said = events(owner, request, "escalated")
    assert [(one["dedupe_key"], one.get("again")) for one in said] == [
        ("escalation:resolve:tried:1", None),
        ("escalation:resolve:tried:1:again:1", 1),
        ("escalation:resolve:tried:2", None),
    ]
    assert [one["step"] for one in said[2]["unanswered"]] == [1]
    assert dt.datetime.fromisoformat(said[0]["acknowledge_by"]) == half + HOUR
    assert row(owner, request)["next_step_at"] is None


def test_a_supervisors_answer_stops_the_climb_until_its_time(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    owner.execute(
        "update request set received_at = received_at - interval '12.5 hours', resolve_by = resolve_by - interval "
        "'12.5 hours', next_step_at = next_step_at - interval '12.5 hours' where id = %s",
        (request.id,),
    )
    owner.commit()
    with pytest.raises(MoveNotAllowed, match="not escalated"):
        move(phnom_penh, request, Move.ACKNOWLEDGE_ESCALATION, until=dt.datetime.now(dt.UTC) + DAY)
    assert sweep(db).escalated == 1
    until = dt.datetime.now(dt.UTC) + 5 * DAY
    with pytest.raises(NotPermitted):
        move(phnom_penh, request, Move.ACKNOWLEDGE_ESCALATION, Role.AGENT, until=until)
    for wrong in (until - 6 * DAY, until + 60 * DAY, until.replace(tzinfo=None)):
        with pytest.raises(InvalidInput, match="until when"):
            move(phnom_penh, request, Move.ACKNOWLEDGE_ESCALATION, until=wrong)
    move(phnom_penh, request, Move.ACKNOWLEDGE_ESCALATION, until=until, note="The crew is under way")
    assert row(owner, request)["next_step_at"] == until
    assert sweep(db, now=until - TICK).escalated == 0
    assert sweep(db, now=until).escalated == 1
    (said,) = events(owner, request, "escalation_acknowledged")
    assert (said["note"], dt.datetime.fromisoformat(said["until"])) == ("The crew is under way", until)
    climbed = events(owner, request, "escalated")
    assert [(one["step"], [lower["step"] for lower in one["recorded_with"]]) for one in climbed] == [
        (1, []),
        (3, [2]),
    ]


def test_an_escalation_taken_back_is_no_reason_not_to_climb_on(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    times = row(owner, request)
    assert sweep(db, now=times["received_at"] + 12 * HOUR).escalated == 1
    move(phnom_penh, request, Move.ESCALATE, note="Children play there")
    with pytest.raises(InvalidInput):
        move(phnom_penh, request, Move.DE_ESCALATE)
    move(phnom_penh, request, Move.DE_ESCALATE, note="Seen by the head, all is arranged")
    after = row(owner, request)
    assert (after["escalation_step"], after["escalated_by_hand"]) == (0, False)
    assert events(owner, request, "de_escalated")[0]["from_step"] == 1
    assert sweep(db, now=times["received_at"] + 12 * HOUR).escalated == 0, "no rung twice"
    assert sweep(db, now=times["resolve_by"]).escalated == 1
    assert row(owner, request)["escalation_step"] == 2


def test_a_forgotten_question_stops_the_promise_for_five_working_days_and_no_longer(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    move(phnom_penh, request, Move.ASK, note="Which side of the road?")
    paused = row(owner, request)
    clock = WorkingClock(phnom_penh, paused["department"])
    cap = clock.end_of_working_day(paused["paused_at"], 5)
    assert paused["next_step_at"] == cap
    assert sweep(db, now=cap - TICK).escalated == 0
    sweep(db, now=cap)
    sweep(db, now=cap)
    after = row(owner, request)
    assert (after["status"], after["paused_at"]) == ("waiting_reporter", None), "it waits, and its clock runs"
    assert after["resolve_by"] == paused["resolve_by"] + (cap - paused["paused_at"])
    assert after["next_due_at"] < dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
    (ended,) = events(owner, request, "pause_ended")
    assert dt.datetime.fromisoformat(ended["resolve_by_before"]) == paused["resolve_by"]
    assert dt.datetime.fromisoformat(ended["paused_to"]) == cap
    # It climbs like any other now; a note starts no new pause, and to resume gives no more time.
    assert sweep(db, now=after["resolve_by"]).escalated == 1
    move(phnom_penh, request, Move.NOTE, note="Called twice")
    assert row(owner, request)["paused_at"] is None
    move(phnom_penh, request, Move.RESUME)
    assert row(owner, request)["resolve_by"] == after["resolve_by"]
    # What was used is used: the next question stops nothing any more.
    move(phnom_penh, request, Move.ASK, note="And which house?")
    again = row(owner, request)
    assert again["next_step_at"] == again["paused_at"]


def test_lateness_stays_through_reassigning_recategorising_and_referring(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    promised = row(owner, request)
    move(phnom_penh, request, Move.ASSIGN, department="dpwt")
    move(phnom_penh, request, Move.RECATEGORISE, service_code="street_light", note="It is the lamp")
    later = row(owner, request)
    service = phnom_penh.services_by_code["waste_missed"]
    assert promised["calendar_stages"] == list(calendar_stages(service, promised["priority"]))
    assert "resolve" in promised["calendar_stages"]
    for name in ("acknowledge_by", "respond_by", "resolve_by", "received_at", "calendar_stages"):
        assert later[name] == promised[name], name
    external = next(one.code for one in phnom_penh.departments if one.kind == "external")
    move(phnom_penh, request, Move.REFER, department=external)
    move(phnom_penh, request, Move.RESUME)
    (resumed,) = events(owner, request, "resumed")
    assert dt.datetime.fromisoformat(resumed["resolve_by_before"]) == promised["resolve_by"]


def test_late_rubbish_that_turns_out_to_be_a_flood_is_told_to_those_above(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, service_code="waste_missed")
    late = row(owner, request)["resolve_by"] + 9 * DAY
    assert sweep(db, now=late).escalated == 1
    assert row(owner, request)["next_step_at"] is None, "the ladder of rubbish is at its end"
    flooding = next(one.code for one in phnom_penh.services if one.network_code == "flooding")
    move(phnom_penh, request, Move.RECATEGORISE, service_code=flooding, note="It is the drain")
    assert (sweep(db, now=late).escalated, sweep(db, now=late).escalated) == (1, 0)
    rubbish, flood = events(owner, request, "escalated")
    assert (rubbish["ladder"], flood["ladder"], flood["dedupe_key"] == rubbish["dedupe_key"]) == (
        "waste",
        "danger",
        False,
    )


def test_a_declared_emergency_marks_what_climbs_and_stops_nothing(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    here, elsewhere = (file(phnom_penh, service_code="waste_missed") for _ in range(2))
    district = owner.execute("select district from request where id = %s", (here.id,)).fetchone()
    assert district is not None
    owner.execute("update request set district = null where id = %s", (elsewhere.id,))
    owner.execute(
        "insert into declared_emergency (city_id, id, kind, districts, declared_by, source, valid_from, recorded_by, "
        "recorded_at) values (%s, gen_random_uuid(), 'flood', %s, 'City Hall', 'x', now(), 'x', now())",
        (phnom_penh.id, [district[0]]),
    )
    owner.commit()
    assert sweep(db, now=row(owner, here)["resolve_by"] + TICK).escalated == 2
    marks = [events(owner, request, "escalated")[0].get("emergency") for request in (here, elsewhere)]
    assert marks == ["flood", None]
