"""Real reports of a city come in whole, and give the curve that an independent library gives."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from city_config import City
from city_config.import_mapping import load_import_mapping
from nagara.importing import (
    ImportSummary,
    import_file,
)
from nagara.indicators.issue_times import LoggedEvent, issue_times
from nagara.indicators.survival import kaplan_meier, risk_table
from tests.nagara.importing.stating import DAY, REPOSITORY, verified


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
