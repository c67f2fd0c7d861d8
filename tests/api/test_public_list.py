"""The public list and map: page by page, filtered, blurred; and no address shows what nobody may see."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import psycopg
import pytest
from fastapi.routing import APIRoute
from httpx import Response
from PIL import Image
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.public.publication import METRES_PER_DEGREE
from tests.api.conftest import Staff

Connection = psycopg.Connection[Any]
LIST = "/api/v1/cities/kh-pnh/requests"
BODY: dict[str, Any] = {"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282}
SECRET_WORDS = "zebra crossing xylophone"
SECRET_PLACE = "Lane Quixotic 77"


def rule(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the city publish otherwise, for one test."""
    city = configuration().cities["kh-pnh"]
    monkeypatch.setitem(city.__dict__, "publication", city.publication.model_copy(update=changes))


def file(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(LIST, json=BODY | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(client: TestClient, **params: Any) -> list[str]:
    answer = client.get(LIST, params=params)
    assert answer.status_code == 200, answer.text
    return [request["reference"] for request in answer.json()["requests"]]


def picture() -> bytes:
    written = BytesIO()
    Image.radial_gradient("L").convert("RGB").save(written, "JPEG")
    return written.getvalue()


def sent(client: TestClient) -> str:
    answer = client.post("/api/v1/cities/kh-pnh/media", files={"file": ("a.jpg", picture(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_list_is_walked_page_by_page_newest_first(client: TestClient) -> None:
    filed = [file(client)["reference"] for _ in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = client.get(LIST, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [request["reference"] for request in page["requests"]]
        if not seen[6:]:
            file(client)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == filed[::-1], "what comes in meanwhile shifts nothing"


def test_filters_narrow_the_list(client: TestClient, supervisor: Staff) -> None:
    first, other = file(client)["reference"], file(client, service_code="street_light")["reference"]
    assert supervisor.move(first, "decline", reason="not_found").status_code == 200
    assert listed(client, service="street_light") == [other]
    assert listed(client, service="street_light,waste_missed", status="closed") == [first]
    assert listed(client, status="open") == [other]
    assert listed(client, bbox="104.9,11.5,105,11.6") == [other, first]
    assert listed(client, bbox="104,11,104.1,11.1") == []
    assert listed(client, since="2099-01-01T00:00:00Z") == []
    district = client.get(LIST).json()["requests"][0]["district"]["code"]
    assert listed(client, district=district) == [other, first]


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "none"},
        {"status": "lost"},
        {"district": "nowhere"},
        {"bbox": "1,2,3"},
        {"bbox": "10,0,5,5"},
        {"bbox": "nan,0,5,5"},
        {"since": "2026-01-01T00:00:00"},
        {"cursor": "x"},
        {"limit": 0},
        {"limit": 501},
    ],
)
def test_what_is_no_filter_is_refused_and_says_so(client: TestClient, wrong: dict[str, Any]) -> None:
    answer = client.get(LIST, params=wrong)
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["field"] == next(iter(wrong))


def test_geojson_says_the_same(client: TestClient) -> None:
    filed = file(client)
    nowhere = file(client, lat=None, lon=None, address="Behind the market")
    found = client.get(f"{LIST}.geojson").json()
    assert [feature["id"] for feature in found["features"]] == [nowhere["reference"], filed["reference"]]
    assert found["features"][0]["geometry"] is None
    assert found["features"][1]["geometry"] == {"type": "Point", "coordinates": [104.9282, 11.5564]}
    assert "Behind" not in str(found)


def test_positions_lie_on_the_grid_and_boxes_are_held_against_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, blur_metres=500)
    file(client)
    file(client, lat=11.5571, lon=104.9279)
    shown = {
        (request["position"]["lat"], request["position"]["lon"])
        for request in client.get(LIST).json()["requests"]
    }
    [(lat, lon)] = shown
    assert (lat, lon) != (11.5564, 104.9282)
    assert abs(lat - 11.5564) <= 250 / METRES_PER_DEGREE
    assert len(listed(client, bbox=f"{lon - 1e-5},{lat - 1e-5},{lon + 1e-5},{lat + 1e-5}")) == 2
    assert listed(client, bbox="104.92819,11.55639,104.92821,11.55641") == []


def test_words_are_shown_where_the_city_shows_them(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(client, description="A <b>big</b> hole & <script>alert(1)</script>")
    assert client.get(LIST).json()["requests"][0]["description"] is None
    rule(monkeypatch, show_description=True)
    answer = client.get(LIST)
    assert answer.json()["requests"][0]["description"] == "A <b>big</b> hole & <script>alert(1)</script>"
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"


HIDDEN: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("confidential", {"confidential": True}, {}, False),
    ("not released", {}, {"moderated": True}, False),
    ("of a moderated service", {}, {"moderated_services": ("waste_missed",)}, False),
    ("of a private service", {}, {"private_services": ("waste_missed",)}, False),
    ("not old enough", {}, {"delay_hours": 24}, False),
    ("hidden by staff", {}, {}, True),
]


@pytest.mark.parametrize(
    ("fields", "changes", "by_staff"), [case[1:] for case in HIDDEN], ids=[c[0] for c in HIDDEN]
)
def test_no_public_address_shows_a_trace_of_what_nobody_may_see(
    client: TestClient,
    supervisor: Staff,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
    changes: dict[str, Any],
    by_staff: bool,
) -> None:
    rule(monkeypatch, photos="all", show_description=True, **changes)
    photo = sent(client)
    hidden = file(client, description=SECRET_WORDS, address=SECRET_PLACE, media=[photo], **fields)
    reference = hidden["reference"]
    if by_staff:
        path = f"/api/v1/staff/requests/{reference}/publication"
        body = {"public": False, "reason": "personal_data"}
        assert client.post(path, json=body, headers=supervisor.headers).status_code == 200

    asked = 0
    for url in public_addresses(client, reference, photo):
        answer = client.get(url)
        asked += 1
        for trace in (reference, SECRET_WORDS, SECRET_PLACE, photo):
            assert trace not in without_echo(answer, url), f"{url} shows {trace}"
    assert asked > 25
    assert client.get(LIST).json()["requests"] == []
    assert client.get(f"{LIST}.geojson").json()["features"] == []
    assert client.get(hidden["status_url"]).status_code == 404
    assert client.get(f"/media/kh-pnh/{photo}").status_code == 404
    nearby = client.post(f"{LIST}/check", json=BODY)
    assert nearby.status_code == 200, nearby.text
    assert nearby.json()["nearby"] == []
    assert client.get(hidden["status_url"], params={"token": hidden["token"]}).status_code == 200


def test_a_hidden_report_counts_among_no_others(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = file(client)["reference"]
    joined = client.post(LIST, json=BODY | {"same_as": parent, "confidential": True})
    assert joined.status_code == 201, joined.text
    assert client.get(f"/api/v1/requests/{parent}").json()["others"] == 0
    [seen] = client.post(f"{LIST}/check", json=BODY).json()["nearby"]
    assert (seen["reference"], seen["others"]) == (parent, 0)


def test_what_was_released_does_not_wait_for_the_delay(
    client: TestClient, supervisor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, delay_hours=24, moderated=True)
    reference = file(client)["reference"]
    path = f"/api/v1/staff/requests/{reference}/publication"
    body = {"public": True, "reason": "nothing_against_it"}
    assert client.post(path, json=body, headers=supervisor.headers).status_code == 200
    assert listed(client) == [reference]


def test_after_the_delay_it_is_there_by_itself(
    client: TestClient, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, delay_hours=24)
    reference = file(client)["reference"]
    assert listed(client) == []
    owner.execute("update request set received_at = received_at - interval '23 hours 59 minutes'")
    assert listed(client) == []
    owner.execute("update request set received_at = received_at - interval '2 minutes'")
    assert listed(client) == [reference]


def public_addresses(client: TestClient, reference: str, photo: str) -> list[str]:
    """Every documented address anybody may GET, with the reference and the picture wherever one can stand."""
    from api.dependencies import public
    from tests.test_architecture import dependencies, routes

    given = {"city": "kh-pnh", "reference": reference, "id": photo, "service_code": "waste_missed"}
    given |= {"format": "json", "jurisdiction_id": "kh-pnh", "service_request_id": reference, "token": "x"}
    found = []
    for route in routes(client.app):  # type: ignore[arg-type]
        assert isinstance(route, APIRoute)
        if "GET" not in (route.methods or ()) or public not in dependencies(route) or "oidc" in route.path:
            continue
        path = route.path
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", given.get(name, "x")).replace("{" + name + ":path}", "x")
        found.append(path)
        found.append(
            path
            + f"?q={reference}&jurisdiction_id=kh-pnh&service_request_id={reference}&lat=11.5564&lon=104.9282"
        )
    return found


def without_echo(answer: Response, url: str) -> str:
    """An answer without what a refusal repeats of its own question."""
    return answer.text if answer.status_code == 200 else ""
