"""A small GeoReport endpoint that answers rightly, over real HTTP - and in one way wrongly, where a plant says so.

It shares no line with Nagara's server or with the suite that judges it: it was written from the standard's text.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

TOWN, KEY = "town.example", "right-key"
WIKI = "http://wiki.open311.org/GeoReport_v2"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
CHILD = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "endpoints": "endpoint", "formats": "format", "errors": "error",
}  # fmt: skip
SERVICES: list[dict[str, Any]] = [
    {"service_code": "bins", "service_name": "Missed collection", "description": None, "metadata": True,
     "type": "realtime", "keywords": "waste,bin", "group": "Waste"},
    {"service_code": "light", "service_name": "Street light", "description": "Dark", "metadata": False,
     "type": "realtime", "keywords": None, "group": None},
    {"service_code": "tree", "service_name": "Fallen tree", "description": None, "metadata": True,
     "type": "realtime", "keywords": None, "group": None},
]  # fmt: skip
CODES = [service["service_code"] for service in SERVICES]
ATTRIBUTES: list[dict[str, Any]] = [
    {"variable": True, "code": "bin", "datatype": "multivaluelist", "required": True, "datatype_description": None,
     "order": 1, "description": "Which?", "values": [{"key": "org", "name": "Organic"}, {"key": "rec", "name": "R"}]},
    {"variable": True, "code": "since", "datatype": "datetime", "required": False, "datatype_description": None,
     "order": 2, "description": "Since when?"},
]  # fmt: skip


def request(id_: str, code: str, status: str, age: dt.timedelta) -> dict[str, Any]:
    """A request as the list shows it."""
    made = (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "service_request_id": id_, "status": status, "status_notes": None, "service_name": code,
        "service_code": code, "description": f"About {code}", "agency_responsible": None, "service_notice": None,
        "requested_datetime": made, "updated_datetime": made, "expected_datetime": None, "address": None,
        "address_id": None, "zipcode": None, "lat": 11.5696, "long": 104.921, "media_url": None,
    }  # fmt: skip


@dataclass
class Asked:
    """A call: what it is about, the form it wants, and everything that was sent."""

    what: str
    form: str
    name: str
    given: Mapping[str, list[str]]
    accept: str

    def one(self, name: str) -> str:
        """The first value of a parameter; empty where there is none."""
        return next((value for value in self.given.get(name, ()) if value), "")

    def many(self, name: str) -> list[str]:
        """Every value of a list."""
        return [part for value in self.given.get(name, ()) for part in value.split(",") if part]


@dataclass
class Made:
    """An answer before it is written out."""

    status: int
    root: str
    tree: Any
    form: str
    type: str | None = None
    raw: Callable[[bytes], bytes] = field(default=lambda body: body)


Plant = Callable[[Asked, Made], Made]


class Refused(Exception):
    """The standard's refusal."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Endpoint:
    """The endpoint's state; ``plant`` changes its answers."""

    def __init__(self) -> None:
        self.plant: Plant | None = None
        self.url = ""
        self.calls = 0
        self.requests = [
            request("r-1", "bins", "open", dt.timedelta(hours=1)),
            request("r-2", "light", "closed", dt.timedelta(days=2)),
            request("r-3", "light", "open", dt.timedelta(days=10)),
        ]

    def answer(self, asked: Asked) -> Made:
        """The right answer, and what the plant makes of it."""
        self.calls += 1
        form = asked.form if asked.form in ("json", "xml") else "xml"
        try:
            root, tree = self._right(asked)
            made = Made(200, root, tree, form)
        except Refused as why:
            made = Made(why.status, "errors", [{"code": why.status, "description": str(why)}], form)
        return self.plant(asked, made) if self.plant else made

    def _right(self, asked: Asked) -> tuple[str, Any]:
        if asked.form not in ("json", "xml"):
            raise Refused(404, "no such form")
        if asked.what == "discovery":
            return "discovery", self._discovery()
        if not asked.one("jurisdiction_id"):
            raise Refused(400, "jurisdiction_id is missing")
        if asked.one("jurisdiction_id") != TOWN:
            raise Refused(404, "jurisdiction_id is not known")
        match asked.what:
            case "services":
                return "services", [dict(one) for one in SERVICES]
            case "definition":
                return "service_definition", self._definition(asked.name)
            case "requests":
                return "service_requests", [dict(one) for one in self._listed(asked)]
            case "request":
                found = [dict(one) for one in self.requests if one["service_request_id"] == asked.name]
                if not found:
                    raise Refused(404, "no such request")
                return "service_requests", found
            case "file":
                return "service_requests", [self._file(asked)]
        raise Refused(404, "there is no such thing")

    def _discovery(self) -> dict[str, Any]:
        stages = (("production", self.url), ("test", f"{self.url}/test"))
        return {
            "changeset": "2026-01-01T00:00:00Z",
            "contact": "desk@town.example",
            "key_service": "Ask the desk.",
            "endpoints": [
                {"specification": WIKI, "url": url, "changeset": "2026-01-01T00:00:00Z", "type": kind,
                 "formats": ["text/xml", "application/json"]}
                for kind, url in stages
            ],
        }  # fmt: skip

    def _definition(self, code: str) -> dict[str, Any]:
        if code not in CODES:
            raise Refused(404, "no such service")
        attributes = [dict(one) for one in ATTRIBUTES] if code != "light" else []
        return {"service_code": code, "attributes": attributes}

    def _listed(self, asked: Asked) -> list[dict[str, Any]]:
        ids = asked.many("service_request_id")
        if ids:
            return [one for one in self.requests if one["service_request_id"] in ids]
        start, end = (self._time(asked.one(name)) for name in ("start_date", "end_date"))
        if start and end and (start > end or end - start > dt.timedelta(days=90)):
            raise Refused(400, "that span is not possible")
        statuses, codes = asked.many("status"), asked.many("service_code")
        if set(statuses) - {"open", "closed"}:
            raise Refused(400, "no such status")
        if codes and not set(codes) & set(CODES):
            raise Refused(404, "no such service")
        found = [
            one
            for one in self.requests
            if (not statuses or one["status"] in statuses)
            and (not codes or one["service_code"] in codes)
            and (not start or start <= dt.datetime.fromisoformat(one["requested_datetime"]))
            and (not end or dt.datetime.fromisoformat(one["requested_datetime"]) <= end)
        ]
        size = int(asked.one("page_size") or 1000)
        begin = (int(asked.one("page") or 1) - 1) * size
        return found[begin : begin + size]

    def _time(self, text: str) -> dt.datetime | None:
        if not text:
            return None
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", text):
            raise Refused(400, "no date with a zone")
        return dt.datetime.fromisoformat(text)

    def _file(self, asked: Asked) -> dict[str, Any]:
        if asked.one("api_key") != KEY:
            raise Refused(403, "the api_key is missing or wrong")
        code = asked.one("service_code")
        if not code:
            raise Refused(400, "service_code is missing")
        if code not in CODES:
            raise Refused(404, "no such service")
        place = [asked.one("lat"), asked.one("long")]
        in_words = asked.one("address_string") and not any(place)
        if not in_words and not all(re.fullmatch(r"-?\d+(\.\d+)?", one) for one in place):
            raise Refused(400, "say where it is")
        if code == "bins" and not asked.many("attribute[bin][]"):
            raise Refused(400, "attribute[bin] is missing")
        words = asked.one("description")
        if len(words) > 4000:
            raise Refused(400, "too long")
        id_ = f"n-{len(self.requests)}"
        made = request(id_, code, "open", dt.timedelta()) | {"description": words}
        self.requests.insert(0, made)
        return {"service_request_id": id_, "service_notice": None, "account_id": None}


