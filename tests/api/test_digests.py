"""One message a day or week about the reports somebody filed or follows: what it says, to whom, and when not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.accounts import Account
from nagara.database import city_session
from nagara.ids import resident_token
from nagara.lifecycle import Move
from nagara.notifications import by_city, compose, forget, tell_reports
from nagara.notifications.audiences import management_key, person_of
from nagara.notifications.report_digest import WORTH_FOR
from nagara.permissions import Role
from nagara.settings import settings
from nagara.staff import actions
from nagara.staff.actions import Details
from tests.api.conftest import Staff
from tests.api.test_staff_accounts import send
from tests.helpers import Connection, Known, file
from tests.messages import messages, newest_key
from tests.waiting import wait_until

SOK = "sok.dara@example.org"
AGENT = Account("kh-pnh", "agent", Role.AGENT, (), "Agent")
RESEND = "/api/v1/staff/notices/resend"


@pytest.fixture(autouse=True)
def _mail_is_set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(by_city, "BATCH", 1)  # however small a batch is, nobody is told in two parts
    monkeypatch.setenv("NAGARA_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def moved(db: Connection, city: City, request: Known, move: Move, **details: Any) -> None:
    with city_session(city.id) as session:
        actions.make_move(session, city, AGENT, request.reference, move, Details(**details))
    with db.transaction():
        compose(db)


def told(db: Connection, at: dt.datetime) -> int:
    with db.transaction():
        return tell_reports(db, at)


def choose(client: TestClient, request: Known, city: City, **chosen: Any) -> dict[str, Any]:
    token = resident_token(settings().secret, city.id, request.id, None)
    headers = {"Nagara-Link": token}
    body = {"channels": None, "moves": None} | chosen
    answer = client.put(f"/api/v1/requests/{request.reference}/notices", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def waiting(db: Connection) -> list[tuple[Any, ...]]:
    """Notices: which kind of audience, and whether each is held for a digest."""
    rows = db.execute(
        "select split_part(audience, ':', 1), next_attempt_at is null from notification "
        "where sent_at is null and failed_at is null order by 1, created_at"
    ).fetchall()
    db.rollback()
    return rows


def test_one_message_a_day_says_what_happened_to_all_of_one_persons_reports_and_what_is_overdue(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    monday = dt.datetime(2027, 1, 4, 7, 5, tzinfo=phnom_penh.zone)
    contact = {"email": SOK}
    filed, silent = (file(phnom_penh, language="en", contact=contact) for _ in range(2))
    with db.transaction():
        compose(db)
    owner.execute("update notification set sent_at = now(), next_attempt_at = null")
    for one in (filed, silent):
        shown = choose(client, one, phnom_penh, frequency="daily", quiet={"begins": "22:00", "ends": "09:00"})
        assert (shown["frequency"], shown["quiet"]["ends"]) == ("daily", "09:00")
    neighbours = file(phnom_penh, language="km")
    body = {"channel": "email", "email": SOK.upper(), "language": "en", "frequency": "daily"}
    client.post(f"/api/v1/requests/{neighbours.reference}/followers", json=body)
    client.post(f"/api/v1/subscriptions/{newest_key(db)}/confirm")
    for one in (filed, neighbours):
        moved(db, phnom_penh, one, Move.ACKNOWLEDGE)
    owner.execute(
        "update request set promise_standard = case when id = %s then 'published' else 'reference' end, "
        "resolve_by = '2026-12-24T10:00+07:00'", (silent.id,),
    )  # fmt: skip
    assert waiting(db) == [("resident", True), ("subscription", True)], "kept for the day"

    early = monday.replace(hour=6)
    assert [told(db, at) for at in (early, monday, monday, monday + dt.timedelta(hours=9))] == [0, 1, 0, 0]
    audience, channel, recipient, text = messages(db)[-1]
    assert (audience.split(":")[0], channel, recipient) == ("person", "email", {"email": SOK})
    assert "3" in text["subject"]
    for one in (filed, silent, neighbours):
        assert one.reference in text["body"]
    assert text["body"].count(": Seen by the department") == 2
    assert text["body"].count("Promised by Thursday 24 December 2026, 10:00, and still open.") == 1
    assert len(re.findall(r"track/\S+\?token=", text["body"])) == 2, "the private link of what they filed"
    due = db.execute("select max(next_attempt_at) from message").fetchone()
    assert due == (monday.replace(hour=9, minute=0),), "who rests until nine is told at nine"
    assert waiting(db) == []
    assert told(db, monday + dt.timedelta(days=1)) == 1, "what is overdue is said again"
    assert ": Seen by" not in messages(db)[-1][3]["body"]


def test_the_key_of_a_digest_shows_changes_and_ends_all_of_it(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    first, second = (file(phnom_penh, contact={"email": SOK}) for _ in range(2))
    with db.transaction():
        compose(db)
    owner.execute("update notification set sent_at = now(), next_attempt_at = null")
    for one in (first, second):
        choose(client, one, phnom_penh, frequency="weekly")
    moved(db, phnom_penh, first, Move.ACKNOWLEDGE)
    moved(db, phnom_penh, first, Move.ASK, note="Which house?")
    assert waiting(db) == [("resident", True), ("resident", False)], "a question comes at once"
    saturday, monday = (dt.datetime(2027, 1, day, 8, tzinfo=phnom_penh.zone) for day in (2, 4))
    owner.execute("update contact set last_digest_at = '2026-12-30T00:00Z'")
    assert [told(db, at) for at in (saturday, monday, monday + dt.timedelta(days=2))] == [0, 1, 0]

    key = newest_key(db)
    row = owner.execute("select email_digest from contact limit 1").fetchone()
    assert row is not None
    assert key == management_key("kh-pnh", "d", person_of(bytes(row[0])))
    url = f"/api/v1/subscriptions/{key}"
    shown = client.get(url).json()
    assert (shown["kind"], shown["frequency"]) == ("digest", "weekly")
    assert shown["references"] == sorted((first.reference, second.reference))
    assert client.post(f"{url}/confirm").json()["kind"] == "digest"
    changed = client.put(url, json={"frequency": "daily", "quiet": {"begins": "21:00", "ends": "05:00"}})
    assert (changed.json()["frequency"], changed.json()["quiet"]["begins"]) == ("daily", "21:00")
    moved(db, phnom_penh, second, Move.ACKNOWLEDGE)
    own = management_key("kh-pnh", "c", second.id)
    at_once = client.put(f"/api/v1/subscriptions/{own}", json={"frequency": "at_once"})
    assert at_once.json()["frequency"] == "at_once"
    assert waiting(db)[-1] == ("resident", False), "what waited for a digest goes out"
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 204, "twice is as good as once"
    assert client.get(url).status_code == 404
    ended = owner.execute("select last_error from message where audience like 'person:%'").fetchall()
    assert ended == [("unsubscribed",)]
    assert told(db, monday + dt.timedelta(days=9)) == 0


def test_who_takes_their_contact_back_is_not_told_by_a_digest_that_waits(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, contact={"email": SOK})
    choose(client, request, phnom_penh, frequency="daily", quiet={"begins": "07:00", "ends": "06:59"})
    moved(db, phnom_penh, request, Move.ACKNOWLEDGE)
    assert told(db, dt.datetime(2027, 1, 5, 8, tzinfo=phnom_penh.zone)) == 1
    worth = owner.execute("select expires_at - next_attempt_at from message where audience like 'person:%'")
    assert worth.fetchone() == (WORTH_FOR,), "a rest of a day takes nothing from what news are worth after it"
    token = resident_token(settings().secret, "kh-pnh", request.id, None)
    url = f"/api/v1/requests/{request.reference}/erase"
    answer = client.post(url, json={"what": "contact"}, headers={"Nagara-Link": token})
    assert answer.status_code == 200, answer.text
    left = owner.execute("select count(*) from message where next_attempt_at is not null").fetchone()
    assert left == (0,)


def test_a_pause_neither_makes_a_report_overdue_nor_takes_it_away(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    late, resting = (file(phnom_penh, language="en", contact={"email": SOK}) for _ in range(2))
    for one, paused_at in ((late, "2026-12-25T10:00+07:00"), (resting, "2026-12-23T10:00+07:00")):
        choose(client, one, phnom_penh, frequency="daily")
        owner.execute(
            "update request set promise_standard = 'published', resolve_by = '2026-12-24T10:00+07:00', "
            "paused_at = %s where id = %s", (paused_at, one.id),
        )  # fmt: skip
    assert told(db, dt.datetime(2027, 1, 5, 8, tzinfo=phnom_penh.zone)) == 1
    body = messages(db)[-1][3]["body"]
    assert (late.reference in body, resting.reference in body) == (True, False)


def test_news_that_wait_reach_who_chooses_another_channel_meanwhile(
    client: TestClient, db: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAGARA_SMS_URL", "http://127.0.0.1:9/sms")
    settings.cache_clear()
    request = file(phnom_penh, language="en", contact={"email": SOK, "phone": "012 345 678"})
    choose(client, request, phnom_penh, channels=["sms"], frequency="daily")
    moved(db, phnom_penh, request, Move.ACKNOWLEDGE)
    choose(client, request, phnom_penh, channels=["email"])
    assert told(db, dt.datetime(2027, 1, 5, 8, tzinfo=phnom_penh.zone)) == 1
    _, channel, recipient, text = messages(db)[-1]
    assert (channel, recipient) == ("email", {"email": SOK})
    assert f"{request.reference}  " in text["body"]
    assert waiting(db) == []


def test_who_wants_to_be_told_at_once_again_waits_for_the_notice_that_is_being_laid_down(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, contact={"email": SOK})
    choose(client, request, phnom_penh, frequency="daily")
    with ThreadPoolExecutor(1) as meanwhile:
        with db.transaction():
            compose(db)
            choice = meanwhile.submit(choose, client, request, phnom_penh, frequency="at_once")
            wait_until(lambda: choice.done() or _somebody_waits(owner), "the choice waits")
        assert choice.result()["frequency"] == "at_once"
    assert waiting(db) == [("resident", False)], "or it would be held for a digest that comes no more"


def _somebody_waits(owner: Connection) -> bool:
    return owner.execute("select 1 from pg_locks where not granted").fetchone() is not None


def test_messages_that_were_given_up_are_seen_and_sent_again_but_for_codes_that_ended(
    client: TestClient, supervisor: Staff, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="en", contact={"email": SOK})
    choose(client, request, phnom_penh, frequency="daily")
    moved(db, phnom_penh, request, Move.ACKNOWLEDGE)
    assert told(db, dt.datetime(2027, 1, 5, 8, tzinfo=phnom_penh.zone)) == 1
    client.post("/api/v1/residents/code", json={"city": "kh-pnh", "email": SOK})
    assert len(messages(db)) == 2
    owner.execute(
        "update message set failed_at = now(), next_attempt_at = null, attempts = 3, last_error = 'SMTP 554', "
        "expires_at = now() - interval '1 hour'"
    )
    found = {one["kind"]: one for one in supervisor.get("/notices/failed").json()["failed"]}
    assert {kind: one["can_be_sent_again"] for kind, one in found.items()} == {"code": False, "digest": True}
    assert (found["digest"]["reference"], found["digest"]["audience"]) == (None, "person")
    both = {"ids": [found["digest"]["id"], found["code"]["id"]]}
    assert send(supervisor, "POST", RESEND, both).status_code == 404, "all of them or none"
    now = dt.datetime.now(dt.UTC)
    with db.transaction():
        assert forget(db, now) == 1, "an ended code goes; a digest that could not be sent is kept to be seen"
    assert send(supervisor, "POST", RESEND, {"ids": [found["digest"]["id"]]}).json() == {"resent": 1}
    due = owner.execute("select failed_at, next_attempt_at <= now(), expires_at > now() from message")
    assert due.fetchall() == [(None, True, True)]
    shown = supervisor.get("/notices/failed").json()
    assert shown["failed"] == []
    assert {one["channel"]: one["waiting"] for one in shown["waiting"]}["email"] >= 1
    owner.execute(
        "update message set failed_at = now() - interval '8 days', expires_at = now() - interval '8 days'"
    )
    with db.transaction():
        assert forget(db, now) == 1
