"""The decision what the public sees, as a function and as a condition: the same in every case."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city_config import City
from city_config.policy import Publication
from nagara.public.publication import (
    METRES_PER_DEGREE,
    Standing,
    blurred_sql,
    is_public,
    photo_is_public,
    public_address,
    public_note,
    public_position,
    public_since,
    public_sql,
    public_values,
    public_words,
    waiting_sql,
    waits_for_release,
)
from tests.nagara.small_cities import PHNOM_PENH

Connection = psycopg.Connection[Any]
NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
SERVICE = "missed_collection"


def with_rule(**changes: Any) -> City:
    return PHNOM_PENH.model_copy(update={"publication": Publication(**changes)})


def standing(**changes: Any) -> Standing:
    values: dict[str, Any] = {
        "service_code": SERVICE,
        "confidential": False,
        "public": None,
        "received_at": NOW,
    }
    return Standing(**(values | changes))


def test_by_default_everything_is_public_at_once() -> None:
    assert is_public(with_rule(), standing(), NOW)
    assert not is_public(with_rule(), standing(), NOW - dt.timedelta(seconds=1)), "not before it was received"


def test_the_delay_ends_on_the_second() -> None:
    city = with_rule(delay_hours=24)
    until = NOW + dt.timedelta(hours=24)
    assert public_since(city, standing()) == until
    assert not is_public(city, standing(), until - dt.timedelta(microseconds=1))
    assert is_public(city, standing(), until)


@pytest.mark.parametrize("public", [None, True])
def test_nothing_makes_a_confidential_request_public(public: bool | None) -> None:
    for city in (with_rule(), with_rule(moderated=True), with_rule(delay_hours=1)):
        assert public_since(city, standing(confidential=True, public=public)) is None
        assert not waits_for_release(city, standing(confidential=True, public=public))
    assert public_since(with_rule(private_services=(SERVICE,)), standing(public=public)) is None


def test_staffs_word_goes_before_the_citys_rule_but_not_before_what_is_private() -> None:
    city = with_rule(moderated=True, delay_hours=48)
    assert waits_for_release(city, standing())
    assert not is_public(city, standing(), NOW + dt.timedelta(days=9))
    assert is_public(city, standing(public=True), NOW)
    assert not is_public(with_rule(), standing(public=False), NOW + dt.timedelta(days=9))
    assert not waits_for_release(city, standing(public=False))


RULES = [
    with_rule(),
    with_rule(moderated=True),
    with_rule(delay_hours=24),
    with_rule(moderated_services=(SERVICE,)),
    with_rule(private_services=(SERVICE,)),
    with_rule(moderated=True, private_services=("other",), delay_hours=24),
    with_rule(moderated_services=("other",), private_services=("third",), delay_hours=1),
]


def test_function_and_condition_agree_in_every_case(db: Connection) -> None:
    """Over every rule, service, word of staff and age; the database's clock is asked first."""
    row = db.execute("select clock_timestamp()").fetchone()
    assert row is not None
    now: dt.datetime = row[0]
    services, ages = (SERVICE, "other", "third"), (0.5, 2.0, 23.9, 24.1, 240.0)
    cases = list(itertools.product(services, (True, False), (None, True, False), ages))
    seen = 0
    for city in RULES:
        statement = (
            f"select r.n, {public_sql()}, {waiting_sql()} from unnest(%(n)s::int[], %(service)s::text[], "
            "%(confidential)s::boolean[], %(public)s::boolean[], %(received)s::timestamptz[]) "
            "as r(n, service_code, confidential, public, received_at) order by r.n"
        )
        values = public_values(city) | {
            "n": list(range(len(cases))),
            "service": [case[0] for case in cases],
            "confidential": [case[1] for case in cases],
            "public": [case[2] for case in cases],
            "received": [now - dt.timedelta(hours=case[3]) for case in cases],
        }
        for n, public, waits in db.execute(statement, values).fetchall():
            service, confidential, word, age = cases[n]
            request = Standing(service, confidential, word, now - dt.timedelta(hours=age))
            assert public is is_public(city, request, now), (city.publication, cases[n])
            assert waits is waits_for_release(city, request), (city.publication, cases[n])
            seen += public
    assert 0 < seen < len(cases) * len(RULES)


@given(lat=st.floats(-85, 85), lon=st.floats(-179, 179), metres=st.sampled_from([50, 200, 500, 2000]))
def test_a_blurred_position_is_near_and_tells_nothing_finer(lat: float, lon: float, metres: int) -> None:
    city = with_rule(blur_metres=metres)
    shown = public_position(city, lat, lon, own=False)
    assert shown is not None
    assert abs(shown["lat"] - lat) * METRES_PER_DEGREE <= metres / 2 + 1
    again = public_position(city, shown["lat"], shown["lon"], own=False)
    assert again is not None
    assert again["lat"] == pytest.approx(shown["lat"], abs=2e-6)
    near = public_position(city, lat + 1e-7, lon, own=False)
    assert near is not None
    if near["lat"] == shown["lat"]:
        assert near["lon"] == shown["lon"], "the longitude would tell of the latitude what the grid hides"
    assert public_position(city, lat, lon, own=True) == {"lat": round(lat, 6), "lon": round(lon, 6)}


def test_the_database_blurs_alike(db: Connection) -> None:
    places = [(11.5564, 104.9282), (-6.2088, 106.8456), (0.0, 0.0), (64.1, -21.9), (1.3521, 103.8198)]
    for metres in (0, 100, 750):
        city = with_rule(blur_metres=metres)
        lat_sql, lon_sql = blurred_sql()
        for lat, lon in places:
            values = public_values(city) | {"lat": lat, "lon": lon}
            row = db.execute(
                f"select {lat_sql}, {lon_sql} from (select %(lat)s::float8 as lat, %(lon)s::float8 as lon) r",
                values,
            ).fetchone()
            assert row is not None
            assert {"lat": round(row[0], 6), "lon": round(row[1], 6)} == public_position(
                city, lat, lon, own=False
            )


def test_words_and_addresses() -> None:
    assert public_words(with_rule(), "web", "words") is None
    assert public_words(with_rule(), "open311", "words") == "words"
    assert public_words(with_rule(show_description=True), "web", "words") == "words"
    assert public_words(with_rule(show_description=True), "web", "") is None
    assert public_address(with_rule(), "web", "a lane") is None
    assert public_address(with_rule(), "open311", "a lane") == "a lane"
    assert public_address(with_rule(blur_metres=100), "open311", "a lane") is None
    assert public_note("staff", "note", own=False) == "note"
    assert public_note("resident", "note", own=False) is None
    assert public_note("resident", "note", own=True) == "note"


@pytest.mark.parametrize("hide", [(), ("faces",), ("faces", "plates")])
@pytest.mark.parametrize("searched", [(), ("faces",), ("faces", "plates")])
def test_a_picture_is_public_only_once_it_was_searched(
    hide: tuple[str, ...], searched: tuple[str, ...]
) -> None:
    looked = set(hide) <= set(searched)
    for photos, released in itertools.product(("none", "released", "all"), (True, False)):
        city = with_rule(hide=hide, photos=photos)
        expected = looked and (photos == "all" or (photos == "released" and released))
        assert photo_is_public(city, True, released, searched) is expected
        assert not photo_is_public(city, False, released, searched)
