"""The wall of a command centre: figures of one city that name nobody, for staff and for a key of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import psycopg
from starlette.testclient import TestClient

from nagara.accounts.keys import add_key
from nagara.cities import city_of
from nagara.database import app_pool, city_session, read_in_city
from nagara.network import wall
from tests.api.conftest import Staff

CITY = "kh-pnh"
FILE = f"/api/v1/cities/{CITY}/requests"
CENTRE = {"lat": 11.5696, "lon": 104.9210}
WORDS = "Behind the blue gate of Mrs Sok"


def file(client: TestClient, service: str = "waste_missed", **more: object) -> str:
    """A report; returns its reference."""
    body = {"service_code": service, **CENTRE, "description": WORDS, "contact": {"email": "sok@example.org"}}
    answer = client.post(FILE, json=body | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def counted(at: dt.datetime) -> dict[str, Any]:
    """The board of a moment, counted anew."""

    async def count() -> dict[str, Any]:
        async with app_pool() as pool:
            return await wall.count_board(pool, city_of(CITY), at)

    return asyncio.run(count())


def keyed(scope: str) -> dict[str, str]:
    """The headers of a key of this scope."""
    with city_session(CITY) as session:
        return {"Authorization": f"Bearer {add_key(session, CITY, 'the screen in the hall', scope)}"}


def test_a_wall_tells_figures_and_nothing_that_leads_to_a_person(
    agent: Staff, owner: psycopg.Connection[Any]
) -> None:
    references = [file(agent.client) for _ in range(3)]
    light = file(agent.client, "street_light", lat=11.5500, lon=104.9300)
    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    owner.execute(
        "update request set next_due_at = %s, escalation_step = 2, received_at = %s where reference = %s",
        (now - dt.timedelta(hours=5), now - dt.timedelta(hours=2, minutes=30), light),
    )
    answer = agent.get("/wall")
    assert answer.status_code == 200, answer.text
    board = counted(now)
    assert board["received"]["last_24_hours"] == 4
    assert (board["received"]["by_hour"][-1], board["received"]["by_hour"][-3]) == (3, 1)
    first = board["received"]["by_service"][0]
    assert (first["service"]["code"], first["count"]) == ("waste_missed", 3)
    assert board["due"]["overdue"] == 1
    assert board["escalations"]["by_level"] == [{"level": 2, "count": 1}]
    [group] = board["escalations"]["groups"]
    assert (group["service"]["code"], group["count"]) == ("street_light", 1)
    late = board["districts"][0]
    assert (late["overdue"], sum(one["open"] for one in board["districts"])) == (1, 4)
    assert {(one["open"], one["overdue"]) for one in board["grid"]["cells"]} == {(3, 0), (1, 1)}
    for said in (*references, WORDS, "Sok", "sok@", "contact", "description", "11.5696", "104.921,"):
        assert said not in answer.text


def test_dots_stand_on_the_grid_and_what_is_private_has_none(
    agent: Staff, owner: psycopg.Connection[Any]
) -> None:
    for step in range(4):
        file(agent.client, lat=11.5696 + step * 0.00001, lon=104.9210)
    hidden = file(agent.client, "street_light", lat=11.56, lon=104.93)
    owner.execute(
        "update request set confidential = true, escalated_by_hand = true where reference = %s",
        (hidden,),
    )
    board = counted(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    [cell] = board["grid"]["cells"]
    assert cell["open"] == 4
    assert abs(cell["lat"] - 11.5696) * wall.METRES_PER_DEGREE <= wall.GRID_METRES / 2 + 1
    [group] = board["escalations"]["groups"]
    assert (group["service"], group["district"], group["count"]) == (None, None, 1)
    assert {one["service"] and one["service"]["code"] for one in board["received"]["by_service"]} == {
        "waste_missed",
        None,
    }


def test_a_key_for_a_wall_opens_a_wall_and_nothing_else(client: TestClient) -> None:
    headers = keyed("wall")
    shown = client.get("/api/v1/staff/wall", headers=headers)
    assert shown.status_code == 200
    assert shown.json()["city"] == CITY
    assert client.get("/api/v1/staff/queue", headers=headers).status_code == 403
    assert client.get("/api/v1/staff/live", headers=headers).status_code == 403
    assert client.get("/api/v1/staff/wall", headers=keyed("read_queue")).status_code == 403
    assert client.get("/api/v1/staff/wall").status_code == 401


def test_many_screens_are_one_count(client: TestClient) -> None:
    file(client)
    city, now = city_of(CITY), dt.datetime.now(dt.UTC)

    async def look() -> list[dict[str, Any]]:
        async with app_pool() as pool:
            boards = wall.Boards()
            return await asyncio.gather(*(boards.board(pool, city, now) for _ in range(20)))

    assert len({id(board) for board in asyncio.run(look())}) == 1


def test_every_figure_of_a_large_city_is_read_along_an_index(client: TestClient) -> None:
    city, now = city_of(CITY), dt.datetime.now(dt.UTC)
    values = wall._values(city, now)

    async def plans() -> list[str]:
        async with app_pool() as pool:
            found = []
            for question in wall.QUESTIONS:
                asked = ("set local enable_seqscan = off", ()), (f"explain {question}", values)
                _, plan = await read_in_city(pool, CITY, *asked, prepare=False)
                found.append("\n".join(line for (line,) in plan))
            return found

    for plan in asyncio.run(plans()):
        assert "Seq Scan on request" not in plan, plan
        assert "request_" in plan
