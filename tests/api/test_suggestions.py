"""A city's own history teaches what words mean there, and only there."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.suggestions import keeping, learn
from tests.helpers import file

SUGGEST = "/api/v1/cities/kh-pnh/services/suggestions"


@pytest.fixture(autouse=True)
def nothing_held() -> None:
    """Models of other tests' databases are not this one's."""
    keeping._kept.clear()


def test_the_city_learns_from_its_reports_and_not_from_confidential_ones(
    client: TestClient, db: psycopg.Connection[Any], phnom_penh: City
) -> None:
    for number in range(4):
        file(phnom_penh, service_code="noise", description=f"xqzwjk gathering {number}")
        file(phnom_penh, service_code="noise", description="wvvxkz", confidential=True)
    assert client.post(SUGGEST, json={"words": "xqzwjk"}).json() == {"suggestions": []}
    with db.transaction():
        assert learn(db, phnom_penh) == 4
        assert learn(db, phnom_penh) == 4
    keeping._kept.clear()
    [first] = client.post(SUGGEST, json={"words": "xqzwjk"}).json()["suggestions"]
    assert first["service"]["code"] == "noise"
    assert client.post(SUGGEST, json={"words": "wvvxkz"}).json() == {"suggestions": []}


def test_another_citys_lessons_stay_there(
    client: TestClient, db: psycopg.Connection[Any], phnom_penh: City
) -> None:
    for _ in range(3):
        file(phnom_penh, service_code="noise", description="xqzwjk")
    with db.transaction():
        learn(db, phnom_penh)
    other = client.post("/api/v1/cities/th-bkk/services/suggestions", json={"words": "xqzwjk"})
    assert other.json() == {"suggestions": []}


def test_the_answer_names_services_and_refuses_what_is_no_question(client: TestClient) -> None:
    answer = client.post(SUGGEST, json={"words": "garbage truck did not come"})
    assert answer.status_code == 200
    first = answer.json()["suggestions"][0]
    assert first["service"]["code"] == "waste_missed"
    assert first["service"]["names"]["km"]
    assert 0 < first["score"] <= 1
    assert client.post(SUGGEST, json={"words": "x" * 4001}).status_code == 422
    assert client.post(SUGGEST, json={"word": "x"}).status_code == 422
    assert client.post("/api/v1/cities/nowhere/services/suggestions", json={"words": "x"}).status_code == 404
