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
from nagara.network import view
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
