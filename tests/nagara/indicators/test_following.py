"""Builds that follow the log: equal to a whole pass at every step, sharing what stands still, proved and verified."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from city_config import Configuration
from nagara.cities import configuration
from nagara.cli.main import app
from nagara.errors import InvalidInput
from nagara.indicators import issue_store, keeping
from nagara.indicators.build import build_city, count_events
from nagara.indicators.cells import Cell
from nagara.indicators.keeping import prove
from nagara.indicators.reading import default_cut_off
from nagara.indicators.snapshots import district_cells, latest_snapshot
from nagara.indicators.verifying import verify_snapshot
from tests.nagara.indicators.logged import EVENT, log_request
from tests.nagara.indicators.test_build import CITY, now_of

Db = psycopg.Connection[Any]
JANUARY = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC)


@pytest.fixture
def known(db: Db) -> Configuration:
    return configuration()


def months_of(db: Db, snapshot: UUID) -> set[dt.date]:
    """Months whose rows the snapshot wrote itself."""
    rows = db.execute("select distinct month from indicator_figure where snapshot_id = %s", (snapshot,))
    return {row[0] for row in rows}


def state(db: Db) -> tuple[int, int]:
    row = db.execute(
        "select requests_read, months_built from indicator_build where city_id = %s", (CITY,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def happen(db: Db, reference: str, kind: str, at: dt.datetime, data: str = "{}") -> None:
    (request,) = db.execute("select id from request where reference = %s", (reference,)).fetchone() or (None,)
    db.execute(EVENT, (CITY, request, kind, at, "staff", None, data))


def closed_month(db: Db, begin: dt.datetime, count: int = 12) -> list[str]:
    return [
        log_request(
            db, CITY, begin + dt.timedelta(hours=n), [("acknowledged", 2, "staff"), ("resolved", 30, "staff")]
        )
        for n in range(count)
    ]


def test_only_what_is_new_is_read_and_only_what_it_touched_is_written(db: Db, known: Configuration) -> None:
    january = closed_month(db, JANUARY)
    closed_month(db, JANUARY + dt.timedelta(days=60))
    first = build_city(db, known, CITY, now_of(db))
    assert months_of(db, first) == {dt.date(2026, 1, 1), dt.date(2026, 3, 1)}
    assert state(db) == (24, 2)
    happen(db, january[0], "reopened", JANUARY + dt.timedelta(hours=100))
    now = now_of(db)
    second = build_city(db, known, CITY, now)
    assert second != first
    assert months_of(db, second) == {dt.date(2026, 1, 1)}
    both = district_cells(db, CITY, second)
    assert both == count_events(db, known.cities[CITY], _cut_off(db), now).cells
    assert {key[0].month for key in both} == {1, 3}
    assert verify_snapshot(db, known, second).equal
    assert verify_snapshot(db, known, first).events == 72


def _cut_off(db: Db) -> dt.datetime:
    snapshot = latest_snapshot(db, CITY)
    assert snapshot is not None
    return snapshot.cut_off


def test_without_a_cut_off_it_is_the_newest_event_however_that_is_known(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing kept yet; read as news; found once more by a build that looks back; by none that is asked anew."""
    (reference, *_) = closed_month(db, JANUARY)
    for kind, looks_back in (
        ("noted", True),
        ("reopened", True),
        (None, True),
        ("noted", False),
        (None, False),
    ):
        if not looks_back:
            monkeypatch.setattr(keeping, "OVERLAP", dt.timedelta(0))
        if kind:
            happen(db, reference, kind, JANUARY + dt.timedelta(hours=200))
        now = now_of(db)
        build_city(db, known, CITY, now)
        assert _cut_off(db) == default_cut_off(db, CITY, now), (kind, looks_back)


def test_after_any_history_the_kept_facts_give_what_the_whole_log_gives(db: Db, known: Configuration) -> None:
    """Filings, closings, reopenings, links and unlinkings in any order, with a build after each handful."""
    chance = random.Random(3)
    references: list[str] = []
    kinds = ("acknowledged", "resolved", "declined", "reopened", "withdrawn", "escalated", "recategorised")
    for step in range(8):
        for _ in range(6):
            received = JANUARY + dt.timedelta(hours=chance.uniform(0, 3000))
            code, district = chance.choice(["road_pothole", "noise"]), chance.choice(["01", None])
            references.append(log_request(db, CITY, received, code=code, district=district))
        for _ in range(8):
            at = JANUARY + dt.timedelta(hours=chance.uniform(3000, 6000))
            kind, reference = chance.choice(kinds), chance.choice(references)
            happen(db, reference, kind, at)
        child, parent = chance.sample(references, 2)
        happen(db, child, "duplicate_linked", JANUARY + dt.timedelta(hours=4000), f'{{"parent": "{parent}"}}')
        cut_off = JANUARY + dt.timedelta(hours=3000 + 500 * step) if step % 2 else None
        now = now_of(db)
        snapshot = build_city(db, known, CITY, now, cut_off)
        stored = district_cells(db, CITY, snapshot)
        as_of = cut_off or _cut_off(db)
        assert stored == count_events(db, known.cities[CITY], as_of, now).cells
    assert prove(db, known.cities[CITY], now_of(db)) == 0


