"""A time that was wrong is corrected by a new event that says so; the figures follow, and the history stays whole."""

from __future__ import annotations

import datetime as dt

from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.event_log import verify
from nagara.indicators.build import build_city
from nagara.indicators.snapshots import district_cells, latest_snapshot
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.helpers import Connection
from tests.nagara.indicators.logged import log_request

MARCH = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)


def bins_of_resolution() -> list[list[int]]:
    """The bins in which the city's requests were resolved."""
    with clock_connection() as connection:
        build_city(connection, configuration(), "kh-pnh", time_told(connection))
        snapshot = latest_snapshot(connection, "kh-pnh")
        assert snapshot is not None
        cells = district_cells(connection, "kh-pnh", snapshot.id).values()
        connection.commit()
        return [cell.table("resolution").to_json()[0] for cell in cells]


def test_a_corrected_time_counts_and_the_wrong_one_stays(
    client: TestClient, owner: Connection, supervisor: Staff, agent: Staff
) -> None:
    with clock_connection() as connection:
        reference = log_request(connection, "kh-pnh", MARCH, [("resolved", 100.0, "staff")])
        connection.commit()
    own = client.post(FILE, json=RUBBISH).json()["reference"]
    owner.execute("update request set reference = %s where reference = %s", (own + "x", own))
    owner.execute("update request set reference = %s where reference = %s", (own, reference))
    owner.execute("delete from event_outbox")
    before = bins_of_resolution()
    url = f"/api/v1/staff/requests/{own}/events"
    right = {
        "occurred_at": (MARCH + dt.timedelta(hours=20)).isoformat(),
        "reason": "The crew's sheet says so.",
    }

    def correct(who: Staff, number: int, **body: str) -> int:
        return int(client.post(f"{url}/{number}/time", json=right | body, headers=who.headers).status_code)

    assert correct(agent, 2) == 403
    assert correct(supervisor, 9) == 422
    assert correct(supervisor, 2, reason=" ") == 422
    assert correct(supervisor, 2, occurred_at="2026-03-01T00:00:00Z") == 422, "before it came in"
    assert correct(supervisor, 2, occurred_at="2099-01-01T00:00:00Z") == 422, "after it was written"
    assert correct(supervisor, 2, occurred_at="2026-03-02T00:00:00") == 422, "somewhere in the world"
    assert correct(supervisor, 2) == 201
    assert correct(supervisor, 3) == 422, "a correction is not corrected; the event is corrected again"
    after = bins_of_resolution()
    assert before != after
    assert len(before) == len(after)
    kinds = owner.execute(
        "select kind, data->>'stated', data->>'reason' from event e join request r on r.id = e.request_id "
        "where r.reference = %s order by seq",
        (own,),
    ).fetchall()
    assert [row[0] for row in kinds] == ["filed", "resolved", "time_corrected"]
    assert kinds[2][1].startswith("2026-03-06T07:00")
    with clock_connection() as connection:
        assert verify(connection, "kh-pnh").faults == ()
    assert correct(supervisor, 2, occurred_at=(MARCH + dt.timedelta(hours=100)).isoformat()) == 201
    assert bins_of_resolution() == before, "the last word counts"
