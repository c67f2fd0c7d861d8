"""Other servers' answers as they really come: what is read of each, and which of three things a call came to."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from nagara.local.ports import free_port
from nagara.open311.client import Endpoint, NotTaken, Posted, Refused, Server, Unclear
from nagara.open311.client_reading import (
    NotGeoReport,
    errors_of,
    media_of,
    number_of,
    read_tree,
    request_of,
    rows_of,
    text_of,
    time_of,
)
from nagara.outgoing import Caller
from tests.nagara.external_owner.back_end import BackEnd, back_end

XML = '<?xml version="1.0" encoding="utf-8"?>'
ONE = '{"service_request_id": "7", "status": "open"}'
SAME_LIST = [
    ("application/json", f"[{ONE}]"),
    ("text/json", '[{"service_request_id": 7, "status": "open"}]'),
    ("text/html", f"\ufeff \n[{ONE}]"),
    ("application/json", f'{{"service_requests": [{ONE}]}}'),
    ("application/json", f'{{"service_requests": {{"request": [{ONE}]}}}}'),
    ("application/json", f'{{"service_requests": {{"request": {ONE}}}}}'),
    ("application/json", f'[{{"request": {ONE}}}]'),
    ("application/json", ONE),
    ("text/xml", f"{XML}<service_requests><request><service_request_id>7</service_request_id>"
     "<status>open</status></request></service_requests>"),
    ("application/xml", '<service_requests xmlns="http://wiki.open311.org/GeoReport_v2"><request>'
     "<service_request_id> 7\n</service_request_id><status>open</status></request></service_requests>"),
    ("text/xml", "<request><service_request_id>7</service_request_id><status>open</status></request>"),
]  # fmt: skip
"""One request, as eleven servers write the list of it."""


@pytest.mark.parametrize(("content_type", "body"), SAME_LIST)
def test_a_list_is_read_in_every_form_servers_write_it_in(content_type: str, body: str) -> None:
    (row,) = rows_of(read_tree(content_type, body.encode()), "service_requests")
    found = request_of(row)
    assert (found.id, found.status, found.faults) == ("7", "open", ())


@pytest.mark.parametrize("body", ["[]", "<service_requests/>", '{"service_requests": []}', "null"])
def test_an_empty_list_is_one(body: str) -> None:
    if body == "null":
        with pytest.raises(NotGeoReport):
            read_tree("application/json", body.encode())
    else:
        assert rows_of(read_tree("", body.encode()), "service_requests") == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "empty"),
        ("<!DOCTYPE html><html><body>Sorry</body></html>", "page for people"),
        ("<HTML><h1>It works</h1></HTML>", "page for people"),
        ('[{"service_request_id": "1"', "breaks off"),
        ("<service_requests><request>", "breaks off"),
        ("Not found", "neither"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><service_requests/>', "page|declarations"),
        ("<a>" * 60 + "</a>" * 60, "too deep"),
    ],
)
def test_what_is_no_answer_is_named(body: str, why: str) -> None:
    with pytest.raises(NotGeoReport, match=why):
        read_tree("text/html", body.encode())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('[{"code": 403, "description": "No key"}]', "No key"),
        ('{"errors": [{"code": "400", "description": "No street"}]}', "No street"),
        ("<errors><error><description>Unknown client</description></error></errors>", "Unknown client"),
        ('[{"error": {"code": 404, "description": "Gone"}}]', "Gone"),
        ('{"message": "Forbidden", "_links": {}}', "Forbidden"),
        ('{"error": "backend"}', "backend"),
        ('{"error": {"code": "x", "message": "ours"}}', "ours"),
    ],
)
def test_errors_are_known_whatever_their_form_and_status(body: str, words: str) -> None:
    assert [one.words for one in errors_of(read_tree("", body.encode()))] == [words]


@pytest.mark.parametrize("body", [f"[{ONE}]", '[{"token": "t", "description": "x"}]', "[]", "<services/>"])
def test_an_answer_is_no_error(body: str) -> None:
    assert errors_of(read_tree("", body.encode())) == []


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T07:41:00+07:00", "2026-03-02T00:41:00"),
        ("2026-03-02T07:41:00 07:00", "2026-03-02T00:41:00"),
        ("2026-03-02T07:41:00.123Z", "2026-03-02T07:41:00.123"),
        ("2026-03-02T07:41:00+0700", "2026-03-02T00:41:00"),
        ("Mon, 02 Mar 2026 07:41:00 GMT", "2026-03-02T07:41:00"),
        ("Mon, 02 Mar 2026 07:41:00 +0700", "2026-03-02T00:41:00"),
        ("2026-03-02 07:41:00", None),
        ("2026-03-02T07:41:00", None),
        ("02/03/2026", None),
        ("yesterday", None),
        (1772437260, None),
    ],
)  # fmt: skip
def test_times_mean_what_they_say_or_nothing(text: Any, utc: str | None) -> None:
    if utc is None:
        with pytest.raises(ValueError, match=r"no time|no zone"):
            time_of(text)
    else:
        assert time_of(text) == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)


def test_a_time_without_a_zone_means_the_zone_somebody_named() -> None:
    found = time_of("2026-03-02 07:41:00", ZoneInfo("Asia/Bangkok"))
    assert found == dt.datetime(2026, 3, 2, 0, 41, tzinfo=dt.UTC)
    assert time_of("") is time_of(None) is None


def test_leaves_are_read_as_meant() -> None:
    assert text_of(17.0) == "17"
    assert text_of(True) == "true"
    assert text_of(" \x00 ") is None
    assert [number_of(one) for one in ("-6.2", 3, "", "nan", "north")] == [-6.2, 3.0, None, None, None]
    several = "https://a.example/1.jpg,https://a.example/2.jpg"
    assert media_of(several) == media_of(several.split(",")) == tuple(several.split(","))
    assert media_of([{"media_url": "https://a.example/1.jpg"}, "javascript:x"]) == (
        "https://a.example/1.jpg",
    )


def test_fields_that_mean_nothing_are_told_and_the_others_stay() -> None:
    found = request_of(
        {
            "service_request_id": 1,
            "status": "In Progress",
            "lat": "0",
            "long": "0",
            "requested_datetime": "soon",
            "updated_datetime": None,
            "extended_attributes": {"detailed_status": "IN_PROCESS"},
            "notes": [{"datetime": "bad", "type": "opened", "summary": "Seen"}],
        }
    )
    assert (found.id, found.status, found.detailed, found.lat) == ("1", "in_progress", "in_process", None)
    assert len(found.faults) == 2
    assert found.notes[0].words == "Seen"


@pytest.fixture(scope="module")
def other() -> Iterator[BackEnd]:
    with back_end() as kept:
        yield kept


@pytest.fixture(scope="module")
def server(other: BackEnd) -> Iterator[Server]:
    with Caller(loopback=True) as caller:
        yield Server(caller, Endpoint(other.url, "city.example", "k"))


J, X, H = "application/json", "text/xml", "text/html"
SAID = [
    (200, J, '[{"service_request_id": 12, "service_notice": ""}]', Posted("12", None)),
    (201, J, '{"service_requests": [{"service_request_id": "12"}]}', Posted("12", None)),
    (200, X, "<service_requests><request><token>t1</token></request></service_requests>", Posted(None, "t1")),
    (200, J, '[{"service_request_id": "", "token": "t1"}]', Posted(None, "t1")),
    (200, J, '[{"service_request_id": null, "account_id": null}]', Posted(None, None)),
    (200, J, "[]", Unclear),
    (200, H, "<html>Thank you</html>", Unclear),
    (200, J, '[{"code": 400, "description": "No street"}]', Refused),
    (200, J, '[{"code": 500, "description": "Back-end down"}]', Unclear),
    (200, X, "<errors><error><description>Unknown client</description></error></errors>", Refused),
    (400, J, '[{"code": 400, "description": "No street"}]', Refused),
    (403, X, "<errors><error><code>403</code><description>Key</description></error></errors>", Refused),
    (404, H, "<html>Not Found</html>", Refused),
    (422, J, '{"message": "wrong"}', Refused),
    (429, J, "[]", NotTaken),
    (500, J, '[{"code": 500, "description": "x"}]', Unclear),
    (503, H, "<html>Busy</html>", Unclear),
    (301, H, "<html>Moved</html>", Unclear),
    (0, "", "", Unclear),
]  # fmt: skip


@pytest.mark.parametrize(("status", "content_type", "body", "outcome"), SAID)
def test_a_filing_is_there_or_surely_not_or_nobody_knows(
    other: BackEnd, server: Server, status: int, content_type: str, body: str, outcome: Any
) -> None:
    other.canned = (status, content_type, body.encode())
    if isinstance(outcome, Posted):
        found = server.post_request([("service_code", "x")])
        assert (found.id, found.token) == (outcome.id, outcome.token)
    else:
        with pytest.raises(outcome) as error:
            server.post_request([("service_code", "x")])
        assert type(error.value) is outcome
    other.canned = None


def test_whom_nobody_reaches_has_surely_nothing(other: BackEnd) -> None:
    with Caller(loopback=True) as caller:
        away = Server(caller, Endpoint(f"http://127.0.0.1:{free_port()}/v2"))
        with pytest.raises(NotTaken, match="ConnectError"):
            away.post_request([("service_code", "x")])
    with Caller() as caller, pytest.raises(NotTaken, match="must begin with https"):
        Server(caller, Endpoint(other.url)).post_request([])


def test_the_next_page_is_followed_at_the_same_server_only(server: Server) -> None:
    with pytest.raises(Unclear, match="another server"):
        server.page("https://elsewhere.example/v2/requests.json?page=2")


class Paged(BaseHTTPRequestHandler):
    """Two pages of updates, or of requests; the first names the second as the server was told to."""

    link = ""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        second = "page=2" in self.path
        row = {"service_request_id": "1", "update_id": "u2" if second else "u1", "status": "open",
               "updated_datetime": "2026-11-01T00:00:00Z", "description": ""}  # fmt: skip
        body = json.dumps([row]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if not second:
            self.send_header("Link", f'<{self.link}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def paged() -> Iterator[Server]:
    """Our side of it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Paged) as running, Caller(loopback=True) as caller:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield Server(caller, Endpoint(f"http://127.0.0.1:{running.server_port}/v2", "city.example", "k y"))
        running.shutdown()
        thread.join()


def test_links_may_be_relative_and_keep_our_key_where_updates_need_it(paged: Server) -> None:
    start, end = (dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in (1, 2))
    Paged.link = "?jurisdiction_id=city.example&page=2"
    found = paged.requests({}).next_url
    assert found == f"{paged.endpoint.url}/requests.json?jurisdiction_id=city.example&page=2"
    assert paged.page(found).next_url is None
    for link in (
        "?page=2",
        "/v2/servicerequestupdates.json?page=2&api_key=k+y",
        paged.endpoint.url + "?page=2",
    ):
        Paged.link = link
        Paged.asked.clear()
        assert [one.key for one in paged.updates(start, end)] == ["u1", "u2"]
        assert [path.count("api_key=k+y") for path in Paged.asked] == [1, 1]


def test_our_key_goes_to_no_other_server_with_a_link(paged: Server) -> None:
    Paged.link = "http://127.0.0.1:9/v2/servicerequestupdates.json?page=2"
    with pytest.raises(Unclear, match="another server"):
        paged.updates(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
