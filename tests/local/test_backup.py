"""A backup is made while everything runs and brought back whole; what is no backup is refused by name."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from city_config import City
from nagara import event_log
from nagara.errors import InvalidInput, MediaUnavailable
from nagara.local.backup import (
    BackupRuns,
    NoBackup,
    NotEmpty,
    PicturesLost,
    _run,
    back_up,
    backups,
    read,
    restore,
)
from nagara.local.postgres_programs import find_programs
from nagara.local.throwaway import Throwaway
from nagara.photos.storage import MediaStore, media_store
from nagara.settings import settings
from tests.helpers import Connection, file
from tests.planting import plant
from tests.waiting import PATIENCE_SECONDS, wait_until

SECRET = b"a secret of thirty-two characters or more"


def store_in(folder: Path) -> MediaStore:
    return media_store(settings().model_copy(update={"media_url": f"file://{folder}"}))


def picture(owner: Connection, store: MediaStore, content: bytes, **given: Any) -> bytes:
    sha256 = hashlib.sha256(content).digest()
    plant(owner, "photo", "kh-pnh", sha256=sha256, **given)
    store.write_now("kh-pnh", sha256, content, content[:2])
    return sha256


def test_what_was_backed_up_comes_back_with_its_history_and_pictures(
    services: Throwaway, owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    here, folder = store_in(tmp_path / "here"), tmp_path / "backups"
    for _ in range(3):
        file(phnom_penh, contact={"email": "r@example.org"})
    old = picture(owner, here, b"an old picture")
    lost = hashlib.sha256(b"lost").digest()
    plant(owner, "photo", "kh-pnh", sha256=lost)
    first = back_up(services.database_url, here, SECRET, folder)
    assert read(first).rows["request"] == 3
    assert [one.sha256 for one in read(first).pictures_missing] == [lost.hex()]

    owner.execute("delete from photo")
    new = picture(owner, here, b"a new picture")
    file(phnom_penh)
    second = back_up(services.database_url, here, SECRET, folder, keep=1)
    assert backups(folder) == sorted(folder.glob("2*")) == [second]
    kept = {path.name for path in folder.glob("pictures/*/*/*.jpg")}
    assert kept == {f"{new.hex()}.jpg", f"{new.hex()}.thumbnail.jpg"}, "the old picture went with its backup"
    assert f"{old.hex()}.jpg" not in kept

    services.cluster.ensure_database("brought_back")
    url = services.cluster.url_of("brought_back")
    there = store_in(tmp_path / "there")
    with pytest.raises(InvalidInput, match="another NAGARA_SECRET_KEY"):
        restore(url, there, b"another", second)
    restore(url, there, SECRET, second)
    assert there.read_now("kh-pnh", new, "picture") == b"a new picture"
    with psycopg.connect(url, options="-c role=nagara_clock -c timezone=UTC") as clock:
        walked = event_log.verify(clock, "kh-pnh")
        assert (walked.requests, walked.faults) == (4, ())
        query = "select id, sealed from request join contact on request_id = id order by id"
        assert clock.execute(query).fetchall() == owner.execute(query).fetchall()
    with pytest.raises(NotEmpty, match="has tables already"):
        restore(url, there, SECRET, second)


def test_what_a_backup_keeps_is_for_its_owner_alone_also_in_a_folder_that_all_may_read(
    services: Throwaway, owner: Connection, tmp_path: Path
) -> None:
    store, folder = store_in(tmp_path / "media"), tmp_path / "backups"
    folder.mkdir(mode=0o755)
    picture(owner, store, b"a face")
    back_up(services.database_url, store, SECRET, folder)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir() if path.is_dir()} == {0o700}


def test_a_picture_that_is_lost_in_the_backup_keeps_nothing_else_from_coming_back(
    services: Throwaway, owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    store, folder = store_in(tmp_path / "here"), tmp_path / "backups"
    file(phnom_penh)
    pictures = [picture(owner, store, content) for content in (b"cut", b"gone", b"meddled with", b"whole")]
    kept = [folder / "pictures" / "kh-pnh" / one.hex()[:2] / f"{one.hex()}.jpg" for one in pictures]
    back_up(services.database_url, store, SECRET, folder)
    kept[0].write_bytes(b"")
    place = back_up(services.database_url, store, SECRET, folder)
    assert kept[0].read_bytes() == b"cut", "what lost its content is copied anew"
    kept[1].unlink()
    kept[2].write_bytes(b"another")
    services.cluster.ensure_database("all_but_pictures")
    url, there = services.cluster.url_of("all_but_pictures"), store_in(tmp_path / "there")
    told: list[str] = []
    with pytest.raises(PicturesLost, match="All is back but 2 pictures"):
        restore(url, there, SECRET, place, tell=told.append)
    assert all(any(str(path) in line for line in told) for path in kept[1:3])
    assert there.read_now("kh-pnh", pictures[0], "picture") == b"cut"
    assert there.read_now("kh-pnh", pictures[3], "picture") == b"whole"
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from request").fetchall() == [(1,)]


def test_while_the_store_takes_nothing_the_database_stays_empty(
    services: Throwaway, owner: Connection, tmp_path: Path
) -> None:
    store, folder = store_in(tmp_path / "here"), tmp_path / "backups"
    picture(owner, store, b"a lamp")
    place = back_up(services.database_url, store, SECRET, folder)
    services.cluster.ensure_database("in_two_goes")
    url, there = services.cluster.url_of("in_two_goes"), store_in(tmp_path / "there")
    (tmp_path / "there" / "kh-pnh").write_text("in the way of a folder")
    with pytest.raises(MediaUnavailable):
        restore(url, there, SECRET, place)
    (tmp_path / "there" / "kh-pnh").unlink()
    assert restore(url, there, SECRET, place).pictures


def test_the_programs_hold_to_all_that_the_address_says_and_show_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without sslmode a dump would go to whoever answers there."""
    told: dict[str, Any] = {}

    def run(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        told.update(how, command=command)
        return subprocess.CompletedProcess(command, 0)

    found = find_programs()
    monkeypatch.setattr("nagara.local.backup.find_programs", lambda: found)
    monkeypatch.setattr("nagara.local.backup.subprocess.run", run)
    _run(
        "pg_dump",
        "postgresql://me:s3cret@db.example:5433/n?sslmode=verify-full&sslrootcert=/ca.pem",
        "--verbose",
    )
    [target] = [one for one in told["command"] if one.startswith("--dbname=")]
    assert conninfo_to_dict(target.removeprefix("--dbname=")) == {
        "user": "me", "host": "db.example", "port": "5433", "dbname": "n",
        "sslmode": "verify-full", "sslrootcert": "/ca.pem",
    }  # fmt: skip
    assert told["env"]["PGPASSWORD"] == "s3cret"
    assert not any("s3cret" in one for one in told["command"])


def test_what_is_no_backup_is_refused_and_nothing_is_written(
    services: Throwaway, owner: Connection, tmp_path: Path
) -> None:
    store, folder = store_in(tmp_path / "media"), tmp_path / "backups"
    place = back_up(services.database_url, store, SECRET, folder)
    services.cluster.ensure_database("stays_empty")
    url = services.cluster.url_of("stays_empty")
    dump = place / "database.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(NoBackup, match="not what was written"):
        restore(url, store, SECRET, place)
    (place / "backup.json").write_text("{}")
    with pytest.raises(NoBackup, match="Field required"):
        restore(url, store, SECRET, place)
    with pytest.raises(NoBackup, match="no finished backup") as refused:
        restore(url, store, SECRET, folder)
    assert refused.value.allowed == [str(place)], "the folder of all backups is none of them"
    (place / "backup.json").unlink()
    for none in (place, place / "database.dump", tmp_path / "nothing"):
        with pytest.raises(NoBackup, match="no finished backup"):
            restore(url, store, SECRET, none)
    assert backups(folder) == []
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "select count(*) from pg_tables where schemaname = 'public'"
        ).fetchall() == [(0,)]


