"""After filing: more words, answers, withdrawal, feedback, links and erasure - and each refusal of them."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import json
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from nagara import event_log
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.indicators.build import count_events
from nagara.rate_limits import RateLimiter
from nagara.residents.actions import MOST_ENTRIES
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.test_media import count, filed, files, picture, sent

Connection = psycopg.Connection[Any]
WORDS = "ស្រីមុំ lives at house 12"


class Holder:
    """Somebody with the private link of a report."""

    def __init__(self, client: TestClient, **fields: Any) -> None:
        report = {"description": WORDS, "contact": {"email": "resident@example.org"}, "language": "km"}
        self.client, self.filed = client, filed(client, **report | fields)
        self.reference, self.token = self.filed["reference"], self.filed["token"]

    def do(self, what: str, /, token: str | None = None, **body: Any) -> httpx.Response:
        """Call one of the addresses below the request."""
        url = f"/api/v1/requests/{self.reference}/{what}"
        answer: httpx.Response = self.client.post(url, json=body, params={"token": token or self.token})
        return answer

    def done(self, what: str, /, **body: Any) -> dict[str, Any]:
        """The same, where it is to succeed."""
        answer = self.do(what, **body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def status(self, token: str | None = None) -> dict[str, Any]:
        """The request as the holder sees it."""
        url = f"/api/v1/requests/{self.reference}"
        found: dict[str, Any] = self.client.get(url, params={"token": token or self.token}).json()
        return found


@pytest.fixture
def holder(client: TestClient) -> Holder:
    """Somebody who filed about Phnom Penh."""
    return Holder(client)


@pytest.fixture
def resolved(holder: Holder, supervisor: Staff) -> Holder:
    """The same, closed as cleaned."""
    answer = supervisor.move(holder.reference, "resolve", reason="cleaned", note="Collected.")
    assert answer.status_code == 200, answer.text
    return holder


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """Hold a refusal against what it should be."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def offers_instead(holder: Holder, what: str) -> None:
    """An action is refused, and the refusal names what the page offers: nothing of staff, and no number."""
    answer = holder.do(what, **{"note" if what == "withdraw" else "text": "x"})
    refused(answer, 409, "move_not_allowed")
    error, can = answer.json()["error"], holder.status()["can"]
    assert error["allowed"] == can
    assert what not in can
    assert not any(sign.isdigit() for sign in error["message"])


def kinds(holder: Holder) -> list[str]:
    """The timeline in short."""
    return [event["kind"] for event in holder.status()["timeline"]]


def closed_days_ago(owner: Connection, days: float) -> None:
    """Let the one request have been closed that long ago."""
    owner.execute("update request set closed_at = closed_at - make_interval(secs => %s)", (days * 86_400,))


def events_hold(owner: Connection) -> None:
    """The chain is whole, and holds no word of a resident's."""
    found = event_log.verify(owner, "kh-pnh")
    assert found.events > 1
    assert not found.faults
    texts = owner.execute("select string_agg(data::text, ' ') from event").fetchone()
    assert texts is not None
    for word in ("house 12", "resident@example.org", "my second thought"):
        assert word not in texts[0]


def test_more_words_and_pictures_are_kept_beside_the_event(
    holder: Holder, supervisor: Staff, owner: Connection, db: Connection
) -> None:
    picture_id = sent(holder.client)
    done = holder.done("additions", text="my second thought", media=[picture_id])
    assert done["outcome"] == "added"
    assert [said["text"] for said in done["request"]["said"]] == ["my second thought"]
    assert [photo["id"] for photo in done["request"]["photos"]] == [picture_id]
    assert kinds(holder) == ["filed", "added"]
    seen = holder.client.get(f"/api/v1/requests/{holder.reference}")
    assert "my second thought" not in seen.text
    assert seen.json()["can"] == [] and seen.json()["own"] is False
    shown = supervisor.get(f"/requests/{holder.reference}").json()
    assert [said["text"] for said in shown["said"]] == ["my second thought"]
    events_hold(db)


