"""What the hot paths cost, counted rather than timed: statements and round trips."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO, Any

import psycopg
import pytest
from PIL import Image
from psycopg import pq
from redis.asyncio import Redis
from sqlalchemy import event, text
from sqlalchemy.pool import QueuePool
from starlette.testclient import TestClient

from api.dependencies import Resources
from nagara import accounts
from nagara.accounts import people, sessions
from nagara.cities import city_of, configuration
from nagara.database import (
    Role,
    app_connection,
    city_session,
    clock_connection,
    engine,
    network_connection,
    time_told,
)
from nagara.filing import together
from nagara.gis import map_builds, map_points
from nagara.gis.mercator import tile_around
from nagara.indicators.build import build_city
from nagara.indicators.period import Period
from nagara.network.live_counts import network_reader
from nagara.network_report import build_report
from nagara.permissions import Role as Post
from nagara.rate_limits import RateLimiter
from nagara.review import releases, reviews
from nagara.settings import settings
from tests.helpers import file, multiply
from tests.nagara.indicators.logged import log_request

PASSWORD = "a long demo password"
BODY = {
    "service_code": "waste_missed",
    "lat": 11.5564,
    "lon": 104.9282,
    "contact": {"email": "a@example.org"},
}
PATH = "/api/v1/cities/kh-pnh/requests"


AROUND = ("BEGIN", "COMMIT", "ROLLBACK", ";")
"""What connections other than the hot paths' send besides what they are asked; each of these is waited for alone."""


@dataclass
class Traffic:
    """What went to the database over all connections together, however they were come by."""

    statements: int = 0
    round_trips: int = 0
    sessions: int = 0
    """How often a connection was used that is not of the hot paths' pool."""
    opened: int = 0
    """How many of those were opened for it, which costs round trips of their own before the first that is counted."""
    around: int = 0
    """Statements, and round trips, that begin or end a transaction of theirs, or ask whether one still stands."""

    @property
    def asked(self) -> int:
        """The round trips in which something was asked."""
        return self.round_trips - self.around

    def read(self, trace: str) -> None:
        """Count a trace of libpq's: what the client sent, and how often it then asked for the answer.

        A second demand with nothing sent since the first adds no wait.
        """
        unanswered = False
        for line in trace.splitlines():
            sender, _, kind, *told = [*line.split("\t"), "", ""]
            if sender != "F":
                continue
            if kind in ("Execute", "Query"):
                self.statements += 1
                unanswered = True
            if kind in ("Sync", "Flush", "Query") and unanswered:
                self.round_trips += 1
                unanswered = False
            if kind == "Query" and told[0].strip(' "') in AROUND:
                self.around += 1


class Watch:
    """Has libpq write down what goes over connections, each to a file of its own."""

    def __init__(self) -> None:
        self._files: list[IO[str]] = []

    def begin(self, connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
        """From now on; until ``untrace``, which writes down the rest."""
        written = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the others
        self._files.append(written)
        connection.pgconn.trace(written.fileno())
        connection.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)

    def count(self, traffic: Traffic) -> None:
        """Add up what was written."""
        for written in self._files:
            with written:
                written.seek(0)
                traffic.read(written.read())


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The application with a pool of its own, whose one connection has prepared nothing yet."""
    from api.app import create_app  # it reads the settings, which the database must have made

    app = create_app()
    with TestClient(app, backend_options={"use_uvloop": True}) as client:
        held: Resources = app.state.resources
        unlimited = RateLimiter(Redis.from_url(settings().redis_url), False, held.secret)
        app.state.resources = replace(held, limiter=unlimited)  # all calls come from one address
        assert client.portal is not None
        client.portal.call(held.pool.wait)  # asked too early, it would open a second connection
        yield client


SESSIONS_OF: tuple[Role, ...] = ("nagara_app", "nagara_network")


@contextmanager
def counted(client: TestClient) -> Iterator[Traffic]:
    """Count what the calls inside cost, over the pool's connection and any other."""
    traffic, watch = Traffic(), Watch()
    pool = client.app.state.resources.pool  # type: ignore[attr-defined]
    assert client.portal is not None

    async def switch(on: bool) -> None:
        async with pool.connection() as connection:
            watch.begin(connection) if on else connection.pgconn.untrace()

    with ExitStack() as others:
        for role in SESSIONS_OF:
            others.enter_context(watched_engine(role, watch, traffic))
        others.enter_context(watched_opening(watch, traffic))
        client.portal.call(switch, True)
        try:
            yield traffic
        finally:
            assert pool.get_stats()["pool_size"] == 1, "all calls went over the connection that was watched"
            client.portal.call(switch, False)
    watch.count(traffic)


