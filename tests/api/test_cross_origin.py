"""Pages of other sites read maps, data and GeoReport; nothing that goes by cookies is theirs to read."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

PAGE = {"Origin": "https://map.example"}
ASKS = PAGE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
OPEN = (
    "/open311/discovery.json",
    "/open311/v2/services.xml?jurisdiction_id=kh-pnh",
    "/open311/v2/nothing.json",
    "/ogc",
    "/ogc/collections/requests/items?city=kh-pnh",
    "/ogc/collections/requests/items?colour=red",
    "/tiles/kh-pnh.json",
    "/tiles/kh-pnh/11/1620/957.mvt",
    "/open-data",
    "/open-data/kh-pnh/latest/nothing.csv",
    "/api/v1/feeds/kh-pnh/requests.rss",
    "/openapi.json",
)
CLOSED = ("/api/v1/staff/queue", "/api/v1/cities", "/health/live", "/tilesets", "/ogcx", "/metrics")


@pytest.mark.parametrize("path", OPEN)
def test_what_is_public_may_be_read_by_any_page(application: TestClient, path: str) -> None:
    for answer in (application.get(path, headers=PAGE), application.head(path, headers=PAGE)):
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
        assert "Link" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers
    asked = application.options(path, headers=ASKS)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    assert "Idempotency-Key" in asked.headers["access-control-allow-headers"]
    assert "POST" in asked.headers["access-control-allow-methods"]


def test_a_page_learns_also_that_what_it_sends_is_too_large(application: TestClient) -> None:
    answer = application.post(
        "/open311/v2/requests.json", content=b" " * 1_100_000, headers=PAGE | {"Content-Type": "text/plain"}
    )
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_not_stays_its_own_pages(application: TestClient, path: str) -> None:
    assert "access-control-allow-origin" not in application.get(path, headers=PAGE).headers
    assert "access-control-allow-origin" not in application.options(path, headers=ASKS).headers


@pytest.mark.parametrize("path", ["/open311/v2/services.json", "/ogc/collections", "/open-data"])
def test_a_slash_too_many_leads_on_within_the_address_that_was_called(
    application: TestClient, path: str
) -> None:
    """Not to http, where a proxy took the call over https."""
    answer = application.get(f"{path}/?jurisdiction_id=kh-pnh", headers=PAGE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{path}?jurisdiction_id=kh-pnh")
    odd = application.get(f"{path}/", headers={"Host": "other.example"}, follow_redirects=False)
    assert odd.headers["location"] == path