def test_an_answer_takes_work_up_again_and_moves_what_was_promised(holder: Holder, supervisor: Staff) -> None:
    before = holder.status()["promise"]["resolve_by"]
    refused(holder.do("answer", text="Number 12."), 409, "move_not_allowed")
    supervisor.move(holder.reference, "ask", note="Which house?")
    waiting = holder.status()
    assert waiting["question"]["text"] == "Which house?"
    assert "answer" in waiting["can"]
    done = holder.done("answer", text="my second thought")
    assert done["outcome"] == "answered"
    assert done["request"]["status"] == "in_progress"
    assert done["request"]["question"] is None
    assert done["request"]["promise"]["resolve_by"] >= before
    data = supervisor.get(f"/requests/{holder.reference}").json()["timeline"][-1]
    assert (data["kind"], data["actor_kind"], data["actor"]) == ("answered", "resident", None)
    assert data["data"]["resolve_by_before"] <= data["data"]["resolve_by"]
    assert "text" not in data["data"]


def test_a_report_is_withdrawn_by_its_reporter_alone(holder: Holder, owner: Connection) -> None:
    assert holder.done("withdraw", note="my second thought")["request"]["status"] == "withdrawn"
    assert holder.status()["can"] == ["link", "erase_contact", "erase_everything"]
    for what in ("withdraw", "additions", "answer"):
        refused(holder.do(what, **{"note" if what == "withdraw" else "text": "x"}), 409, "move_not_allowed")
    refused(holder.do("feedback", fixed=True), 409, "move_not_allowed")
    assert count(owner, "event") == 2


def test_a_report_others_joined_goes_on_for_them(holder: Holder, supervisor: Staff) -> None:
    other = Holder(holder.client)
    supervisor.move(other.reference, "link_duplicate", parent=holder.reference)
    assert holder.status()["others"] == other.status()["others"] == 1
    assert "withdraw" not in holder.status()["can"]
    offers_instead(holder, "withdraw")
    assert holder.done("erase", what="everything")["request"]["status"] == "received"
    refused(other.do("feedback", fixed=False), 409, "move_not_allowed")
    supervisor.move(holder.reference, "resolve", reason="cleaned")
    assert "feedback" in other.status()["can"]
    assert other.done("feedback", fixed=False)["outcome"] == "reopened"
    assert other.status()["duplicate_of"] is None
    assert holder.status()["status"] == "resolved"


@pytest.mark.parametrize("hidden", ["confidential", "withheld"])
def test_a_hidden_joiner_is_not_given_away(holder: Holder, owner: Connection, hidden: str) -> None:
    other = Holder(holder.client, same_as=holder.reference)
    change = "confidential = true" if hidden == "confidential" else "public = false"
    owner.execute(f"update request set {change} where reference = %s", (other.reference,))
    assert holder.status()["others"] == 0
    assert "withdraw" not in holder.status()["can"]
    offers_instead(holder, "withdraw")
    other.done("withdraw")
    assert "withdraw" in holder.status()["can"]
    assert holder.done("withdraw")["request"]["status"] == "withdrawn"


def test_whoever_joined_may_say_more_and_leave(holder: Holder, supervisor: Staff, db: Connection) -> None:
    other = Holder(holder.client, same_as=holder.reference)
    assert {"additions", "withdraw"} <= set(other.status()["can"])
    said = other.done("additions", text="my second thought", media=[sent(holder.client)])["request"]
    assert (said["status"], said["duplicate_of"]) == ("duplicate", holder.reference)
    assert [one["text"] for one in said["said"]] == ["my second thought"]
    assert holder.status()["said"] == []
    of_other, of_first = (
        [(one["kind"], one["text"], one["reference"]) for one in shown.json()["said"]]
        for shown in (supervisor.get(f"/requests/{one.reference}") for one in (other, holder))
    )
    assert of_other == [("addition", "my second thought", None)]
    assert of_first == [("addition", "", other.reference)]
    left = other.done("withdraw", note="my second thought")["request"]
    assert (left["status"], left["duplicate_of"], left["closing_reason"]) == ("withdrawn", None, None)
    assert left["closed_at"] > left["received_at"]
    assert (left["others"], holder.status()["others"], holder.status()["status"]) == (0, 0, "received")
    assert supervisor.get(f"/requests/{holder.reference}").json()["said"] == []
    offers_instead(other, "withdraw")
    events_hold(db)


