"""The demo: made-up requests that are possible, say what they are, and are the same for the same seed and time."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from city_config import Configuration, ConfigurationError, load_configuration
from nagara import event_log
from nagara.accounts import key_label, sign_in
from nagara.database import city_session, engine
from nagara.demo import DemoLoaded, load
from nagara.demo.profile import DemoProfile, load_profile
from nagara.demo.simulation import SOURCE, simulated
from nagara.importing import StatedHistory
from nagara.lifecycle import Move, Status, transition
from nagara.permissions import CITY_ROLES, NETWORK_ROLES
from nagara.places.finding import index_for
from nagara.settings import Settings, settings

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 6, 10, 4, 30, tzinfo=dt.UTC)
FOLDERS = Path(__file__).parents[2] / "city_config" / "cities"
CITIES = tuple(sorted(file.parent.name for file in FOLDERS.glob("*/city.yaml")))
FILLED = ("kh-bat", "kh-pnh", "kh-rep")
"""Bangkok is left to reports that were really made."""


@pytest.fixture(scope="module")
def configured() -> Configuration:
    return load_configuration(REPOSITORY / "city_config")


@pytest.fixture(scope="module")
def profile(configured: Configuration) -> DemoProfile:
    return load_profile(configured.folder)


@pytest.fixture(scope="module")
def histories(configured: Configuration, profile: DemoProfile) -> dict[str, list[StatedHistory]]:
    cities = (configured.cities[city_id] for city_id in FILLED)
    return {city.id: simulated(city, configured.network, profile, NOW) for city in cities}


def test_the_same_seed_and_time_give_the_same_requests(
    configured: Configuration, profile: DemoProfile, histories: dict[str, list[StatedHistory]]
) -> None:
    city = configured.cities["kh-rep"]
    assert simulated(city, configured.network, profile, NOW) == histories[city.id]
    other = profile.model_copy(update={"seed": profile.seed + 1})
    assert simulated(city, configured.network, other, NOW) != histories[city.id]
    nobody = profile.model_copy(update={"cities": {}})
    assert simulated(city, configured.network, nobody, NOW) == []


def test_every_made_up_life_is_possible_and_lies_before_now(
    histories: dict[str, list[StatedHistory]],
) -> None:
    moves: Counter[Move] = Counter()
    for made in histories.values():
        by_id = {history.source_id: history for history in made}
        assert len(by_id) == len(made)
        for history in made:
            status, last = Status.RECEIVED, history.created
            for stated in history.moves:
                status = transition(status, stated.move).end or status
                assert last <= stated.at < NOW
                last = stated.at
                moves[stated.move] += 1
                if stated.move is Move.LINK_DUPLICATE:
                    parent = by_id[stated.parent or ""]
                    assert parent.created <= history.created
                    assert parent.service_code == history.service_code
    expected = {
        Move.ACKNOWLEDGE, Move.START, Move.PAUSE, Move.RESUME, Move.REFER, Move.RESOLVE, Move.DECLINE,
        Move.WITHDRAW, Move.REOPEN, Move.LINK_DUPLICATE,
    }  # fmt: skip
    assert set(moves) == expected


def test_requests_lie_in_the_city_in_the_period_and_say_that_they_are_made_up(
    configured: Configuration, profile: DemoProfile, histories: dict[str, list[StatedHistory]]
) -> None:
    words = {"en": "Simulated report", "km": "ទិន្នន័យសាកល្បង", "th": "ข้อมูลจำลอง"}
    for city_id, made in histories.items():
        city = configured.cities[city_id]
        places = [
            index_for(city).locate(h.lat, h.lon) for h in made if h.lat is not None and h.lon is not None
        ]
        assert len(made) == profile.cities[city_id].requests == len(places)
        assert all(place.inside for place in places)
        assert len({place.district for place in places}) > len(city.district_names) * 0.9
        assert all(NOW - dt.timedelta(days=profile.days) <= history.created < NOW for history in made)
        assert all(words[history.language or ""] in history.description for history in made)
        assert {history.source for history in made} == {SOURCE}
        assert {history.observed_until for history in made} == {None}


def test_people_report_by_day_and_the_last_days_are_partly_open(
    configured: Configuration, histories: dict[str, list[StatedHistory]]
) -> None:
    made = histories["kh-pnh"]
    zone = configured.cities["kh-pnh"].zone
    hours = Counter(history.created.astimezone(zone).hour for history in made)
    assert sum(hours[hour] for hour in range(1, 5)) < hours[9]
    closing = (Move.RESOLVE, Move.DECLINE, Move.WITHDRAW, Move.LINK_DUPLICATE)

    def share_open(within: list[StatedHistory]) -> float:
        is_open = [not history.moves or history.moves[-1].move not in closing for history in within]
        return sum(is_open) / len(is_open)

    fresh = [history for history in made if NOW - history.created < dt.timedelta(days=3)]
    old = [history for history in made if NOW - history.created > dt.timedelta(days=30)]
    assert 0.02 < share_open(old) < 0.2 < share_open(fresh) < 1


def test_a_wrong_profile_names_its_line(tmp_path: Path) -> None:
    text = (REPOSITORY / "city_config" / "demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "demo.yaml").write_text(text.replace("days: 100", "days: many"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"demo\.yaml:\d+: days"):
        load_profile(tmp_path)


@pytest.fixture
def demo_settings(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of this test's database; read anew, because another test may have read others before."""
    settings.cache_clear()
    engine.cache_clear()
    yield settings().model_copy(update={"data": tmp_path / "data"})
    engine("nagara_app").dispose()
    engine.cache_clear()