def test_what_is_broken_off_is_no_backup_and_goes_with_the_next(
    services: Throwaway, owner: Connection, tmp_path: Path
) -> None:
    """Killed where nothing could be done any more, and ended as a shutdown ends it, while the database is dumped."""
    folder, store = tmp_path / "backups", store_in(tmp_path / "media")
    dumping = "from pg_stat_activity where application_name = 'pg_dump'"

    def begun() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "nagara.cli.main", "backup", "--out", str(folder)]
        process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
        waits = f"select exists (select {dumping} and wait_event_type = 'Lock')"
        wait_until(
            lambda: owner.execute(waits).fetchone() == (True,) or process.poll() is not None,
            "the dump waits for a table",
        )
        assert process.poll() is None
        return process

    def left() -> list[Path]:
        return sorted(path for path in folder.iterdir() if path.is_dir())

    with psycopg.connect(services.database_url) as holding:
        holding.execute("lock table photo in access exclusive mode")
        killed = begun()
        with pytest.raises(BackupRuns, match="Another backup"):
            back_up(services.database_url, store, SECRET, folder)
        killed.kill()
        killed.wait(PATIENCE_SECONDS)
        owner.execute(f"select pg_terminate_backend(pid) {dumping}")
        wait_until(lambda: owner.execute(f"select {dumping}").fetchall() == [], "its dump is gone")
        (broken_off,) = left()
        assert broken_off.name.startswith("unfinished-")
        with pytest.raises(NoBackup, match="broken off"):
            restore(services.database_url, store, SECRET, broken_off)
        ended = begun()
        assert broken_off not in left()
        ended.send_signal(signal.SIGTERM)
        assert ended.wait(PATIENCE_SECONDS) == 128 + signal.SIGTERM
        assert left() == []
