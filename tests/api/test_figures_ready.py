"""Figures that stand ready are those that are computed, for as long as nothing they were made of changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from city_config import Configuration, Network
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.indicators import sheets
from nagara.indicators.build import build_city
from nagara.indicators.period import Period
from nagara.indicators.sheets import keep_usual
from nagara.network import courses, view
from tests.api.four_cities import CITIES, CODES, NETWORK, Owner, lay_four_cities
from tests.nagara.indicators.logged import log_request


@pytest.fixture
def filled(client: TestClient, owner: Owner) -> TestClient:
    """Four cities with figures."""
    return lay_four_cities(client, owner)


def test_what_is_kept_ready_is_shown_as_long_as_nothing_it_was_made_of_changed(
    filled: TestClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready bytes are what is written for each answer otherwise, to the byte, for everybody and for officials; a new
    build, another configuration and other rules of what may be shown make them unread."""
    period = Period.parse("2026-03..2026-05")
    known = configuration()

    def answers(of: Configuration = known, *, afresh: bool = True) -> list[bytes]:
        found = []
        with clock_connection() as clock:
            for internal, city in ((False, []), (True, []), (False, ["kh-pnh"])):
                if afresh:
                    sheets.forget()
                told = view.indicators(clock, of, period, city, internal=internal, rank=True, to_send=True)
                found.append(orjson.dumps(told))
        return found

    def kept() -> None:
        with clock_connection() as clock:
            for city in CITIES:
                keep_usual(clock, known, city, dt.datetime(2026, 5, 3, tzinfo=dt.UTC))
            clock.commit()

    def spoil() -> None:
        """Make what is kept tell from what is made."""
        for column in ("shown", "shown_to_officials"):
            rows = owner.execute(
                f"select city_id, {column} from indicator_sheet where period = %s", (str(period),)
            )
            for city, content in rows.fetchall():
                other = content.replace(b'"N1":{"value":7', b'"N1":{"value":99')
                owner.execute(
                    f"update indicator_sheet set {column} = %s where city_id = %s and period = %s",
                    (other, city, str(period)),
                )

    made = answers()
    with clock_connection() as clock:
        plain = view.indicators(clock, known, period, [], rank=True)
    assert orjson.dumps(plain) == made[0], "as it is written without anything ready"
    kept()
    assert answers() == answers(afresh=False) == made
    owner.execute("update indicator_sheet set shown = null, shown_to_officials = null")
    assert answers() == made, "kept before there was anything ready"
    owner.execute("delete from indicator_sum")
    owner.execute("delete from indicator_sheet")
    assert answers() == made, "of cells alone"
    kept()
    spoil()
    assert [b'"value":99' in one for one in answers()] == [True] * 3
    monkeypatch.setattr("nagara.indicators.shown.rules_digest", lambda: "other rules")
    assert answers() == made
    monkeypatch.undo()
    other = dict(known.cities)
    for city in CITIES:
        other[city] = known.cities[city].model_copy(update={"fingerprint": "another"})
    assert answers(replace(known, cities=other)) == made
    log_request(owner, "kh-pnh", dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    with clock_connection() as clock:
        build_city(clock, known, "kh-pnh", time_told(clock))
        clock.commit()
    assert b'"value":99' not in answers(afresh=False)[2]
    assert b'"N1":{"value":76.0' in answers(afresh=False)[2]


def test_with_other_codes_of_the_network_nothing_that_was_kept_is_read(
    filled: TestClient, owner: Owner
) -> None:
    """Of the same snapshots, before a build has seen that a code is of another class."""
    period, known = Period.parse("2026-03..2026-05"), configuration()
    told = known.network.model_dump()
    for code in told["codes"]:
        code["comparability"] = "C" if code["code"] == CODES[0] else code["comparability"]
    changed = replace(known, network=Network.model_validate(told))

    def answer(of: Configuration) -> bytes:
        with clock_connection() as clock:
            return orjson.dumps(view.indicators(clock, of, period, [], to_send=True))

    with clock_connection() as clock:
        for city in CITIES:
            keep_usual(clock, known, city, dt.datetime(2026, 5, 3, tzinfo=dt.UTC))
        clock.commit()
    before, after = answer(known), answer(changed)
    owner.execute("delete from indicator_sum")
    owner.execute("delete from indicator_sheet")
    sheets.forget()
    assert answer(changed) == after != before == answer(known)


def test_a_period_nobody_asked_for_needs_no_cells_of_cities_beside(filled: TestClient, owner: Owner) -> None:
    """Sums by month tell of the others what their sheets would."""
    periods = ("2026-03..2026-04", "2026-03", "2025-07..2026-03", "2026-06..2026-07")

    def answers() -> list[Any]:
        sheets.forget()
        found = []
        for period in periods:
            asked: dict[str, Any] = {"period": period, "city": ["kh-pnh", "vn-han"]}
            found.append(filled.get(f"{NETWORK}/indicators", params=asked).json())
            for part in (
                {"code": "noise"},
                {"code": CODES[0]},
                {"district": "1"},
                {"code": CODES[1], "district": "0"},
            ):
                found.append(filled.get(f"{NETWORK}/indicators", params=asked | part).json())
        return found

    made = answers()
    with clock_connection() as clock:
        for city in CITIES:
            keep_usual(clock, configuration(), city, dt.datetime(2020, 5, 3, tzinfo=dt.UTC))
        clock.commit()
    assert answers() == made
    owner.execute("set session_replication_role = replica")  # cells are never taken away otherwise
    owner.execute("delete from indicator_figure where city_id not in ('kh-pnh', 'vn-han')")
    owner.execute("reset session_replication_role")
    assert answers() == made
    owner.execute("delete from indicator_sum")
    assert answers() != made


def test_cells_of_one_code_are_read_where_they_lie_and_nowhere_else(filled: TestClient, owner: Owner) -> None:
    """A page of one code is the same of whole months; what is noted by another version, or of months with an emergency,
    is not read."""
    known = configuration()

    def answers() -> list[bytes]:
        sheets.forget()
        found = []
        with clock_connection() as clock:
            for period in ("2026-03..2026-04", "2026-04", "2020-01"):
                for code in (CODES[0], "noise", "unknown"):
                    asked: tuple[Period, list[str], str] = (Period.parse(period), [], code)
                    for internal in (False, True):
                        told = view.indicators(clock, known, *asked, internal=internal, to_send=True)
                        found.append(orjson.dumps(told))
                    found.append(orjson.dumps(courses.curve(clock, known, *asked)))
        return found

    def kept() -> None:
        with clock_connection() as clock:
            for city in CITIES:
                keep_usual(clock, known, city, dt.datetime(2020, 5, 3, tzinfo=dt.UTC))
            clock.commit()

    made = answers()
    kept()
    assert answers() == made
    nowhere = "update indicator_sum set places = jsonb_set(places, '{codes}', '{}')"
    owner.execute(nowhere)
    assert answers() != made, "else nothing was read from there"
    owner.execute("update indicator_sum set places = jsonb_set(places, '{columns}', '\"other\"')")
    assert answers() == made
    owner.execute(
        "insert into declared_emergency (city_id, id, kind, districts, declared_by, source, valid_from, valid_to, "
        "recorded_by, recorded_at) values ('kh-rep', gen_random_uuid(), 'flood', '{0}', 'governor', 'decree', "
        "'2026-03-10', '2026-03-20', 'admin', now())"
    )
    with clock_connection() as clock:
        build_city(clock, known, "kh-rep", time_told(clock))
        clock.commit()
    made = answers()
    kept()
    owner.execute(f"{nowhere} where city_id = 'kh-rep'")
    now = answers()
    assert now[:9] == made[:9], "of March, in which there was an emergency, whole months are read"
    assert now[9:18] != made[9:18]


def test_ready_curves_are_those_of_sheets_as_long_as_nothing_they_were_made_of_changed(
    filled: TestClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte, for all cities; of a city whose endpoint does not tell why it closed, the sheet is read."""
    period, known = Period.parse("2026-03..2026-05"), configuration()

    def answer(*, to_send: bool = False) -> bytes:
        sheets.forget()
        with clock_connection() as clock:
            return orjson.dumps(courses.curve(clock, known, period, [], to_send=to_send))

    made = answer(to_send=True)
    assert answer() == made
    with clock_connection() as clock:
        for city in CITIES:
            keep_usual(clock, known, city, dt.datetime(2026, 5, 3, tzinfo=dt.UTC))
        clock.commit()
    assert answer(to_send=True) == made
    owner.execute(
        "update indicator_sheet set curve = replace(encode(curve, 'escape'), '\"open\"', '\"shut\"')::bytea"
    )
    assert b'"shut"' in answer(to_send=True)
    owner.execute(
        "insert into open311_pull (city_id, source, url, pulled_at, seen_until, missing) "
        "values ('kh-pnh', 'own', 'http://127.0.0.1:9/', now(), '2026-05-01', '{closing_reason}')"
    )
    pulled = orjson.loads(answer(to_send=True))
    assert ["shut" in row["points"][0] for row in pulled["cities"] if row["city"] == "kh-pnh"] == [False]
    owner.execute("delete from open311_pull")
    monkeypatch.setattr("nagara.indicators.shown.rules_digest", lambda: "other rules")
    assert answer(to_send=True) == made
