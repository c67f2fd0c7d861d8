"""Rows of another system's list and of our own table, files of them, and what came of an import."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from city_config.import_mapping import ImportMapping
from nagara import event_log
from nagara.importing import (
    snapshots,
)

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


def own(**fields: str) -> dict[str, str]:
    row = {"source_id": "1", "service_code": "road_pothole", "created": CREATED.isoformat()}
    row |= {"lat": "13.75", "lon": "100.50", "observed_until": LAST.isoformat()}
    return row | fields


def at(days: float) -> str:
    return (CREATED + days * DAY).isoformat()


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