@contextmanager
def watched_engine(role: Role, watch: Watch, traffic: Traffic) -> Iterator[None]:
    """Watch the one connection that a role's engine then has."""
    used_by = engine(role)
    used_by.dispose()  # others might be lent, and what this one prepared would be anybody's guess

    def lent(*_: object) -> None:
        traffic.sessions += 1

    def only_one() -> psycopg.Connection[Any]:
        lent_out = used_by.raw_connection()
        connection = lent_out.driver_connection
        lent_out.close()
        assert isinstance(used_by.pool, QueuePool)
        assert used_by.pool.checkedin() == 1
        assert isinstance(connection, psycopg.Connection)
        return connection

    connection = only_one()
    watch.begin(connection)
    event.listen(used_by, "checkout", lent)
    try:
        yield
    finally:
        event.remove(used_by, "checkout", lent)
        connection.pgconn.untrace()
        assert only_one() is connection, "all calls went over the connection that was watched"


@contextmanager
def watched_opening(watch: Watch, traffic: Traffic) -> Iterator[None]:
    """Watch every connection that is opened meanwhile for a single use, until it is closed."""

    class Watched(psycopg.Connection[Any]):
        def close(self) -> None:
            if not self.closed:
                self.pgconn.untrace()
            super().close()

    def connect(conninfo: str = "", **more: Any) -> psycopg.Connection[Any]:
        connection = Watched.connect(conninfo, **more)
        traffic.sessions += 1
        traffic.opened += 1
        watch.begin(connection)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg, "connect", connect)
        yield


def filed(client: TestClient, key: str, status: int = 201) -> str:
    """File a report and return its reference."""
    answer = client.post(PATH, json=BODY, headers={"Idempotency-Key": key})
    assert answer.status_code == status, answer.text
    return str(answer.json()["reference"])


def signed_in(client: TestClient) -> Mapping[str, str]:
    """The header of a signed-in supervisor."""
    with city_session("kh-pnh") as session:
        accounts.add_account(session, "kh-pnh", "supervisor", PASSWORD, "supervisor")
        return {
            "Authorization": f"Bearer {accounts.sign_in(session, 'kh-pnh', 'supervisor', PASSWORD).token}"
        }


