"""Changed city files are served without a restart; wrong ones are not."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from city_config import ConfigurationError
from nagara import cities
from nagara.cities import city_of, city_of_reference, configuration, look_for_changes
from nagara.places.finding import index_for
from nagara.settings import settings
from tests.conftest import REPOSITORY

SHIPPED = REPOSITORY / "city_config"


@pytest.fixture
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration of Battambang alone that this process serves, loaded afresh."""
    root = tmp_path / "city_config"
    shutil.copytree(SHIPPED / "cities" / "kh-bat", root / "cities" / "kh-bat")
    shutil.copytree(SHIPPED / "messages", root / "messages")
    shutil.copy(SHIPPED / "network.yaml", root / "network.yaml")
    _age(root)
    monkeypatch.setenv("NAGARA_CITY_CONFIG", str(root))
    monkeypatch.setattr(cities, "_following", cities._Following())
    settings.cache_clear()
    yield root
    monkeypatch.undo()
    settings.cache_clear()


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file of Battambang as if it had been written an hour ago."""
    path = folder / "cities" / "kh-bat" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    then = time.time() - 3600
    os.utime(path, (then, then))


def versions(db: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in db.execute("select fingerprint from config_version").fetchall()]


def test_a_changed_file_is_served_recorded_and_told(
    folder: Path, db: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    before = configuration()
    index = index_for(before.cities["kh-bat"])
    change(folder, "services.yaml", "resolve: {calendar_hours: 24}", "resolve: {calendar_hours: 12}")

    with caplog.at_level("INFO", logger="nagara.cities"):
        assert look_for_changes()

    after = city_of("kh-bat")
    assert configuration() is not before
    assert after.fingerprint != before.cities["kh-bat"].fingerprint
    assert versions(db) == [after.fingerprint]
    assert index_for(after) is not index
    assert "kh-bat: promise of service 'waste_missed': promise.resolve 24 calendar hours -> 12" in caplog.text
    assert not look_for_changes()


def test_a_city_that_did_not_change_is_kept_with_all_that_was_worked_out(folder: Path) -> None:
    before = configuration().cities["kh-bat"]
    shutil.copytree(SHIPPED / "cities" / "kh-rep", folder / "cities" / "kh-rep")
    _age(folder)

    assert look_for_changes()

    assert configuration().cities["kh-bat"] is before
    assert city_of_reference("REP-7K3M9Q-X") is None  # its check character is wrong, but the prefix is known
    assert {*configuration().cities} == {"kh-bat", "kh-rep"}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("routing.yaml", "owner: dpwt\n", "owner: nobody\n", "no department 'nobody'"),
        ("city.yaml", "timezone: Asia/Phnom_Penh", "timezone: Nowhere", "timezone: 'Nowhere' is not an IANA"),
    ],
)
def test_a_wrong_file_is_told_with_its_line_and_the_last_good_one_stays(
    folder: Path, caplog: pytest.LogCaptureFixture, name: str, old: str, new: str, told: str
) -> None:
    before = configuration()
    change(folder, name, old, new)

    assert not look_for_changes()

    assert configuration() is before
    assert told in caplog.text
    assert f"{name}:" in caplog.text
    caplog.clear()
    assert not look_for_changes()
    assert not caplog.records, "the same fault is told once, not every five seconds"
    change(folder, name, new, old)
    look_for_changes()
    assert city_of("kh-bat").fingerprint == before.cities["kh-bat"].fingerprint


def cross_an_outline(folder: Path) -> None:
    """Draw a sangkat so that its outline crosses itself: the files load, and only the checks see it."""
    path = folder / "cities" / "kh-bat" / "districts.geojson"
    text = path.read_text(encoding="utf-8").replace('"code": "020302"', '"code": "020399"', 1)
    crossing = "[[[103.1, 13.0], [103.2, 13.1], [103.2, 13.0], [103.1, 13.1], [103.1, 13.0]]]"
    feature = (
        '{"type": "Feature", "properties": {"code": "020302", "names": {"km": "x", "en": "x"}}, '
        f'"geometry": {{"type": "Polygon", "coordinates": {crossing}}}}}'
    )
    path.write_text(text.replace('"features": [', f'"features": [{feature},', 1), encoding="utf-8")
    _age(folder)


def test_what_only_the_checks_find_is_refused_too(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = configuration()
    cross_an_outline(folder)

    assert not look_for_changes()
    assert configuration() is before
    assert "Self-intersection" in caplog.text


def test_what_only_the_checks_find_stops_the_start_with_its_line(folder: Path) -> None:
    cross_an_outline(folder)
    with pytest.raises(ConfigurationError, match=r"districts\.geojson:\d+: error: 020302: Self-intersection"):
        configuration()


def test_a_file_written_just_now_waits_for_the_next_look(folder: Path) -> None:
    before = configuration()
    path = folder / "cities" / "kh-bat" / "city.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# more to come\n", encoding="utf-8")
    soon = time.time()
    os.utime(path, (soon, soon))
    assert not look_for_changes()
    assert configuration() is before


def test_without_the_database_nothing_new_is_served_and_it_is_tried_again(
    folder: Path,
    db: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = configuration()
    url = os.environ["DATABASE_URL"]
    change(folder, "city.yaml", "near_metres: ", "near_metres: 1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    settings.cache_clear()
    assert not look_for_changes()
    assert configuration() is before
    assert "could not be recorded" in caplog.text
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    assert look_for_changes()
    assert versions(db) == [city_of("kh-bat").fingerprint]


def test_asking_starts_the_look_by_itself_and_never_waits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = configuration()
    looked, may_go_on = threading.Event(), threading.Event()

    def slow(root: Path) -> cities.Stamps:
        looked.set()
        may_go_on.wait(30)
        return {}

    monkeypatch.setattr(cities, "SECONDS_BETWEEN_LOOKS", 0.0)
    cities._following._next_look = 0.0
    monkeypatch.setattr(cities, "_stamps", slow)
    assert configuration() is before
    assert looked.wait(30), "asking for the configuration starts a look"
    assert configuration() is before, "and does not wait for it"
    may_go_on.set()


def _age(folder: Path) -> None:
    then = time.time() - 3600
    for path in folder.rglob("*.*"):
        os.utime(path, (then, then))
