"""Whether it is fixed: what opens a report again, what is only kept, and how often."""

from __future__ import annotations

import concurrent.futures
import datetime as dt

from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.indicators.build import count_events
from tests.api.conftest import Staff
from tests.api.residents.holding import Connection, Holder, closed_days_ago, events_hold, kinds, refused
from tests.api.test_media import count, sent


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
