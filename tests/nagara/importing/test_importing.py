"""History of another system: what each row states, and that it stands in the log once, whole and verifiable."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from city_config import City, load_configuration
from city_config.import_mapping import ImportMapping, load_import_mapping
from nagara import event_log
from nagara.ids import new_reference
from nagara.importing import (
    Because,
    ImportSummary,
    NotTaken,
    StatedHistory,
    StatedMove,
    UnreadableFile,
    import_file,
    import_histories,
    snapshots,
    table,
)
from nagara.importing.fields import district_code
from nagara.importing.living import Draft, drafted, placed
from nagara.importing.parquet import OPTIONS
from nagara.importing.reading import MAX_ROW_BYTES
from nagara.indicators.issue_times import LoggedEvent, issue_times
from nagara.indicators.survival import kaplan_meier, risk_table
from nagara.lifecycle import NOTHING_DUE, Move
from nagara.places.finding import index_for

REPOSITORY = Path(__file__).resolve().parents[3]
DAY = dt.timedelta(days=1)
CREATED = dt.datetime(2023, 1, 2, 3, 0, tzinfo=dt.UTC)
FIRST, AFTER, BY, LAST = (CREATED + n * DAY for n in (1, 3, 4, 8))
NOW = CREATED + 1000 * DAY

WAITING, WORKED_ON, FINISHED, FORWARDED, NOT_OURS = (
    "waiting",
    "worked on",
    "finished",
    "forwarded",
    "not ours",
)
WORDS = ImportMapping.model_validate(
    {
        "city": "th-bkk",
        "source": "list",
        "types": {"road": "road_pothole", "light": "street_light", "noise": "noise"},
        "drop": {"praise": "praise is no issue"},
        "untyped": "other",
        "states": {
            WAITING: {"status": "received"},
            WORKED_ON: {"status": "in_progress"},
            FINISHED: {"status": "resolved", "reason": "fixed"},
            FORWARDED: {"status": "referred"},
            NOT_OURS: {"status": "declined", "reason": "out_of_jurisdiction"},
        },
    }
)


@pytest.fixture(scope="module")
def bangkok() -> City:
    return load_configuration(REPOSITORY / "city_config").cities["th-bkk"]


def seen(path: str, **fields: str) -> dict[str, str]:
    """A row of a list that was looked at again and again; by default unfinished, in the middle of the city."""
    row = dict.fromkeys(snapshots.COLUMNS, "")
    row |= {
        "ticket_id": "A1",
        "type": "road",
        "lat": "13.75",
        "lon": "100.50",
        "created": CREATED.isoformat(),
        "first_seen": FIRST.isoformat(),
        "last_seen": LAST.isoformat(),
        "state_path": path,
        "state_last": path.rsplit(">", maxsplit=1)[-1],
        "count_reopen": "0",
    }
    return row | fields


def finished(path: str, **fields: str) -> dict[str, str]:
    return seen(path, **{"finished_after": AFTER.isoformat(), "finished_by": BY.isoformat()} | fields)


Step = tuple[str, dt.datetime, dt.datetime | None]

LIVES: Mapping[str, tuple[dict[str, str], list[Step], str]] = {
    "waiting stays received": (seen(WAITING), [], "received"),
    "in work at the first look": (seen(WORKED_ON), [("start", FIRST, CREATED)], "in_progress"),
    "in work by a later look": (
        seen(f"{WAITING}>{WORKED_ON}"),
        [("start", LAST, FIRST)],
        "in_progress",
    ),
    "in work by the last activity": (
        seen(f"{WAITING}>{WORKED_ON}", last_activity=(FIRST + DAY).isoformat()),
        [("start", FIRST + DAY, FIRST)],
        "in_progress",
    ),
    "an activity before the bounds says nothing": (
        seen(f"{WAITING}>{WORKED_ON}", last_activity=CREATED.isoformat()),
        [("start", LAST, FIRST)],
        "in_progress",
    ),
    "finished when first looked at": (
        seen(FINISHED, finished_by=FIRST.isoformat()),
        [("resolve", FIRST, CREATED)],
        "resolved",
    ),
    "finished between two looks: the later one": (
        finished(f"{WAITING}>{FINISHED}"),
        [("resolve", BY, AFTER)],
        "resolved",
    ),
    "finished at a stated time": (
        finished(f"{WORKED_ON}>{FINISHED}", finished=(AFTER + DAY / 2).isoformat()),
        [("start", FIRST, CREATED), ("resolve", AFTER + DAY / 2, None)],
        "resolved",
    ),
    "work was seen by the last unfinished look": (
        finished(f"{WAITING}>{WORKED_ON}>{FINISHED}"),
        [("start", AFTER, FIRST), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "open again": (
        finished(f"{WORKED_ON}>{FINISHED}>{WORKED_ON}"),
        [("start", FIRST, CREATED), ("resolve", BY, AFTER), ("reopen", LAST, BY)],
        "in_progress",
    ),
    "open again, and waiting, is in work here": (
        finished(f"{FINISHED}>{WAITING}", finished_after="", finished_by=FIRST.isoformat()),
        [("resolve", FIRST, CREATED), ("reopen", LAST, FIRST)],
        "in_progress",
    ),
    "finished, open, finished": (
        finished(f"{WAITING}>{FINISHED}>{WORKED_ON}>{FINISHED}"),
        [("resolve", BY, AFTER), ("reopen", LAST, BY), ("resolve", LAST, BY)],
        "resolved",
    ),
    "back to waiting is no move": (
        seen(f"{WORKED_ON}>{WAITING}"),
        [("start", FIRST, CREATED)],
        "in_progress",
    ),
    "forwarded is not solved": (seen(FORWARDED), [("refer", FIRST, CREATED)], "referred"),
    "forwarded, then solved": (
        finished(f"{FORWARDED}>{FINISHED}"),
        [("refer", FIRST, CREATED), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "forwarded, then work": (
        seen(f"{FORWARDED}>{WORKED_ON}"),
        [("refer", FIRST, CREATED), ("resume", LAST, FIRST)],
        "in_progress",
    ),
    "not ours": (seen(NOT_OURS), [("decline", FIRST, CREATED)], "declined"),
    "not ours, but solved after all": (
        finished(f"{NOT_OURS}>{FINISHED}"),
        [("decline", FIRST, CREATED), ("reopen", BY, AFTER), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "a look without a state says nothing": (
        finished(f"{WORKED_ON}>>{FINISHED}"),
        [("start", FIRST, CREATED), ("resolve", BY, AFTER)],
        "resolved",
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_states_become_moves_with_honest_times(bangkok: City, name: str) -> None:
    row, steps, status = LIVES[name]
    history = snapshots.history_of(bangkok, WORDS, 2, row)
    assert [(m.move.value, m.at, m.known_after) for m in history.moves] == steps
    draft = drafted(bangkok, history, NOW)
    assert draft.row["status"] == status
    assert draft.row["received_at"] == CREATED
    closed = [at for move, at, _ in steps if move in ("resolve", "decline")]
    is_closed = status in ("resolved", "declined")
    assert draft.row["closed_at"] == (closed[-1] if is_closed else None)
    assert draft.row["observed_until"] == (None if is_closed else LAST)
    assert [e["kind"] for e in draft.events].count("observed") == (0 if is_closed else 1)


def test_bounds_and_facts_stand_in_the_event(bangkok: City) -> None:
    row = finished(f"{WAITING}>{FINISHED}", star="4", count_reopen="2", type="road, noise")
    resolved = drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, row), NOW).events[-1]
    assert resolved["data"] == {
        "reason": "fixed",
        "known_between": [AFTER, BY],
        "rating": 4,
        "reopen_count": 2,
        "further_types": ["noise"],
    }
    assert (resolved["actor_kind"], resolved["actor"], resolved["occurred_at"]) == ("import", "list", BY)


def test_a_state_left_behind_is_kept_in_words(bangkok: City) -> None:
    history = snapshots.history_of(bangkok, WORDS, 2, seen(f"{WORKED_ON}>{WAITING}"))
    assert drafted(bangkok, history, NOW).events[-1]["data"]["stated_state"] == WAITING


def test_the_rules_are_those_of_the_stated_day(bangkok: City) -> None:
    draft = drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(WAITING)), NOW)
    filed = draft.events[0]
    assert filed["kind"] == "filed"
    assert filed["occurred_at"] == CREATED
    assert filed["data"]["resolve_by"] == CREATED + 7 * DAY
    assert filed["data"]["department"] == draft.row["department"] == "district-works"
    assert filed["data"]["source"] == "list"
    assert filed["data"]["district"] == index_for(bangkok).locate(13.75, 100.50).district


def test_open_requests_stand_on_the_ladder_and_paused_or_closed_ones_do_not(bangkok: City) -> None:
    rows = {path: drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(path)), NOW).row
            for path in (WAITING, WORKED_ON, FORWARDED, NOT_OURS)}  # fmt: skip
    due = CREATED + 7 * DAY
    assert rows[WAITING]["next_step_at"] == rows[WORKED_ON]["next_step_at"] == due
    assert rows[NOT_OURS]["next_step_at"] is None
    assert rows[FORWARDED]["next_step_at"] > FIRST + 30 * DAY, "no rung, but the day its pause is over"
    assert rows[FORWARDED]["next_due_at"] == rows[NOT_OURS]["next_due_at"] == NOTHING_DUE
    assert rows[FORWARDED]["paused_at"] == FIRST
    assert (rows[WAITING]["acknowledged_at"], rows[WORKED_ON]["responded_at"]) == (None, FIRST)


REFUSED: Mapping[str, tuple[dict[str, str], Because]] = {
    "a kind that is no request": (seen(WAITING, type="praise"), Because.NOT_A_REQUEST),
    "an unknown type": (seen(WAITING, type="dragons"), Because.UNKNOWN_SERVICE),
    "an unknown state": (seen("sleeping"), Because.UNKNOWN_STATUS),
    "no state at all": (seen(""), Because.UNKNOWN_STATUS),
    "no id": (seen(WAITING, ticket_id=" "), Because.NO_ID),
    "no time": (seen(WAITING, created=""), Because.WRONG_TIME),
    "a time without zone": (seen(WAITING, created="2023-01-02T03:00:00"), Because.WRONG_TIME),
    "a day that is not": (seen(WAITING, created="2023-02-30T03:00:00Z"), Because.WRONG_TIME),
    "far away": (seen(WAITING, lat="18.79", lon="98.99"), Because.OUTSIDE_THE_CITY),
    "nowhere on Earth": (seen(WAITING, lon="1000"), Because.NO_POSITION),
    "no position": (seen(WAITING, lat="", lon=""), Because.NO_POSITION),
    "words for a position": (seen(WAITING, lat="here"), Because.NO_POSITION),
    "not a number": (seen(WAITING, lat="nan"), Because.NO_POSITION),
    "position 0, 0": (seen(WAITING, lat="0", lon="0"), Because.NO_POSITION),
    "seen before it was made": (seen(WORKED_ON, first_seen="2022-12-01T00:00:00Z"), Because.TIMES_OUT_OF_ORDER),
    "last seen before it was made": (seen(WAITING, last_seen="2022-12-01T00:00:00Z"), Because.TIMES_OUT_OF_ORDER),
    "in the future": (seen(WAITING, last_seen="2099-01-01T00:00:00Z"), Because.IN_THE_FUTURE),
    "before calendars": (seen(WAITING, created="1899-01-01T00:00:00Z"), Because.WRONG_TIME),
    "stars in words": (seen(WAITING, star="many"), Because.WRONG_VALUE),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_says_why(bangkok: City, name: str) -> None:
    row, because = REFUSED[name]
    with pytest.raises(NotTaken) as refused:
        drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, row), NOW)
    assert refused.value.because is because
    assert refused.value.detail


def test_the_position_decides_and_the_stated_district_only_stands_in(bangkok: City) -> None:
    def placed(**fields: str) -> Draft:
        return drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(WAITING, **fields)), NOW)

    here = index_for(bangkok).locate(13.75, 100.50).district
    other = next(code for code in bangkok.district_names if code != here)
    thai = bangkok.district_names[other]["th"]
    disagreeing = placed(district=thai)
    assert (disagreeing.row["district"], disagreeing.other_district) == (here, True)
    standing_in = placed(district=thai, lat="0", lon="0")
    assert (standing_in.row["district"], standing_in.row["place_method"]) == (other, "stated")
    assert (standing_in.row["lat"], standing_in.other_district) == (None, False)


def test_many_are_placed_as_each_alone_is(bangkok: City) -> None:
    chance = random.Random(7)
    middle = bangkok.map.centre
    positions = [
        (middle.lat + chance.uniform(-0.4, 0.4), middle.lon + chance.uniform(-0.4, 0.4)) for _ in range(600)
    ]
    histories = [
        StatedHistory(row, "list", str(row), "road_pothole", at_, lat, lon)
        for row, (lat, lon) in enumerate([*positions, (0.0, 0.0), (91.0, 100.5)])
        for at_ in (CREATED if row else CREATED.replace(year=9999),)
    ]
    index, day = index_for(bangkok), CREATED.astimezone(bangkok.zone).date()
    alone = {row: index.locate(lat, lon, day) for row, (lat, lon) in enumerate(positions) if row}
    assert placed(bangkok, histories) == alone
    assert {place.method for place in alone.values()} == {"inside", "nearest", "outside"}
    assert placed(bangkok, []) == {}


def test_district_names_are_known_with_and_without_what_all_begin_with(bangkok: City) -> None:
    code, names = next(iter(bangkok.district_names.items()))
    assert names["th"].startswith("เขต")
    for text in (code, names["th"], names["th"].removeprefix("เขต"), names["en"].upper(), f" {names['en']} "):
        assert district_code(bangkok, text) == code
    assert district_code(bangkok, "") is None
    assert district_code(bangkok, ":") is None


# ---- Nagara's own table


def own(**fields: str) -> dict[str, str]:
    row = {"source_id": "1", "service_code": "road_pothole", "created": CREATED.isoformat()}
    row |= {"lat": "13.75", "lon": "100.50", "observed_until": LAST.isoformat()}
    return row | fields


def at(days: float) -> str:
    return (CREATED + days * DAY).isoformat()


def test_own_table_states_a_whole_life(bangkok: City) -> None:
    row = own(
        acknowledged=at(0.5), started=at(1), resolved=at(2), reopened=at(3), resolved_again=at(4),
        reason="removed", description="ข้อความ", channel="phone", observed_until="",
    )  # fmt: skip
    history = table.history_of(bangkok, "elsewhere", 2, row)
    draft = drafted(bangkok, history, NOW)
    kinds = [event["kind"] for event in draft.events]
    assert kinds == ["filed", "acknowledged", "started", "resolved", "reopened", "resolved"]
    assert draft.row["status"] == "resolved"
    assert draft.row["closing_reason"] == "removed"
    assert draft.row["acknowledged_at"] == CREATED + DAY / 2
    assert draft.row["responded_at"] == CREATED + DAY
    assert draft.row["closed_at"] == CREATED + 4 * DAY
    assert draft.row["version"] == 6


def test_a_referral_in_the_own_table_pauses_the_promise(bangkok: City) -> None:
    history = table.history_of(bangkok, "elsewhere", 2, own(referred=at(1), referred_to="highways"))
    moves = (*history.moves, StatedMove(Move.RESUME, CREATED + 3 * DAY))
    resumed = StatedHistory(
        row=2, source="elsewhere", source_id="1", service_code="road_pothole", created=CREATED,
        lat=13.75, lon=100.50, moves=moves, observed_until=LAST,
    )  # fmt: skip
    paused = drafted(bangkok, history, NOW).row
    assert (paused["assignee"], paused["paused_at"]) == ("highways", CREATED + DAY)
    draft = drafted(bangkok, resumed, NOW)
    assert draft.row["paused_at"] is None
    assert draft.row["resolve_by"] > paused["resolve_by"]
    assert draft.events[2]["data"]["resolve_by"] == draft.row["resolve_by"]


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"reason": "", "declined": at(1)}, Because.WRONG_VALUE),
        ({"reason": "bored", "resolved": at(1)}, Because.WRONG_VALUE),
        ({"referred_to": "nobody", "referred": at(1)}, Because.WRONG_VALUE),
        ({"district": "Atlantis"}, Because.WRONG_VALUE),
        ({"observed_until": ""}, Because.WRONG_TIME),
        ({"reopened": at(1)}, Because.IMPOSSIBLE_HISTORY),
        ({"resolved": at(1), "started": at(2)}, Because.IMPOSSIBLE_HISTORY),
        ({"linked": at(1)}, Because.UNKNOWN_PARENT),
        ({"service_code": "dragons"}, Because.UNKNOWN_SERVICE),
        ({"resolved": at(-1)}, Because.TIMES_OUT_OF_ORDER),
        ({"description": "x" * 4001}, Because.WRONG_VALUE),
        ({"lat": "", "lon": ""}, Because.NO_POSITION),
    ],
)
def test_own_table_refuses(bangkok: City, fields: dict[str, str], because: Because) -> None:
    with pytest.raises(NotTaken) as refused:
        drafted(bangkok, table.history_of(bangkok, "elsewhere", 2, own(**fields)), NOW)
    assert refused.value.because is because


# ---- Into the database


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def many(count: int) -> list[dict[str, str]]:
    closed = {"resolved": at(2), "observed_until": ""}
    return [own(source_id=str(n), **(closed if n % 3 else {})) for n in range(count)]


def counted(db: psycopg.Connection[Any], sql: str) -> int:
    with db.transaction():
        row = db.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def requests(db: psycopg.Connection[Any]) -> int:
    return counted(db, "select count(*) from request")


def verified(db: psycopg.Connection[Any]) -> event_log.Verification:
    with db.transaction():
        return event_log.verify(db, "th-bkk")


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


def test_a_parquet_file_is_read_as_its_csv_is(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    rows = write_csv(tmp_path / "a.csv", many(20))
    columnar = tmp_path / "a.parquet"
    with duckdb.connect(config=OPTIONS) as database:
        database.execute("set TimeZone = 'UTC'")
        database.execute(
            f"copy (select * replace (created::timestamptz as created, lat::double as lat) "
            f"from read_csv('{rows}', all_varchar = true)) to '{columnar}' (format parquet)"
        )
    assert import_file(db, bangkok, None, rows).imported == 20
    query = (
        "select lat, lon, status, received_at, closed_at, resolve_by, description from request "
        "where source = %s order by source_id"
    )
    assert import_file(db, bangkok, None, columnar, source="columns").imported == 20
    assert db.execute(query, ("columns",)).fetchall() == db.execute(query, ("csv",)).fetchall()
    with duckdb.connect(config=OPTIONS) as database:
        database.execute(
            f"copy (select * replace (source_id || chr(0) as source_id) from read_parquet('{columnar}')) "
            f"to '{tmp_path / 'nul.parquet'}' (format parquet)"
        )
    with pytest.raises(UnreadableFile, match="row 2 contains NUL"):
        import_file(db, bangkok, None, tmp_path / "nul.parquet", source="nul")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(columnar.read_bytes()[:-300])
    with pytest.raises(UnreadableFile, match="not readable as Parquet"):
        import_file(db, bangkok, None, broken, source="broken")


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


def test_rejects_stand_in_a_file_that_can_be_put_right_and_imported(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", [*many(4), own(source_id="late", created="yesterday")])
    with path.open("a", encoding="utf-8") as stream:
        stream.write("too,short\n")
    rejects = tmp_path / "rejects.csv"
    summary = import_file(db, bangkok, None, path, rejects_path=rejects)
    assert summary.rejects == {"wrong_time": 1, "wrong_field_count": 1}
    with rejects.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.reader(stream))
    assert lines[0][:4] == ["reject_row", "reject_because", "reject_detail", "source_id"]
    assert [line[:2] for line in lines[1:]] == [["6", "wrong_time"], ["7", "wrong_field_count"]]
    assert "'yesterday'" in lines[1][2]
    corrected = tmp_path / "corrected.csv"
    kept = dict(zip(lines[0], lines[1], strict=True)) | {"created": CREATED.isoformat()}
    assert import_file(db, bangkok, None, write_csv(corrected, [kept])).imported == 1
    assert requests(db) == 5


def test_an_import_that_fails_leaves_no_rejects_file(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    path = write_csv(tmp_path / "a.csv", many(3))
    with pytest.raises(KeyboardInterrupt):
        import_file(db, bangkok, None, path, rejects_path=tmp_path / "r.csv", progress=stop)
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


HEADER = b"source_id,service_code,created,lat,lon,observed_until\n"
GOOD = f"1,road_pothole,{CREATED.isoformat()},13.75,100.50,{LAST.isoformat()}\n".encode()

BROKEN: Mapping[str, tuple[str, bytes, str]] = {
    "not gzip": ("a.csv.gz", HEADER + GOOD, "not gzip"),
    "gzip cut short": ("a.csv.gz", gzip.compress((HEADER + GOOD) * 50)[:-20], "damaged"),
    "gzip with a wrong byte": ("a.csv.gz", gzip.compress(HEADER + GOOD)[:-5] + b"wrong", "damaged"),
    "empty": ("a.csv", b"", "is empty"),
    "another header": ("a.csv", b"id,kind\n1,2\n", "no column 'source_id'"),
    "a column twice": ("a.csv", HEADER.replace(b"lat", b"lon") + GOOD, "'lon' twice"),
    "not UTF-8": ("a.csv", HEADER + GOOD + GOOD.replace(b"road", b"r\xf6ad"), "a.csv:3: is not UTF-8 (byte 4"),
    "UTF-16": ("a.csv", (HEADER + GOOD).decode().encode("utf-16"), "UTF-16"),
    "NUL": ("a.csv", HEADER + GOOD + b"\0" + GOOD, "a.csv:3: contains NUL"),
    "an endless line": (
        "a.csv.gz", gzip.compress(HEADER + GOOD + b"x" * 100 * MAX_ROW_BYTES, 1), "a row is longer",
    ),
    "an endless row": ("a.csv", HEADER + GOOD + b'"\n",' * MAX_ROW_BYTES, "a row is longer"),
    "an endless field": ("a.csv", HEADER + GOOD + b'"' + b"x\n" * 300_000, "not readable as CSV"),
    "a quote that never ends": ("a.csv", HEADER + GOOD + b'2,"oops\n', "not readable as CSV"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_line_and_writes_nothing(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path, name: str
) -> None:
    file, content, message = BROKEN[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"a\.csv") as refused:
        import_file(db, bangkok, None, path, chunk=1)
    assert message in refused.value.message
    assert requests(db) == 0


def test_what_is_no_file_is_said(db: psycopg.Connection[Any], bangkok: City, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        import_file(db, bangkok, None, tmp_path / "missing.csv")
    with pytest.raises(UnreadableFile, match="directory"):
        import_file(db, bangkok, None, tmp_path)
    path = write_csv(tmp_path / "a.csv", many(1))
    with pytest.raises(UnreadableFile, match="rejects cannot be written"):
        import_file(db, bangkok, None, path, rejects_path=tmp_path / "no" / "r.csv")


def test_a_byte_order_mark_windows_lines_and_empty_lines_are_taken(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + b"\r\n" + GOOD.replace(b"\n", b"\r\n")
    )
    assert import_file(db, bangkok, None, path).imported == 1


# ---- A real file, where there is one


def real_file() -> Path:
    folder = Path(os.environ.get("NAGARA_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    found = sorted(folder.glob("bangkok_*.csv.gz")) if folder.is_dir() else []
    if not found:
        pytest.skip(f"no real reports in {folder}; NAGARA_REAL_DATA names another folder")
    return found[0]


@pytest.fixture
def real(db: psycopg.Connection[Any], bangkok: City) -> Iterator[tuple[Path, ImportSummary]]:
    path = real_file()
    mapping = load_import_mapping(REPOSITORY / "city_config/cities/th-bkk/import_traffy.yaml", bangkok)
    yield path, import_file(db, bangkok, mapping, path)


def test_real_reports_come_in_whole_and_give_the_curve_lifelines_gives(
    db: psycopg.Connection[Any], bangkok: City, real: tuple[Path, ImportSummary]
) -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    path, summary = real
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = {row["ticket_id"]: row for row in csv.DictReader(stream)}
    assert summary.rows == summary.imported + summary.rejected == len(rows)
    assert set(summary.rejects) <= {"not_a_request", "outside_the_city", "no_position"}
    assert (summary.share_in_a_district or 0) > 0.99
    found = verified(db)
    assert (found.requests, found.faults) == (summary.imported, ())

    logged = logged_by_source_id(db)
    assert len(logged) == summary.imported
    last = max(event.occurred_at for events in logged.values() for event in events)
    ours = [issue_times(events, last + 1000 * DAY) for events in logged.values()]
    endings = [(hours(o.resolution.at - o.received_at), o.resolution.cause) for o in ours if o is not None]
    curve = kaplan_meier(risk_table([h for h, _ in endings], [cause for _, cause in endings]))

    theirs = [ending_stated(rows[source_id]) for source_id in logged]
    fitter = KaplanMeierFitter().fit([h for h, _ in theirs], [ended for _, ended in theirs])
    band = median_survival_times(fitter.confidence_interval_)
    median = curve.quantile(0.5)
    assert median.value == pytest.approx(fitter.median_survival_time_)
    assert [median.low, median.high] == pytest.approx(band.iloc[0].tolist())
    for day in range(1, 56):
        assert curve.at(24 * day).value == pytest.approx(float(fitter.predict(24 * day)), abs=1e-9)
    assert Counter(cause > 0 for _, cause in endings) == Counter(ended for _, ended in theirs)


def hours(span: dt.timedelta) -> float:
    return span / dt.timedelta(hours=1)


def logged_by_source_id(db: psycopg.Connection[Any]) -> dict[str, list[LoggedEvent]]:
    logged: dict[str, list[LoggedEvent]] = {}
    with db.transaction():
        for source_id, *event in db.execute(
            "select r.source_id, e.kind, e.occurred_at, e.actor_kind, e.to_status, e.data from event e "
            "join request r on r.city_id = e.city_id and r.id = e.request_id order by e.request_id, e.seq"
        ):
            logged.setdefault(source_id, []).append(LoggedEvent(*event))
    return logged


def ending_stated(row: Mapping[str, str]) -> tuple[float, bool]:
    """Hours to the first closing and whether there was one, from the file alone."""
    path = row["state_path"].split(">")
    if "เสร็จสิ้น" in path:
        end, ended = row["finished"] or row["finished_by"], True
    elif path[-1] == "ไม่เกี่ยวข้อง":
        end, ended = row["first_seen"] if len(path) == 1 else row["last_seen"], True
    else:
        end, ended = row["last_seen"], False
    return hours(dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(row["created"])), ended
