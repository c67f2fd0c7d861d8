"""OGC API - Features: by the standard, and by clients that others wrote."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
import shapely
from owslib.ogcapi.features import Features
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import configuration
from nagara.indicators.build import build_city
from nagara.public.publication import METRES_PER_DEGREE
from tests.api.conftest import Staff
from tests.api.foreign import elsewhere, served
from tests.api.test_public_list import BODY, LIST, rule
from tests.helpers import Connection, file, multiply

ITEMS = "/ogc/collections/requests/items"
GDAL = """
import json, sys
from pyogrio.raw import read
from pyogrio import list_layers
address, options = sys.argv[1], json.loads(sys.argv[2])
if "bbox" in options:
    options["bbox"] = tuple(options["bbox"])
meta, _, geometry, columns = read("OAPIF:" + address, **options)
rows = [dict(zip(meta["fields"].tolist(), map(str, row))) for row in zip(*columns)]
print(json.dumps({"layers": list_layers("OAPIF:" + address)[:, 0].tolist(), "rows": rows, "crs": meta["crs"],
                  "type": meta["geometry_type"], "geometry": [g.hex() for g in geometry[:1]]}))
"""


def gdal(url: str, **options: Any) -> dict[str, Any]:
    """What GDAL reads of a collection."""
    import json

    found: dict[str, Any] = elsewhere(GDAL, f"{url}/ogc", json.dumps(options))
    return found


def found(client: TestClient, path: str = ITEMS, **params: Any) -> dict[str, Any]:
    answer = client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    content: dict[str, Any] = answer.json()
    return content


def ids(content: dict[str, Any]) -> list[str]:
    return [one["id"] for one in content["features"]]


def aged(owner: Connection, reference: str, at: str) -> None:
    owner.execute("update request set received_at = %s where reference = %s", (at, reference))


def test_a_client_finds_its_way_from_the_landing_page(client: TestClient) -> None:
    links = {one["rel"]: one for one in client.get("/ogc").json()["links"]}
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} == set(links)
    assert links["service-desc"]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = client.get("/ogc/api")
    assert document.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert document.json()["openapi"].startswith("3.0.")
    for path, methods in document.json()["paths"].items():
        assert client.get("/ogc" + path.replace("{featureId}", "kh-pnh.1201").rstrip("/")).status_code in (
            200,
            404,
        )
        assert methods["get"]["responses"]["400"]
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in client.get("/ogc/conformance").json()["conformsTo"]
    )
    every = client.get("/ogc/collections").json()["collections"]
    assert [one["id"] for one in every] == ["requests", "districts", "indicators"]
    for one in every:
        assert {"items", "license"} < {given["rel"] for given in one["links"]}
        single = client.get(f"/ogc/collections/{one['id']}").json()
        assert one["links"] == single["links"][2:]
        schema = client.get(f"/ogc/collections/{one['id']}/queryables")
        assert schema.headers["content-type"] == "application/schema+json"
        assert "city" in schema.json()["properties"]


def test_pages_end_and_shift_by_nothing_that_comes_in_meanwhile(
    client: TestClient, owner: Connection, phnom_penh: City
) -> None:
    bangkok = configuration().cities["th-bkk"]
    multiply(owner, file(phnom_penh), 6)
    multiply(owner, file(bangkok), 3)
    seen: list[str] = []
    path, params = ITEMS, {"limit": 4}
    sizes = []
    while True:
        content = found(client, path, **params)
        seen += ids(content)
        sizes.append(content["numberReturned"])
        assert content["numberMatched"] == 11, "as the first page counted"
        assert dt.datetime.fromisoformat(content["timeStamp"]).tzinfo is not None
        following = [one["href"] for one in content["links"] if one["rel"] == "next"]
        if not following:
            break
        file(phnom_penh)
        path, params = following[0], {}
    assert sizes == [4, 4, 3]
    assert len(set(seen)) == 11
    assert [one[:3] for one in seen] == ["PNH"] * 7 + ["BKK"] * 4, "city after city"


def test_boxes_times_and_properties_choose(client: TestClient, supervisor: Staff, owner: Connection) -> None:
    first = client.post(LIST, json=BODY).json()["reference"]
    other = client.post(LIST, json=BODY | {"service_code": "street_light", "lat": 11.6, "lon": 104.9}).json()[
        "reference"
    ]
    assert supervisor.move(first, "decline", reason="not_found").status_code == 200
    aged(owner, first, "2026-01-10T12:00:00Z")
    aged(owner, other, "2026-02-20T12:00:00Z")
    chosen: dict[str, list[str]] = {
        "bbox=104.92,11.5,105,11.58": [first],
        "bbox=104.92,11.5,-10,105,11.58,900": [first],
        "bbox=170,11,105,12": [first, other],
        "bbox=105,11,104,12": [],
        "bbox=104,11,104.1,11.1": [],
        "datetime=2026-01-10T12:00:00Z": [first],
        "datetime=2026-01-10": [first],
        "datetime=2026-01-10T12:00:01Z/..": [other],
        "datetime=/2026-02-01T00:00:00%2B07:00": [first],
        "datetime=../..": [other, first],
        "datetime=2026-01-01T00:00:00Z/2026-01-31T00:00:00Z": [first],
        "city=th-bkk": [],
        "open=true": [other],
        "status=declined": [first],
        "service=street_light&city=kh-pnh": [other],
        "service=street_light&open=false": [],
    }
    for query, expected in chosen.items():
        content = found(client, f"{ITEMS}?{query}")
        assert sorted(ids(content)) == sorted(expected), query
        assert content["numberMatched"] == content["numberReturned"] == len(expected)
    one = found(client, f"{ITEMS}/{first}")
    assert (one["id"], one["properties"]["status"]) == (first, "declined")
    assert {"self", "alternate", "collection"} == {given["rel"] for given in one["links"]}


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3", "bbox=a,b,c,d", "bbox=104,12,105,11", "bbox=nan,0,1,1", "bbox=0,0,5,1,1,-5", "bbox=-200,0,1,1",
        "datetime=yesterday", "datetime=2026-01-10T12:00:00", "datetime=2026-02-01T00:00:00Z/2026-01-01T00:00:00Z",
        "datetime=2026-01-01T00:00:00Z/../..", "limit=0", "limit=-1", "limit=many", "cursor=abc", "cursor=W10", "f=xml",
        "unknown=1", "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857", "status=lost", "city=xx-yyy",
        "open=perhaps", "limit=1&limit=2", "service=%00",
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_in_the_standards_form(client: TestClient, query: str) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"code", "description"}
    assert client.get(f"/ogc/collections/districts/items?{query}").status_code in (200, 400)


def test_what_is_not_there_is_404_and_too_large_a_limit_is_the_largest(client: TestClient) -> None:
    for path in ("collections/roads", "collections/roads/items", "collections/roads/queryables", "nothing"):
        assert client.get(f"/ogc/{path}").status_code == 404, path
    for path in (
        "requests/items/PNH-0",
        "districts/items/kh-pnh.9",
        "indicators/items/x",
        "requests/items/BKK-2222222-2",
    ):
        answer = client.get(f"/ogc/collections/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")
    assert found(client, limit="999999999999")["numberReturned"] == 0
    [only] = found(client, "/ogc/collections/districts/items", limit="0000000001")["features"]
    assert only["id"]
    for wrong, words in (
        ("/ogc?limit=1", "Possible: f."),
        (f"{ITEMS}?open=perhaps", "Possible: true, false."),
    ):
        answer = client.get(wrong)
        assert (answer.status_code, answer.json()["description"].endswith(words)) == (400, True)
    here, beneath = (client.get(path, follow_redirects=False) for path in ("/ogc", "/ogc/"))
    assert (here.status_code, beneath.status_code) == (200, 200)
    assert here.json() == beneath.json()


def test_only_what_the_public_sees_is_there_and_where_it_sees_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, owner: Connection
) -> None:
    rule(monkeypatch, blur_metres=1000)
    words = {"description": "zebra crossing", "address": "Lane 77", "contact": {"name": "Sok Dara"}}
    shown = client.post(LIST, json=BODY | words).json()["reference"]
    client.post(LIST, json=BODY | {"confidential": True})
    hidden = client.post(LIST, json=BODY).json()["reference"]
    owner.execute("update request set public = false where reference = %s", (hidden,))
    answer = client.get(ITEMS)
    assert ids(answer.json()) == [shown]
    assert answer.json()["numberMatched"] == 1
    assert not any(word in answer.text for word in ("zebra", "Lane", "Sok"))
    _lon, lat = answer.json()["features"][0]["geometry"]["coordinates"]
    step = 1000 / METRES_PER_DEGREE
    assert math.isclose(lat / step, round(lat / step), abs_tol=1e-3)
    exact = f"{BODY['lon'] - 1e-4},{BODY['lat'] - 1e-4},{BODY['lon'] + 1e-4},{BODY['lat'] + 1e-4}"
    assert found(client, bbox=exact)["features"] == [], "a box is held against the grid"
    assert client.get(f"{ITEMS}/{hidden}").status_code == 404
    rule(monkeypatch, delay_hours=1)
    assert found(client)["features"] == []


def test_every_answer_has_a_page_that_runs_nothing(client: TestClient) -> None:
    reference = client.post(LIST, json=BODY).json()["reference"]
    unkind = "<script>alert(1)</script>"
    items = "/collections/requests/items"
    paths = [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/requests",
        "/collections/requests/queryables",
    ]
    paths += [items, f"{items}/{reference}", "/collections/districts/items?limit=3"]
    for path in paths:
        answer = client.get(f"/ogc{path}", headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.headers["content-type"] == "text/html; charset=utf-8", path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert client.get(f"/ogc{path.partition('?')[0]}?f=json", headers={"Accept": "text/html"}).json()
    refused = client.get(f"{ITEMS}?status={unkind}")
    assert refused.headers["content-type"] == "application/json"


def test_figures_and_districts_are_there_and_small_numbers_are_not(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    multiply(owner, file(phnom_penh), 4)
    now = dt.datetime.now(dt.UTC)
    build_city(db, configuration(), "kh-pnh", now, now)
    db.commit()
    figures = "/ogc/collections/indicators/items"
    [reports] = found(client, figures, figure="N1", city="kh-pnh")["features"]
    assert reports["properties"]["value"] is None
    assert reports["properties"]["withheld"] == "fewer than 10"
    multiply(owner, file(phnom_penh), 20)
    later = dt.datetime.now(dt.UTC)
    build_city(db, configuration(), "kh-pnh", later, later)
    db.commit()
    [reports] = found(client, figures, figure="N1", month=f"{now:%Y-%m}")["features"]
    assert reports["properties"]["value"] == 26
    assert found(client, f"{figures}/{reports['id']}")["properties"] == reports["properties"]
    assert found(client, figures, datetime="../2020-01-01T00:00:00Z")["features"] == []
    districts = found(client, "/ogc/collections/districts/items", city="kh-pnh", limit=5)
    assert (districts["numberMatched"], districts["numberReturned"]) == (14, 5)
    around = found(client, "/ogc/collections/districts/items", bbox="104.92,11.56,104.93,11.57")
    assert 1 <= len(around["features"]) <= 4


def test_gdal_reads_pages_boxes_times_and_filters(
    client: TestClient, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = file(phnom_penh, service_code="street_light", lat=11.6, lon=104.9)
    multiply(owner, file(phnom_penh), 29)
    aged(owner, light.reference, "2026-02-20T12:00:00Z")
    with served(client, monkeypatch) as url:
        every = gdal(url, layer="requests", PAGE_SIZE="7")
        assert every["layers"] == ["requests", "districts", "indicators"]
        assert (len(every["rows"]), every["type"]) == (31, "Point")
        assert len({row["url"] for row in every["rows"]}) == 31
        centre = shapely.from_wkb(bytes.fromhex(every["geometry"][0]))
        assert abs(centre.x - phnom_penh.map.centre.lon) < 0.1
        boxed = gdal(url, layer="requests", bbox=[104.89, 11.59, 104.91, 11.61])
        assert [row["service"] for row in boxed["rows"]] == ["street_light"]
        chosen = gdal(url, layer="requests", where="service = 'street_light'")
        assert len(chosen["rows"]) == 1
        early = gdal(url, layer="requests", where="received_at < '2026/03/01'")
        assert [row["service"] for row in early["rows"]] == ["street_light"]
        shapes = gdal(url, layer="districts", where="city = 'kh-pnh'")
        assert len(shapes["rows"]) == 14


def test_owslib_reads_collections_pages_and_queryables(
    client: TestClient, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = file(phnom_penh)
    multiply(owner, known, 4)
    with served(client, monkeypatch) as url:
        service = Features(f"{url}/ogc")
        assert service.feature_collections() == ["requests", "districts", "indicators"]
        assert service.conformance()["conformsTo"]
        assert service.api()["openapi"].startswith("3.0")
        assert "service" in service.collection_queryables("requests")["properties"]
        page = service.collection_items(
            "requests", limit=2, bbox=[104, 11, 106, 12], datetime_="2020-01-01T00:00:00Z/.."
        )
        assert (page["numberMatched"], len(page["features"])) == (5, 2)
        only = service.collection_item("requests", known.reference)
        assert only["properties"]["city"] == "kh-pnh"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html;q=0.1, application/json", "application/geo+json"),
        ("application/json;q=0.5, text/html;q=0.6", "text/html"),
        ("text/html;q=0, */*;q=0.1", "application/geo+json"),
        ("application/gml+xml", "application/geo+json"),
        ("text/html;q=much", "text/html"),
    ],
)
def test_the_form_is_what_the_client_would_rather_have(
    application: TestClient, accept: str, kind: str
) -> None:
    answer = application.get("/ogc/collections/requests/items?limit=1", headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == kind
