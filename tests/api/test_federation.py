"""A city's own Nagara and its network's, by their addresses: keys, the door, and what is said of what arrives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import network_connection
from nagara.federation.registry import find_key
from nagara.federation.sending import BundleRefused, FederationUnavailable, collect, push
from nagara.federation.signing import encode, key_id, new_private_key, public_key_of, sign
from tests.api.conftest import Staff
from tests.helpers import Connection
from tests.nagara.federation.conftest import CITY, Bundle, bundles
from tests.workers.test_tasks import Run, run

__all__ = ["bundles", "run"]
DOOR, KEYS = "/api/v1/federation/bundles", "/api/v1/network/federation/keys"


@pytest.fixture
def officer(client: TestClient) -> Staff:
    """An officer of the network."""
    return Staff(client, "official@network", "official")


def test_a_key_is_registered_used_rotated_and_retired(
    client: TestClient, bundles: list[Bundle], officer: Staff
) -> None:
    first, second = new_private_key(), new_private_key()

    def send(bundle: Bundle, key: bytes) -> Any:
        return client.post(DOOR, content=orjson.dumps(sign(bundle, key)))

    assert send(bundles[0], first).json()["error"]["code"] == "unknown_signing_key"
    for key in (first, second):
        body = {"city": CITY, "public_key": encode(public_key_of(key))}
        made = client.post(KEYS, json=body, headers=officer.headers)
        assert made.status_code == 201, made.text
        assert made.json()["registered_by"] == "official"
    came = send(bundles[0], first)
    assert (came.status_code, came.json()["roots"]) == (201, 1)
    assert send(bundles[1], second).status_code == 201, "both keys are valid while the city changes them"
    retired = client.post(f"{KEYS}/{key_id(public_key_of(first))}/retire", headers=officer.headers)
    assert retired.json()["retired_by"] == "official"
    assert send(bundles[2], first).status_code == 403
    assert send(bundles[1], second).json()["error"]["code"] == "replayed_bundle"
    traffic = client.get("/api/v1/network/federation/bundles", headers=officer.headers).json()
    assert [row["city"] for row in traffic["received"]] == [CITY, CITY]
    assert [row["code"] for row in traffic["refused"]] == ["replayed_bundle", "unknown_signing_key"]
    states = client.get("/api/v1/network/federation/members", headers=officer.headers).json()["members"]
    state = {one["city"]: one for one in states}[CITY]
    assert (state["way"], state["keys"], state["bundle"]["count"], state["bundle"]["whole"]) == (
        "federated",
        1,
        2,
        True,
    )
    assert (state["refusal"]["code"], state["refusal"]["count"]) == ("replayed_bundle", 2)
    assert (state["root"]["way"], state["root"]["count"]) == ("federated", 2)
    assert {one["way"] for one in states if one["city"] != CITY} == {"unused"}
    shown = client.get("/api/v1/network/indicators", params={"period": "2026-01", "city": CITY}).json()
    assert shown["cities"][0]["figures"]["N1"]["value"] == 30
    ways = {
        root["way"] for root in client.get("/api/v1/network/roots", params={"city": CITY}).json()["roots"]
    }
    assert ways == {"federated"}
    assert len(client.get(KEYS, headers=officer.headers).json()["keys"]) == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"{", 422), (b"[1]", 422), (b"\x00" * 100, 422), (b" " * (16 << 20 | 1), 413)],
)
def test_what_is_no_bundle_is_refused(client: TestClient, content: bytes, status: int) -> None:
    answer = client.post(DOOR, content=content)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_the_form_is_published(client: TestClient) -> None:
    told = client.get("/api/v1/federation/schema").json()
    assert told["json_schema"]["title"] == "Letter"


@contextmanager
def serving(answer: Any) -> Iterator[str]:
    """A server on loopback that answers with (status, body) of the method, path and body it is asked with."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, body = answer(self.command, self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_bundles_are_pushed_and_fetched_by_the_same_door(
    client: TestClient, bundles: list[Bundle], officer: Staff
) -> None:
    private = new_private_key()
    letter = sign(bundles[0], private)

    def city(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        return (200, orjson.dumps(sign(bundles[1], private))) if path == "/bundle.json" else (404, b"")

    def hub(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        answer = client.request(method, path, content=body)
        return answer.status_code, answer.content

    with serving(city) as published, serving(hub) as network:
        with pytest.raises(BundleRefused, match="unknown_signing_key"):
            push(letter, network, loopback=True)
        body = {
            "city": CITY,
            "public_key": encode(public_key_of(private)),
            "address": f"{published}/bundle.json",
        }
        made = client.post(KEYS, json=body, headers=officer.headers)
        assert made.status_code == 201, made.text
        assert push(letter, network, loopback=True)["roots"] == 1
        with network_connection() as connection:
            key = find_key(connection, made.json()["id"])
        assert key is not None
        assert collect(configuration(), key, loopback=True).roots == 1
        with pytest.raises(FederationUnavailable):
            collect(configuration(), key, loopback=False)
    with pytest.raises(FederationUnavailable, match="does not answer"):
        push(letter, network, loopback=True)


def test_an_answer_that_makes_no_sense_is_an_outage(client: TestClient) -> None:
    for body in (b"<html>", b"[]", b'{"error": "x"}', b""):
        with serving(lambda *_, told=body: (500, told)) as network, pytest.raises(FederationUnavailable):
            push({}, network, loopback=True)


def test_nothing_is_computed_here_for_a_city_that_computes_its_own(
    client: TestClient, officer: Staff, run: Run, owner: Connection
) -> None:
    body = {"city": CITY, "public_key": encode(public_key_of(new_private_key()))}
    assert client.post(KEYS, json=body, headers=officer.headers).status_code == 201
    run("indicators.refresh")
    built = {row[0] for row in owner.execute("select distinct city_id from indicator_snapshot").fetchall()}
    assert built == set(configuration().cities) - {CITY}
