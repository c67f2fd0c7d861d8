"""GeoReport v2: discovery, services, and that every refusal has the standard's form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool
from starlette.testclient import TestClient

from api.dependencies import resources
from api.routes.open311.forms import to_json, to_xml
from nagara.cities import city_of
from nagara.ids import new_reference
from nagara.local.ports import free_port
from tests.api.open311 import HERE, OVERFLOW, V2, errors, key, spark, xml

LISTS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "service_requests": "request",
}
READS = ("/services", "/services/waste_missed", "/requests", "/requests/PNH-2222222-2", "/tokens/t1")
SERVICE_FIELDS = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]


def as_texts(value: Any) -> Any:
    """JSON with every leaf a text, to be held against XML."""
    if isinstance(value, dict):
        return {name: as_texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_texts(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


@pytest.mark.parametrize(
    "path", ["/open311/discovery", "/open311/v2/discovery", "/open311/sandbox/v2/discovery"]
)
def test_discovery_in_both_forms(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}.json")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    found = answer.json()
    assert sorted(found) == ["changeset", "contact", "endpoints", "key_service"]
    real, sandbox = found["endpoints"]
    assert (real["type"], sandbox["type"]) == ("production", "test")
    assert real["url"].endswith("/open311/v2")
    assert sandbox["url"].endswith("/open311/sandbox/v2")
    for endpoint in (real, sandbox):
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert endpoint["formats"] == ["text/xml", "application/json"]
    assert found["changeset"].endswith("Z")
    root = xml(client.get(f"{path}.xml"))
    assert root.tag == "discovery"
    assert spark(root, LISTS) == as_texts(found)


@pytest.mark.parametrize("city", ["kh-pnh", "kh-rep", "kh-bat", "th-bkk"])
def test_services_in_both_forms(client: TestClient, city: str) -> None:
    there = {"jurisdiction_id": city}
    found = client.get(f"{V2}/services.json", params=there).json()
    assert [service["service_code"] for service in found] == [s.code for s in city_of(city).services]
    assert all(list(service) == SERVICE_FIELDS for service in found)
    assert all(service["type"] == "realtime" and service["service_name"] for service in found)
    root = xml(client.get(f"{V2}/services.xml", params=there))
    assert root.tag == "services"
    assert spark(root, LISTS) == as_texts(found)
    for service in found:
        path = f"{V2}/services/{service['service_code']}"
        definition = client.get(f"{path}.json", params=there).json()
        assert definition["service_code"] == service["service_code"]
        assert bool(definition["attributes"]) is service["metadata"]
        assert [a["order"] for a in definition["attributes"]] == list(
            range(1, len(definition["attributes"]) + 1)
        )
        root = xml(client.get(f"{path}.xml", params=there))
        assert root.tag == "service_definition"
        assert root.find("attributes") is not None
        assert spark(root, LISTS) == as_texts(definition)


def test_a_definition_has_values_only_for_lists(client: TestClient) -> None:
    (road,) = client.get(f"{V2}/services/road_pothole.json", params=HERE).json()["attributes"]
    assert road["datatype"] == "singlevaluelist"
    assert [value["key"] for value in road["values"]] == ["street", "national"]
    assert road["variable"] is True
    assert road["required"] is False
    (missed,) = client.get(f"{V2}/services/waste_missed.json", params=HERE).json()["attributes"]
    assert "values" not in missed
    assert missed["datatype_description"] is None


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, "", "km"),
        ("en", "km", "en"),
        ("en_GB", "", "en"),
        (None, "fr, en-US;q=0.8, km;q=0.5", "en"),
        (None, "km;q=0.9, en;q=0.1", "km"),
        (None, "en;q=0, km", "km"),
        ("xx", "", "km"),
        ("not a language", "en", "km"),
    ],
)
def test_the_language_is_chosen(client: TestClient, asked: str | None, header: str, language: str) -> None:
    parameters = HERE | ({"locale": asked} if asked else {})
    answer = client.get(f"{V2}/services.json", params=parameters, headers={"Accept-Language": header})
    assert answer.headers["content-language"] == language
    first = city_of("kh-pnh").services[0]
    assert answer.json()[0]["service_name"] == first.names[language]


@pytest.mark.parametrize("children", [0, 1, 3])
def test_both_directions_of_the_conversion(children: int) -> None:
    tree = [{"service_code": f"00{n}", "keywords": None, "metadata": n > 0} for n in range(children)]
    from xml.etree import ElementTree

    import orjson

    assert orjson.loads(to_json(tree)) == tree
    root = ElementTree.fromstring(to_xml("services", tree))
    assert spark(root, LISTS) == as_texts(tree)


def test_xml_stays_well_formed_whatever_a_text_holds() -> None:
    from xml.etree import ElementTree

    every = "".join(chr(c) for c in (*range(0, 0x300), 0xFFFE, 0xFFFF, 0x1F5D1, 0x10FFFF))
    root = ElementTree.fromstring(to_xml("request", {"description": f"<&>\"' ]]> \r\n{every}"}))
    kept = "".join(c for c in every if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    assert root.findtext("description") == f"<&>\"' ]]> \r\n{kept}"


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("path", READS)
def test_every_read_needs_a_known_jurisdiction(client: TestClient, path: str, form: str) -> None:
    for parameters in ({}, {"jurisdiction_id": " "}):
        answer = client.get(f"{V2}{path}.{form}", params=parameters)
        assert answer.status_code == 400
        assert "jurisdiction_id is missing" in errors(answer)[0]
    answer = client.get(f"{V2}{path}.{form}", params={"jurisdiction_id": "xx-nix"})
    assert answer.status_code == 404
    assert "jurisdiction_id" in errors(answer)[0]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_filing_needs_a_known_jurisdiction_before_a_key(client: TestClient, form: str) -> None:
    answer = client.post(f"{V2}/requests.{form}", data={"api_key": "wrong"})
    assert (answer.status_code, "jurisdiction_id" in errors(answer)[0]) == (400, True)
    answer = client.post(f"{V2}/requests.{form}", data={"api_key": "wrong", "jurisdiction_id": "xx-nix"})
    assert (answer.status_code, "jurisdiction_id" in errors(answer)[0]) == (404, True)


@pytest.mark.parametrize(
    "path", ["/services/nothing", "/requests/PNH-2222222-2", "/requests/x", "/tokens/t1"]
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_does_not_exist_is_404(client: TestClient, path: str, form: str) -> None:
    answer = client.get(f"{V2}{path}.{form}", params=HERE)
    assert answer.status_code == 404
    assert "is not known" in errors(answer)[0]


@pytest.mark.parametrize(
    "path",
    ["/services.csv", "/services", "/requests.JSONP", "/requests/PNH-2222222-2.html", "/nothing.xml", ""],
)
def test_an_unknown_form_or_address_is_404_in_xml(client: TestClient, path: str) -> None:
    answer = client.get(f"{V2}{path}", params=HERE)
    assert answer.status_code == 404
    assert errors(answer)
    xml(answer)


def test_the_form_is_what_follows_the_last_dot(client: TestClient) -> None:
    answer = client.get(f"{V2}/services/a.b.json", params=HERE)
    assert answer.status_code == 404
    assert "'a.b'" in errors(answer)[0]
    assert client.get(f"{V2}/services.json%20", params=HERE).status_code == 200


@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_the_framework_refuses_has_the_form_too(client: TestClient, form: str) -> None:
    answer = client.delete(f"{V2}/requests.{form}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert errors(answer)
    assert client.post(f"{V2}/services.{form}").status_code == 405
    large = client.post(f"{V2}/requests.{form}", content=b"a=" + b"x" * 2_000_000)
    assert large.status_code == 413
    assert errors(large)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_a_body_that_grows_too_large_is_413(client: TestClient, kind: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 400_000

    answer = client.post(f"{V2}/requests.json", content=chunks(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/json; charset=utf-8")


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_database_that_is_away_is_503(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    nobody = f"postgresql://127.0.0.1:{free_port()}/nagara"
    away: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
        nobody, min_size=0, max_size=1, timeout=0.2, open=False
    )
    assert client.portal is not None
    client.portal.call(away.open)
    without = dataclasses.replace(app.state.resources, pool=away)
    monkeypatch.setitem(app.dependency_overrides, resources, lambda: without)
    api_key = key()
    for answer in (
        client.get(f"{V2}/requests.{form}", params=HERE),
        client.get(f"{V2}/requests/{new_reference('PNH')}.{form}", params=HERE),
        client.post(f"{V2}/requests.{form}", data={**HERE, **OVERFLOW, "api_key": api_key}),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert errors(answer)
    client.portal.call(away.close)


def test_an_address_outside_keeps_nagaras_own_form(client: TestClient) -> None:
    for path in ("/api/v1/nothing", "/open311nothing"):
        assert client.get(path).json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("query", ["%FF", "a=%ED%A0%80"])
def test_a_query_that_is_not_utf8_is_400(client: TestClient, query: str) -> None:
    answer = client.get(f"{V2}/services.json?jurisdiction_id=kh-pnh&{query}")
    assert answer.status_code == 400
    assert "UTF-8" in errors(answer)[0]


def test_the_document_shows_both_forms_of_every_answer(client: TestClient) -> None:
    paths: dict[str, dict[str, Any]] = client.get("/openapi.json").json()["paths"]
    operations = [op for path, ops in paths.items() if path.startswith("/open311") for op in ops.values()]
    assert len(operations) == 20
    for operation in operations:
        assert operation["operationId"].startswith("open311_")
        assert "422" not in operation["responses"]
        for answer in operation["responses"].values():
            if "text/csv" in answer["content"]:
                assert set(answer["content"]) == {"text/csv"}
                continue
            assert {"text/xml", "application/json"} == set(answer["content"])
            assert answer["content"]["application/json"]["schema"]
