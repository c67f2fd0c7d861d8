"""What staff are told: their inbox, their quiet hours and digests, posts of the ladder; what failed is sent again."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from redis import Redis
from starlette.testclient import TestClient

from city_config import City
from city_config.ladder import Post
from city_config.texts import CityTexts, ServiceTexts
from nagara.cities import configuration
from nagara.notifications import compose, deliver, tell_work
from nagara.notifications.periods import period_began
from nagara.notifications.quiet import Quiet, told_from
from nagara.sealing import unseal
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.api.test_staff_accounts import send
from tests.helpers import Connection
from tests.messages import messages

INBOX, CHOICES = "/api/v1/staff/inbox", "/api/v1/staff/notice-choices"
Row = tuple[Any, ...]


def filed(client: TestClient) -> str:
    answer = client.post(FILE, json=RUBBISH)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def told(db: Connection) -> None:
    with db.transaction():
        compose(db)


KEPT_QUIET = "select quiet from notification where audience = 'staff:supervisor'"


def laid(owner: Connection) -> list[Row]:
    return owner.execute(
        "select audience, channel, next_attempt_at > now() + interval '1 minute' from notification "
        "where audience <> 'resident' order by 1, 2"
    ).fetchall()


def happened(owner: Connection, reference: str, kind: str, **data: Any) -> None:
    """An event of the ladder, as its sweep writes it."""
    owner.execute(
        "with written as (insert into event (city_id, request_id, kind, actor_kind, data) "
        "select city_id, id, %s, 'system', %s::jsonb from request where reference = %s "
        "returning city_id, request_id, seq) "
        "insert into event_outbox select * from written",
        (kind, json.dumps(data), reference),
    )


def at(hour: int) -> dict[str, str]:
    """Quiet hours around this hour of the clocks of UTC."""
    return {"begins": f"{(hour - 1) % 24:02d}:00", "ends": f"{(hour + 2) % 24:02d}:00"}


def test_the_assignee_finds_it_in_the_inbox_and_reads_it(
    agent: Staff, supervisor: Staff, db: Connection
) -> None:
    reference = filed(agent.client)
    supervisor.move(reference, "assign", assignee="agent", note="Yours")
    agent.move(reference, "assign", assignee="agent", note="Mine")
    with db.transaction():
        composed = compose(db)
    assert composed.inboxes == {("kh-pnh", "agent")}
    found = agent.get("/inbox").json()
    assert (found["unread"], len(found["items"])) == (1, 1), "of what they did themselves nobody is told"
    [item] = found["items"]
    assert (item["kind"], item["reference"], item["read_at"], item["urgent"]) == (
        "assigned", reference, None, False,
    )  # fmt: skip
    assert reference in item["subject"]
    assert supervisor.get("/inbox").json()["items"] == []
    assert send(supervisor, "POST", f"{INBOX}/read", {}).json()["unread"] == 0
    assert agent.get("/inbox/count").json() == {"unread": 1, "unread_urgent": 0}, "nobody reads it for them"
    assert send(agent, "POST", f"{INBOX}/read", {"ids": [item["id"]]}).json()["unread"] == 0
    assert agent.get("/inbox", unread=True).json()["items"] == []
    assert agent.get("/inbox").json()["items"][0]["read_at"] is not None
    assert agent.get("/inbox", before=item["at"]).json()["items"] == []


def test_only_the_readers_own_screens_hear_of_an_inbox(
    agent: Staff, supervisor: Staff, db: Connection, services: Any
) -> None:
    from workers.app import app

    app.loader.import_default_modules()
    reference = filed(agent.client)
    supervisor.move(reference, "assign", assignee="agent")
    with Redis.from_url(settings().redis_url) as redis, redis.pubsub() as heard:
        heard.psubscribe("nagara:live:*")
        heard.get_message(timeout=5)
        app.tasks["notifications.compose"].apply(throw=True)
        news: list[Any] = []
        while not any(one.get("kind") == "inbox" for one in news):
            message = heard.get_message(ignore_subscribe_messages=True, timeout=5)
            assert message is not None
            news += json.loads(message["data"])
    assert {"kind": "inbox", "reference": None, "to": "agent"} in news


def test_posts_are_told_and_who_sleeps_only_when_the_night_is_over(
    agent: Staff, supervisor: Staff, db: Connection, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = configuration()
    city = known.cities["kh-pnh"]
    post = type(next(iter(known.cities["kh-pnh"].posts), None)) if city.posts else None

    assert post in (None, Post)
    office = Post(
        code="an-office", names={"en": "An office"}, accounts=("agent",), email="office@example.org"
    )
    changed = city.model_copy(update={"posts": (*city.posts, office)})
    changed.__dict__.pop("posts_by_code", None)
    monkeypatch.setitem(known.cities, "kh-pnh", changed)
    owner.execute("update staff_account set email = username || '@example.org'")
    reference = filed(agent.client)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=6)
    happened(
        owner, reference, "escalated", tell=["supervisor"], posts=["an-office"], because="It waits",
        tell_from={"an-office": later.isoformat()},
    )  # fmt: skip
    told(db)
    assert laid(owner) == [
        ("post:an-office", "email", True),
        ("staff:agent", "email", True), ("staff:agent", "inbox", None),
        ("staff:supervisor", "email", False), ("staff:supervisor", "inbox", None),
    ]  # fmt: skip


def test_a_persons_choices_and_quiet_hours_are_kept_but_for_what_wakes(
    supervisor: Staff, db: Connection, owner: Connection
) -> None:
    hour = dt.datetime.now(dt.UTC).hour
    owner.execute("update staff_account set email = username || '@example.org'")
    usual = supervisor.get("/notice-choices").json()
    assert usual["channels"]["escalated"] == ["inbox", "email"]
    assert (usual["quiet"], usual["zone"], usual["digest"]) == (None, "Asia/Phnom_Penh", "none")
    body = {"channels": {"escalated": ["email"]}, "quiet": at(hour), "zone": "UTC"}
    assert send(supervisor, "PUT", CHOICES, body).json()["quiet"] == at(hour)
    reference = filed(supervisor.client)
    happened(owner, reference, "escalated", tell=["supervisor"])
    told(db)
    assert laid(owner) == [("staff:supervisor", "email", True)]
    rests = f"{at(hour)['begins']}-{at(hour)['ends']} UTC"
    assert owner.execute(KEPT_QUIET).fetchall() == [(rests,)], "for as late as it may be sent"
    owner.execute("delete from notification")
    happened(owner, reference, "escalated", tell=["supervisor"], wakes=True)
    told(db)
    assert laid(owner) == [("staff:supervisor", "email", False)]
    assert owner.execute(KEPT_QUIET).fetchall() == [(None,)], "what may wake may do so late, too"
    send(supervisor, "PUT", CHOICES, {"digest": "daily"})
    owner.execute("delete from notification")
    happened(owner, reference, "escalated", tell=["supervisor"])
    told(db)
    assert laid(owner) == [("staff:supervisor", "inbox", None)], "mails come as one a day"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channels": {"filed": ["inbox"]}}, "channels"), ({"channels": {"assigned": ["fax"]}}, None),
        ({"quiet": {"begins": "25:00", "ends": "06:00"}}, "quiet"), ({"zone": "Moon/Base"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"), ({"digest": "hourly"}, "digest"),
    ],
)  # fmt: skip
def test_choices_that_cannot_be_are_refused(
    supervisor: Staff, body: dict[str, Any], field: str | None
) -> None:
    answer = send(supervisor, "PUT", CHOICES, body)
    assert answer.status_code == 422
    assert field is None or answer.json()["error"]["field"] == field
    assert answer.json()["error"]["allowed"]


def test_a_digest_says_once_what_of_ones_work_is_overdue(
    agent: Staff, supervisor: Staff, db: Connection, owner: Connection
) -> None:
    owner.execute("update staff_account set email = username || '@example.org'")
    for one in (agent, supervisor):
        quiet = {"begins": "22:00", "ends": "09:00"}
        send(one, "PUT", CHOICES, {"digest": "daily", "zone": "UTC", "quiet": quiet})
    chosen = owner.execute(
        "select bool_and(last_digest_at > now() - interval '1 minute') from staff_notice_choice"
    )
    assert chosen.fetchone() == (True,), "the first comes with the next period"
    owner.execute("update staff_notice_choice set last_digest_at = null")
    owner.execute(
        "insert into staff_department (city_id, username, department) values ('kh-pnh', 'agent', 'nobody')"
    )
    overdue, in_time, resting = (filed(agent.client) for _ in range(3))
    owner.execute(
        "update request set resolve_by = '2026-11-20T00:00Z', paused_at = '2026-11-19T00:00Z' where reference = %s",
        (resting,),
    )
    owner.execute("update request set resolve_by = '2026-01-01T00:00Z' where reference = %s", (overdue,))
    early, later = (dt.datetime(2026, 11, 23, hour, tzinfo=dt.UTC) for hour in (6, 8))
    owner.execute("update request set resolve_by = '2030-01-01T00:00Z' where reference = %s", (in_time,))
    with db.transaction():
        assert [tell_work(db, moment) for moment in (early, later, later)] == [0, 1, 0]
        assert tell_work(db, later + dt.timedelta(days=1)) == 1
    due = db.execute("select min(next_attempt_at) from message").fetchone()
    assert due == (dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC),), "who rests until nine is told at nine"
    [(audience, channel, recipient, text), _] = messages(db)
    assert (audience, channel) == ("staff:supervisor", "email"), "the agent's department has nothing overdue"
    assert recipient == {"email": "supervisor@example.org"}
    assert overdue in text["body"]
    assert in_time not in text["body"]
    assert resting not in text["body"], "its clock stood when the time came"


def test_days_and_weeks_begin_on_a_persons_own_clocks() -> None:
    monday, sunday = (dt.datetime(2026, 11, day, 1, tzinfo=dt.UTC) for day in (23, 22))
    assert period_began("daily", "Asia/Bangkok", monday) == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    assert period_began("daily", "Asia/Bangkok", monday - dt.timedelta(hours=2)) is None
    assert period_began("weekly", "Asia/Bangkok", sunday) == dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
    assert period_began("weekly", "Asia/Bangkok", monday) == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("20:59", None),
        ("21:00", "06:00"),
        ("23:59", "06:00"),
        ("00:00", "06:00"),
        ("05:59", "06:00"),
        ("06:00", None),
    ],
)
def test_a_night_ends_in_the_morning(now: str, expected: str | None) -> None:
    zone = dt.timezone(dt.timedelta(hours=7))
    moment = dt.datetime.fromisoformat(f"2026-11-22T{now}:00").replace(tzinfo=zone)
    until = told_from(Quiet(21 * 60, 6 * 60, "Asia/Phnom_Penh"), moment)
    assert (until.astimezone(zone).strftime("%H:%M") if until else None) == expected
    assert until is None or moment < until <= moment + dt.timedelta(hours=9)
    assert told_from(Quiet(60, 60, "UTC"), moment) is None
    assert told_from(Quiet(0, 1439, "Asia/Phnom_Penh"), moment) is not None or now == "23:59"


def test_notices_are_previewed_in_the_citys_own_words(
    client: TestClient, supervisor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Staff(client, "admin@kh-pnh", "city_admin")
    known = configuration()
    city = known.cities["kh-pnh"]
    own = CityTexts.model_validate(
        {
            "notifications": {
                "filed": {"subject": "{reference}: our own words", "body": "{service}\n{status_url}"}
            }
        }
    )
    monkeypatch.setitem(known.cities, "kh-pnh", city.model_copy(update={"texts": {"en": own}}))
    found = admin.get("/notices/preview", language="en").json()["notices"]
    shown = {one["kind"]: one for one in found}
    assert set(shown) == {str(kind) for kind in known.messages["en"].notifications}
    assert [kind for kind, one in shown.items() if one["own_words"]] == ["filed"]
    assert shown["filed"]["subject"].endswith(": our own words")
    assert "our own words" in shown["filed"]["sms"]
    assert shown["filed"]["html"].startswith("<!doctype html>")
    assert all(one["sms_parts"] <= 2 and "{" not in one["subject"] + one["body"] for one in found)
    assert shown["filed"]["worded_by"] == "city"
    truck = {"filed": {"subject": "{reference}: the truck", "body": "{city}"}}
    words = ServiceTexts.model_validate({"services": ["waste_missed"], "notifications": truck})
    for_waste = own.model_copy(update={"for_services": (words,)})
    monkeypatch.setitem(known.cities, "kh-pnh", city.model_copy(update={"texts": {"en": for_waste}}))
    for service, ending, by in (
        ("waste_missed", ": the truck", "service"),
        ("road_pothole", ": our own words", "city"),
    ):
        found = admin.get("/notices/preview", language="en", service=service).json()["notices"]
        [filed_now] = [one for one in found if one["kind"] == "filed"]
        assert filed_now["subject"].endswith(ending)
        assert (filed_now["worded_by"], filed_now["own_words"]) == (by, True)
    staff = admin.get("/notices/preview", audience="staff", language="km").json()["notices"]
    assert {one["kind"] for one in staff} == {"escalated", "assigned", "answered"}
    assert {one["language"] for one in staff} == {"km"}
    assert admin.get("/notices/preview", service="no-such").status_code == 404
    assert supervisor.get("/notices/preview").status_code == 403


def test_what_was_given_up_is_seen_and_sent_again_under_its_key(
    supervisor: Staff, agent: Staff, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    body = RUBBISH | {"contact": {"email": "sok.dara@example.org"}}
    reference = supervisor.client.post(FILE, json=body).json()["reference"]
    told(db)
    owner.execute(
        "update notification set failed_at = now(), next_attempt_at = null, attempts = 9, created_at = now() - "
        "interval '9 days', last_error = 'SMTPDataError 554 5.6.0'"
    )
    assert agent.get("/notices/failed").status_code == 403
    found = supervisor.get("/notices/failed").json()
    [shown] = found["failed"]
    assert (shown["reference"], shown["audience"], shown["channel"], shown["attempts"]) == (
        reference, "resident", "email", 9,
    )  # fmt: skip
    assert "sok.dara" not in json.dumps(found)
    assert supervisor.get("/notices/failed", channel="sms").json()["failed"] == []
    for wrong in ("nonsense", shown["id"][:-3] + "AAA"):
        refused = send(supervisor, "POST", "/api/v1/staff/notices/resend", {"ids": [shown["id"], wrong]})
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_delivery")
    assert owner.execute("select count(failed_at) from notification").fetchone() == (1,), (
        "all of them or none"
    )
    assert send(supervisor, "POST", "/api/v1/staff/notices/resend", {"ids": [shown["id"]]}).json() == {
        "resent": 1
    }
    again = supervisor.get("/notices/failed").json()
    assert (again["failed"], again["waiting"][0]["waiting"]) == ([], 1)
    owner.execute("update notification set attempts = 0")
    assert deliver(db).put_back + deliver(db).sent >= 0
    row = owner.execute("select failed_at, sealed_recipient from notification").fetchone()
    assert row is not None
    assert row[0] is None, "it is tried for as long as a new one"
    assert unseal(settings().secret, phnom_penh.id, bytes(row[1])) == {"email": "sok.dara@example.org"}
