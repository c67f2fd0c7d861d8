"""Traces tell which kind of call took how long, and nothing about anybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from city_config import City
from nagara.settings import settings
from nagara.tracing import provider, tracer
from tests.waiting import wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PERSONAL = ("Sok Dara", "dara@example.org", "the heap behind my house")


class Collector(ThreadingHTTPServer):
    """Takes what an OTLP exporter posts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.bodies: list[bytes] = []

    def spans(self) -> list[Any]:
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for one in told
            for of in one.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    taking = Collector()
    threading.Thread(target=taking.serve_forever, daemon=True).start()
    monkeypatch.setenv("NAGARA_TRACES_URL", f"http://127.0.0.1:{taking.server_port}/v1/traces")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    settings.cache_clear()
    provider.cache_clear()
    yield taking
    for service in ("nagara-api", "nagara-worker"):
        if sends := provider(service):
            sends.shutdown()
    monkeypatch.undo()
    settings.cache_clear()
    provider.cache_clear()
    taking.shutdown()
    taking.server_close()


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_a_call_and_a_task_are_traced_without_a_word_about_anybody(
    collector: Collector, phnom_penh: City
) -> None:
    from api.app import create_app
    from workers import tracing
    from workers.app import app

    body = {
        "service_code": "waste_missed", "lat": 11.5696, "lon": 104.9210, "description": PERSONAL[2],
        "contact": {"name": PERSONAL[0], "email": PERSONAL[1]},
    }  # fmt: skip
    with TestClient(create_app()) as client:
        filed = client.post(
            "/api/v1/cities/kh-pnh/requests",
            json=body,
            headers={"Idempotency-Key": "traced", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        )
        assert filed.status_code == 201, filed.text
        assert client.get(f"/api/v1/requests/{filed.json()['reference']}").status_code == 200
        assert client.get("/api/v1/cities/xx-none/services").status_code == 404
    tracing.connect()
    app.loader.import_default_modules()
    app.tasks["escalation.sweep"].apply()

    wait_until(lambda: len(collector.spans()) >= 4, "four spans at the collector")
    by_name = {span.name: span for span in collector.spans()}
    filing = by_name["POST /api/v1/cities/{city}/requests"]
    assert filing.trace_id.hex() == TRACE, "the caller's own trace goes on"
    assert attributes(filing) == {
        "http.request.method": "POST",
        "http.route": "/api/v1/cities/{city}/requests",
        "http.response.status_code": 201,
        "nagara.city": "kh-pnh",
    }
    assert by_name["GET /api/v1/requests/{reference}"].trace_id.hex() != TRACE
    assert attributes(by_name["GET /api/v1/cities/{city}/services"])["http.response.status_code"] == 404
    assert by_name["escalation.sweep"].end_time_unix_nano > by_name["escalation.sweep"].start_time_unix_nano
    for body_sent in collector.bodies:
        for word in (*PERSONAL, filed.json()["reference"]):
            assert word.encode() not in body_sent


def test_what_asks_for_a_task_hands_its_trace_on(collector: Collector) -> None:
    from celery.signals import before_task_publish

    from workers import tracing
    from workers.app import app

    tracing.connect()
    seen: list[dict[str, Any]] = []

    def look(headers: dict[str, Any], **_: Any) -> None:
        seen.append(dict(headers))

    before_task_publish.connect(look)
    made_with = tracer("nagara-worker")
    assert made_with is not None
    with made_with.start_as_current_span("asking") as span:
        app.send_task("escalation.sweep", retry=False)
    before_task_publish.disconnect(look)
    assert f"{span.get_span_context().trace_id:032x}" in seen[0]["traceparent"]
