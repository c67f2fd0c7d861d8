"""Clients nobody here wrote, and the conformance suite, against the real application over real HTTP."""

from __future__ import annotations

import importlib
import itertools
import sys
import threading
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from georeport import GeoReport
from starlette.testclient import TestClient

from nagara.open311.conformance import Target, check, target_of
from nagara.outgoing import Caller
from tests.api.open311 import filed, key

PASSED_ON = ("content-type", "accept", "accept-language", "idempotency-key")


@pytest.fixture
def address(client: TestClient) -> Iterator[str]:
    """The application behind a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            answer = client.request(self.command, self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("base", ["/open311/v2", "/open311/sandbox/v2"])
def test_nagara_holds_every_rule_of_the_suite(client: TestClient, address: str, base: str) -> None:
    mine = key()
    for code in ("waste_overflow", "waste_dumping"):
        filed(client, mine, service_code=code)
        data = {"api_key": mine, "jurisdiction_id": "kh-pnh", "service_code": code}
        place = {"lat": "11.5696", "long": "104.9210"}
        assert client.post("/open311/sandbox/v2/requests.json", data=data | place).status_code == 200
    with Caller(loopback=True) as caller:
        target = Target(address + base, "kh-pnh", mine, (11.5696, 104.921))
        report = check(target, caller, write=True, pause=0.0)
    assert [r.as_json() for r in report.of("broken")] == []
    unjudged = {r.rule.id: r.evidence for r in report.of("not judged")}
    assert set(unjudged) <= {"file-answer-missing", "definition-empty"}, unjudged


def test_georeport_reads_both_forms(client: TestClient, address: str) -> None:
    reference, other = filed(client, key()), filed(client, key())
    for form in ("json", "xml"):
        city = GeoReport(f"{address}/open311/v2", jurisdiction="kh-pnh", output_format=form)
        codes = {service["service_code"] for service in city.get_service_list()}
        assert "waste_overflow" in codes
        assert city.get_service_definition("road_pothole")["service_code"] == "road_pothole"
        assert city.get_service_request(reference)["service_request_id"] == reference
        found = city.get_service_requests(status="open", service_code="waste_overflow")
        assert {one["service_request_id"] for one in found} == {reference, other}


def three_on_python_3(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client ``three`` 0.8.0, with the two names it misses on Python 3."""
    monkeypatch.setattr(itertools, "ifilter", filter, raising=False)
    without_xml = types.ModuleType("relaxml")
    without_xml.xml = None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "relaxml", sys.modules.get("relaxml", without_xml))
    return importlib.import_module("three.core").Three


def test_three_reads_and_files(client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    three = three_on_python_3(monkeypatch)
    city = three(f"{address}/open311/v2", jurisdiction="kh-pnh", api_key=key())
    assert {one["type"] for one in city.discovery()["endpoints"]} == {"production", "test"}
    assert city.services("road_pothole")["service_code"] == "road_pothole"
    [made] = city.post("waste_overflow", lat="11.5696", long="104.9210", name="Sok Dara", description="Full")
    assert city.request(made["service_request_id"])[0]["description"] == "Full"
    assert [one["service_request_id"] for one in city.requests("waste_overflow", count=5)] == [
        made["service_request_id"]
    ]
    with Caller(loopback=True) as caller:
        assert target_of(f"{address}/open311/discovery.json", caller, None, None, None).base.endswith("/v2")
