"""Another endpoint's past comes in at the times it states, once; and what it never tells is said to be missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import yaml

from city_config import ImportMapping
from city_config.open311_pull import PULL_FILE, load_pulled_endpoint
from nagara.cli import pull as command
from nagara.database import clock_connection
from nagara.open311.client import Endpoint, NotTaken, Server, Unclear
from nagara.open311.pulled import PullSummary, missing_of, pull
from nagara.outgoing import Caller
from tests.helpers import Connection
from tests.nagara.external_owner.back_end import BackEnd
from tests.nagara.external_owner.conftest import World

MAPPING = ImportMapping.model_validate(
    {
        "city": "kh-bat",
        "source": "old-city",
        "types": {"LAMP": "street_light", "DIRT": "street_dirty"},
        "drop": {"PRAISE": "no issue"},
        "states": {
            "open": {"status": "received"},
            "in_work": {"status": "in_progress"},
            "closed": {"status": "resolved", "reason": "fixed"},
            "rejected": {"status": "declined", "reason": "not_found"},
        },
    }
)
SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def past(other: BackEnd, world: World, id_: str, day: int, **fields: Any) -> None:
    """A request of theirs, received at noon of a day of the year."""
    at = SINCE + dt.timedelta(days=day - 1, hours=12)
    centre = world.city.map.centre
    other.filed[id_] = {
        "service_request_id": id_,
        "status": "open",
        "service_code": "LAMP",
        "description": "Dark.",
        "requested_datetime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "updated_datetime": f"{at + dt.timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}",
        "lat": centre.lat,
        "long": centre.lon,
    } | fields


def read(world: World, other: BackEnd, **more: Any) -> PullSummary:
    """One run."""
    with clock_connection() as connection, Caller(loopback=True) as caller:
        server = Server(caller, Endpoint(other.url))
        return pull(connection, world.city, MAPPING, server, SINCE, **more)


def test_a_past_comes_in_once_at_the_times_it_states(
    configured: Callable[..., World], other: BackEnd, owner: Connection
) -> None:
    world = configured()
    other.strict = True
    noted = [
        {"datetime": "2026-01-03T08:00:00Z", "type": "opened", "summary": "Seen"},
        {"datetime": "2026-01-04T08:00:00Z", "type": "closed", "description": "Done"},
    ]
    past(other, world, "a", 2, status="closed", notes=noted)
    past(other, world, "b", 150, status="CLOSED", extended_attributes={"detailed_status": "REJECTED"})
    past(other, world, "c", 151, status="open", extended_attributes={"detailed_status": "in work"})
    past(other, world, "d", 152, service_code="PRAISE")
    past(other, world, "e", 153, service_code="NOISE")
    past(other, world, "f", 154, requested_datetime="2026-06-03T12:00:00")
    past(other, world, "g", 155, status="archived")
    past(other, world, "h", 156, lat=None, long=None)
    rejects: list[tuple[str, str]] = []
    done = read(world, other, on_reject=lambda one: rejects.append((one.source_id, one.because.value)))
    assert sorted(rejects) == [
        ("d", "not_a_request"), ("e", "unknown_service"), ("f", "wrong_time"), ("g", "unknown_status"),
        ("h", "no_position"),
    ]  # fmt: skip
    assert done.imported.imported == 3
    assert "first_response" not in done.missing
    assert {"reopening", "pauses", "satisfaction"} < set(done.missing)
    told = owner.execute(
        "select r.source_id, e.kind, e.occurred_at::text from event e join request r on r.id = e.request_id "
        "where e.kind not in ('filed', 'observed') order by r.source_id, e.seq"
    ).fetchall()
    assert told == [
        ("a", "acknowledged", "2026-01-03 08:00:00+00"),
        ("a", "resolved", "2026-01-04 08:00:00+00"),
        ("b", "declined", "2026-06-01 12:00:00+00"),
        ("c", "started", "2026-06-02 12:00:00+00"),
    ]
    again = read(world, other)
    assert (again.imported.imported, again.followed) == (0, {})
    assert owner.execute("select count(*) from request").fetchall() == [(3,)]
    (kept,) = missing_of(owner)["kh-bat"]
    assert (kept.source, kept.last_error) == ("old-city", None)
    assert kept.missing == again.missing


def test_a_list_that_is_cut_off_is_asked_for_in_smaller_windows(
    configured: Callable[..., World], other: BackEnd, owner: Connection
) -> None:
    world = configured()
    other.cut = 50
    for number in range(120):
        past(other, world, f"n{number}", 10 + number // 12)
        other.filed[f"n{number}"]["requested_datetime"] = (
            f"2026-01-{10 + number // 12}T12:{number % 60:02}:00Z"
        )
    assert read(world, other, words=False).imported.imported == 120
    assert owner.execute("select count(*), max(description) from request").fetchall() == [(120, "")]


def test_a_walk_that_breaks_off_goes_on_where_it_was(
    configured: Callable[..., World], other: BackEnd, owner: Connection
) -> None:
    world = configured()
    past(other, world, "early", 5)
    past(other, world, "late", 200)
    other.next = ["fine", "away"]
    with pytest.raises((Unclear, NotTaken)):
        read(world, other)
    assert owner.execute("select source_id from request").fetchall() == [("early",)]
    walked = owner.execute(
        "select walked_until::date::text, last_error is not null from open311_pull"
    ).fetchall()
    assert walked == [("2026-03-31", True)]
    done = read(world, other)
    assert (done.imported.rows, done.imported.imported) == (1, 1)


def test_what_changed_there_is_followed_until_somebody_works_on_it_here(
    configured: Callable[..., World], other: BackEnd, owner: Connection
) -> None:
    world = configured()
    for id_ in ("a", "b", "c"):
        past(other, world, id_, 20)
    read(world, other, following=True)
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, from_status, to_status, data) "
        "select city_id, id, 'noted', 'staff', status, status, '{}' from request where source_id = 'c'"
    )
    for id_ in ("a", "c"):
        other.say(id_, "closed", closed_datetime="2026-02-02T10:00:00Z")
    followed = read(world, other, following=True).followed
    assert followed == {"moved": 1, "unchanged": 1, "worked on here": 1}
    other.say("a", "open", updated_datetime="2026-02-05T10:00:00Z")
    owner.execute("update request set observed_until = now() - interval '9 days' where source_id = 'b'")
    assert read(world, other, following=True).followed == {"moved": 1, "seen again": 1, "worked on here": 1}
    kinds = owner.execute(
        "select e.kind, e.occurred_at::date::text from event e join request r on r.id = e.request_id "
        "where r.source_id = 'a' and e.kind in ('resolved', 'reopened') order by e.seq"
    ).fetchall()
    assert [kind for kind, _ in kinds] == ["resolved", "reopened"]
    assert owner.execute("select count(*) from event_outbox").fetchall() == [(0,)], "nobody is told"


def test_the_command_and_the_city_s_file_say_what_they_did(
    configured: Callable[..., World], other: BackEnd, capsys: pytest.CaptureFixture[str]
) -> None:
    world = configured()
    past(other, world, "a", 20, status="closed")
    path = world.folder / "old.yaml"
    path.write_text(yaml.safe_dump(MAPPING.model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
    command.pull(
        other.url, "kh-bat", path, since="2026-01-01", jurisdiction=None, zone=None, words=True, follow=False,
        dry_run=False, rejects=world.folder / "rejects.csv", loopback=True,
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "1 imported" in said
    assert "does not tell:" in said
    other.next = ["broken"] * 9
    with pytest.raises(command.EndpointUnreadable, match="What was read stands"):
        command.pull(
            other.url, "kh-bat", path, since="2026-01-01", jurisdiction=None, zone=None, words=True, follow=False,
            dry_run=False, rejects=None, loopback=True,
        )  # fmt: skip
    whole = {
        "endpoint": other.url,
        "since": "2026-01-01",
        "mapping": MAPPING.model_dump(mode="json", exclude_defaults=True),
    }
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert load_pulled_endpoint(path, world.city).mapping == MAPPING
    with psycopg.connect(world.owner.info.dsn, password=world.owner.info.password) as connection:
        assert missing_of(connection)["kh-bat"][0].last_error == "HTTP 503: Back-end down"


def test_an_endpoint_at_a_port_of_its_own_is_called_every_night_and_a_private_one_is_not(
    configured: Callable[..., World], owner: Connection
) -> None:
    """What is refused is the network it lies in, no longer the port that the city's file states."""
    from workers.app import app

    app.loader.import_default_modules()
    world = configured()
    whole = {
        "endpoint": "https://10.9.8.7:8443/v2",
        "since": "2026-01-01",
        "mapping": MAPPING.model_dump(mode="json", exclude_defaults=True),
    }
    path = world.folder / "cities" / "kh-bat" / PULL_FILE
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    app.tasks["open311.pull"].apply(throw=True)
    assert owner.execute("select last_error from open311_pull").fetchall() == [
        ("the address leads into a network that is not public",)
    ]
