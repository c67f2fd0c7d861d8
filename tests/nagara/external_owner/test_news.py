"""What the owning system says moves our request, once; what happens here is told to it, once and in order."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import pytest

from city_config.external_owners import ExternalOwner, ReachedStatus
from nagara.accounts import Account
from nagara.database import city_session
from nagara.external_owner.pulling import windows
from nagara.external_owner.receiving import receive
from nagara.external_owner.update import move_towards
from nagara.lifecycle import CLOSED, PAUSED, TRANSITIONS, Move, Status
from nagara.notifications.composing import compose
from nagara.permissions import Role
from nagara.staff.actions import Details, make_move
from tests.helpers import Known
from tests.nagara.external_owner.conftest import World

Configured = Callable[..., World]
STATUSES = {
    "in_process": {"status": "in_progress"},
    "refused": {"status": "declined", "reason": "not_found"},
    "pending": {"status": "acknowledged"},
    "processed": {"status": "resolved", "reason": "fixed"},
}


def sent(world: World, **fields: Any) -> Known:
    """A request that is there."""
    request = world.filed(**fields)
    world.send()
    return request


def move(world: World, request: Known, name: str, **details: Any) -> None:
    """Staff of ours make a move."""
    somebody = Account("kh-bat", "sok", Role.SUPERVISOR, (), "Sok")
    with city_session("kh-bat") as session:
        make_move(session, world.city, somebody, request.reference, Move(name), Details(**details))


@pytest.mark.parametrize("asked", ["by_id", "one_by_one", "updated_after"])
def test_their_work_becomes_ours_once_and_the_resident_is_told(configured: Configured, asked: str) -> None:
    world = configured(news=asked, statuses=STATUSES)
    request = sent(world, contact={"email": "sok@example.org"})
    world.other.say("001", "open", extended_attributes={"detailed_status": "IN_PROCESS"})
    assert [world.pull()["moved"] for _ in range(3)] == [1, 0, 0]
    promise = world.owner.execute(
        "select resolve_by, paused_at, next_step_at is not null from request where id = %s", (request.id,)
    ).fetchone()
    world.other.say("001", "closed", "Lamp replaced", extended_attributes={"detailed_status": "PROCESSED"})
    assert [world.pull()["moved"] for _ in range(3)] == [1, 0, 0]
    kinds = [("sent_on", "system"), ("started", "external_system"), ("resolved", "external_system")]
    assert world.events(request) == kinds
    after = world.owner.execute(
        "select resolve_by, closing_reason, status_note, status from request where id = %s", (request.id,)
    ).fetchone()
    assert promise is not None and after is not None
    assert promise[1:] == (None, True), "the promise runs on while they work"
    assert after == (promise[0], "fixed", "Lamp replaced", "resolved")
    told = world.owner.execute(
        "select data -> 'external' ->> 'their_id', data ->> 'note' from event where kind = 'resolved'"
    ).fetchall()
    assert told == [("001", "Lamp replaced")]
    compose(world.owner)
    mails = world.owner.execute(
        "select body from notification where channel = 'email' order by seq"
    ).fetchall()
    assert sum("Lamp replaced" in row[0] for row in mails) == 1


def test_what_a_cut_list_of_changes_leaves_out_is_asked_for_by_its_number(configured: Configured) -> None:
    world = configured(news="updated_after", statuses=STATUSES)
    for number in range(50):
        world.other.file({"service_code": ["LAMP"], "description": [f"Another's {number}"]}, None)
    request = sent(world)
    assert world.link(request)["their_id"] == "051"
    world.other.cut = 50
    world.other.say("051", "closed", "Done", extended_attributes={"detailed_status": "PROCESSED"})
    assert [world.pull()["moved"] for _ in range(2)] == [1, 0]
    assert world.status(request) == "resolved"


def test_updates_are_taken_by_their_own_key_in_their_own_order(configured: Configured) -> None:
    world = configured(news="updates", statuses={"investigating": {"status": "acknowledged"}})
    request = sent(world)
    now = dt.datetime.now(dt.UTC)

    def update(key: str, status: str, minutes: float) -> dict[str, Any]:
        at = (now + dt.timedelta(minutes=minutes)).isoformat()
        return {"update_id": key, "service_request_id": "001", "status": status, "updated_datetime": at}

    late = update("2", "closed", 2)
    world.other.told = [late, update("1", "investigating", 1), {**late, "service_request_id": "999"}]
    assert world.pull()["moved"] == 2
    endless = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    world.other.told.append(update(endless, "closed", 3))
    assert [world.pull()["new"] for _ in range(2)] == [1, 0], (
        "an id that no index holds is known again all the same"
    )
    world.other.told.append(update("0", "open", -5))
    assert world.pull()["moved"] == 0, "what happened before is no news"
    assert [kind for kind, _ in world.events(request)] == ["sent_on", "acknowledged", "resolved"]


def test_a_clock_ahead_of_time_silences_nothing_that_follows(configured: Configured) -> None:
    world = configured(news="updated_after", statuses=STATUSES)
    request = sent(world)
    ahead = {"updated_datetime": "2090-01-01T00:00:00Z"}
    world.other.say("001", "open", extended_attributes={"detailed_status": "IN_PROCESS"}, **ahead)
    assert world.pull()["moved"] == 1
    world.other.say("001", "closed", "Done", extended_attributes={"detailed_status": "PROCESSED"})
    assert world.pull()["moved"] == 1
    assert world.status(request) == "resolved"


def test_a_long_absence_is_asked_for_in_spans_that_servers_answer() -> None:
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    spans = list(windows(now - dt.timedelta(days=200), now))
    assert spans[0][0] == now - dt.timedelta(days=200)
    assert spans[-1][1] == now
    assert all(end == following for (_, end), (following, _) in itertools.pairwise(spans))
    assert all(end - start < dt.timedelta(days=90) for start, end in spans)


def test_what_leads_nowhere_is_told_to_staff_and_moves_nothing(configured: Configured) -> None:
    world = configured()
    request = sent(world)
    world.other.say("001", "on_holiday", "Back in May")
    world.pull()
    assert world.link(request)["attention"] == "unknown_status"
    move(world, request, "assign", department="city-hall")
    world.other.say("001", "closed", "Done")
    world.pull()
    assert world.link(request)["attention"] == "not_theirs"
    kinds = ["sent_on", "noted", "assigned", "noted"]
    assert [kind for kind, _ in world.events(request)] == kinds
    assert world.status(request) == "assigned"


def test_a_closing_of_theirs_waits_for_open_jobs_like_one_of_ours(configured: Configured) -> None:
    world = configured()
    request = sent(world)
    world.owner.execute(
        "insert into job (city_id, id, request_id, number, title, state, created_by, created_at) "
        "values ('kh-bat', gen_random_uuid(), %s, 1, 'Wire', 'open', 'sok', now())",
        (request.id,),
    )
    world.other.say("001", "closed")
    world.pull()
    assert (world.status(request), world.link(request)["attention"]) == ("received", "jobs_open")


def test_who_closed_it_may_open_it_again_and_nobody_else(configured: Configured) -> None:
    world = configured()
    theirs, ours = sent(world), sent(world)
    world.other.say("001", "closed")
    world.pull()
    move(world, ours, "resolve", reason="fixed")
    for id_ in ("001", "002"):
        world.other.say(id_, "open", "Again", updated_datetime="2090-01-01T00:00:00Z")
    world.pull()
    assert (world.status(theirs), world.status(ours)) == ("in_progress", "resolved")


def test_what_happens_here_is_told_once_each_and_in_order(configured: Configured) -> None:
    world = configured(tells={"reopened": "REOPEN", "resolved": "CLOSED", "left": "INTERNAL_REFERRAL"})
    request = sent(world)
    move(world, request, "note", note="for us alone")
    world.other.say("001", "closed", "Done")
    world.pull()
    world.tell()
    assert world.other.updates == {}, "neither our notes nor their own doing are news to them"
    move(world, request, "reopen", note="still dark")
    move(world, request, "resolve", reason="fixed")
    world.other.next = ["silent", "away", "broken"]
    for _ in range(6):
        world.tell()
        world.later(3600)
    told = [(key, given["status"][0]) for key, given in world.other.updates.items()]
    reference = request.reference
    assert told == [(f"{reference}-5", "REOPEN"), (f"{reference}-6", "CLOSED")]
    assert world.other.updates[f"{reference}-5"]["service_request_id"] == ["001"]
    assert world.link(request)["told_seq"] == 6


class Sent(NamedTuple):
    """An update as the endpoint reads it."""

    update_id: str
    service_request_id: str
    status: str
    service_request_id_ext: str | None = None
    updated_at: dt.datetime | None = None
    description: str = ""


def test_what_they_send_themselves_is_taken_once_under_either_number(configured: Configured) -> None:
    world = configured(news="pushed", pushed_by="Public works")
    request = sent(world)
    for label, update in (
        ("Somebody else", Sent("a", "001", "closed")),
        ("Public works", Sent("a", "404", "closed")),
    ):
        with city_session("kh-bat") as session:
            assert receive(session, world.city, label, update) is False
    for update in (
        Sent("a", "001", "closed"),
        Sent("a", "001", "closed"),
        Sent("b", request.reference, "open"),
    ):
        with city_session("kh-bat") as session:
            assert receive(session, world.city, "Public works", update)
    kinds = ["sent_on", "resolved", "reopened"]
    assert [kind for kind, _ in world.events(request)] == kinds
    loop = world.filed()
    world.owner.execute("set session_replication_role = replica")
    world.owner.execute(
        "update event set actor_kind = 'api_key', actor = 'Public works' where request_id = %s", (loop.id,)
    )
    world.send()
    assert world.link(loop)["last_error"] == "came_from_them", "it does not go round in circles"


@pytest.mark.parametrize(
    ("status", "detailed", "means"),
    [
        ("open", None, "received"),
        ("closed", None, "resolved"),
        ("open", "in_progress", "in_progress"),
        ("fixed", "resolved", "resolved"),
        ("open", "on_hold", "received"),
        ("closed", "declined", None),
        ("closed", "nonsense", None),
        ("open", "nonsense", "received"),
        ("gone", None, None),
        ("closed", "refused", "declined"),
        ("done", "nonsense", "resolved"),
    ],
)
def test_words_mean_what_the_city_says_or_the_usual(
    status: str, detailed: str | None, means: str | None
) -> None:
    owner = ExternalOwner.model_validate(
        {
            "code": "x",
            "department": "x",
            "endpoint": "https://x.example/v2",
            "services": {"a": "b"},
            "statuses": {"refused": STATUSES["refused"], "done": STATUSES["processed"]},
        }
    )
    found = owner.meaning(status, detailed)
    assert (found.status if found else None) == means


def test_no_word_of_theirs_makes_a_move_that_staff_could_not() -> None:
    for now in Status:
        for target in map(Status, get_args(ReachedStatus)):
            for theirs in (True, False):
                found = move_towards(now, target, closed_by_them=theirs)
                if found is not None:
                    step = TRANSITIONS[found]
                    assert now in step.start
                    assert step.end not in PAUSED
                    assert now not in PAUSED or step.end in CLOSED
