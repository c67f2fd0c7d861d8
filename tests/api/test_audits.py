"""A random sample of a quarter's resolutions: drawn once by a seed nobody chose, looked at, and published as N15."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import city_session, clock_connection, time_told
from nagara.errors import AlreadyThere
from nagara.indicators.build import build_city
from nagara.indicators.period import Period
from nagara.indicators.proportions import wilson
from nagara.indicators.snapshots import figures_for
from nagara.resolution_audit.drawing import chosen
from nagara.resolution_audit.findings import begin, differences
from tests.api.conftest import Staff
from tests.helpers import Connection
from tests.nagara.indicators.logged import log_request
from tests.waiting import wait_until

CITY, QUARTER = "kh-pnh", "2026-Q1"
BEGIN = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC)
RESOLVED = 70


@pytest.fixture
def auditor(client: TestClient) -> Staff:
    return Staff(client, "auditor@kh-pnh", "auditor")


@pytest.fixture
def quarter(db: Connection) -> None:
    """Seventy resolutions; further ones of another quarter, a duplicate, and one that the city found itself."""
    for number in range(RESOLVED):
        received = BEGIN + dt.timedelta(hours=20 * number)
        log_request(db, CITY, received, [("resolved", 30.0, "staff")])
    log_request(db, CITY, BEGIN + dt.timedelta(days=120), [("resolved", 30.0, "staff")])
    log_request(db, CITY, BEGIN, [("resolved", 9.0, "staff"), ("duplicate_linked", 10.0, "staff")])
    log_request(db, CITY, BEGIN, [("resolved", 9.0, "staff")], actor="staff", filed={"channel": "staff"})
    log_request(db, CITY, BEGIN, [("declined", 9.0, "staff")])
    db.commit()


def build() -> None:
    with clock_connection() as connection:
        build_city(connection, configuration(), CITY, time_told(connection))


def published() -> dict[str, Any]:
    with clock_connection() as connection:
        found = figures_for(connection, configuration(), CITY, Period.parse("2026-01..2026-03"))
    return dict(found["figures"]["N15"])


def draw(who: Staff, quarter: str = QUARTER) -> tuple[int, dict[str, Any]]:
    answer = who.client.post("/api/v1/staff/audits", json={"quarter": quarter}, headers=who.headers)
    return answer.status_code, answer.json()


def record(who: Staff, number: int, finding: str, way: str = "field") -> int:
    url = f"/api/v1/staff/audits/{QUARTER}/items/{number}"
    answer = who.client.post(url, json={"finding": finding, "way": way}, headers=who.headers)
    return int(answer.status_code)


@pytest.mark.usefixtures("quarter")
def test_a_sample_is_drawn_once_looked_at_and_published(
    auditor: Staff, agent: Staff, owner: Connection
) -> None:
    assert draw(auditor)[0] == 422, "no figures reach the quarter's end yet"
    build()
    assert published()["withheld"] == "no audit was drawn"
    assert draw(agent)[0] == 403
    assert draw(auditor, "2099-Q1")[0] == 422
    assert draw(auditor, "2026-Q5")[0] == 422
    first = owner.execute("select id from indicator_snapshot where city_id = %s", (CITY,)).fetchall()
    log_request(owner, CITY, BEGIN + dt.timedelta(days=130))
    build()
    assert draw(auditor, "２０26-Q1")[0] == 422, "digits of another script"
    status, drawn = draw(auditor)
    assert [(uuid.UUID(drawn["snapshot_id"]),)] == first, "nobody waits for a snapshot they like"
    assert (status, drawn["resolved"], drawn["drawn"], drawn["seed_from"]) == (201, RESOLVED, 60, "snapshot")
    assert draw(auditor)[0] == 409, "nobody draws until they like it"

    items = auditor.get(f"/audits/{QUARTER}").json()["items"]
    assert [item["number"] for item in items] == list(range(1, 61))
    assert len({item["reference"] for item in items}) == 60
    assert auditor.get("/audits/2025-Q4").status_code == 404
    frame = [row[0] for row in owner.execute("select id from request order by random()").fetchall()]
    ids = dict(owner.execute("select reference, id from request").fetchall())
    mine = [ids[item["reference"]] for item in items]
    wanted = [one for one in chosen(frame, drawn["seed"], len(frame)) if one in set(mine)]
    assert mine == wanted, "whoever has the seed and the ids gets the same order"

    assert record(agent, 1, "fixed") == 403
    assert record(auditor, 1, "fixed", "reporter") == 422, "nobody said so"
    assert record(auditor, 1, "fixed", "photo") == 422, "there is no picture"
    assert record(auditor, 1, "perhaps") == 422
    assert record(auditor, 61, "fixed") == 404
    for number in range(1, 51):
        assert record(auditor, number, "fixed") == 201
    build()
    assert published()["withheld"] == "the audit has looked at 83% of its sample"
    for number in range(51, 56):
        assert record(auditor, number, "no_trace" if number == 51 else "not_fixed") == 201
    missed = owner.execute(
        "select request_id from resolution_audit_item where number = 53 and city_id = %s", (CITY,)
    ).fetchone()
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, data) "
        "values (%s, %s, 'duplicate_linked', 'staff', '{}')",
        (CITY, *(missed or ())),
    )
    build()
    shown, expected = published(), wilson(50, 60)
    assert (shown["n"], shown["events"], shown["provisional"]) == (60, 50, True)
    assert (shown["value"], shown["low"], shown["high"]) == (expected.value, expected.low, expected.high)
    for number in range(51, 61):
        assert record(auditor, number, "fixed") == 201, "the last finding counts"
    build()
    assert (published()["value"], published()["provisional"]) == (1, False)
    (audit,) = auditor.get("/audits").json()["audits"]
    assert (audit["drawn"], audit["checked"], audit["confirmed"]) == (60, 60, 60)

    with city_session(CITY) as session:
        assert differences(session, configuration().cities[CITY], QUARTER) == []
    owner.execute(
        "update resolution_audit_item set request_id = %s where number = 7", (uuid.UUID(bytes=mine[7].bytes),)
    )
    with city_session(CITY) as session:
        assert differences(session, configuration().cities[CITY], QUARTER) == [
            "the seed draws other issues than those that were kept"
        ]


@pytest.mark.usefixtures("quarter")
def test_nobody_confirms_their_own_work_and_a_reporter_only_what_they_said(
    auditor: Staff, supervisor: Staff, owner: Connection
) -> None:
    build()
    _, drawn = draw(auditor)
    first, second, *_ = auditor.get(f"/audits/{drawn['quarter']}").json()["items"]
    owner.execute("set session_replication_role = replica")
    owner.execute(
        "update event set actor = 'supervisor@kh-pnh' from request r where r.id = request_id and r.reference = %s "
        "and kind = 'resolved'",
        (first["reference"],),
    )
    owner.execute("set session_replication_role = origin")
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, data) select city_id, id, 'feedback_given', "
        """'resident', '{"fixed": true}' from request where reference = %s""",
        (second["reference"],),
    )
    assert record(supervisor, 1, "fixed") == 422
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, actor, data) select city_id, id, 'resolved', "
        "'staff', 'auditor@kh-pnh', '{}' from request where reference = %s",
        (auditor.get(f"/audits/{QUARTER}").json()["items"][2]["reference"],),
    )
    assert record(auditor, 3, "fixed") == 422, "who resolved it again has no eye for it either"
    assert record(auditor, 1, "fixed") == 201
    assert record(auditor, 2, "not_fixed", "reporter") == 422
    assert record(auditor, 2, "fixed", "reporter") == 201
    shown = auditor.get(f"/audits/{QUARTER}").json()["items"][1]
    assert (shown["reporter_said"], shown["finding"], shown["way"]) == (True, "fixed", "reporter")
    assert not {"description", "contact", "lat", "id"} & set(shown)


@pytest.mark.usefixtures("quarter")
def test_of_two_who_draw_at_once_the_second_is_told(owner: Connection) -> None:
    build()
    served = configuration().cities[CITY]

    def drawn(by: str) -> None:
        with city_session(CITY) as session:
            begin(session, served, QUARTER, 60, by, BEGIN)

    def somebody_waits() -> bool:
        row = owner.execute("select count(*) from pg_locks where not granted").fetchone()
        return row is not None and row[0] > 0

    with ThreadPoolExecutor(1) as pool, city_session(CITY) as session:
        begin(session, served, QUARTER, 60, "a", BEGIN)
        second = pool.submit(drawn, "b")
        wait_until(somebody_waits, "the second waits for the first")
    with pytest.raises(AlreadyThere):
        second.result()


def test_the_sample_depends_on_seed_and_ids_alone() -> None:
    frame = [uuid.UUID(int=n) for n in range(1, 2001)]
    seed = "ab" * 32
    sample = chosen(frame, seed, 100)
    assert sample == chosen(frame[::-1], seed, 100)
    assert set(sample[:60]) == set(chosen(frame, seed, 60)), "a larger sample holds the smaller"
    assert len(set(sample) & set(chosen(frame, "cd" * 32, 100))) < 20
    hits = [sum(one.int <= 1000 for one in chosen(frame, f"{n:064x}", 100)) for n in range(200)]
    assert sum(hits) / 200 == pytest.approx(50, abs=1.5), "every request has the same chance"