def test_whoever_joined_can_only_judge_once_it_has_ended(holder: Holder, supervisor: Staff) -> None:
    other = Holder(holder.client, same_as=holder.reference)
    supervisor.move(holder.reference, "resolve", reason="cleaned")
    assert other.status()["can"] == ["feedback", "link", "erase_contact", "erase_everything"]
    for what in ("additions", "withdraw"):
        offers_instead(other, what)


def test_not_fixed_in_time_opens_the_report_again(
    resolved: Holder, supervisor: Staff, db: Connection
) -> None:
    shown = resolved.status()
    assert shown["closing_reason_names"]["km"] and shown["closing_reason_names"]["en"]
    assert shown["reopens_until"] > shown["closed_at"]
    assert "feedback" in shown["can"]
    picture_id = sent(resolved.client)
    done = resolved.done("feedback", fixed=False, rating=1, text="my second thought", media=[picture_id])
    assert done["outcome"] == "reopened"
    request = done["request"]
    assert (request["status"], request["open"], request["closed_at"]) == ("in_progress", True, None)
    assert request["feedback"]["rating"] == 1
    assert kinds(resolved) == ["filed", "resolved", "feedback_given", "reopened"]
    assert [photo["kind"] for photo in request["photos"]] == ["feedback"]
    queue = supervisor.get("/queue").json()["requests"]
    assert resolved.reference in [row["reference"] for row in queue]
    events = supervisor.get(f"/requests/{resolved.reference}").json()["timeline"]
    assert events[-2]["data"]["fixed"] is False and events[-2]["data"]["rating"] == 1
    assert events[-1]["actor_kind"] == "resident"
    refused(resolved.do("feedback", fixed=False), 409, "move_not_allowed")
    events_hold(db)


def test_the_figures_count_it_as_opened_again(resolved: Holder) -> None:
    resolved.done("feedback", fixed=False)
    with clock_connection() as connection:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)
        cells = count_events(connection, configuration().cities["kh-pnh"], now, now).cells
    [cell] = cells.values()
    assert cell.to_json()["counts"]["reopened"] == 1


def test_fixed_is_kept_once_for_each_closing(resolved: Holder, supervisor: Staff) -> None:
    done = resolved.done("feedback", fixed=True, rating=5)
    assert (done["outcome"], done["request"]["status"]) == ("thanks", "resolved")
    assert done["request"]["reopens_until"] is None
    refused(resolved.do("feedback", fixed=False), 409, "move_not_allowed")
    supervisor.move(resolved.reference, "reopen", note="Looked again.")
    supervisor.move(resolved.reference, "resolve")
    assert resolved.done("feedback", fixed=True)["outcome"] == "thanks"


def test_not_fixed_after_the_window_is_kept_and_says_what_to_do(resolved: Holder, owner: Connection) -> None:
    closed_days_ago(owner, 14.1)
    done = resolved.done("feedback", fixed=False, text="Still there.")
    assert (done["outcome"], done["request"]["status"]) == ("kept_late", "resolved")
    assert "new report" in done["message"]
    assert done["request"]["feedback"]["text"] == "Still there."


def test_a_report_opens_again_only_so_often(resolved: Holder, supervisor: Staff) -> None:
    for _ in range(2):
        assert resolved.done("feedback", fixed=False)["outcome"] == "reopened"
        supervisor.move(resolved.reference, "resolve")
    assert resolved.status()["reopens_until"] is None
    assert resolved.done("feedback", fixed=False)["outcome"] == "kept_often"


def test_two_who_say_it_is_not_fixed_at_once_open_it_once(resolved: Holder, owner: Connection) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: resolved.do("feedback", fixed=False).status_code, range(8)))
    assert sorted(answers) == [200, *[409] * 7]
    assert kinds(resolved).count("reopened") == 1
    assert count(owner, "resident_entry") == 1


