"""GeoReport v2: which requests a list holds, how they look, and which nobody may see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import configuration
from nagara.errors import InvalidInput
from nagara.open311.lists import window
from nagara.open311.views import join_address, split_address
from tests.api.conftest import Staff
from tests.api.open311 import HERE, V2, errors, filed, ids, key, known, listed, one, spark, xml
from tests.api.test_open311 import as_texts
from tests.helpers import age, file, multiply

Owner = psycopg.Connection[Any]
DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 6, 1, 12, 0, 0, 500_000, tzinfo=dt.UTC)
BOUNDS = ("start_date", "end_date")
LISTS = {"service_requests": "request", "notes": "note", "photos": "photo"}
FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip


def refused(client: TestClient, **parameters: Any) -> tuple[int, str]:
    """The status of a list that is refused, and what is said; the same in both forms."""
    answers: list[httpx.Response] = [
        client.get(f"{V2}/requests.{form}", params=HERE | parameters) for form in ("xml", "json")
    ]
    first, second = ((answer.status_code, errors(answer)[0]) for answer in answers)
    assert first == second
    return first


def changed(monkeypatch: pytest.MonkeyPatch, city: City, **publication: Any) -> None:
    """Serve a city with another choice of what it publishes."""
    content = city.model_dump(exclude_defaults=True) | {"publication": publication}
    monkeypatch.setitem(configuration().cities, city.id, City.model_validate(content))


def test_an_empty_list_is_an_empty_root(client: TestClient) -> None:
    assert listed(client) == []
    answer = client.get(f"{V2}/requests.xml", params=HERE)
    assert answer.text.endswith("<service_requests/>")
    assert xml(answer).tag == "service_requests"


@pytest.mark.parametrize("extensions", ["", "true"])
def test_every_field_is_there_in_both_forms(client: TestClient, extensions: str) -> None:
    reference = filed(client, key())
    (found,) = listed(client, extensions=extensions)
    assert list(found)[: len(FIELDS)] == FIELDS
    assert (len(found) > len(FIELDS)) is bool(extensions)
    assert found == one(client, reference, extensions=extensions)
    for path in ("/requests", f"/requests/{reference}"):
        root = xml(client.get(f"{V2}{path}.xml", params=HERE | {"extensions": extensions}))
        assert root.tag == "service_requests"
        assert spark(root, LISTS) == as_texts([found])


def test_times_are_utc_without_fraction(client: TestClient) -> None:
    found = one(client, filed(client, key()), extensions="true")
    times = [found[name] for name in FIELDS if name.endswith("_datetime")]
    times += [found["notes"][0]["datetime"], found["extended_attributes"]["promise"]["resolve_by"]]
    for text in times:
        assert dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year >= 2026  # noqa: DTZ007


def test_an_id_is_found_however_it_is_typed(client: TestClient) -> None:
    reference = filed(client, key())
    for typed in (reference.lower(), reference.replace("-", ""), f"{reference}%20"):
        assert one(client, typed)["service_request_id"] == reference
    assert ids(listed(client, service_request_id=f" {reference.lower()} ,")) == [reference]


def test_ids_override_every_other_filter(client: TestClient, owner: Owner) -> None:
    old, other = filed(client, key()), filed(client, key())
    age(owner, known(owner, old), hours=24 * 200)
    assert ids(listed(client)) == [other]
    ignored = {
        "status": "closed",
        "start_date": "nonsense",
        "service_code": "nothing",
        "bbox": "x",
        "page": "9",
    }
    assert ids(listed(client, service_request_id=f"{old},{other}", **ignored)) == [other, old]
    assert ids(listed(client, service_request_id=[old, "unknown", other])) == [other, old]
    assert listed(client, service_request_id="unknown") == []
    many = ",".join(f"x{n}" for n in range(1001))
    assert refused(client, service_request_id=many)[0] == 400


def test_codes_and_states_by_comma_or_repeated(client: TestClient) -> None:
    first = filed(client, key())
    second = filed(client, key(), service_code="waste_dumping")
    assert ids(listed(client, service_code="waste_overflow, waste_dumping,,")) == [second, first]
    assert ids(listed(client, service_code=["waste_overflow", "waste_dumping"])) == [second, first]
    assert ids(listed(client, service_code="waste_overflow,nothing")) == [first]
    assert refused(client, service_code="nothing,neither")[0] == 404
    assert ids(listed(client, status="open,closed")) == ids(listed(client, status=["open", "closed"]))
    assert ids(listed(client, status="closed")) == []
    assert refused(client, status="pending")[0] == 400


def test_empty_is_absent(client: TestClient) -> None:
    reference = filed(client, key())
    names = (
        "service_request_id",
        "service_code",
        "start_date",
        "end_date",
        "status",
        "bbox",
        "page",
        "page_size",
    )
    assert ids(listed(client, **dict.fromkeys(names, ""), unknown="ignored")) == [reference]


def test_the_last_ninety_days_unless_asked(client: TestClient, owner: Owner) -> None:
    inside, outside = filed(client, key()), filed(client, key())
    age(owner, known(owner, inside), hours=24 * 90 - 0.1)
    age(owner, known(owner, outside), hours=24 * 90 + 0.1)
    assert ids(listed(client)) == [inside]
    long_ago = (dt.datetime.now(dt.UTC) - 100 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(listed(client, start_date=long_ago)) == [inside, outside]
    assert ids(listed(client, end_date=long_ago)) == []


def test_bounds_hold_what_was_received_in_their_own_second(client: TestClient) -> None:
    reference = filed(client, key())
    at = one(client, reference)["requested_datetime"]
    assert ids(listed(client, start_date=at, end_date=at)) == [reference]
    local = dt.datetime.fromisoformat(at).astimezone(dt.timezone(7 * dt.timedelta(hours=1))).isoformat()
    assert local.endswith("+07:00")
    assert ids(listed(client, start_date=local, end_date=local)) == [reference]
    # the plus sign arrives as a blank where a client forgot to encode it
    raw = f"{V2}/requests.json?jurisdiction_id=kh-pnh&start_date={local}&end_date={local}"
    assert ids(client.get(raw).json()) == [reference]
    fraction = at.replace("Z", ".999999Z")
    assert ids(listed(client, start_date=fraction, end_date=fraction)) == [reference]
    before = (dt.datetime.fromisoformat(at) - dt.timedelta(seconds=1)).isoformat()
    assert ids(listed(client, end_date=before)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": "2026-01-01"},
        {"start_date": "2026-01-01T00:00:00"},
        {"start_date": "2026-02-30T00:00:00Z"},
        {"end_date": "yesterday"},
        {"end_date": "0001-01-01T00:00:00Z"},
        {"start_date": "9999-12-31T23:59:59-12:00"},
        {"start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"},
        {"updated_after": "2026-01-01T00:00:00Z", "updated_before": "2026-04-01T00:00:01Z"},
        {"updated_after": "soon"},
        {"bbox": "1,2,3"},
        {"bbox": "11,104,12,105,1"},
        {"bbox": "105,11,104,12"},
        {"bbox": "104,11,105,nan"},
        {"page": "one"},
        {"page": "-1"},
        {"page_size": "1e3"},
    ],
)
def test_wrong_filters_are_400(client: TestClient, wrong: dict[str, str]) -> None:
    assert refused(client, **wrong)[0] == 400


def test_windows() -> None:
    start, end = NOW - 10 * DAY, NOW - 5 * DAY
    whole = NOW.replace(microsecond=0)
    second = dt.timedelta(seconds=1)
    assert window(start, end, NOW, BOUNDS) == (whole - 10 * DAY, whole - 5 * DAY + second)
    assert window(None, end, NOW, BOUNDS) == (whole - 95 * DAY, whole - 5 * DAY + second)
    assert window(NOW - 200 * DAY, None, NOW, BOUNDS) == (whole - 200 * DAY, whole - 110 * DAY + second)
    assert window(None, None, NOW, BOUNDS)[0] == whole - 90 * DAY
    for open_ended in (window(None, None, NOW, BOUNDS), window(start, None, NOW, BOUNDS)):
        assert open_ended[1] > NOW + 1000 * DAY
    assert window(whole - 90 * DAY, whole, NOW, BOUNDS) == (whole - 90 * DAY, whole + second)
    with pytest.raises(InvalidInput, match="90 days"):
        window(whole - 90 * DAY - second, whole, NOW, BOUNDS)


def test_a_list_ends_at_a_thousand_and_pages_lead_on(client: TestClient, owner: Owner) -> None:
    multiply(owner, known(owner, filed(client, key())), 1000)
    answer = client.get(f"{V2}/requests.json", params=HERE)
    first = ids(answer.json())
    assert len(set(first)) == 1000
    assert 'rel="next"' in answer.headers["link"]
    assert len(listed(client, page_size="5000")) == 1000
    assert ids(listed(client, page="0", page_size="0")) == first[:1]
    rest = client.get(httpx.URL(answer.links["next"]["url"]).raw_path.decode())
    assert len(set(first + ids(rest.json()))) == 1001
    assert sorted(rest.links) == ["first", "prev"]
    third = client.get(f"{V2}/requests.xml", params=HERE | {"page": "3", "page_size": "10", "api_key": "k"})
    assert [row.findtext("service_request_id") for row in xml(third)] == first[20:30]
    assert sorted(third.links) == ["first", "next", "prev"]
    assert "api_key" not in third.headers["link"]
    assert listed(client, page="999999999") == []


def test_a_box_is_west_south_east_north(client: TestClient) -> None:
    reference = filed(client, key())
    filed(client, key(), lat=None, long=None, address_string="Street 51")
    assert ids(listed(client, bbox="104.92, 11.56, 104.93, 11.57")) == [reference]
    assert listed(client, bbox="104.93,11.56,104.94,11.57") == []


def test_changes_can_be_harvested(client: TestClient, owner: Owner) -> None:
    old, recent = filed(client, key()), filed(client, key())
    age(owner, known(owner, old), hours=24 * 120)
    between = owner.execute("select clock_timestamp()").fetchone()
    assert between is not None
    since = (between[0] + dt.timedelta(seconds=1)).isoformat(timespec="seconds")
    assert listed(client, updated_after=since) == []
    owner.execute(
        "update request set updated_at = updated_at + interval '1 hour' where reference = %s", (old,)
    )
    assert ids(listed(client, updated_after=since)) == [old]
    assert ids(listed(client, updated_before=since)) == [recent]
    assert ids(listed(client, updated_after=since, start_date=since)) == []


def test_a_closed_request_says_when_and_why(client: TestClient, supervisor: Staff, owner: Owner) -> None:
    reference = filed(client, key())
    assert supervisor.move(reference, "resolve", reason="cleaned", note="Two trucks came.").status_code == 200
    supervisor.move(reference, "note", note="for staff alone")
    owner.execute("update request set updated_at = updated_at + interval '1 day'")
    found = one(client, reference, locale="en", extensions="true")
    assert found["status"] == "closed"
    assert found["status_notes"] == "Dealt with – The place has been cleaned. – Two trucks came."
    row = owner.execute("select closed_at from request").fetchone()
    assert row is not None
    assert found["updated_datetime"] == row[0].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(listed(client, status="closed")) == [reference]
    assert listed(client, status="open") == []
    assert [note["type"] for note in found["notes"]] == ["submitted", "closed"]
    assert found["extended_attributes"]["detailed_status"] == "resolved"


@pytest.mark.parametrize(
    ("move", "details", "status"),
    [
        ("acknowledge", {}, "open"),
        ("pause", {"note": "rain"}, "open"),
        ("decline", {"reason": "not_found"}, "closed"),
    ],
)
def test_each_state_is_open_or_closed(
    client: TestClient, supervisor: Staff, move: str, details: dict[str, str], status: str
) -> None:
    reference = filed(client, key())
    assert supervisor.move(reference, move, **details).status_code == 200
    assert one(client, reference)["status"] == status


def test_a_duplicate_is_closed_and_names_its_parent(
    client: TestClient, supervisor: Staff, owner: Owner
) -> None:
    parent, child = filed(client, key()), filed(client, key())
    assert supervisor.move(child, "link_duplicate", parent=parent).status_code == 200
    found = one(client, child, extensions="true")
    assert found["status"] == "closed"
    assert parent in found["status_notes"]
    assert found["extended_attributes"]["duplicate"] is True
    assert found["extended_attributes"]["parent_service_request_id"] == parent
    owner.execute("update request set confidential = true where reference = %s", (parent,))
    hidden = client.get(f"{V2}/requests/{child}.json", params=HERE | {"extensions": "true"})
    assert parent not in hidden.text


def test_confidential_requests_do_not_exist(client: TestClient, phnom_penh: City) -> None:
    reference = file(phnom_penh, confidential=True).reference
    assert listed(client) == []
    assert listed(client, service_request_id=reference) == []
    assert client.get(f"{V2}/requests/{reference}.json", params=HERE).status_code == 404


def test_requests_of_another_city_do_not_exist_here(client: TestClient) -> None:
    reference = filed(client, key())
    there = {"jurisdiction_id": "th-bkk"}
    assert client.get(f"{V2}/requests/{reference}.json", params=there).status_code == 404
    assert client.get(f"{V2}/requests.json", params=there | {"service_request_id": reference}).json() == []


def test_a_city_that_moderates_shows_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, phnom_penh: City
) -> None:
    changed(monkeypatch, phnom_penh, moderated=True)
    reference = filed(client, key())
    assert listed(client) == []
    assert listed(client, service_request_id=reference) == []
    assert client.get(f"{V2}/requests/{reference}.json", params=HERE).status_code == 404


def test_a_blurred_position_cannot_be_found_by_boxes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, phnom_penh: City
) -> None:
    reference = filed(client, key(), address_string="House 7, Street 51")
    changed(monkeypatch, phnom_penh, blur_metres=500)
    found = one(client, reference)
    assert (found["lat"], found["long"]) != (11.5696, 104.921)
    assert found["address"] is None  # it would undo the blur
    near = 0.0001

    def around(lat: float, lon: float) -> list[str]:
        return ids(listed(client, bbox=f"{lon - near},{lat - near},{lon + near},{lat + near}"))

    assert around(found["lat"], found["long"]) == [reference]
    assert around(11.5696, 104.921) == []


def test_what_residents_wrote_on_nagaras_pages_stays_there(client: TestClient, phnom_penh: City) -> None:
    secret = "my neighbour at number 7"
    reference = file(phnom_penh, description=secret, address=secret, contact={"name": secret}).reference
    answer = client.get(f"{V2}/requests/{reference}.json", params=HERE | {"extensions": "true"})
    assert answer.status_code == 200
    assert secret not in answer.text
    assert answer.json()[0]["description"] is None


def test_control_characters_leave_xml_readable(client: TestClient) -> None:
    reference = filed(client, key(), description="a\x07b\x1bc\r\n<&>")
    (row,) = xml(client.get(f"{V2}/requests/{reference}.xml", params=HERE))
    assert row.findtext("description") == "abc\r\n<&>"


def test_every_language_has_names_and_notes(client: TestClient) -> None:
    reference = filed(client, key())
    english, khmer = (one(client, reference, locale=language) for language in ("en", "km"))
    assert english["status_notes"] == "Received"
    for name in ("service_name", "agency_responsible", "status_notes"):
        assert english[name] != khmer[name]


@pytest.mark.parametrize(
    ("text", "id_"), [("Street 51", None), (None, "A-7"), ("Street 51\nPhsar Thmei", "7 b"), (None, None)]
)
def test_addresses_and_their_ids_come_apart_again(text: str | None, id_: str | None) -> None:
    assert split_address(join_address(text, id_)) == (text, id_)
