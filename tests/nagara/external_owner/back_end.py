"""Another body's back-end for tests: a GeoReport server on loopback that files, lists and misbehaves as told."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Given = dict[str, list[str]]
Said = tuple[int, str, bytes]
JSON = "application/json; charset=utf-8"
STANDARD = {"jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status"}


class BackEnd:
    """What it holds, and how it answers next. ``canned``: said instead, whatever is asked."""

    def __init__(self) -> None:
        self.filed: dict[str, dict[str, Any]] = {}
        self.posts: list[Given] = []
        self.updates: dict[str, Given] = {}
        self.told: list[dict[str, Any]] = []
        self.by_key: dict[str, str] = {}
        self.knows_keys = False
        self.tokens: dict[str, str | None] = {}
        self.gives_tokens = False
        self.next: list[str] = []
        self.canned: Said | None = None
        self.strict = False
        self.cut = 1000
        self.url = ""

    def file(self, given: Given, key: str | None) -> str:
        """A new request, or the one that stands under the key where keys are known."""
        self.posts.append(given)
        if self.knows_keys and key in self.by_key:
            return self.by_key[str(key)]
        id_ = f"{len(self.filed) + 1:03}"
        self.filed[id_] = {
            "service_request_id": id_,
            "status": "open",
            "status_notes": None,
            "service_code": given["service_code"][0],
            "description": given.get("description", [None])[0],
            "requested_datetime": _now(),
            "updated_datetime": _now(),
        }
        if key:
            self.by_key[key] = id_
        return id_

    def say(self, id_: str, status: str, notes: str | None = None, **more: Any) -> None:
        """Their staff did something."""
        self.filed[id_] |= {"status": status, "status_notes": notes, "updated_datetime": _now()} | more


def _now() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def back_end() -> Iterator[BackEnd]:
    """One that listens until the block ends."""
    kept = BackEnd()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(parse_qs(urlsplit(self.path).query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
            self.answer(
                parse_qs(body.decode()) if form else {"service_code": ["multipart"], "body": [repr(body)]}
            )

        def answer(self, given: Given) -> None:
            status, content_type, body = kept.canned or _answered(kept, self, given)
            if status == 0:  # filed or not, nobody hears of it
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept.url = f"http://127.0.0.1:{server.server_port}/v2"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answered(kept: BackEnd, door: BaseHTTPRequestHandler, given: Given) -> Said:
    mood = kept.next.pop(0) if kept.next else "fine"
    if mood == "away":
        return 0, "", b""
    if mood == "broken":
        return 503, JSON, _json([{"code": 503, "description": "Back-end down"}])
    if mood == "no":
        return 400, JSON, _json([{"code": 400, "description": "Unknown street"}])
    path = urlsplit(door.path).path.removeprefix("/v2/").removesuffix(".json")
    said = _resource(kept, door.command, path, given, door.headers.get("Idempotency-Key"))
    return (0, "", b"") if mood == "silent" else said


def _resource(kept: BackEnd, method: str, path: str, given: Given, key: str | None) -> Said:
    match method, path.partition("/")[0]:
        case "POST", "requests":
            id_ = kept.file(given, key)
            content: Any = [{"service_request_id": id_, "service_notice": "Thank you"}]
            if kept.gives_tokens:
                kept.tokens[f"t-{id_}"] = None
                content = [{"token": f"t-{id_}"}]
        case "POST", _:
            id_ = given["update_id"][0]
            if id_ in kept.updates:
                return 400, JSON, _json([{"code": 400, "description": f"Update {id_} already exists"}])
            kept.updates[id_] = given
            content = [{"update_id": id_}]
        case _, "tokens":
            token = path.removeprefix("tokens/")
            content = [{"token": token, "service_request_id": kept.tokens[token]}]
        case _, "servicerequestupdates":
            content = kept.told
        case _:
            ids = given.get("service_request_id", [",".join(kept.filed)])[0].split(",")
            if path.startswith("requests/"):
                ids = [path.removeprefix("requests/")]
            if kept.strict and given.keys() - STANDARD:
                return 400, JSON, _json([{"code": 400, "description": "Unknown parameter"}])
            start, end = given.get("start_date", [""])[0], given.get("end_date", ["~"])[0]
            rows = [kept.filed[id_] for id_ in ids if id_ in kept.filed]
            content = [row for row in rows if start <= row["requested_datetime"] <= end][: kept.cut]
    return 200, JSON, _json(content)


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()