ADDRESSES: list[tuple[str, dict[str, Any]]] = [
    ("additions", {"text": "x"}),
    ("answer", {"text": "x"}),
    ("withdraw", {}),
    ("feedback", {"fixed": False}),
    ("link", {}),
    ("erase", {"what": "everything"}),
]


@pytest.mark.parametrize(("what", "body"), ADDRESSES)
def test_without_the_link_the_report_is_unknown(
    resolved: Holder, owner: Connection, what: str, body: dict[str, Any]
) -> None:
    other = Holder(resolved.client)
    before = count(owner, "event")
    for token in ("wrong", other.token, "ünïcode"):
        refused(resolved.do(what, token=token, **body), 404, "unknown_request")
    unknown = resolved.client.post(f"/api/v1/requests/PNH-2222222-2/{what}", json=body, params={"token": "x"})
    foreign = resolved.reference.replace("PNH", "BKK")
    elsewhere = resolved.client.post(
        f"/api/v1/requests/{foreign}/{what}", json=body, params={"token": resolved.token}
    )
    assert unknown.status_code == elsewhere.status_code == 404
    assert resolved.client.post(f"/api/v1/requests/{resolved.reference}/{what}", json=body).status_code == 422
    assert count(owner, "event") == before


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("additions", {}, "invalid_input"),
    ("additions", {"text": "  "}, "invalid_input"),
    ("additions", {"text": "x" * 4001}, "invalid_input"),
    ("additions", {"text": "nul \x00"}, "not_text"),
    ("additions", {"text": "x", "media": ["00000000-0000-7000-8000-000000000000"]}, "photo_not_usable"),
    ("additions", {"text": "x", "colour": "red"}, "invalid_input"),
    ("feedback", {}, "invalid_input"),
    ("feedback", {"fixed": True, "rating": 6}, "invalid_input"),
    ("erase", {"what": "some"}, "invalid_input"),
]


@pytest.mark.parametrize(("what", "body", "code"), WRONG)
def test_what_is_wrong_is_refused_and_leaves_nothing(
    holder: Holder, owner: Connection, what: str, body: dict[str, Any], code: str
) -> None:
    refused(holder.do(what, **body), 422, code)
    assert count(owner, "event") == 1 and count(owner, "resident_entry") == 0


def test_a_conversation_has_an_end(holder: Holder, owner: Connection) -> None:
    holder.done("additions", text="one")
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, data) "
        "select city_id, id, 'added', 'resident', '{}' from request, generate_series(1, %s)",
        (MOST_ENTRIES - 1,),
    )
    owner.execute(
        "insert into resident_entry (city_id, request_id, seq, kind, words, said_at, reopened) "
        "select city_id, request_id, seq, 'addition', 'x', now(), false from event where seq > 2"
    )
    refused(holder.do("additions", text="one more"), 422, "invalid_input")


def test_a_renewed_link_kills_the_one_before(holder: Holder) -> None:
    picture_id = sent(holder.client)
    holder.done("additions", media=[picture_id])
    image = f"/media/kh-pnh/{picture_id}"
    signed = holder.status()["photos"][0]["url"]
    assert holder.client.get(signed).status_code == 200
    renewed = holder.done("link")
    assert renewed["token"] != holder.token and renewed["token"] in renewed["page_url"]
    assert holder.status()["own"] is False
    assert holder.client.get(signed).status_code == 404
    assert holder.client.get(image, headers={"Nagara-Link": holder.token}).status_code == 404
    assert holder.client.get(image, headers={"Nagara-Link": renewed["token"]}).status_code == 200
    refused(holder.do("withdraw"), 404, "unknown_request")
    assert holder.status(renewed["token"])["own"] is True
    assert "link_renewed" not in kinds(holder)


def test_a_confidential_report_is_hidden_from_the_old_link(client: TestClient) -> None:
    holder = Holder(client, confidential=True)
    holder.done("link")
    assert "error" in holder.status()