def as_xml(name: str, tree: Any) -> ElementTree.Element:
    """A tree as the standard's conversion has it in XML."""
    element = ElementTree.Element(name)
    if isinstance(tree, dict):
        element.extend(as_xml(child, inner) for child, inner in tree.items())
    elif isinstance(tree, list):
        element.extend(as_xml(CHILD.get(name, "member"), inner) for inner in tree)
    elif tree is not None:
        element.text = str(tree).lower() if isinstance(tree, bool) else str(tree)
    return element


def written(made: Made) -> tuple[str, bytes]:
    """The type and the body of an answer."""
    if made.form == "json":
        body = json.dumps(made.tree, ensure_ascii=False).encode()
        return made.type or "application/json; charset=utf-8", made.raw(body)
    text = ElementTree.tostring(as_xml(made.root, made.tree), encoding="unicode")
    return made.type or "text/xml; charset=utf-8", made.raw(
        f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()
    )


def read(method: str, path: str, headers: Any, body: bytes) -> Asked:
    """What a call asks for."""
    parts = urlsplit(path)
    given = parse_qs(parts.query, keep_blank_values=True)
    kind = headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        for part in message.get_payload():
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
            text = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
            given.setdefault(str(name), []).append(text)
    elif body:
        for name, values in parse_qs(body.decode(), keep_blank_values=True).items():
            given.setdefault(name, []).extend(values)
    stem, _, form = parts.path.rpartition(".")
    base, what, name = (*stem.split("/")[1:], "", "", "")[:3]
    named = {"services": "definition", "requests": "request", "tokens": "token"}
    if base != "v2":
        what = "elsewhere"
    if name:
        what = named.get(what, what)
    if method == "POST":
        what = "file"
    return Asked(what, form, name, given, headers.get("Accept", ""))


@contextmanager
def served() -> Iterator[Endpoint]:
    """A running endpoint."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = read(self.command, self.path, self.headers, self.rfile.read(length))
            made = endpoint.answer(asked)
            kind, body = written(made)
            self.send_response(made.status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v2"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
