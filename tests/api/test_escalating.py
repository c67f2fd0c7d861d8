"""Supervisors answer for what was escalated; operators see whether time passes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.escalation.climbing import sweep
from nagara.escalation.time_standing import MUST_RUN
from nagara.settings import Settings
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH

Connection = psycopg.Connection[Any]
HERE = {"public_url": "http://127.0.0.1:8000"}
IN_FRONT = {"public_url": "https://reports.example.org"}
"""Of an installation that residents reach through a proxy."""


@pytest.fixture
def overdue(client: TestClient, owner: Connection, db: Connection) -> str:
    """A request about rubbish in Phnom Penh that has climbed its first rung."""
    reference: str = client.post(FILE, json=RUBBISH).json()["reference"]
    owner.execute(
        "update request set received_at = received_at - interval '13 hours', next_step_at = next_step_at - "
        "interval '13 hours', resolve_by = resolve_by - interval '13 hours' where reference = %s",
        (reference,),
    )
    owner.commit()
    assert sweep(db).escalated == 1
    return reference


def test_an_escalation_is_seen_acknowledged_and_taken_back(
    overdue: str, supervisor: Staff, agent: Staff
) -> None:
    seen = supervisor.get(f"/requests/{overdue}").json()["escalation"]
    assert (seen["level"], seen["by_hand"], seen["held_until"]) == (1, False, None)
    rungs = {(rung["promise"], rung["step"]): rung for rung in seen["rungs"]}
    assert [rungs["resolve", step]["reached"] for step in (1, 2, 3)] == [True, False, False]
    assert rungs["resolve", 3]["tell"][0]["names"]["en"] == "Deputy governor in charge"
    assert seen["next"]["step"] == 2
    assert seen["next_at"] == rungs["resolve", 2]["at"]

    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).replace(microsecond=0)
    refused = agent.move(overdue, "acknowledge_escalation", until=until.isoformat())
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
    wrong = supervisor.move(overdue, "acknowledge_escalation", until="2020-01-01T00:00:00Z")
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "until")
    assert supervisor.move(overdue, "acknowledge_escalation").json()["error"]["field"] == "until"
    held = supervisor.move(overdue, "acknowledge_escalation", until=until.isoformat(), note="Under way")
    assert held.status_code == 200, held.text
    after = held.json()["escalation"]
    assert (
        dt.datetime.fromisoformat(after["held_until"]) == dt.datetime.fromisoformat(after["next_at"]) == until
    )
    assert held.json()["timeline"][-1]["kind"] == "escalation_acknowledged"

    back = supervisor.move(overdue, "de_escalate", note="Settled with the contractor")
    assert back.json()["escalation"]["level"] == 0
    again = supervisor.move(overdue, "de_escalate", note="Once more")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "move_not_allowed")
    public = supervisor.client.get(f"/api/v1/requests/{overdue}").json()
    assert {event["kind"] for event in public["timeline"]} == {"filed"}, "residents are not told of it"


def test_a_paused_request_says_when_its_clock_runs_on(overdue: str, supervisor: Staff) -> None:
    asked = supervisor.move(overdue, "ask", note="Which house?").json()["escalation"]
    assert asked["clock_runs_on_at"] is not None
    assert (asked["next"], asked["next_at"]) == (None, None)


def test_health_turns_red_when_time_stands_still(
    client: TestClient, owner: Connection, db: Connection
) -> None:
    still = client.get("/health/time")
    assert (still.status_code, still.json()["status"]) == (503, "stands still")
    assert any("escalation.sweep has never run" in one for one in still.json()["troubles"])
    owner.execute(
        "insert into timer_run (task, begun_at, ended_at, ok, runs) select task, now(), now(), true, 7 "
        "from unnest(%s::text[]) as task",
        (list(MUST_RUN),),
    )
    owner.commit()
    passes = client.get("/health/time")
    assert (passes.status_code, passes.json()["troubles"]) == (200, [])
    assert set(passes.json()["last_runs"]) == set(MUST_RUN)

    reference = client.post(FILE, json=RUBBISH).json()["reference"]
    owner.execute(
        "insert into message (city_id, id, audience, channel, sealed_recipient, sealed_text, language, created_at, "
        "expires_at, next_attempt_at, attempts, failed_at) select 'kh-pnh', gen_random_uuid(), 'code', channel, "
        "'x', 'x', 'en', now() - interval '1 hour', now() + interval '1 hour', due, 1, failed "
        "from (values ('push', null, now()), ('webhook', now() - interval '20 minutes', null), "
        "('webhook', now() + interval '20 minutes', null)) as one (channel, due, failed)"
    )
    owner.commit()
    undelivered = client.get("/health/time").json()
    assert [one for one in undelivered["troubles"] if "message that could be sent has waited" in one]
    assert undelivered["oldest_unsent_notice_seconds"] > 3500
    assert undelivered["dead_letters"] == 1
    owner.execute("delete from message")
    owner.execute(
        "update request set next_step_at = now() - interval '5 minutes' where reference = %s", (reference,)
    )
    owner.commit()
    late = client.get("/health/time")
    assert late.status_code == 503
    assert late.json()["oldest_due_step_seconds"] > 290
    owner.execute("update timer_run set ended_at = now() - interval '10 minutes'")
    owner.commit()
    assert any("last ran 6" in one for one in client.get("/health/time").json()["troubles"])
    owner.execute("update timer_run set ended_at = now() + interval '10 minutes'")
    owner.commit()
    back = client.get("/health/time").json()["troubles"]
    assert sum("ended in the future" in one for one in back) == len(MUST_RUN)


def test_metrics_are_the_operators(
    client: TestClient, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.execute(
        "insert into timer_run values ('escalation.sweep', now() - interval '2 s', now(), true, 1234567, 1), "
        "('trust.seal', now() - interval '3 h', now() - interval '3 h', true, 3, 1)"
    )
    owner.execute(
        "insert into timer select 'ring ' || task, task, gap, now() - interval '1 h' from (values "
        "('escalation.sweep', interval '1 h'), ('trust.seal', interval '2 h'), ('photos.hide', interval '5 s')) "
        "as one (task, gap)"
    )
    owner.commit()
    here = {"Host": "127.0.0.1:8000"}
    assert client.get("/metrics", headers=here).status_code == 403, "from another machine"
    monkeypatch.setattr(client._transport, "client", ("127.0.0.1", 50000))
    told = client.get("/metrics", headers=here)
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in told.text.splitlines() if not line.startswith("#"))
    assert lines['nagara_task_runs_total{task="escalation.sweep"}'] == "1234567"
    assert float(lines['nagara_task_last_duration_seconds{task="escalation.sweep"}']) == 2
    assert lines["nagara_dead_letters"] == "0"
    lags = [
        float(lines[f'nagara_sweep_lag_seconds{{sweep="ring {task}",task="{task}"}}'])
        for task in ("escalation.sweep", "trust.seal", "photos.hide")
    ]
    assert lags[0] == 0, "in time"
    assert 3600 <= lags[1] < 3700, "an hour beyond its gap"
    assert 3595 <= lags[2] < 3700, "that never ran, since the clock knows it"
    assert {line.split()[2] for line in told.text.splitlines() if line.startswith("# TYPE")} == {
        name.split("{")[0] for name in lines
    }


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"Host": "[::1]:8000"}, 200),
        ({}, {"X-Forwarded-For": "203.0.113.9"}, 403),
        ({}, {"Forwarded": "for=203.0.113.9"}, 403),
        ({}, {"X-Real-IP": "203.0.113.9"}, 403),
        ({}, {"Host": "rebound.example:8000"}, 403),
        ({}, {"Host": "[::1"}, 403),
        (IN_FRONT, {}, 403),
        (IN_FRONT | {"metrics_key": ""}, {}, 403),
        (IN_FRONT | {"metrics_key": ""}, {"Authorization": "Bearer "}, 403),
        (IN_FRONT | {"metrics_on_loopback": True}, {}, 200),
        (IN_FRONT | {"metrics_on_loopback": True}, {"X-Forwarded-For": "203.0.113.9"}, 403),
        ({"metrics_key": "k" * 32}, {}, 403),
        ({"metrics_key": "k" * 32}, {"Authorization": "Bearer " + "j" * 32}, 403),
        ({"metrics_key": "k" * 32}, {"Authorization": "Bearer " + "k" * 32}, 200),
        (IN_FRONT | {"metrics_key": "k" * 32}, {"Authorization": "Bearer " + "k" * 32}, 200),
    ],
)
def test_metrics_are_closed_where_a_proxy_might_call_for_others(
    application: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    headers: dict[str, str],
    status: int,
) -> None:
    """A proxy on this machine that adds no header calls as an operator does: only a key tells them apart."""
    monkeypatch.setattr(application._transport, "client", ("127.0.0.1", 50000))
    monkeypatch.setattr("api.routes.health.settings", lambda: Settings(**HERE | settings))
    answer = application.get("/metrics", headers={"Host": "127.0.0.1:8000"} | headers)
    assert answer.status_code == status
    assert ("nagara_" in answer.text) is (status == 200)
