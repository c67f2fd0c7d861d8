"""Counts by city, code and month are those of counting every request, at every moment and whoever changes them."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import psycopg
import pytest

from city_config import City
from nagara.cities import city_of
from nagara.indicators.period import Period
from nagara.network import counts_of_all, live_counts
from tests.helpers import Connection, file, multiply, pairs_dropped

CITIES = ("kh-pnh", "mm-rgn")
CODES = ("road_pothole", "street_light", "waste_missed")
AROUND = dt.datetime(2026, 3, 31, 17, 0, tzinfo=dt.UTC)
"""Midnight before the first of April in Phnom Penh; in Yangon it is half an hour later."""

COPIES = 60


MANY = 400
COME = """
insert into request_count_news (city_id, at, network_code, received, open, closed)
select 'kh-pnh', now() - n * interval '1 hour', 'noise', 1, 1, 0 from generate_series(1, %s) n
"""


def test_many_news_are_added_up_also_where_they_were_counted_empty(db: Connection, owner: Connection) -> None:
    """The server counts tables by itself, mostly when there is no news: its plans are for nothing then."""
    owner.execute(COME, (MANY,))
    owner.execute("delete from request_count_news")
    owner.execute("analyze request_count_news")
    owner.execute(COME, (MANY,))
    values = {"cities": ["kh-pnh"], "zones": ["Asia/Phnom_Penh"], "most": MANY}
    asked = psycopg.ClientCursor(db).mogrify(live_counts.FOLD, values)
    found = db.execute(f"explain (analyze, timing off, format json) {asked}").fetchall()[0][0]
    assert pairs_dropped(found[0]["Plan"]) < MANY
    db.rollback()
    assert live_counts.fold(db, [city_of("kh-pnh")]) == MANY


@pytest.fixture
def cities(owner: Connection) -> list[City]:
    """Two cities in zones of which one is half an hour off, with requests around the turn of a month."""
    found = [city_of(name) for name in CITIES]
    chance = random.Random(3)
    for city in found:
        multiply(owner, file(city), COPIES)
        for (id_,) in owner.execute("select id from request where city_id = %s", (city.id,)).fetchall():
            owner.execute(
                "update request set received_at = %s, network_code = %s where city_id = %s and id = %s",
                (_moment(chance), chance.choice(CODES), city.id, id_),
            )
    return found


def _moment(chance: random.Random) -> dt.datetime:
    """Within minutes of the turn of a month, or weeks away from it."""
    spread = chance.choice((dt.timedelta(minutes=50), dt.timedelta(hours=30), dt.timedelta(days=70)))
    return AROUND + spread * chance.uniform(-1, 1)


def counted(owner: Connection, city: City) -> live_counts.Counts:
    """Every request of a city counted here, by the months of its own zone."""
    zone = ZoneInfo(city.timezone)
    found: Counter[tuple[dt.date, str, int]] = Counter()
    rows = owner.execute(
        "select received_at, closed_at, network_code from request where city_id = %s", (city.id,)
    )
    for received, closed, code in rows:
        month = received.astimezone(zone).date().replace(day=1)
        found[month, code, 0] += 1
        found[month, code, 1] += closed is None
        if closed is not None:
            found[closed.astimezone(zone).date().replace(day=1), code, 2] += 1
    keys = {key[:2] for key in found}
    return {key: (found[*key, 0], found[*key, 1], found[*key, 2]) for key in keys}


def hold(owner: Connection, db: Connection, cities: list[City]) -> None:
    """What readers are told is what is there."""
    for city in cities:
        assert live_counts.held(db, city) == counted(owner, city) == live_counts.true_counts(db, city)
    db.commit()


CHANGES = (
    "update request set closed_at = %(at)s where id = any(%(ids)s)",
    "update request set closed_at = null where id = any(%(ids)s)",
    "update request set network_code = %(code)s, closed_at = %(at)s where id = any(%(ids)s)",
    "update request set network_code = %(code)s where id = any(%(ids)s)",
    "update request set received_at = %(at)s where id = any(%(ids)s)",
    "update request set description = 'other words', version = version + 1 where id = any(%(ids)s)",
    "delete from request where id = any(%(ids)s)",
)


def test_whatever_happens_to_requests_the_counts_are_those_of_counting(
    owner: Connection, db: Connection, cities: list[City]
) -> None:
    chance = random.Random(4)
    hold(owner, db, cities)
    owner.execute("set session_replication_role = replica")
    owner.execute("delete from event")  # it would keep requests from being deleted
    owner.execute("reset session_replication_role")
    for step in range(30):
        ids = [row[0] for row in owner.execute("select id from request order by id")]
        values = {
            "ids": chance.sample(ids, min(len(ids), chance.choice((1, 7)))),
            "at": _moment(chance),
            "code": chance.choice(CODES),
        }
        owner.execute(chance.choice(CHANGES).encode(), values)
        if step % 3 == 0:
            hold(owner, db, cities)
        if step % 7 == 0:
            assert live_counts.fold(db, cities) > 0
    while live_counts.fold(db, cities):
        pass
    hold(owner, db, cities)
    assert db.execute("select count(*) from request_count_news").fetchone() == (0,)


def test_many_rows_at_once_are_few_rows_of_news(
    owner: Connection, db: Connection, cities: list[City]
) -> None:
    while live_counts.fold(db, cities):
        pass
    db.commit()
    owner.execute(
        "update request set received_at = '2026-02-10', closed_at = null, network_code = 'noise' where city_id = %s",
        (CITIES[0],),
    )
    live_counts.fold(db, cities)
    db.commit()
    columns = ", ".join(
        row[0]
        for row in owner.execute(
            "select column_name from information_schema.columns where table_name = 'request' "
            "and is_generated = 'NEVER' and column_name not in ('id', 'reference', 'idempotency_key')"
        )
    )
    owner.execute(
        f"insert into request (id, reference, {columns}) "
        f"select gen_random_uuid(), gen_random_uuid()::text, {columns} from request where city_id = %s",
        (CITIES[0],),
    )
    told = owner.execute("select network_code, received, open, closed from request_count_news").fetchall()
    assert told == [("noise", COPIES + 1, COPIES + 1, 0)]
    hold(owner, db, cities)


def test_what_is_not_committed_is_not_counted_and_nobody_waits_for_it(
    database_url: str, owner: Connection, db: Connection, cities: list[City]
) -> None:
    with psycopg.connect(database_url, options="-c timezone=UTC -c lock_timeout=5000") as slow:
        slow.execute("update request set closed_at = received_at + interval '1 day' where closed_at is null")
        before = {city.id: live_counts.held(db, city) for city in cities}
        assert live_counts.fold(db, cities) > 0, "it passes what others have not committed"
        db.commit()
        assert {city.id: live_counts.held(db, city) for city in cities} == before
        db.commit()
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        owner.execute("delete from request_count where city_id = %s", (CITIES[0],))
        assert live_counts.prove(db, cities[0]) == len(before[CITIES[0]])
        db.commit()
        assert {city.id: live_counts.held(db, city) for city in cities} == before
        db.commit()
        slow.commit()
    hold(owner, db, cities)
    assert [live_counts.prove(db, city) for city in cities] == [0, 0]


def test_readers_get_a_number_for_each_month_of_what_they_may_see(
    owner: Connection, db: Connection, cities: list[City], database_url: str
) -> None:
    period, now = Period.parse("2025-12..2026-06"), AROUND
    text, values = live_counts.question(cities, period)
    for folded in (False, True):
        if folded:
            live_counts.fold(db, cities)
            db.commit()
        with psycopg.connect(database_url, options="-c role=nagara_network -c timezone=UTC") as network:
            of_all = live_counts.question(cities, period, of_all=True)
            told = live_counts.shown(cities, period, network.execute(*of_all).fetchall(), now)
        assert told["months"] == [f"{m:%Y-%m}" for m in _months(period)]
        assert {row["city"]: _flat(row, period) for row in told["cities"]} == {
            city.id: {k: v for k, v in counted(owner, city).items() if k[0] in period} for city in cities
        }
        with psycopg.connect(database_url, options="-c role=nagara_app -c timezone=UTC") as app:
            app.execute("select set_config('nagara.city', %s, true)", (CITIES[1],))
            own = live_counts.shown(cities, period, app.execute(text, values).fetchall(), now)
        assert [len(row["codes"]) for row in own["cities"]] == [0, len(told["cities"][1]["codes"])]
        assert own["cities"][1] == told["cities"][1]


def test_the_network_sees_sums_of_news_and_never_a_row(
    owner: Connection, cities: list[City], database_url: str
) -> None:
    """A row of news is often one request; a city's own people see no other city's news either way."""
    sums = (
        "select city_id, at, network_code, sum(received), sum(open), sum(closed) from request_count_news "
        "group by 1, 2, 3"
    )
    with psycopg.connect(database_url, options="-c role=nagara_network -c timezone=UTC") as network:
        assert network.execute("select count(*) from request_count_news").fetchone() == (0,)
        told = network.execute("select * from request_count_late").fetchall()
        assert sorted(told) == sorted(owner.execute(sums).fetchall())
        rows = owner.execute("select count(*) from request_count_news").fetchone()
        assert rows is not None and len(told) < rows[0]
    with psycopg.connect(database_url, options="-c role=nagara_app -c timezone=UTC") as app:
        app.execute("select set_config('nagara.city', %s, true)", (CITIES[1],))
        own = app.execute("select distinct city_id from request_count_news").fetchall()
        assert own == [(CITIES[1],)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("select 1 from request_count_late")


def test_what_a_process_keeps_of_all_cities_holds_only_as_long_as_it_is_true(
    owner: Connection, db: Connection, cities: list[City], database_url: str
) -> None:
    """Whoever writes is in the next answer: filing, adding up, proving. Only what draws no version would not be."""
    period, now = Period.parse("2025-12..2026-06"), AROUND
    counts_of_all.forget()
    with psycopg.connect(
        database_url, autocommit=True, options="-c role=nagara_network -c timezone=UTC"
    ) as network:

        def asked() -> Any:
            told = counts_of_all.counts_of_all(network, cities, period, now)
            return orjson.loads(orjson.dumps(told))["cities"]

        def hold_both() -> None:
            for _ in range(2):
                rows = network.execute(*live_counts.question(cities, period, of_all=True)).fetchall()
                assert asked() == live_counts.shown(cities, period, rows, now)["cities"]

        hold_both()
        for change in CHANGES[:4]:
            live_counts.fold(db, cities)
            db.commit()
            hold_both()
            values = {"at": AROUND, "code": CODES[0]}
            values["ids"] = [row[0] for row in owner.execute("select id from request limit 5").fetchall()]
            owner.execute(change.encode(), values)
            hold_both()
        while live_counts.fold(db, cities):
            pass
        db.commit()
        kept = asked()
        owner.execute("set session_replication_role = replica")  # no trigger: as nobody but a restore writes
        owner.execute("update request_count set received = received + 1")
        assert asked() == kept
        owner.execute("reset session_replication_role")
        owner.execute("update request_count set received = received - 1 where city_id = %s", (CITIES[0],))
        assert [row == before for row, before in zip(asked(), kept, strict=True)] == [True, True]
        owner.execute("delete from request_count where city_id = %s", (CITIES[1],))
        assert [bool(row["codes"]) for row in asked()] == [True, False]
        assert live_counts.prove(db, cities[1]) > 0
        db.commit()
        hold_both()
        assert asked() == kept
        owner.execute("delete from request_count_version")
        owner.execute("set session_replication_role = replica")
        owner.execute("update request_count set received = received + 1")
        owner.execute("reset session_replication_role")
        hold_both()
        assert asked() != kept, "without a version nothing is kept"


def _months(period: Period) -> list[dt.date]:
    first = period.first.year * 12 + period.first.month - 1
    last = period.last.year * 12 + period.last.month
    return [dt.date(number // 12, number % 12 + 1, 1) for number in range(first, last)]


def _flat(row: dict[str, Any], period: Period) -> live_counts.Counts:
    found = {}
    for code in row["codes"]:
        for month, *numbers in zip(
            _months(period), code["received"], code["open"], code["closed"], strict=True
        ):
            if any(numbers):
                found[month, code["code"]] = (numbers[0], numbers[1], numbers[2])
    return found