def test_supervisors_revoke_a_link_and_agents_do_not(holder: Holder, supervisor: Staff, agent: Staff) -> None:
    url = f"/api/v1/staff/requests/{holder.reference}/link"
    refused(holder.client.delete(url, headers=agent.headers), 403, "not_permitted")
    assert holder.status()["own"] is True
    assert holder.client.delete(url, headers=supervisor.headers).status_code == 200
    assert holder.status()["own"] is False
    stranger = Staff(holder.client, "supervisor@th-bkk", "supervisor")
    refused(holder.client.delete(url, headers=stranger.headers), 404, "unknown_request")


def test_a_contact_goes_with_the_messages_to_it(holder: Holder, owner: Connection) -> None:
    from nagara.notifications.composing import compose

    with clock_connection() as connection:
        compose(connection)
        connection.commit()
    assert count(owner, "notification where audience = 'resident'") == 1
    done = holder.done("erase", what="contact")
    assert done["outcome"] == "erased"
    assert count(owner, "contact") == count(owner, "notification where audience = 'resident'") == 0
    assert done["request"]["description"] == WORDS
    assert "erase_contact" not in done["request"]["can"]
    assert holder.done("erase", what="contact")["outcome"] == "nothing_to_erase"
    assert count(owner, "event") == 2


def all_rows(owner: Connection) -> str:
    """Every row of every table, as text."""
    names = owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    rows = [
        owner.execute(f"select coalesce(json_agg(t)::text, '') from {name} t").fetchone() for [name] in names
    ]
    return json.dumps([row[0] for row in rows if row], ensure_ascii=False)


def test_everything_personal_goes_and_what_is_counted_stays(
    client: TestClient, supervisor: Staff, owner: Connection, db: Connection
) -> None:
    shared = picture("blue")
    first, second = sent(client, picture("green")), sent(client, shared)
    holder = Holder(
        client,
        address="house 12",
        lat=11.5601,
        media=[first, second],
        observed_at="2026-11-20T08:00:00+07:00",
    )
    other = Holder(client, media=[sent(client, shared)], description="Somebody else's words.")
    holder.done("additions", text="my second thought")
    owner.execute(
        "insert into original_words (city_id, request_id, sealed, redacted_at, redacted_by) "
        "select city_id, id, 'x', now(), 'agent' from request"
    )
    owner.execute(
        "insert into subscription (city_id, id, kind, request_id, channel, sealed, digest, own, created_at) "
        "select city_id, gen_random_uuid(), 'request', id, 'push', 'x', sha256(own::text::bytea), own, now() "
        "from request, (values (true), (false)) as of (own) where reference = %s",
        (holder.reference,),
    )
    supervisor.move(holder.reference, "resolve", reason="cleaned", note="Told the family at house 12.")
    holder.done("feedback", fixed=True, text="my second thought")
    as_of = dt.datetime.now(dt.UTC)

    def figures() -> dict[Any, Any]:
        with clock_connection() as connection:
            city = configuration().cities["kh-pnh"]
            counted = count_events(connection, city, as_of, dt.datetime.now(dt.UTC))
        return {key: cell.to_json() for key, cell in counted.cells.items()}

    before, kept_files = figures(), len(files())
    done = holder.done("erase", what="everything")["request"]
    assert figures() == before
    assert len(files()) == kept_files - 2, "the shared picture stays, the other and its thumbnail go"
    assert done["erased"] is True
    for gone in ("description", "address", "position", "note"):
        assert done[gone] in (None, "")
    assert done["photos"] == []
    assert [said["text"] for said in done["said"]] == [""], "that it was fixed is counted, the words are gone"
    assert (done["status"], done["service"]["code"]) == ("resolved", "waste_missed")
    assert done["district"]["code"]
    assert done["can"] == ["link"]
    everything = all_rows(owner)
    for word in ("my second thought", "ស្រីមុំ", "11.5601", "resident@example.org"):
        assert word not in everything
    assert count(owner, "subscription") == count(owner, "original_words") == 1, "those of others stay"
    removed = owner.execute("select what, why from removal order by what").fetchall()
    assert removed == [("contact", "resident"), ("photos", "resident"), ("words", "resident")]
    assert other.status()["description"] == "Somebody else's words."
    assert "house 12" not in client.get(f"/api/v1/requests/{holder.reference}").text
    assert "house 12" not in supervisor.get(f"/requests/{holder.reference}").text
    assert not event_log.verify(db, "kh-pnh").faults
    assert holder.done("erase", what="everything")["outcome"] == "nothing_to_erase"
    refused(holder.do("feedback", fixed=False), 409, "move_not_allowed")


