"""Another system's GeoReport v2 server, called from here: one call each, and every outcome by its name.

Whoever sends something needs to know which of three things happened: it is there, it is surely not there, or
nobody knows. The errors are these answers, and only what is surely not there may simply be sent again.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from nagara.notifications.channels.sms import waiting_time
from nagara.open311.client_reading import (
    NotGeoReport,
    TheirError,
    TheirRequest,
    TheirUpdate,
    Tree,
    errors_of,
    id_of,
    read_tree,
    request_of,
    rows_of,
    text_of,
    update_of,
)
from nagara.outgoing import AddressNotAllowed, Answer, Caller, NotReached

LARGEST_LIST = 16 * 1024 * 1024
USER_AGENT = "Nagara-Open311/1"
EXTENSIONS: Mapping[str, str] = MappingProxyType({"extensions": "true"})
NEVER_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})
"""Errors of a call that ended before anything was sent."""

NEXT_LINK = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
Fields = Sequence[tuple[str, str]]


class NotTaken(Exception):
    """It is surely not there: nobody was reached, or it was too much for now. ``wait``: how long they asked for."""

    def __init__(self, why: str, wait: dt.timedelta | None = None) -> None:
        super().__init__(why)
        self.why, self.wait = why, wait


class Unclear(Exception):
    """It may be there: the answer did not come, broke off, or was none."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(Exception):
    """They said no, and will say it again. ``code``: the HTTP status, or theirs where that said success."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Posted:
    """What a server made of a request: an id, a token for one, or neither (it never tells)."""

    id: str | None
    token: str | None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A picture that goes along."""

    name: str
    content: bytes
    content_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Page:
    """Requests of a list, and the address of the next page where the server names one."""

    requests: tuple[TheirRequest, ...]
    next_url: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is and how it is spoken to. ``zone``: what it means by a time without a zone."""

    url: str
    jurisdiction: str | None = None
    key: str | None = None
    form: str = "json"
    zone: dt.tzinfo | None = None

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a resource."""
        given = {"jurisdiction_id": self.jurisdiction, **(query or {})}
        asked = urlencode({name: value for name, value in given.items() if value})
        return f"{self.url.rstrip('/')}/{path}.{self.form}" + (f"?{asked}" if asked else "")


