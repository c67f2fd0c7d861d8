"""Two Nagaras, each the other's external owner: a request travels, is worked on, comes back closed - each step once.

Two databases, two APIs, two workers with their clocks, as they are run. One side is killed at every point where a
step has half happened: before the request arrives, between its arrival and the book, and on the way back.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from nagara import accounts
from nagara.database import city_session, engine
from nagara.local.children import kill_group, start_child
from nagara.local.ports import free_port
from nagara.local.programs import answers_ready, api_service
from nagara.local.throwaway import Throwaway
from tests.conftest import REPOSITORY, Emptying
from tests.waiting import PATIENCE_SECONDS, wait_until

CITY = "kh-bat"
PASSWORD = "a long password of the test"


class Instance:
    """One Nagara: its database, its programs, and somebody of its staff."""

    def __init__(self, name: str, services: Throwaway, folder: Path, number: int) -> None:
        self.name, self.folder, self.port = name, folder / name, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = services.cluster.url_of(name)
        self.redis_url = f"{services.redis_url.rpartition('/')[0]}/{number}"
        self.programs: dict[str, Any] = {}
        self.token = ""
        shutil.copytree(REPOSITORY / "city_config" / "cities" / CITY, self.folder / "cities" / CITY)
        shutil.copytree(REPOSITORY / "city_config" / "messages", self.folder / "messages")
        shutil.copy(REPOSITORY / "city_config" / "network.yaml", self.folder / "network.yaml")

    def owns_elsewhere(self, key: str, other: Instance, **fields: Any) -> None:
        """Some of its requests belong to the other instance."""
        self.key = key
        owner = {
            "endpoint": f"{other.url}/open311/v2",
            "jurisdiction": CITY,
            "key": "partner",
            "repeat": "by_key",
        }
        owner |= {"every_seconds": 2} | fields
        path = self.folder / "cities" / CITY / "external_owners.yaml"
        path.write_text(yaml.safe_dump({"external_owners": [owner]}), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What its programs run in."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("NAGARA_", "DATABASE", "REDIS"))}
        return own | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "NAGARA_CITY_CONFIG": str(self.folder),
            "NAGARA_DATA": str(self.folder),
            "NAGARA_PUBLIC_URL": self.url,
            "NAGARA_EXTERNAL_KEYS": json.dumps({f"{CITY}/partner": self.key}),
            "NAGARA_DEMO": "1",
            "NAGARA_RATE_LIMITS": "off",
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, *parts: str) -> None:
        """Start its API, or its worker with the clock in it."""
        worker = [
            "celery",
            "-q",
            "-A",
            "workers.app",
            "worker",
            "-B",
            "--concurrency",
            "1",
            "--loglevel",
            "warning",
        ]
        worker += ["--schedule", str(self.folder / "beat"), "--without-gossip", "--without-mingle"]
        commands = {
            "api": list(api_service(self.port, 1, {}).command),
            "worker": [sys.executable, "-m", *worker],
        }
        for part in parts:
            log = self.folder / f"{part}.log"
            self.programs[part] = start_child(commands[part], log, environment=self.environment())

    def kill(self, *parts: str) -> None:
        """SIGKILL to programs and all their children."""
        for part in parts:
            program = self.programs.pop(part, None)
            if program is not None:
                kill_group(program.pid)
                program.wait()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What its database holds; or a change of it, as time passing."""
        with psycopg.connect(self.database_url, autocommit=True) as owner:
            cursor = owner.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A JSON call; the answer's content."""
        data = json.dumps(body).encode() if body is not None else None
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"} | headers
        request = urllib.request.Request(f"{self.url}{path}", data, given, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    def sign_in(self) -> None:
        """Somebody of its staff."""
        self.token = self.call(
            "POST", "/api/v1/staff/session", {"username": f"sok@{CITY}", "password": PASSWORD}
        )["token"]

    def filed(self, service: str) -> str:
        """The reference of a resident's report."""
        body = {
            "service_code": service,
            "lat": 13.1027,
            "lon": 103.1982,
            "contact": {"email": "r@example.org"},
        }
        made = self.call("POST", f"/api/v1/cities/{CITY}/requests", body)
        return str(made["reference"])

    def move(self, reference: str, move: str, **details: str) -> None:
        """Its staff make a move."""
        self.call("POST", f"/api/v1/staff/requests/{reference}/{move}", details)

    def link(self, reference: str) -> dict[str, Any]:
        """How a request stands at the other, as its staff see it; empty before anything stands."""
        found = self.call("GET", f"/api/v1/staff/requests/{reference}/external")["owners"]
        return dict(found[0]) if found else {}

    def history(self, reference: str) -> list[str]:
        """Kinds of events of a request, those of the ladder left out."""
        rows = self.rows(
            "select e.kind from event e join request r on r.city_id = e.city_id and r.id = e.request_id "
            "where r.reference = %s and e.kind <> 'escalated' order by e.seq",
            reference,
        )
        return [row[0] for row in rows]

    def mails_of_closings(self) -> int:
        """How many mails tell of what the other closed."""
        [(count,)] = self.rows(
            "select count(*) from notification n join event e using (city_id, request_id, seq) "
            "where e.kind = 'resolved' and n.channel = 'email' and e.actor_kind = 'external_system'"
        )
        return int(count)

    def leases_end(self) -> None:
        """A minute passes for whatever a killed worker had in hand, and for who is left alone."""
        self.rows("update external_request set next_attempt_at = now() where next_attempt_at is not null")
        self.rows("update external_request set next_tell_at = now() where next_tell_at is not null")
        self.rows("update external_destination set open_until = now() where open_until is not null")


@pytest.fixture
def two(
    database_url: str, emptying: Emptying, services: Throwaway, tmp_path: Path
) -> Iterator[tuple[Instance, Instance]]:
    """Two that know each other's keys, their tables made, nothing started."""
    with city_session(CITY) as session:
        accounts.add_account(session, CITY, "sok", PASSWORD, "supervisor")
        key = accounts.add_key(session, CITY, "Neighbour", "open311")
    engine("nagara_app").dispose()
    emptying.close()
    with psycopg.connect(database_url, autocommit=True) as owner:
        template = owner.info.dbname
    with psycopg.connect(services.cluster.url_of("postgres"), autocommit=True) as owner:
        for name in ("first", "second"):
            owner.execute(f"create database {name} template {template}".encode())
    first, second = (Instance(name, services, tmp_path, n) for n, name in enumerate(("first", "second"), 2))
    told = {"reopened": "REOPEN", "withdrawn": "CANCELLED"}
    lamps = {"street_light": "street_light"}
    first.owns_elsewhere(
        key, second, code="works", department="dpwt", services=lamps, news="updates", tells=told
    )
    dirt = {"street_dirty": "street_dirty"}
    second.owns_elsewhere(
        key, first, code="cleaning", department="beautification", services=dirt, news="by_id"
    )
    try:
        yield first, second
    finally:
        for one in (first, second):
            one.kill("api", "worker")


def works(instance: Instance) -> Callable[[], bool]:
    """Whether its API is ready."""
    return answers_ready(instance.port)


def test_a_request_travels_is_worked_on_and_comes_back_closed_each_once(
    two: tuple[Instance, Instance], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two
    first.start("api", "worker")
    wait_until(works(first), "the first is ready")
    first.sign_in()
    request = first.filed("street_light")
    wait_until(lambda: first.link(request).get("attempts", 0) >= 1, "tried while the second is down")
    assert (first.link(request)["state"], first.link(request)["problem"]) == ("waiting", "no_answer")

    second.start("api", "worker")
    wait_until(works(second), "the second is ready")
    second.sign_in()
    # The book is held shut: the request arrives, and whoever sent it dies before that is written down.
    with psycopg.connect(first.database_url) as held:
        held.execute("select from request where reference = %s for no key update", (request,))
        first.leases_end()
        wait_until(lambda: second.rows("select 1 from request") != [], "it arrived")
        first.kill("worker")
    assert first.link(request)["their_id"] is None
    assert first.link(request)["perhaps_there"]

    back = second.filed("street_dirty")  # the other way round, while the first has no worker
    first.start("worker")
    first.leases_end()
    wait_until(lambda: first.link(request)["state"] == "sent", "sent again under its key")
    wait_until(lambda: second.link(back).get("state") == "sent", "the other's request is here")
    theirs, ours = first.link(request)["their_id"], second.link(back)["their_id"]

    second.move(theirs, "start")
    first.move(ours, "start")
    wait_until(lambda: "started" in first.history(request), "work is seen")
    wait_until(lambda: "started" in second.history(back), "and the other way round")
    second.kill("api")  # the way back is cut
    first.move(ours, "resolve", reason="cleaned", note="Swept.")
    first.kill("worker")  # and then nobody looks
    second.start("api")
    wait_until(works(second), "the second is back")
    second.move(theirs, "resolve", reason="fixed", note="Lamp replaced.")
    first.start("worker")
    first.leases_end()
    second.leases_end()
    wait_until(lambda: "resolved" in first.history(request), "it comes back closed")
    wait_until(lambda: "resolved" in second.history(back), "and so does the other")

    first.move(request, "reopen", note="Dark again.")
    wait_until(
        lambda: "reopened" in second.history(theirs) or "feedback_given" in second.history(theirs),
        "told",
    )

    wait_until(first.mails_of_closings, "whoever filed it is told")

    counts = {
        "requests at the second from the first": second.rows(
            "select count(*) from request where channel = 'open311' and reference = %s", theirs
        )[0][0],
        "requests in both": (
            len(first.rows("select 1 from request")),
            len(second.rows("select 1 from request")),
        ),
        "history at the first": first.history(request),
        "history at the second, of the other": second.history(back),
        "mails of its closing": first.mails_of_closings(),
    }
    with capsys.disabled():
        print("\n" + "\n".join(f"{what}: {count}" for what, count in counts.items()))
    assert counts["requests at the second from the first"] == 1
    assert counts["requests in both"] == (2, 2)
    assert counts["history at the first"] == ["filed", "sent_on", "started", "resolved", "reopened"]
    assert counts["history at the second, of the other"] == ["filed", "sent_on", "started", "resolved"]
    assert counts["mails of its closing"] == 1
