"""GeoReport calls for tests: keys, filings, and answers read as an independent client would read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg
from starlette.testclient import TestClient

from nagara import accounts
from nagara.database import city_session
from tests.helpers import Known

V2 = "/open311/v2"
HERE = {"jurisdiction_id": "kh-pnh"}
OVERFLOW: dict[str, str] = {"service_code": "waste_overflow", "lat": "11.5696", "long": "104.9210"}


def key(
    city: str = "kh-pnh",
    scope: str = "open311",
    expires_at: dt.datetime | None = None,
    label: str = "Partner app",
) -> str:
    """A new key of a partner system."""
    with city_session(city) as session:
        return accounts.add_key(session, city, label, scope, expires_at)


def post(client: TestClient, api_key: str | None, form: str = "json", **fields: Any) -> httpx.Response:
    """File in Phnom Penh, at its central market unless told; a field given as None is left out."""
    data = {"api_key": api_key, **HERE, **OVERFLOW} | fields
    data = {name: value for name, value in data.items() if value is not None}
    answer: httpx.Response = client.post(f"{V2}/requests.{form}", data=data)
    return answer


def filed(client: TestClient, api_key: str, **fields: Any) -> str:
    """The id of a request just filed."""
    answer = post(client, api_key, **fields)
    assert answer.status_code == 200, answer.text
    reference: str = answer.json()[0]["service_request_id"]
    return reference


def known(owner: psycopg.Connection[Any], reference: str) -> Known:
    """The row behind an id."""
    row = owner.execute(
        "select city_id, id, reference from request where reference = %s", (reference,)
    ).fetchone()
    assert row is not None
    return Known(*row)


def listed(client: TestClient, **parameters: Any) -> list[dict[str, Any]]:
    """The list of Phnom Penh's requests."""
    answer = client.get(f"{V2}/requests.json", params={**HERE, **parameters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def ids(rows: list[dict[str, Any]]) -> list[str]:
    """Their ids."""
    return [row["service_request_id"] for row in rows]


def one(client: TestClient, reference: str, **parameters: Any) -> dict[str, Any]:
    """One request of Phnom Penh."""
    answer = client.get(f"{V2}/requests/{reference}.json", params={**HERE, **parameters})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()
    assert isinstance(found, dict)
    return found


def xml(answer: httpx.Response) -> ElementTree.Element:
    """The root of an XML answer, after looking at what the standard says of every one."""
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ElementTree.fromstring(answer.content)


def spark(element: ElementTree.Element, lists: Mapping[str, str]) -> Any:
    """XML as the standard's conversion makes JSON of it, but with every leaf a text."""
    if element.tag in lists:
        assert {child.tag for child in element} <= {lists[element.tag]}
        return [spark(child, lists) for child in element]
    if len(element):
        return {child.tag: spark(child, lists) for child in element}
    return element.text


def errors(answer: httpx.Response) -> list[str]:
    """What a refusal says, in whichever form; its codes repeat the status."""
    if answer.headers["content-type"].startswith("application/json"):
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        found = answer.json()
        assert isinstance(found, list)
    else:
        root = xml(answer)
        assert root.tag == "errors"
        found = [
            {"code": int(e.findtext("code") or 0), "description": e.findtext("description")} for e in root
        ]
        assert {child.tag for child in root} == {"error"}
    assert found
    assert {error["code"] for error in found} == {answer.status_code}
    return [error["description"] for error in found]
