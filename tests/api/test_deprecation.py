"""An address that ends says so in its answers and in the document, long enough before."""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi import APIRouter, FastAPI, Response
from starlette.testclient import TestClient

from api.deprecation import ending

GUIDE = "https://nagara.example.org/docs/guide-integrator#when-an-address-ends"


def test_answers_of_an_address_that_ends_say_since_when_until_when_and_what_instead() -> None:
    old = APIRouter(route_class=ending(dt.date(2027, 1, 1), dt.date(2028, 1, 1), GUIDE))
    new = APIRouter()

    @old.get("/old")
    def old_list() -> Response:
        return Response("[]", headers={"Link": '</old?page=2>; rel="next"'})

    @new.get("/new")
    def new_list() -> list[str]:
        return []

    app = FastAPI()
    app.include_router(old)
    app.include_router(new)
    client = TestClient(app)
    answer = client.get("/old")
    assert answer.headers["Deprecation"] == "@1798761600"
    assert answer.headers["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert answer.headers.get_list("Link") == [
        '</old?page=2>; rel="next"',
        f'<{GUIDE}>; rel="deprecation"; type="text/html"',
    ]
    assert {"deprecation", "sunset", "link"}.isdisjoint(client.get("/new").headers)
    paths = app.openapi()["paths"]
    assert (paths["/old"]["get"].get("deprecated"), paths["/new"]["get"].get("deprecated")) == (True, None)


def test_callers_are_given_a_year() -> None:
    with pytest.raises(ValueError, match="less than a year"):
        ending(dt.date(2027, 1, 1), dt.date(2027, 12, 31), GUIDE)
