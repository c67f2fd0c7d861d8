"""What residents are told before they send: taken or not, by whom, by when, whether a collection was due."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from tests.api import riverside
from tests.api.open311 import errors, key, post
from tests.api.riverside import API, CHECK, EAST, FILE, OUTSIDE, RIVER_ROAD, WEST, two_days_ago

Owner = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def town(
    client: TestClient, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The town is served."""
    with riverside.served(tmp_path_factory, monkeypatch):
        yield


def checked(client: TestClient, service: str, **fields: Any) -> dict[str, Any]:
    """Check a report as far as it is known."""
    answer = client.post(CHECK, json={"service_code": service, **fields})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def rows(owner: Owner) -> int:
    """How many requests and events there are."""
    row = owner.execute("select (select count(*) from request) + (select count(*) from event)").fetchone()
    assert row is not None
    return int(row[0])


def test_services_say_what_keeps_a_report_from_being_taken(client: TestClient) -> None:
    listed = client.get(f"{API}/services").json()
    services = {service["code"]: service for service in listed["services"]}
    assert "ferry" not in services, "it is no longer offered"
    assert services["power"]["redirect"] == {
        "notice": {"km": "សូមហៅអគ្គិសនី", "en": "The electricity company takes these."},
        "url": "https://power.example.org/",
        "phone": "023 111",
    }
    stops = [
        (n["notice"]["en"], n["stops"], n["phone"], n["shown_when"])
        for n in services["flood"]["stop_notices"]
    ]
    assert stops == [
        ("In danger? Leave now and call.", True, "119", {"where": ["home"]}),
        ("Keep away from cables.", False, None, {}),
    ], "nothing that has ended, no number nobody confirmed"
    assert [q["shown_when"] for q in services["flood"]["questions"]] == [{}, {"where": ["home"]}]
    assert (services["missed"]["asks_round"], services["pothole"]["asks_round"]) == ("household", None)
    distances = [services[code]["nearby_metres"] for code in ("pothole", "light", "tree")]
    assert distances == [100, 400, 0]
    assert listed["groups"]["waste"]["km"] == "សំរាម"
    assert [line["phone"] for line in listed["contact_lines"]] == ["119", "023 999"]


def test_a_check_follows_the_answers_and_writes_nothing(client: TestClient, owner: Owner) -> None:
    begun = checked(client, "flood")
    assert (begun["taken"], begun["questions"], begun["place"], begun["promise"]) == (
        True,
        ["where"],
        None,
        None,
    )
    assert begun["notices"] == [{"notice": {"en": "Keep away from cables."}, "phone": None}]
    street = checked(client, "flood", answers={"where": "street"}, **WEST)
    assert street["department"]["code"] == "works"
    assert street["place"] == {
        "inside": True,
        "district": {"code": "01", "names": {"en": "Khan Daun Penh"}},
        "zones": [],
    }
    assert street["promise"]["resolve_by"].endswith("Z")
    home = checked(client, "flood", answers={"where": "home"}, **WEST)
    assert home["questions"] == ["where", "people"]
    assert home["taken"] is False
    assert home["refusal"] == {
        "kind": "stop",
        "notice": {"km": "សូមចាកចេញ", "en": "In danger? Leave now and call."},
        "url": None,
        "phone": "119",
    }
    assert (home["department"], home["promise"]) == (None, None)
    assert rows(owner) == 0


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"service_code": "power", **WEST}, "redirect", "redirected"),
        ({"service_code": "ferry", **WEST}, "not_offered", "not_offered"),
        ({"service_code": "flood", "answers": {"where": "home", "people": 2}, **WEST}, "stop", "stopped"),
        ({"service_code": "pothole", **OUTSIDE}, "outside", "outside_city"),
    ],
)
def test_what_a_check_refuses_filing_refuses_in_the_same_words(
    client: TestClient, owner: Owner, body: dict[str, Any], kind: str, code: str
) -> None:
    told = checked(
        client, **{"service": body["service_code"]}, **{k: v for k, v in body.items() if k != "service_code"}
    )
    assert (told["taken"], told["refusal"]["kind"]) == (False, kind)
    answer = client.post(FILE, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, code)
    assert error["field"]
    for name in ("url", "phone", "nearest_city"):
        assert error.get(name) == told["refusal"].get(name)
    if kind in ("stop", "redirect"):
        assert error["notice"] == told["refusal"]["notice"]
    else:
        assert error["allowed"]
    assert rows(owner) == 0


def test_an_outside_place_names_the_city_to_ask(client: TestClient) -> None:
    told = checked(client, "pothole", **OUTSIDE)
    assert told["place"]["inside"] is False
    assert told["place"]["nearest_city"]["id"] == told["refusal"]["nearest_city"]["id"] == "kh-rvs"
    assert told["nearby"] == []