def test_loading_fills_the_cities_once(
    db: psycopg.Connection[Any], configured: Configuration, demo_settings: Settings
) -> None:
    said: list[tuple[int, int]] = []
    loaded = load(db, configured, demo_settings, NOW, progress=lambda *done: said.append(done))
    assert loaded.new
    assert said[-1] == (4500, 4500)
    assert {city_id: (s.imported, s.rejected) for city_id, s in loaded.summaries.items()} == {
        "kh-pnh": (3000, 0), "kh-rep": (900, 0), "kh-bat": (600, 0),
    }  # fmt: skip
    _check_file(loaded)
    _check_rows(db)
    before = loaded.file.read_bytes()
    again = load(db, configured, demo_settings, NOW + dt.timedelta(days=1))
    assert (again.new, loaded.file.read_bytes()) == (False, before)
    assert _count(db, "select count(*) from request") == 4500
    loaded.file.unlink()
    assert not load(db, configured, demo_settings, NOW).new
    _check_file(loaded)


def test_a_load_broken_off_is_taken_up_again(
    db: psycopg.Connection[Any], configured: Configuration, demo_settings: Settings, tmp_path: Path
) -> None:
    text = (configured.folder / "demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "demo.yaml").write_text(re.sub(r"requests: \d+", "requests: 50", text), encoding="utf-8")
    small = replace(configured, folder=tmp_path)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(db, small, demo_settings, NOW, progress=stop)
    assert not (demo_settings.data / "demo.json").exists()
    loaded = load(db, small, demo_settings, NOW)
    assert loaded.new
    assert sum(s.already_there for s in loaded.summaries.values()) == 50
    assert _count(db, "select count(*) from request") == 150


def _check_file(loaded: DemoLoaded) -> None:
    """As others rely on it: shape, one account a role, a key a city, all of them valid; for the owner alone."""
    assert stat.S_IMODE(loaded.file.stat().st_mode) == 0o600
    content = json.loads(loaded.file.read_bytes())
    assert list(content) == ["url", "accounts", "api_keys"]
    assert content["url"] == ""
    expected: set[tuple[str | None, str]] = {(city, role.value) for city in CITIES for role in CITY_ROLES}
    expected |= {(None, role.value) for role in NETWORK_ROLES}
    assert {(account.get("city"), account["role"]) for account in content["accounts"]} == expected
    assert {(key["city"], key["scope"]) for key in content["api_keys"]} == {
        (city, "open311") for city in CITIES
    }
    for account in content["accounts"]:
        if account["role"] in ("supervisor", "official"):
            name, _, city_id = account["username"].partition("@")
            with city_session(city_id) as session:
                assert sign_in(session, city_id, name, account["password"]).account.role == account["role"]
    for key in content["api_keys"]:
        with city_session(key["city"]) as session:
            assert key_label(session, key["city"], key["key"], "open311") == "Demo"


def _check_rows(db: psycopg.Connection[Any]) -> None:
    assert _count(db, "select count(*) from request where source is distinct from 'simulation'") == 0
    assert _count(db, "select count(*) from event_outbox") == 0
    overdue = "select count(*) from request where next_step_at < '2026-06-10T04:30Z'"
    assert 100 < _count(db, overdue) < 1000
    with db.transaction():
        verifications = [event_log.verify(db, city_id) for city_id in CITIES]
    assert [found.faults for found in verifications] == [()] * len(CITIES)
    assert sum(found.requests for found in verifications) == 4500
    email = "select count(*) from staff_account where email = 'supervisor.kh-pnh@demo.invalid'"
    assert _count(db, email) == 1


def _count(db: psycopg.Connection[Any], sql: str) -> int:
    with db.transaction():
        row = db.execute(sql).fetchone()
    assert row is not None
    return int(row[0])
