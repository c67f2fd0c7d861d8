"""Past requests held against changed files: counted rightly, and nothing written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from city_config import City
from nagara.staff.replay import Outcome, Past, decided_under, past_requests, replay, sample_requests
from tests.helpers import file
from tests.nagara.small_cities import collection, feature, local, rectangle, service, small_city

WEST, EAST = rectangle(104.8, 11.5, 104.9, 11.6), rectangle(104.9, 11.5, 105.0, 11.6)
VALUES: dict[str, Any] = {
    "departments": [{"code": code, "names": {"en": code}} for code in ("works", "waste")],
    "contractors": [
        {"code": "firm", "names": {"en": "Firm"}, "for_department": "waste", "zones": [{"districts": ["01"]}]}
    ],
    "services": [
        service("missed", promise={"resolve": {"calendar_hours": 24}}),
        service("pothole", "road_pothole", promise={"acknowledge": {"calendar_hours": 2}}),
    ],
    "rules": [
        {
            "id": "waste",
            "when": {"services": ["missed"]},
            "owner": "waste",
            "assign": "contractor",
            "because": "x",
        },
        {"id": "rest", "owner": "works", "because": "x"},
    ],
    "districts": collection(feature("01", WEST), feature("02", EAST)),
}
BEFORE = small_city(**VALUES)
NOON = local(BEFORE, "2026-03-04 12:00").astimezone(dt.UTC)


def asked(city: City, service_code: str, lon: float = 104.85, at: dt.datetime = NOON) -> Past:
    bare = Past(service_code, 11.55, lon, None, "normal", {}, at, Outcome())
    return Past(service_code, 11.55, lon, None, "normal", {}, at, decided_under(city, bare))


PAST = [asked(BEFORE, "missed"), asked(BEFORE, "missed", 104.95), asked(BEFORE, "pothole")]


def changed(**fields: Any) -> City:
    return small_city(**VALUES | fields)


def test_the_same_files_change_nothing() -> None:
    found = replay(BEFORE, PAST)
    assert (found.replayed, found.same) == (3, 3)
    assert list(found.lines()) == ["3 requests replayed: 3 as before, 0 otherwise"]


def test_another_owner_and_another_contractor() -> None:
    rules = [VALUES["rules"][0] | {"when": {"services": ["missed"], "districts": ["01"]}}, VALUES["rules"][1]]
    firms = [VALUES["contractors"][0] | {"code": "other"}]
    found = replay(changed(rules=rules, contractors=firms), PAST)
    assert found.moved == {("missed", "waste", "works"): 1}
    assert found.reassigned == {("missed", "firm", "other"): 1}
    assert found.same == 1


def test_promises_that_move_appear_and_vanish() -> None:
    services = [
        service("missed", promise={"resolve": {"calendar_hours": 72}}),
        service("pothole", "road_pothole", promise={"respond": {"calendar_hours": 1}}),
    ]
    assert replay(changed(services=services), PAST).promised == {
        ("missed", "resolve", "later by a day or more"): 2,
        ("pothole", "acknowledge", "is promised no longer"): 1,
        ("pothole", "respond", "is promised now"): 1,
    }


def test_other_districts() -> None:
    found = replay(changed(districts=collection(feature("01", WEST), feature("03", EAST))), PAST)
    assert found.replaced == {("02", "03"): 1}


def test_services_that_are_gone_or_given_away() -> None:
    services = [VALUES["services"][0] | {"redirect": {"notice": {"en": "Call the firm."}}}]
    found = replay(changed(services=services, rules=VALUES["rules"]), PAST)
    assert found.refused == {("missed", "Call the firm."): 2, ("pothole", "there is no such service"): 1}


def test_a_sample_asks_every_service_in_every_district_at_all_times() -> None:
    sample = list(sample_requests(BEFORE, NOON))
    assert len(sample) == 2 * 2 * 14
    assert {past.decided.district for past in sample} == {"01", "02"}
    assert replay(BEFORE, sample).same == len(sample)


@pytest.fixture
def filed(phnom_penh: City, db: psycopg.Connection[Any]) -> int:
    """Three requests of Phnom Penh as the intake files them; one has only a district."""
    for fields in ({}, {"service_code": "road_pothole"}, {"district": "1202"}):
        file(phnom_penh, **fields)
    return 3


def test_stored_requests_under_the_files_that_decided_them_are_as_before(
    filed: int, phnom_penh: City, db: psycopg.Connection[Any]
) -> None:
    found = replay(phnom_penh, past_requests(db, "kh-pnh", dt.datetime.min.replace(tzinfo=dt.UTC)))
    assert (found.replayed, found.same) == (filed, filed), list(found.lines())


def test_only_requests_since_a_day(filed: int, db: psycopg.Connection[Any]) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert list(past_requests(db, "kh-pnh", tomorrow)) == []
    assert list(past_requests(db, "kh-rep", dt.datetime.min.replace(tzinfo=dt.UTC))) == []
