"""After filing: more words, answers and withdrawal, by whoever filed and whoever joined."""

from __future__ import annotations

import pytest

from nagara.residents.actions import MOST_ENTRIES
from tests.api.conftest import Staff
from tests.api.residents.holding import Connection, Holder, events_hold, kinds, offers_instead, refused
from tests.api.test_media import count, sent


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


@pytest.mark.parametrize("unseen", ["\u200b", " \u2060\t", "\u3164\u2800", "\u00ad\u202e", "\ufe0f"])
def test_words_of_which_nothing_is_seen_are_none(
    holder: Holder, supervisor: Staff, owner: Connection, unseen: str
) -> None:
    refused(holder.do("additions", text=unseen), 422, "invalid_input")
    assert holder.do("additions", text=unseen).json()["error"]["field"] == "text"
    assert count(owner, "resident_entry") == 0


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
