"""An import writes each history once, whole and verifiable, whatever breaks it off, and tells nobody."""

from __future__ import annotations

import csv
import random
import stat
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from city_config import City
from nagara.ids import new_reference
from nagara.importing import (
    ImportSummary,
    StatedHistory,
    import_file,
    import_histories,
)
from tests.nagara.importing.stating import (
    CREATED,
    LAST,
    at,
    counted,
    many,
    own,
    requests,
    verified,
    write_csv,
)


def test_a_second_run_adds_nothing(db: psycopg.Connection[Any], bangkok: City, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", many(50))
    first = import_file(db, bangkok, None, path, chunk=20)
    assert (first.rows, first.imported, first.already_there, first.rejected) == (50, 50, 0, 0)
    assert (first.open_at_last_sight, first.overdue_at_last_sight) == (17, 17)
    assert first.closings == {"resolved": 33}
    assert first.share_in_a_district == 1
    again = import_file(db, bangkok, None, path, chunk=20)
    assert (again.imported, again.already_there) == (0, 50)
    assert requests(db) == 50
    assert import_file(db, bangkok, None, path, source="other").imported == 50
    found = verified(db)
    assert (found.requests, found.events, found.faults) == (100, 200, ())


def test_texts_arrive_as_they_were_whatever_is_in_them(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    words = 'tab\there, line\r\nbreak, back\\slash, \\N, {"quoted", \x1f ឃុំ}'
    row = own(source_id="a\\b\tc", description=words, address="Lane\n7", resolved=at(1), observed_until="")
    assert import_file(db, bangkok, None, write_csv(tmp_path / "a.csv", [row]), source="x\ny").imported == 1
    with db.transaction():
        found = db.execute(
            "select source, source_id, description, address, calendar_stages from request"
        ).fetchone()
        actors = db.execute("select actor, from_status, data ->> 'source' from event order by seq").fetchall()
    assert found == ("x\ny", "a\\b\tc", words, "Lane\n7", ["resolve"])
    assert actors == [("x\ny", None, "x\ny"), ("x\ny", "received", None)]
    assert verified(db).faults == ()


def test_a_name_that_cannot_be_kept_is_a_reject_and_the_others_come_in(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    """The index over ids holds no text of any length, and no text at all holds a NUL: neither ends an import."""
    endless = "".join(random.Random(3).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    linked = {"linked": at(1), "duplicate_of": endless, "observed_until": ""}
    rows = [own(), own(source_id=endless), own(source_id="2", channel=endless), own(source_id="3", **linked)]
    summary = import_file(db, bangkok, None, write_csv(tmp_path / "a.csv", rows))
    assert (summary.imported, summary.rejects) == (1, {"wrong_value": 3})
    histories = [
        StatedHistory(row, "list", id_, "road_pothole", CREATED, 13.75, 100.50, observed_until=LAST)
        for row, id_ in enumerate(("a\x00b", "c"), 2)
    ]
    summary = import_histories(db, bangkok, "list", histories, total=2)
    assert (summary.imported, summary.rejects) == (1, {"wrong_value": 1})


def test_events_arrive_once_numbered_from_one_and_by_the_time_door_alone(
    db: psycopg.Connection[Any], owner: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    assert import_file(db, bangkok, None, write_csv(tmp_path / "a.csv", many(1))).imported == 1
    with db.transaction():
        [(id_, hash_)] = db.execute("select request_id, hash from event where seq = 1").fetchall()
    forged = ("th-bkk", "elsewhere", str(id_), "resolved", "2023-01-01T00:00:00Z", "", "resolved", "{}")
    arrive = "select events_arrive(%s, %s, %s, %s, %s, %s, %s, %s)"
    with pytest.raises(psycopg.errors.UniqueViolation), db.transaction():
        db.execute(arrive, forged)
    with pytest.raises(psycopg.errors.ForeignKeyViolation), db.transaction():
        db.execute(arrive, (*forged[:2], "0190d9c0-0000-7000-8000-000000000000", *forged[3:]))
    with owner.transaction(), pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("set local role nagara_app")
        with owner.transaction():
            owner.execute(arrive, forged)
    with db.transaction():
        assert db.execute("select hash from event where seq = 1").fetchall() == [(hash_,)]
    assert verified(db).faults == ()


def test_nobody_is_written_to_and_the_database_keeps_its_own_time(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    import_file(db, bangkok, None, write_csv(tmp_path / "a.csv", many(5)))
    assert counted(db, "select count(*) from event_outbox") == 0
    assert counted(db, "select count(*) from event where recorded_at < now() - interval '1 hour'") == 0
    assert counted(db, "select count(*) from event where occurred_at > '2024-01-01'") == 0
    assert counted(db, "select count(*) from event where actor_kind <> 'import'") == 0
    assert counted(db, "select count(*) from config_version where city_id = 'th-bkk'") == 1


def test_a_dry_run_writes_nothing_and_counts_the_same(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    rows = [
        *many(30),
        own(source_id="x", lat="0", lon="0"),
        own(source_id="3"),
        own(source_id="y", created="?"),
    ]
    path = write_csv(tmp_path / "a.csv", rows)
    dry = import_file(db, bangkok, None, path, dry_run=True, chunk=10)
    assert counted(db, "select (select count(*) from request) + (select count(*) from config_version)") == 0
    real = import_file(db, bangkok, None, path, chunk=10)
    assert dry.as_json() == real.as_json() | {"dry_run": True}
    assert real.rejects == {"no_position": 1, "repeated_id": 1, "wrong_time": 1}
    assert real.rows == real.imported + real.already_there + real.rejected == 33


def test_a_connection_lost_between_chunks_is_taken_up_again(
    db: psycopg.Connection[Any], owner: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", many(60))
    victim = psycopg.connect(db.info.dsn, password=db.info.password, options="-c role=nagara_clock")

    def cut(done: int, total: int) -> None:
        if done == 40:
            owner.execute("select pg_terminate_backend(%s)", (victim.info.backend_pid,))

    with pytest.raises(psycopg.OperationalError), victim:
        import_file(victim, bangkok, None, path, chunk=20, progress=cut)
    assert requests(db) == 40
    resumed = import_file(db, bangkok, None, path, chunk=20)
    assert (resumed.imported, resumed.already_there, requests(db)) == (20, 40, 60)
    assert verified(db).faults == ()


def test_two_imports_at_once_write_each_request_once(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", many(120))
    results: list[ImportSummary] = []

    def run() -> None:
        with psycopg.connect(
            db.info.dsn, password=db.info.password, options="-c role=nagara_clock"
        ) as own_one:
            results.append(import_file(own_one, bangkok, None, path, chunk=10))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.imported for result in results) == requests(db) == 120
    assert all(result.imported + result.already_there == 120 for result in results)


def test_a_reference_that_is_taken_is_drawn_again(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["BKK-2222222-2"] * 3)
    monkeypatch.setattr(
        "nagara.filing.intake.new_reference", lambda prefix: next(drawn, None) or new_reference(prefix)
    )
    assert import_file(db, bangkok, None, write_csv(tmp_path / "a.csv", many(2))).imported == 2


def test_an_open_transaction_is_refused(db: psycopg.Connection[Any], bangkok: City) -> None:
    db.execute("select 1")
    with pytest.raises(ValueError, match="no transaction"):
        import_histories(db, bangkok, "elsewhere", [], total=0)


def test_duplicates_name_their_parent(db: psycopg.Connection[Any], bangkok: City, tmp_path: Path) -> None:
    linked = {"linked": at(1), "observed_until": ""}
    rows = [
        own(source_id="first"),
        own(source_id="second", duplicate_of="first", **linked),
        own(source_id="third", duplicate_of="first", **linked),
        own(source_id="chained", duplicate_of="second", **linked),
        own(source_id="orphan", duplicate_of="nobody", **linked),
        own(source_id="self", duplicate_of="self", **linked),
    ]
    path = write_csv(tmp_path / "a.csv", rows)
    dry = import_file(db, bangkok, None, path, chunk=2, dry_run=True)
    summary = import_file(db, bangkok, None, path, chunk=2)
    assert summary.rejects == dry.rejects == {"unknown_parent": 3}
    with db.transaction():
        found = db.execute(
            "select child.source_id, parent.source_id, child.status, event.data ->> 'parent' = parent.reference "
            "from request child join request parent on parent.id = child.duplicate_of join event "
            "on event.request_id = child.id and event.kind = 'duplicate_linked' order by 1"
        ).fetchall()
    assert found == [("second", "first", "duplicate", True), ("third", "first", "duplicate", True)]


def test_the_other_request_may_stand_anywhere_in_the_file(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    """Also where it waits itself for one further down; who waits in vain is refused, last of all."""
    linked = {"linked": at(1), "observed_until": ""}
    parted = {"reopened": at(2), "resolved_again": at(3)}
    rows = [
        own(source_id="early", duplicate_of="late", **linked),
        own(source_id="first", duplicate_of="middle", **linked),
        own(source_id="orphan", duplicate_of="nobody", **linked),
        own(source_id="wrong", created="yesterday"),
        own(source_id="middle", duplicate_of="late", **linked, **parted),
        own(source_id="beside", duplicate_of="early", **linked),
        own(source_id="late"),
    ]
    path, rejects = write_csv(tmp_path / "a.csv", rows), tmp_path / "rejects.csv"
    told: list[tuple[int, int]] = []
    dry = import_file(db, bangkok, None, path, chunk=1, dry_run=True)
    for_others = tmp_path / "rejects.csv.unfinished"
    for_others.touch(0o644)
    summary = import_file(
        db,
        bangkok,
        None,
        path,
        chunk=1,
        rejects_path=rejects,
        progress=lambda done, total: told.append((done, total)),
    )
    assert summary.rejects == dry.rejects == {"wrong_time": 1, "unknown_parent": 2}
    assert (summary.rows, summary.imported, dry.imported, summary.already_there) == (7, 4, 4, 0)
    assert told[-1] == (7, 7) and told == sorted(told)
    with rejects.open(newline="", encoding="utf-8") as stream:
        refused = [(row["reject_row"], row["source_id"]) for row in csv.DictReader(stream)]
    assert refused == [("5", "wrong"), ("4", "orphan"), ("7", "beside")]
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600, "it holds what residents wrote"
    with db.transaction():
        found = db.execute(
            "select child.source_id, parent.source_id from request child "
            "join request parent on parent.id = child.duplicate_of order by 1"
        ).fetchall()
    assert found == [("early", "late"), ("first", "middle")]
    second = import_file(db, bangkok, None, path, chunk=1)
    assert (second.imported, second.already_there, second.rejected) == (0, 4, 3)
    assert verified(db).faults == ()


def test_who_is_not_taken_is_nobodys_parent(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    """Also one that was a duplicate of somebody unknown for a while, and is open or solved now."""
    linked = {"linked": at(1), "observed_until": ""}
    again = {"reopened": at(2), "resolved_again": at(3)}
    rows = [
        own(source_id="below", duplicate_of="parted", **linked),
        own(source_id="parted", duplicate_of="nobody", **linked, **again),
        own(source_id="taken"),
        own(source_id="other", duplicate_of="taken", **linked),
        own(source_id="lowest", duplicate_of="below", **linked),
    ]
    path = write_csv(tmp_path / "a.csv", rows)
    dry = import_file(db, bangkok, None, path, dry_run=True)
    summary = import_file(db, bangkok, None, path)
    assert summary.rejects == dry.rejects == {"unknown_parent": 3}
    with db.transaction():
        found = db.execute("select source_id from request order by 1").fetchall()
    assert found == [("other",), ("taken",)]
    assert verified(db).faults == ()
