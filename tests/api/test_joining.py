"""Me too: a report that joins another is a request of its own, linked in one step, and counted as what it is."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import uuid
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.event_log import verify
from nagara.indicators.build import build_city
from nagara.indicators.cells import Cell
from nagara.indicators.snapshots import snapshot_cells
from tests.api.conftest import Staff

FILE = "/api/v1/cities/kh-pnh/requests"
RUBBISH: dict[str, Any] = {"service_code": "waste_overflow", "lat": 11.5696, "lon": 104.9210}
Owner = psycopg.Connection[Any]


def filed(client: TestClient, key: str | None = None, **fields: Any) -> dict[str, Any]:
    """File a report and return the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(FILE, json=RUBBISH | fields, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_a_joined_report_is_a_request_of_its_own(client: TestClient, owner: Owner) -> None:
    first = filed(client)
    mine = filed(client, same_as=first["reference"].lower().replace("-", " "), contact={"email": "me@a.org"})
    assert mine["joined"] == first["reference"] != mine["reference"]
    assert mine["status"] == "duplicate"
    shown = client.get(mine["status_url"], params={"token": mine["token"]}).json()
    assert shown["duplicate_of"] == first["reference"]
    assert [event["kind"] for event in shown["timeline"]] == ["filed", "duplicate_linked"]
    events = owner.execute(
        "select kind, actor_kind, from_status, to_status, data ->> 'parent', occurred_at from event e "
        "join request r on r.city_id = e.city_id and r.id = e.request_id where r.reference = %s order by seq",
        (mine["reference"],),
    ).fetchall()
    assert [event[:5] for event in events] == [
        ("filed", "resident", None, "received", None),
        ("duplicate_linked", "resident", "received", "duplicate", first["reference"]),
    ]
    assert events[0][5] == events[1][5] == dt.datetime.fromisoformat(mine["received_at"])
    told = owner.execute("select seq from event_outbox order by seq").fetchall()
    assert told == [(1,), (1,)], "of their own joining nobody need be told"
    with clock_connection() as clock:
        assert verify(clock, "kh-pnh").faults == ()


def test_joining_a_duplicate_joins_what_it_follows(client: TestClient) -> None:
    first = filed(client)
    second = filed(client, same_as=first["reference"])
    assert filed(client, same_as=second["reference"])["joined"] == first["reference"]


def test_what_has_ended_cannot_be_joined_and_nothing_is_lost(
    client: TestClient, supervisor: Staff, owner: Owner
) -> None:
    first = filed(client)
    second = filed(client, same_as=first["reference"])
    assert supervisor.move(first["reference"], "resolve", reason="fixed").status_code == 200
    for ended in (first, second):
        late = filed(client, same_as=ended["reference"])
        assert (late["joined"], late["status"]) == (None, "received")
    assert owner.execute("select count(*) from request where closed_at is null").fetchone() == (2,)


def test_what_nobody_may_see_is_as_if_it_were_not_there(client: TestClient) -> None:
    hidden = filed(client, confidential=True)
    unknown = "PNH-2345678-2"
    for named in (hidden["reference"], hidden["reference"], unknown):
        answer = client.post(FILE, json=RUBBISH | {"same_as": named})
        expected = 404 if named == unknown else 201
        assert answer.status_code == expected or answer.json()["joined"] is None


@pytest.mark.parametrize("named", ["nonsense", "PNH-2345678-9", "BKK-2345678-2", "' or 1=1 --"])
def test_what_can_be_no_reference_here_is_refused(client: TestClient, owner: Owner, named: str) -> None:
    answer = client.post(FILE, json=RUBBISH | {"same_as": named})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (404, "unknown_request", "same_as")
    assert error["allowed"]
    assert owner.execute("select count(*) from request").fetchone() == (0,)


def test_a_retry_is_the_same_joined_report_even_after_staff_took_them_apart(
    client: TestClient, supervisor: Staff, owner: Owner
) -> None:
    first = filed(client)
    sent = filed(client, "k1", same_as=first["reference"])
    assert filed(client, "k1", same_as=first["reference"]) == sent
    assert supervisor.move(sent["reference"], "reopen", note="another bin").status_code == 200
    assert filed(client, "k1", same_as=first["reference"]) == sent
    other = client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": "k1"})
    assert other.json()["error"]["code"] == "replayed_with_other_body"
    assert owner.execute("select count(*) from request").fetchone() == (2,)


def test_neighbours_who_join_while_it_is_closed_are_all_kept(
    client: TestClient, supervisor: Staff, owner: Owner
) -> None:
    first = filed(client)

    def act(number: int) -> int:
        if number == 8:
            return int(supervisor.move(first["reference"], "resolve", reason="fixed").status_code)
        key = {"Idempotency-Key": f"n{number % 8}"}
        body = RUBBISH | {"same_as": first["reference"]}
        return int(client.post(FILE, json=body, headers=key).status_code)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(act, range(16)))
    assert set(answers) <= {200, 201}
    rows = owner.execute(
        "select count(*), count(*) filter (where closed_at is null), count(duplicate_of) from request"
    ).fetchone()
    assert rows is not None
    total, still_open, linked = rows
    assert total == 9, "one for each key, and the first"
    assert still_open + linked == 8
    with clock_connection() as clock:
        assert verify(clock, "kh-pnh").faults == ()


def test_joining_neither_improves_nor_worsens_a_figure_of_times(
    client: TestClient, supervisor: Staff
) -> None:
    """Joined reports count as reports and as duplicates; issues, times and promises stay what they were."""

    def counted() -> Cell:
        with clock_connection() as clock:
            now = dt.datetime.now(dt.UTC)
            snapshot = build_city(clock, configuration(), "kh-pnh", now)
            assert isinstance(snapshot, uuid.UUID)
            return Cell.merged(snapshot_cells(clock, "kh-pnh", snapshot).values())

    first, other = filed(client), filed(client)
    assert supervisor.move(other["reference"], "resolve", reason="fixed").status_code == 200
    before = counted()
    for _ in range(5):
        filed(client, same_as=first["reference"])
    while_open = counted()
    left = filed(client, same_as=first["reference"])
    gone = client.post(f"/api/v1/requests/{left['reference']}/withdraw", params={"token": left["token"]})
    assert gone.json()["request"]["status"] == "withdrawn"
    withdrawn = counted()
    assert supervisor.move(first["reference"], "resolve", reason="fixed").status_code == 200
    after = counted()
    for cell, reports in ((before, 2), (while_open, 7), (withdrawn, 8), (after, 8)):
        assert cell.count("reports") == reports
        assert cell.count("duplicates") == reports - 2
        assert cell.count("issues") == 2
    assert withdrawn.count("open") == while_open.count("open") == before.count("open") == 1
    for table in ("response", "resolution", "sustained"):
        unchanged = before.table(table).to_json()
        assert withdrawn.table(table).to_json() == while_open.table(table).to_json() == unchanged
    assert after.count("open") == 0
    assert while_open.backlog_due == before.backlog_due