def test_whether_a_collection_was_due(client: TestClient) -> None:
    due = checked(client, "missed", **WEST)["collection"]
    assert due["state"] == "was_due"
    assert due["last"]["round"] == {"code": "night", "names": {"en": "Night round"}}
    assert due["last"]["from"] == f"{two_days_ago()}T13:00:00Z"
    assert due["next"]["to"] > due["last"]["to"]
    assert due["running"] is None
    river = checked(client, "missed", district="01", address=f"12 {RIVER_ROAD} ជិតស្ពាន")["collection"]
    assert (river["state"], river["last"], river["next"]) == ("not_due", None, None)
    assert checked(client, "missed", **EAST)["collection"]["state"] == "unknown"
    assert checked(client, "missed", address="behind the school")["collection"]["state"] == "unknown"
    assert checked(client, "missed")["collection"] is None
    assert checked(client, "pothole", **WEST)["collection"] is None


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"service_code": "none"}, 404, "unknown_service", "service_code"),
        ({"lat": 11.5}, 422, "place_missing", "lat,lon"),
        ({"lat": 104.9, "lon": 11.5}, 422, "invalid_coordinates", "lat"),
        ({"district": "99"}, 404, "unknown_district", "district"),
        ({"answers": {"where": "sea"}}, 422, "answer_not_allowed", "answers.where"),
        ({"answers": {"depth": 1}}, 422, "unknown_question", "answers.depth"),
        ({"observed_at": "2099-01-01T00:00:00Z"}, 422, "wrong_device_time", "observed_at"),
        ({"same_as": "nonsense"}, 404, "unknown_request", "same_as"),
        ({"address": "\x00"}, 422, "not_text", "address"),
        ({"colour": "red"}, 422, "invalid_input", "colour"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_check_refuses_what_is_wrong_naming_field_and_what_is_allowed(
    client: TestClient, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = client.post(CHECK, json={"service_code": "flood"} | body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field), answer.text
    assert error["allowed"]


def test_a_question_that_must_be_answered_names_its_choices(client: TestClient) -> None:
    error = client.post(FILE, json={"service_code": "flood", **WEST}).json()["error"]
    assert (error["code"], error["field"], error["allowed"]) == (
        "answer_missing",
        "answers.where",
        ["street", "home"],
    )


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("ផ្សារថ្មី", "landmark", "new-market"),
        ("ផ្ទះលេខ១២ជិតផ្សារថ្មី", "landmark", "new-market"),
        ("psar thmei", "landmark", "new-market"),
        ("Psa Thmey", "landmark", "new-market"),
        ("daun", "district", "01"),
        ("ba dinh", "district", "02"),
        ("BA ĐÌNH, Hà Nội", "district", "02"),
        ("មាត់ទន្លេ", "street", RIVER_ROAD),
    ],
)
def test_places_are_found_by_name_in_any_script(client: TestClient, words: str, kind: str, code: str) -> None:
    found = client.get(f"{API}/places", params={"q": words}).json()["places"]
    assert (found[0]["kind"], found[0]["code"]) == (kind, code)
    assert found[0]["district"]["code"] in ("01", "02")
    assert (found[0]["position"] is None) == (kind == "street")


def test_places_nobody_knows_are_none_and_no_words_are_refused(client: TestClient) -> None:
    assert client.get(f"{API}/places", params={"q": "zzzzzz"}).json() == {"places": []}
    for words in ("", " ,.", "x" * 201):
        error = client.get(f"{API}/places", params={"q": words}).json()["error"]
        assert (error["code"], error["field"]) == ("invalid_input", "q")
        assert error["allowed"]


def test_what_is_found_can_be_filed(client: TestClient) -> None:
    place = client.get(f"{API}/places", params={"q": "new market"}).json()["places"][0]
    filed = client.post(FILE, json={"service_code": "pothole", **place["position"]})
    assert filed.status_code == 201
    assert filed.json()["district"]["code"] == place["district"]["code"]


def test_head_answers_like_get_without_a_body(client: TestClient) -> None:
    for path in (
        f"{API}/services",
        f"{API}/places?q=daun",
        f"{API}/districts",
        "/api/v1/requests/RVS-2345678-2",
    ):
        plainly = {"Accept-Encoding": "identity"}
        got, asked = client.get(path, headers=plainly), client.head(path, headers=plainly)
        assert asked.status_code == got.status_code
        assert asked.headers["content-type"] == got.headers["content-type"]
        assert int(asked.headers["content-length"]) == len(got.content)
        assert asked.content == b""
    assert client.head(CHECK).status_code == 405


def test_open311_lists_what_it_would_take_and_says_the_rest(client: TestClient) -> None:
    """The standard's list is of acceptable types of request; it has no field for who else takes one."""
    base = {"jurisdiction_id": "kh-rvs"}
    listed = client.get("/open311/v2/services.json", params=base).json()
    codes = [service["service_code"] for service in listed]
    assert "power" not in codes
    assert "ferry" not in codes
    assert {"flood", "missed"} <= set(codes)
    asked = client.get("/open311/v2/services/flood.json", params=base | {"locale": "en"}).json()["attributes"]
    told = [attribute["description"] for attribute in asked if not attribute["variable"]]
    assert told == ["In danger? Leave now and call. 119", "Keep away from cables."]
    refused = post(
        client, key("kh-rvs"), service_code="power", jurisdiction_id="kh-rvs", lat=11.53, long=104.87
    )
    assert refused.status_code == 400
    assert "https://power.example.org/" in errors(refused)[0]