def test_a_build_that_was_killed_leaves_nothing_and_is_repeated(db: Db, known: Configuration) -> None:
    closed_month(db, JANUARY)
    db.commit()
    build_city(db, known, CITY, now_of(db))
    db.rollback()
    for table in ("indicator_part", "indicator_build", "indicator_snapshot", "indicator_group"):
        assert db.execute(f"select count(*) from {table}").fetchone() == (0,)
    snapshot = build_city(db, known, CITY, now_of(db))
    assert verify_snapshot(db, known, snapshot).equal


def test_a_build_as_of_long_ago_leaves_what_is_kept_alone(db: Db, known: Configuration) -> None:
    closed_month(db, JANUARY)
    early = now_of(db)
    log_request(db, CITY, JANUARY)
    build_city(db, known, CITY, now_of(db))
    then = build_city(db, known, CITY, early, JANUARY + dt.timedelta(days=30))
    assert Cell.merged(district_cells(db, CITY, then).values()).count("reports") == 12
    assert prove(db, known.cities[CITY], now_of(db)) == 0


def test_the_proof_finds_and_mends_a_fact_that_was_changed(db: Db, known: Configuration) -> None:
    closed_month(db, JANUARY)
    build_city(db, known, CITY, now_of(db))
    ((bucket, kept),) = issue_store.read_buckets(db, CITY, issue_store.read_summary(db, CITY)).items()
    changed = kept.copy()
    changed["resolution"][0] = changed["received"][0] + 1
    issue_store.put_buckets(db, CITY, {bucket: changed})
    wrong = build_city(db, known, CITY, now_of(db), JANUARY + dt.timedelta(days=300))
    assert prove(db, known.cities[CITY], now_of(db)) == 1
    assert db.execute("select differences from indicator_build").fetchone() == (1,)
    assert prove(db, known.cities[CITY], now_of(db)) == 0
    right = build_city(db, known, CITY, now_of(db), JANUARY + dt.timedelta(days=301))
    assert verify_snapshot(db, known, right).equal
    assert wrong != right


def test_a_snapshot_of_a_changed_log_is_named_unequal(
    db: Db, owner: psycopg.Connection[Any], known: Configuration
) -> None:
    (reference, *_) = closed_month(db, JANUARY)
    snapshot = build_city(db, known, CITY, now_of(db))
    db.commit()
    owner.execute("set session_replication_role = replica")
    owner.execute(
        "update event set occurred_at = occurred_at - interval '20 hours' where kind = 'resolved' and request_id = "
        "(select id from request where reference = %s)",
        (reference,),
    )
    found = verify_snapshot(db, known, snapshot)
    assert not found.equal
    assert any(line.startswith("2026-01, road_pothole, district 01: tables") for line in found.differences)


def test_the_command_line_says_equal_or_what_differs(
    db: Db, owner: psycopg.Connection[Any], known: Configuration
) -> None:
    closed_month(db, JANUARY)
    snapshot = build_city(db, known, CITY, now_of(db))
    db.commit()
    run = CliRunner().invoke
    equal = run(app, ["indicators", "verify", str(snapshot)])
    assert (equal.exit_code, equal.stdout) == (0, f"equal: 1 rows of {CITY}, recomputed from 36 events\n")
    assert run(app, ["indicators", "prove", "--city", CITY]).stdout == f"{CITY}: equal\n"
    owner.execute("set session_replication_role = replica")
    owner.execute("delete from event where kind = 'resolved'")
    differs = run(app, ["indicators", "verify", str(snapshot)])
    assert differs.exit_code == 1
    assert "the log has 24 events as of then, the snapshot was made of 36" in differs.stdout
    assert isinstance(run(app, ["indicators", "verify", "nonsense"]).exception, InvalidInput | SystemExit)


def test_a_snapshot_that_is_none_and_one_of_another_method_are_refused(
    db: Db, owner: psycopg.Connection[Any], known: Configuration
) -> None:
    with pytest.raises(InvalidInput, match="no snapshot"):
        verify_snapshot(db, known, UUID(int=1))
    closed_month(db, JANUARY, 1)
    snapshot = build_city(db, known, CITY, now_of(db))
    db.commit()
    owner.execute("set session_replication_role = replica")
    owner.execute("update indicator_snapshot set method_version = '0'")
    with pytest.raises(InvalidInput, match="made by method 0"):
        verify_snapshot(db, known, snapshot)