def test_an_open_report_is_withdrawn_with_its_data(holder: Holder, owner: Connection) -> None:
    assert holder.done("erase", what="everything")["request"]["status"] == "withdrawn"
    assert kinds(holder) == ["filed", "withdrawn"]


def test_a_late_retry_does_not_bring_erased_data_back(client: TestClient, owner: Connection) -> None:
    fields = {"key": "k9", "description": WORDS}
    report = filed(client, **fields)
    url = f"/api/v1/requests/{report['reference']}/erase"
    client.post(url, json={"what": "everything"}, params={"token": report["token"]})
    again = client.post(
        "/api/v1/cities/kh-pnh/requests",
        json={"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282, "description": WORDS},
        headers={"Idempotency-Key": "k9"},
    )
    refused(again, 409, "report_erased")
    assert "erased by its owner" in again.json()["error"]["message"]
    assert count(owner, "request") == 1


def test_a_late_retry_gets_the_link_that_opens(client: TestClient) -> None:
    fields = {"key": "k10", "description": WORDS}
    report = filed(client, **fields)
    url = f"/api/v1/requests/{report['reference']}/link"
    renewed = client.post(url, params={"token": report["token"]}).json()
    again = filed(client, **fields)
    assert again["token"] == renewed["token"] != report["token"]
    assert again["page_url"] == renewed["page_url"]
    assert again | {"token": "", "page_url": ""} == report | {"token": "", "page_url": ""}


@pytest.mark.parametrize("unseen", ["\u200b", " \u2060\t", "\u3164\u2800", "\u00ad\u202e", "\ufe0f"])
def test_words_of_which_nothing_is_seen_are_none(
    holder: Holder, supervisor: Staff, owner: Connection, unseen: str
) -> None:
    refused(holder.do("additions", text=unseen), 422, "invalid_input")
    assert holder.do("additions", text=unseen).json()["error"]["field"] == "text"
    assert count(owner, "resident_entry") == 0


def test_nothing_goes_where_the_pictures_cannot(holder: Holder, owner: Connection) -> None:
    holder.done("additions", media=[sent(holder.client)])
    folder = settings().data / "media"
    away = Path(f"{folder}-away")
    folder.rename(away)
    folder.write_text("no folder")
    try:
        answer = holder.do("erase", what="everything")
    finally:
        folder.unlink()
        away.rename(folder)
    refused(answer, 503, "media_unavailable")
    assert holder.status()["description"] == WORDS
    assert count(owner, "contact") == 1


def test_each_address_counts_what_it_is_asked(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    resources = holder.client.app.state.resources  # type: ignore[attr-defined]
    limiter: RateLimiter = resources.limiter
    monkeypatch.setattr(limiter, "_enabled", True)
    asked = [holder.do("link", token="guess") for _ in range(14)]
    assert [answer.status_code for answer in asked[:12]] == [404] * 12
    refused(asked[-1], 429, "too_many_requests")
    assert int(asked[-1].headers["Retry-After"]) > 0


def test_the_page_is_told_how_the_city_writes_times_and_what_was_promised(holder: Holder) -> None:
    shown = holder.client.get(f"/api/v1/requests/{holder.reference}").json()
    assert shown["city_shown"]["timezone"] == "Asia/Phnom_Penh"
    assert shown["city_shown"]["names"]["km"]
    assert shown["promised_within"]["resolve"]["unit"] in (
        "calendar_hours",
        "working_hours",
        "calendar_days",
        "working_days",
    )
    assert shown["promise"]["standard"] == "reference"
