"""Snapshots built from a real event log: right figures, once per input, never changed, recomputable."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from city_config import Configuration, load_configuration
from nagara.demo.simulation import SOURCE as DEMO_SOURCE
from nagara.errors import InvalidInput
from nagara.indicators.build import build_all, build_city, needs_refresh
from nagara.indicators.cells import Cell
from nagara.indicators.issue_times import SIMULATION
from nagara.indicators.period import Period
from nagara.indicators.reading import default_cut_off
from nagara.indicators.snapshots import figures_for, latest_snapshot, month_rows, snapshot_cells
from nagara.network.view import indicators
from nagara.settings import REPOSITORY
from tests.nagara.indicators.logged import log_request

Db = psycopg.Connection[Any]
CITY = "kh-pnh"
MARCH = dt.datetime(2026, 3, 1, 3, tzinfo=dt.UTC)
CUT_OFF = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_configuration(REPOSITORY / "city_config")


def now_of(db: Db) -> dt.datetime:
    row = db.execute("select clock_timestamp()").fetchone()
    assert row is not None
    moment: dt.datetime = row[0]
    return moment


def fill(db: Db, city_id: str = CITY, count: int = 60) -> None:
    """Requests of March: two thirds resolved after 48 hours, every third open, half in each district."""
    for number in range(count):
        done = [] if number % 3 == 0 else [("resolved", 48.0, "staff")]
        received = MARCH + dt.timedelta(hours=number)
        history = [("acknowledged", 5.0, "staff"), *done]
        log_request(db, city_id, received, history, district="01" if number % 2 else "02")


def test_figures_of_a_month_come_from_the_log(db: Db, configuration: Configuration) -> None:
    fill(db)
    build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    found = figures_for(db, configuration, CITY, Period.parse("2026-03"))
    figures = found["figures"]
    assert figures["N1"]["value"] == 60
    assert figures["N2a"]["value"] == 5
    assert figures["N3a.median"]["value"] == 48
    assert figures["N3a.share"]["value"] == pytest.approx(2 / 3)
    assert figures["N4.published"]["value"] == pytest.approx(2 / 3)
    assert figures["N7b.median"]["n"] == 20
    assert found["snapshot"]["events_seen"] == 160
    assert found["snapshot"]["cut_off"] == CUT_OFF.isoformat()


def test_code_district_and_other_periods_are_asked_for(db: Db, configuration: Configuration) -> None:
    fill(db)
    log_request(db, CITY, MARCH, code="noise", district=None)
    build_city(db, configuration, CITY, now_of(db), CUT_OFF)

    def reports(period: str, code: str = "all", district: str = "") -> float:
        figures = figures_for(db, configuration, CITY, Period.parse(period), code, district)["figures"]
        return float(figures["N1"]["value"])

    assert reports("2026-03") == 61
    assert reports("2026-03", "noise") == 1
    assert reports("2026-03", "road_pothole", "01") == 30
    assert reports("2026-03", "all", "-") == 1
    assert reports("2026-04..2026-12") == 0
    assert reports("2025-01..2026-12") == 61


def test_the_same_inputs_make_no_second_snapshot(db: Db, configuration: Configuration) -> None:
    fill(db, count=5)
    first = build_city(db, configuration, CITY, now_of(db))
    assert build_city(db, configuration, CITY, now_of(db)) == first
    log_request(db, CITY, MARCH)
    second = build_city(db, configuration, CITY, now_of(db))
    assert second != first
    snapshot = latest_snapshot(db, CITY)
    assert snapshot is not None
    assert snapshot.id == second


def test_a_new_report_is_counted_at_once(db: Db, configuration: Configuration) -> None:
    log_request(db, CITY, now_of(db))
    now = now_of(db)
    assert default_cut_off(db, CITY, now) <= now
    build_city(db, configuration, CITY, now)
    month = Period.parse(f"{now.astimezone(configuration.cities[CITY].zone):%Y-%m}")
    assert figures_for(db, configuration, CITY, month)["figures"]["N1"]["value"] == 1


def test_months_are_local(db: Db, configuration: Configuration) -> None:
    last_evening_utc = dt.datetime(2026, 3, 31, 17, 30, tzinfo=dt.UTC)  # 00:30 on 1 April in Phnom Penh
    log_request(db, CITY, last_evening_utc)
    snapshot = build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    months = {month for month, _, _ in snapshot_cells(db, CITY, snapshot, district="01")}
    assert months == {dt.date(2026, 4, 1)}


def test_promises_count_in_the_month_they_fell_due(db: Db, configuration: Configuration) -> None:
    for _ in range(20):
        log_request(db, CITY, MARCH + dt.timedelta(days=29), [("resolved", 10, "staff")])
    build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    march, april = (
        figures_for(db, configuration, CITY, Period.parse(p))["figures"]["N4.published"]["n"]
        for p in ("2026-03", "2026-04")
    )
    assert (march, april) == (0, 20)


def test_a_duplicates_earlier_receipt_starts_the_clock(db: Db, configuration: Configuration) -> None:
    parent = log_request(db, CITY, MARCH, [("resolved", 10, "staff")])
    link = [("duplicate_linked", 12.0, "staff")]
    log_request(db, CITY, MARCH - dt.timedelta(hours=6), link, data={"parent": parent})
    log_request(db, CITY, MARCH + dt.timedelta(hours=1), link, data={"parent": parent})
    snapshot = build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    cell = Cell.merged(snapshot_cells(db, CITY, snapshot).values())
    assert (cell.count("reports"), cell.count("issues"), cell.count("duplicates")) == (3, 1, 2)
    assert cell.table("resolution").risk.times.tolist() == [16.0]


def test_figures_know_that_they_rest_on_made_up_requests(db: Db, configuration: Configuration) -> None:
    made_up = {"source": SIMULATION}
    log_request(db, CITY, MARCH, [("resolved", 10, "import")], actor="import", filed=made_up)
    for city_id in ("th-bkk", CITY):
        log_request(db, city_id, MARCH, [("resolved", 10, "staff")])
    build_all(db, configuration, now_of(db))
    asked = Period.parse("2026-03"), ["th-bkk", CITY]
    shown = indicators(db, configuration, *asked, internal=True)
    assert shown["simulated"] == [CITY]
    counted = {row["city"]: row["figures"]["N1"]["value"] for row in shown["cities"]}
    assert counted == {"th-bkk": 1, CITY: 2}
    assert {tuple(row["figures"]["N1"]["flags"]) for row in shown["cities"]} == {("few",)}
    public = indicators(db, configuration, *asked)["cities"]
    assert {(row["figures"]["N1"]["value"], row["figures"]["N1"]["n"]) for row in public} == {(None, None)}
    assert DEMO_SOURCE == SIMULATION


def test_rates_are_by_residents_and_withheld_where_nobody_knows_them(
    db: Db, configuration: Configuration
) -> None:
    fill(db)
    build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    (shown,) = indicators(db, configuration, Period.parse("2026-03"), [CITY])["cities"]
    people = configuration.cities[CITY].population
    assert people is not None
    rate = shown["figures"]["N1.rate"]
    assert rate["value"] == pytest.approx(60 * 1000 * 365.25 / 31 / people.value, abs=1e-6)
    assert rate["low"] < rate["value"] < rate["high"]
    assert shown["figures"]["N13"]["withheld"]


def test_a_months_cells_add_up_over_districts_and_codes(db: Db, configuration: Configuration) -> None:
    fill(db)
    log_request(db, CITY, MARCH, code="street_light")
    snapshot = build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    (row,) = month_rows(db, {CITY: snapshot}, dt.date(2026, 3, 1), dt.date(2026, 3, 1))[CITY].values()
    parts = row.packed.without_emergency()
    assert set(parts) == {("road_pothole", "01"), ("road_pothole", "02"), ("street_light", "01")}
    whole = row.packed.grouped(lambda part: "all")["all"]
    assert Cell.merged(parts.values()) == whole
    assert row.figures["N1"]["value"] == whole.count("reports") == 61


def test_an_older_snapshot_stays_what_it_was(db: Db, configuration: Configuration) -> None:
    fill(db)
    early = build_city(db, configuration, CITY, now_of(db), MARCH + dt.timedelta(days=2))
    before = snapshot_cells(db, CITY, early)
    log_request(db, CITY, MARCH)
    build_city(db, configuration, CITY, now_of(db), CUT_OFF)
    assert snapshot_cells(db, CITY, early) == before
    for statement in ("update indicator_figure set district = 'x'", "delete from indicator_snapshot"):
        with pytest.raises(psycopg.Error), db.transaction():
            db.execute(statement)


def test_every_city_is_built_and_one_without_requests_is_empty(db: Db, configuration: Configuration) -> None:
    fill(db, count=3)
    built = build_all(db, configuration, now_of(db))
    assert set(built) == set(configuration.cities)
    empty = figures_for(db, configuration, "kh-bat", Period.parse("2026-03"))["figures"]
    assert empty["N1"]["value"] == 0
    assert empty["N3a.median"]["value"] is None


def test_before_the_first_build_there_is_nothing(db: Db, configuration: Configuration) -> None:
    assert figures_for(db, configuration, CITY, Period.parse("2026-03")) == {"snapshot": None, "figures": {}}


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-05..2026-04", "1990-01..2026-01", "٢٠٢٦-٠١", ""])
def test_a_period_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Period.parse(text)


def test_periods_are_written_as_they_were_read() -> None:
    for text in ("2026-01", "2025-11..2026-02"):
        assert str(Period.parse(text)) == text
    assert dt.date(2026, 2, 28) in Period.parse("2025-11..2026-02")


def test_a_city_is_passed_again_only_after_new_events(db: Db, configuration: Configuration) -> None:
    assert needs_refresh(db, CITY, now_of(db))
    log_request(db, CITY, MARCH)
    build_city(db, configuration, CITY, now_of(db))
    later = now_of(db) + dt.timedelta(minutes=1)
    assert not needs_refresh(db, CITY, later)
    log_request(db, CITY, MARCH)
    assert needs_refresh(db, CITY, later)