class Server:
    """Calls of one endpoint over connections that somebody else opens and closes."""

    def __init__(self, caller: Caller, endpoint: Endpoint) -> None:
        self._caller, self.endpoint = caller, endpoint
        self.plain = False
        """It refuses parameters that are not the standard's."""

    def post_request(self, fields: Fields, files: Sequence[File] = (), key: str | None = None) -> Posted:
        """File a request. ``key``: under which a server that knows such keys takes a repetition as the same.

        Raises ``NotTaken``, ``Unclear`` or ``Refused``.
        """
        tree = self._post("requests", fields, files, {"Idempotency-Key": key} if key else {})
        rows = self._meaning(tree, "service_requests")
        if not rows:
            raise Unclear("an empty list for an answer")
        row = rows[0]
        id_, token = id_of(row.get("service_request_id")), id_of(row.get("token"))
        return Posted(id_, None if id_ else token, text_of(row.get("service_notice")))

    def post_update(self, fields: Fields) -> None:
        """Tell of a change in the form of the update exchange; as ``post_request``."""
        self._meaning(self._post("servicerequestupdates", fields, (), {}), "service_request_updates")

    def id_of(self, token: str) -> str | None:
        """The id a token became; None while there is none. Raises as ``requests``."""
        rows = self._list(self.endpoint.address(f"tokens/{quote(token, safe='')}"), "service_requests")[0]
        return next((id_of(row.get("service_request_id")) for row in rows), None)

    def request(self, id_: str) -> TheirRequest | None:
        """One request; None where the server has none of this id, or shows it to nobody."""
        address = self.endpoint.address(f"requests/{quote(id_, safe='')}", {"extensions": "true"})
        try:
            rows = self._list(address, "service_requests")[0]
        except Refused as refusal:
            if refusal.code == "404":
                return None
            raise
        return next((request_of(row, self.endpoint.zone) for row in rows), None)

    def requests(self, query: Mapping[str, str], more: Mapping[str, str] = EXTENSIONS) -> Page:
        """A page of the list. ``more``: what the standard does not know; a server that refuses it is asked without.

        Raises ``NotTaken`` where nobody answers or too much was asked, ``Refused``, or ``Unclear`` for an answer that
        is none: also for errors under a status of success.
        """
        if not self.plain:
            try:
                return self.page(self.endpoint.address("requests", {**more, **query}))
            except Refused as refusal:
                if refusal.code != "400":
                    raise
                self.plain = True
        return self.page(self.endpoint.address("requests", query))

    def page(self, address: str) -> Page:
        """The page at an address that an earlier page named. It must be of the same server."""
        self._demand_own(address)
        rows, answer = self._list(address, "service_requests")
        found = tuple(request_of(row, self.endpoint.zone) for row in rows)
        return Page(found, next_address(address, answer))

    def updates(self, start: dt.datetime, end: dt.datetime) -> list[TheirUpdate]:
        """Changes between two instants in the form of the update exchange, every page of them."""
        query = {"start_date": w3c(start), "end_date": w3c(end)}
        if self.endpoint.key:
            query["api_key"] = self.endpoint.key
        address: str | None = self.endpoint.address("servicerequestupdates", query)
        found: list[TheirUpdate] = []
        for _ in range(1000):
            if address is None:
                break
            rows, answer = self._list(address, "service_request_updates")
            try:
                found += [update_of(row, self.endpoint.zone) for row in rows]
            except NotGeoReport as error:
                raise Unclear(str(error)) from None
            address = next_address(address, answer)
            if address is not None:
                self._demand_own(address)
                address = self._with_key(address)
        return found

    def _demand_own(self, address: str) -> None:
        if urlsplit(address).netloc != urlsplit(self.endpoint.url).netloc:
            raise Unclear("the next page is said to be at another server")

    def _with_key(self, address: str) -> str:
        """The address with our key: a server that keeps keys out of its links means it none the less."""
        parts = urlsplit(address)
        if not self.endpoint.key or "api_key" in dict(parse_qsl(parts.query)):
            return address
        own = urlencode({"api_key": self.endpoint.key})
        return parts._replace(query="&".join(one for one in (parts.query, own) if one)).geturl()

    def services(self) -> list[Mapping[str, Any]]:
        """The list of services, as objects."""
        return self._list(self.endpoint.address("services"), "services")[0]

    def _post(
        self, path: str, fields: Fields, files: Sequence[File], headers: Mapping[str, str]
    ) -> tuple[Tree, Answer]:
        own = [(name, value) for name, value in (
            ("api_key", self.endpoint.key), ("jurisdiction_id", self.endpoint.jurisdiction)
        ) if value]  # fmt: skip
        content_type, body = encoded([*own, *fields], files)
        url = f"{self.endpoint.url.rstrip('/')}/{path}.{self.endpoint.form}"
        given = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
        return self._called("POST", url, given, body)

    def _list(self, address: str, root: str) -> tuple[list[Mapping[str, Any]], Answer]:
        tree, answer = self._called("GET", address, {}, b"")
        return self._meaning((tree, answer), root), answer

    def _called(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[Tree, Answer]:
        given = {"Host": urlsplit(url).netloc, "User-Agent": USER_AGENT, "Accept": _ACCEPT, **headers}
        try:
            answer = self._caller.call(method, url, given, body, LARGEST_LIST)
        except AddressNotAllowed as error:
            raise NotTaken(f"the address {error}") from None
        except NotReached as error:
            why = str(error)
            raise (NotTaken if why in NEVER_CONNECTED else Unclear)(f"no answer ({why})") from None
        if answer.status == 429:
            raise NotTaken("too much for now (HTTP 429)", waiting_time(answer.headers.get("retry-after")))
        try:
            tree = read_tree(answer.headers.get("content-type", ""), answer.body)
        except NotGeoReport as error:
            if 400 <= answer.status < 500:
                raise Refused(str(answer.status), str(error)) from None
            raise Unclear(f"HTTP {answer.status}: {error}") from None
        return tree, answer

    @staticmethod
    def _meaning(called: tuple[Tree, Answer], root: str) -> list[Mapping[str, Any]]:
        """The objects of an answer; raises what it says instead."""
        tree, answer = called
        errors = errors_of(tree)
        if errors or not 200 <= answer.status < 300:
            refuse(answer.status, errors)
        try:
            return rows_of(tree, root)
        except NotGeoReport as error:
            raise Unclear(str(error)) from None


def next_address(address: str, answer: Answer) -> str | None:
    """Where the page after this one is, if any; a relative link counts from this one's address (RFC 8288)."""
    following = NEXT_LINK.search(answer.headers.get("link", ""))
    return urljoin(address, following[1]) if following else None


_ACCEPT = "application/json, text/xml;q=0.9, */*;q=0.1"


def refuse(status: int, errors: Sequence[TheirError]) -> NoReturn:
    """Raise what an answer means that is no success: a refusal, or that nobody knows."""
    words = "; ".join(dict.fromkeys(one.words for one in errors))[:500] or "no words"
    code = str(status) if status >= 300 else next((one.code for one in errors if one.code), str(status))
    if not code.isdigit() or 400 <= int(code) < 500 or (status < 300 and int(code) < 300):
        raise Refused(code, words)
    raise Unclear(f"HTTP {status}: {words}")


def encoded(fields: Fields, files: Sequence[File] = ()) -> tuple[str, bytes]:
    """Content type and bytes of a form: as the standard has it, or with files as browsers send them."""
    if not files:
        return "application/x-www-form-urlencoded; charset=utf-8", urlencode(fields).encode()
    boundary = secrets.token_hex(16)
    parts = []
    for name, value in fields:
        parts.append(f'Content-Disposition: form-data; name="{_plain(name)}"\r\n\r\n{value}\r\n'.encode())
    for file in files:
        head = (
            f'Content-Disposition: form-data; name="media"; filename="{_plain(file.name)}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n"
        )
        parts.append(head.encode() + file.content + b"\r\n")
    line = f"--{boundary}\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", line + line.join(
        parts
    ) + f"--{boundary}--\r\n".encode()


def _plain(name: str) -> str:
    return name.replace('"', "%22").replace("\r", " ").replace("\n", " ")


def w3c(at: dt.datetime) -> str:
    """An instant as the standard writes it."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
