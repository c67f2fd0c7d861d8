"""What is sent to an endpoint and what came back: each question once, slowly, within bounds, to public addresses.

The rules see ``Seen`` alone, so that they stay pure; only ``Dialogue`` speaks HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from nagara.outgoing import Answer, Caller, NotReached

LARGEST_ANSWER = 4 * 1024 * 1024
MOST_CALLS = 120
"""More are never made in one check, whatever the rules ask for."""

USER_AGENT = "Nagara-Open311-Check/1"
EXCERPT = 300
FORM = "application/x-www-form-urlencoded; charset=utf-8"
SECRET = "api_key"  # noqa: S105 - the name of the parameter whose value is never shown

Pairs = tuple[tuple[str, str], ...]


class NotJudged(Exception):
    """A rule cannot be judged here; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is checked: the base address of the endpoint, and what its owner gave for it."""

    base: str
    jurisdiction: str | None = None
    api_key: str | None = None
    position: tuple[float, float] | None = None
    """Latitude and longitude at which a request may be filed, where filing is tried."""
    discovery: str | None = None
    """Where discovery is, without its suffix; None: looked for at the base and one above."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A call: ``path`` follows the base, or is a whole address."""

    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes | None = None
    content_type: str = FORM

    @property
    def method(self) -> str:
        """POST where there is a body."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: bytes = b""

    @property
    def form(self) -> str:
        """The form the address asked for: xml or json."""
        return self.url.partition("?")[0].rpartition(".")[2]

    def excerpt(self) -> str:
        """The beginning of the answer, on one line."""
        text = " ".join(self.body.decode("utf-8", "replace").split())
        return text if len(text) <= EXCERPT else text[:EXCERPT] + " ..."

    def __str__(self) -> str:
        return f"{self.method} {self.url} -> {self.status} {self.headers.get('content-type', 'no type')}"


class Seen:
    """The answers there are, by the names of their questions; what is missing says why."""

    def __init__(self, found: Mapping[str, Exchange], missing: Mapping[str, str]) -> None:
        self._found, self._missing = found, missing

    def __getitem__(self, name: str) -> Exchange:
        found = self._found.get(name)
        if found is None:
            raise NotJudged(self._missing.get(name, f"{name} was not asked"))
        return found

    def if_asked(self, name: str) -> Exchange | None:
        """The answer, or None where there is none."""
        return self._found.get(name)

    def some(self, *names: str) -> list[Exchange]:
        """Those of these that were answered; raise ``NotJudged`` if none was."""
        found = [self._found[name] for name in names if name in self._found]
        if not found:
            raise NotJudged(self._missing.get(names[0], "nothing was answered") if names else "nothing asked")
        return found


Question = Callable[["Dialogue"], Ask]
"""Makes a call, perhaps from earlier answers; raises ``NotJudged`` where there is nothing to ask with."""


@dataclass
class Dialogue:
    """Asks each question at most once and keeps what came; ``pause`` seconds lie between two calls."""

    target: Target
    questions: Mapping[str, Question]
    caller: Caller
    pause: float = 0.5
    found: dict[str, Exchange] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    asked_at: float | None = None
    without_json: str | None = None
    """Why nothing is asked for in JSON, if nothing is."""

    def ask(self, name: str) -> Exchange:
        """The answer to a question; raise ``NotJudged`` where it could not be asked or was not answered."""
        if name in self.missing:
            raise NotJudged(self.missing[name])
        if name not in self.found:
            try:
                question = self.questions[name](self)
                self._refuse_left_out(name, question)
                self.found[name] = self.call(question)
            except NotJudged as why:
                self.missing[name] = str(why)
                raise
        return self.found[name]

    def _refuse_left_out(self, name: str, question: Ask) -> None:
        if self.without_json and question.path.endswith(".json") and not name.startswith("discovery"):
            raise NotJudged(self.without_json)

    def leave_json_out(self, why: str) -> None:
        """Ask for nothing in JSON from here on, discovery apart; what was answered so far does not count."""
        self.without_json = why
        for name in [one for one, made in self.found.items() if made.form == "json"]:
            if not name.startswith("discovery"):
                del self.found[name]

    def seen(self) -> Seen:
        """What there is so far."""
        return Seen(self.found, self.missing)

    def call(self, ask: Ask) -> Exchange:
        """Make one call, not sooner than ``pause`` after the last."""
        if self.calls >= MOST_CALLS:
            raise NotJudged(f"more than {MOST_CALLS} calls would be needed")
        self.calls += 1
        if self.asked_at is not None:
            time.sleep(max(0.0, self.asked_at + self.pause - time.monotonic()))
        url = self.address(ask)
        headers = {"User-Agent": USER_AGENT, "Host": url.split("/")[2]} | dict(ask.headers)
        if ask.body is not None:
            headers |= {"Content-Type": ask.content_type, "Content-Length": str(len(ask.body))}
        try:
            answer: Answer = self.caller.call(ask.method, url, headers, ask.body or b"", LARGEST_ANSWER)
        except NotReached as why:
            raise NotJudged(f"{ask.method} {self._shown(url)} was not answered: {why}") from None
        finally:
            self.asked_at = time.monotonic()
        if len(answer.body) >= LARGEST_ANSWER:
            raise NotJudged(f"the answer to {self._shown(url)} is larger than {LARGEST_ANSWER} bytes")
        return Exchange(ask.method, self._shown(url), answer.status, answer.headers, answer.body)

    def address(self, ask: Ask) -> str:
        """Where a call goes."""
        url = ask.path if "://" in ask.path else f"{self.target.base}/{ask.path}"
        return f"{url}?{urlencode(ask.query)}" if ask.query else url

    def _shown(self, url: str) -> str:
        """An address without the key that may be in it."""
        key = self.target.api_key
        return url.replace(quote(key, safe=""), "***") if key else url