@pytest.fixture
def the_time_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch asks for the time, as one does that comes after a while."""
    monkeypatch.setattr(together, "CARRIED_FOR_S", 0.0)


def test_what_goes_over_other_connections_is_counted_too(client: TestClient) -> None:
    """A page that went another way to the database must not count as one that asks nothing."""
    ways: tuple[Callable[[], AbstractContextManager[psycopg.Connection[Any]]], ...] = (
        app_connection,
        network_reader,
        network_connection,
    )
    for way in ways:
        with counted(client) as traffic, way() as connection:
            connection.execute("select 2")
            connection.execute("select %s::int", (3,))
        assert (traffic.sessions, traffic.asked) == (1, 2), way
        assert traffic.opened == (way is network_connection)
        assert traffic.around == len(("begin", "end")) + (way is not network_connection)
    with counted(client) as traffic, city_session("kh-pnh") as session:
        session.execute(text("select 2"))
    assert (traffic.sessions, traffic.asked) == (1, len(("the city", "the question")))
    with counted(client) as traffic:
        pass
    assert traffic == Traffic()


@pytest.mark.usefixtures("the_time_is_asked_for")
def test_filing_is_one_transaction_of_two_round_trips(client: TestClient) -> None:
    filed(client, "first")
    with counted(client) as traffic:
        filed(client, "second")
    assert traffic.round_trips == 2
    assert traffic.statements == len(("the time", "the city", "all that is written"))
    assert traffic.sessions == 0


def test_filing_soon_after_another_is_one_round_trip(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CARRIED_FOR_S", "QUICKLY_S"):
        monkeypatch.setattr(together, name, 3600.0)
    filed(client, "first")
    with counted(client) as traffic:
        filed(client, "second")
    assert (traffic.round_trips, traffic.statements, traffic.sessions) == (1, 2, 0)


def test_pictures_cost_a_filing_nothing_more(client: TestClient) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "JPEG")
    sent = [
        client.post("/api/v1/cities/kh-pnh/media", files={"file": picture.getvalue()}).json()["id"]
        for _ in range(4)
    ]
    client.post(PATH, json=BODY | {"media": sent[:2]})
    with counted(client) as traffic:
        answer = client.post(PATH, json=BODY | {"media": sent[2:]})
    assert answer.status_code == 201, answer.text
    assert (traffic.round_trips, traffic.statements, traffic.sessions) == (2, 4, 0)


def test_joining_costs_a_filing_no_round_trip_more(client: TestClient) -> None:
    joined = {"same_as": filed(client, "first")}
    client.post(PATH, json=BODY | joined)
    with counted(client) as traffic:
        answer = client.post(PATH, json=BODY | joined)
    assert answer.json()["joined"] == joined["same_as"], answer.text
    assert (traffic.round_trips, traffic.sessions) == (2, 0)
    assert traffic.statements == 4 + len(("what is joined", "the link"))


def test_a_check_is_one_round_trip(client: TestClient) -> None:
    filed(client, "first")
    body = {name: BODY[name] for name in ("service_code", "lat", "lon")}
    client.post(f"{PATH}/check", json=body)
    with counted(client) as traffic:
        assert len(client.post(f"{PATH}/check", json=body).json()["nearby"]) == 1
    assert (traffic.round_trips, traffic.sessions) == (1, 0)
    assert traffic.statements == len(("the city", "the time", "what is near"))


@pytest.mark.usefixtures("the_time_is_asked_for")
def test_a_replay_reads_once_more_and_writes_nothing(client: TestClient) -> None:
    reference = filed(client, "first")
    assert filed(client, "first", 200) == reference
    with counted(client) as traffic:
        assert filed(client, "first", 200) == reference
    assert traffic.round_trips == 3
    assert traffic.sessions == 0


def test_the_public_status_is_one_statement_in_one_round_trip(client: TestClient) -> None:
    reference = filed(client, "first")
    assert client.get(f"/api/v1/requests/{reference}").status_code == 200
    with counted(client) as traffic:
        assert client.get(f"/api/v1/requests/{reference}").status_code == 200
    assert traffic.round_trips == 1
    assert traffic.statements - len(("the city",)) == 1
    assert traffic.sessions == 0


@pytest.mark.parametrize("limit", [1, 10, 60, 200])
@pytest.mark.parametrize("counts", ["false", "true"])
def test_a_queue_page_is_one_round_trip_whatever_its_size(
    client: TestClient, owner: psycopg.Connection[Any], limit: int, counts: str
) -> None:
    city = city_of("kh-pnh")
    multiply(owner, file(city), 59)
    headers = signed_in(client)
    query = f"/api/v1/staff/queue?limit={limit}&counts={counts}"
    assert len(client.get(query, headers=headers).json()["requests"]) == min(limit, 60)
    with counted(client) as traffic:
        assert client.get(query, headers=headers).status_code == 200
    assert traffic.round_trips == 1
    assert traffic.statements == len(("the city", "who is signed in", "the page")) + (counts == "true")
    assert traffic.sessions == 0


@pytest.mark.parametrize(
    ("query", "round_trips"),
    [
        ("q=morning", 1),
        ("area=104.9,11.5;105,11.5;104.9,11.6", 1),
        ("q=morning&near={reference}&status=all", 2),
        ("near={reference}", 2),
    ],
)
def test_a_queue_page_by_words_or_place_is_two_round_trips_at_most(
    client: TestClient, query: str, round_trips: int
) -> None:
    reference = filed(client, "first")
    with city_session("kh-pnh") as session:
        session.execute(text("update request set description = 'every morning'"))
    headers = signed_in(client)
    address = f"/api/v1/staff/queue?{query.format(reference=reference)}"
    for _ in range(2):  # the first search computes the words that wait
        assert len(client.get(address, headers=headers).json()["requests"]) == 1
    with counted(client) as traffic:
        assert len(client.get(address, headers=headers).json()["requests"]) == 1
    assert traffic.round_trips == round_trips, "what is looked up, and the page"
    assert traffic.sessions == 0


def test_opening_a_request_is_one_round_trip_however_much_happened(client: TestClient) -> None:
    reference = filed(client, "first")
    headers = signed_in(client)
    address = f"/api/v1/staff/requests/{reference}"
    assert len(client.get(address, headers=headers).json()["timeline"]) == 1
    client.post(f"{address}/acknowledge", headers=headers)
    with counted(client) as traffic:
        assert len(client.get(address, headers=headers).json()["timeline"]) == 2
    assert traffic.round_trips == 1
    read = ("the request", "its events", "its pictures", "what the resident said", "what follows it")
    assert traffic.statements == len(("the city", "who is signed in", *read))
    assert traffic.sessions == 0


@pytest.fixture
def report(database_url: str) -> uuid.UUID:
    """A report of the network that was built, and waits for its review."""
    with clock_connection() as connection:
        at = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
        log_request(connection, "kh-pnh", at, [("resolved", 30.0, "staff")])
        build_city(connection, configuration(), "kh-pnh", time_told(connection))
        connection.commit()
    with network_connection() as connection:
        now = time_told(connection)
        built = build_report(connection, configuration(), Period.parse("2026-03"), now)
        reviews.begin(connection, built, "secretariat@network", now)
        return built


@pytest.fixture
def published(report: uuid.UUID) -> uuid.UUID:
    """The same, published."""
    with network_connection() as connection:
        releases.release_simulated(connection, report, "secretariat@network", time_told(connection))
    return report


def official() -> Mapping[str, str]:
    """The header of a signed-in official of the network."""
    with city_session("network") as session:
        row = people.new_account_row(session, "network", "registrar", Post.OFFICIAL)
        session.add(row)
        session.flush()
        return {"Authorization": f"Bearer {sessions.open_session(session, row, 'password').token}"}


REPORTS = "/api/v1/network/reports"
OPENED_FOR_IT = ("begin", "end")


@pytest.mark.parametrize("form", ["", ".json", ".csv", ".xlsx"])
def test_the_page_of_a_published_report_is_one_round_trip(
    client: TestClient, published: uuid.UUID, form: str
) -> None:
    address = f"{REPORTS}/{published}{form}"
    assert client.get(address).status_code == 200
    with counted(client) as traffic:
        assert client.get(address).status_code == 200
    assert (traffic.round_trips, traffic.statements) == (
        1,
        len(("the door", "the report, if it is published")),
    )
    assert (traffic.sessions, traffic.opened, traffic.around) == (0, 0, 0)


@pytest.mark.usefixtures("published")
def test_the_list_of_published_reports_is_one_round_trip(client: TestClient) -> None:
    with counted(client) as traffic:
        assert len(client.get(REPORTS).json()["reports"]) == 1
    assert (traffic.round_trips, traffic.statements) == (1, len(("the door", "the list")))
    assert (traffic.sessions, traffic.opened, traffic.around) == (0, 0, 0)


def test_an_official_is_asked_for_besides_what_the_public_reads(
    client: TestClient, published: uuid.UUID
) -> None:
    address, headers = f"{REPORTS}/{published}", official()
    assert client.get(address, headers=headers).status_code == 200
    with counted(client) as traffic:
        assert client.get(address, headers=headers).status_code == 200
    assert traffic.asked == len(("who is signed in", "whether it is published", "the report"))
    assert (traffic.sessions, traffic.opened, traffic.around) == (1, 1, len(OPENED_FOR_IT))


def test_a_draft_is_asked_for_step_by_step(client: TestClient, report: uuid.UUID) -> None:
    """Few read one, and each step says whether they may: what is asked first decides what is asked next."""
    address, headers = f"{REPORTS}/{report}", official()
    assert client.get(address, headers=headers).status_code == 200
    with counted(client) as traffic:
        assert client.get(address, headers=headers).status_code == 200
    steps = (
        "whether it is published",
        "the time",
        "offices held",
        "its review",
        "how that stands",
        "the report",
    )
    assert traffic.asked == len(("who is signed in", *steps))
    assert (traffic.sessions, traffic.opened, traffic.around) == (1, 1, len(OPENED_FOR_IT))


@pytest.mark.parametrize("zoom", [9, 15])
def test_a_tile_of_the_map_is_one_statement_in_one_round_trip(client: TestClient, zoom: int) -> None:
    filed(client, "first")
    city = city_of("kh-pnh")
    with clock_connection() as connection:
        map_builds.build(connection, city, None, time_told(connection))
    tile = tile_around(11.5564, 104.9282, zoom)
    address = f"/tiles/kh-pnh/{tile.z}/{tile.x}/{tile.y}.mvt"
    assert client.get(address).status_code == 200
    for key in (None, "second"):
        if key:
            filed(client, key)
        with counted(client) as traffic:
            assert client.get(address).status_code == 200
        assert (traffic.round_trips, traffic.sessions) == (1, 0), "whether or not anything has changed"
        assert traffic.statements - len(("the city",)) == 1


@pytest.mark.parametrize(
    ("zoom", "asked"),
    [
        (9, ("the kept tile, which is not there", "where all lie")),
        (15, ("the points, which are too many", "where all lie")),
    ],
)
def test_a_tile_that_has_to_be_drawn_from_all_is_two_round_trips(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, zoom: int, asked: tuple[str, ...]
) -> None:
    monkeypatch.setattr(map_points, "MOST_POINTS", 1)
    for key in ("first", "second"):
        filed(client, key)
    tile = tile_around(11.5564, 104.9282, zoom)
    address = f"/tiles/kh-pnh/{tile.z}/{tile.x}/{tile.y}.mvt"
    assert client.get(address).status_code == 200
    filed(client, "third")
    with counted(client) as traffic:
        assert client.get(address).status_code == 200
    assert (traffic.round_trips, traffic.sessions) == (len(asked), 0)
    assert traffic.statements == len(asked) * len(("the city", "the question"))
