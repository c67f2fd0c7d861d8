"""What the network's pages ask: funnels, curves, districts, months; small numbers; questions to cities first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.indicators import sheets
from nagara.indicators.asking import ask, ask_beside_peers, read_questions
from nagara.indicators.build import build_city
from nagara.indicators.mix import freeze
from nagara.indicators.period import Period
from nagara.indicators.sheets import Asked, keep_usual, read_sheets
from nagara.indicators.side_by_side import points_of
from nagara.network import view
from nagara.network.pulled import WITHHELD
from nagara.network.sheets_read import in_public
from tests.api.conftest import Staff
from tests.api.four_cities import CITIES, CODES, NETWORK, PERIOD, Owner, lay_four_cities
from tests.nagara.indicators.logged import log_request

CITY_FIRST = dt.timedelta(days=3)


@pytest.fixture
def filled(client: TestClient, owner: Owner) -> TestClient:
    """Four cities with figures."""
    return lay_four_cities(client, owner)


def test_the_whole_network_has_every_figure_funnels_and_ranks_only_on_demand(filled: TestClient) -> None:
    shown = filled.get(f"{NETWORK}/indicators", params={"period": PERIOD}).json()
    assert [row["city"] for row in shown["cities"]] == sorted(
        CITIES, key=lambda city: configuration().cities[city].names["en"]
    )
    defined = {one["id"] for one in filled.get(f"{NETWORK}/definitions").json()["definitions"]}
    for row in shown["cities"]:
        assert set(row["figures"]) == defined
        assert row["ranks"] is None
        assert row["figures"]["N16.sync"]["value"] == 2
    assert shown["weights"]["frozen"] is False
    assert sum(shown["weights"]["codes"].values()) == pytest.approx(1, abs=1e-5)
    promises = shown["funnels"]["N4.published"]
    verdicts = {point["city"]: point for point in promises["points"]}
    assert set(verdicts) == set(CITIES)
    assert promises["overdispersed"] is True
    assert verdicts["vn-han"]["z"] < -3.09 < verdicts["vn-han"]["z_adjusted"], "what is usual is allowed for"
    assert promises["limits"] == sorted(promises["limits"], key=lambda step: step["n"])
    ranked = filled.get(f"{NETWORK}/indicators", params={"period": PERIOD, "rank": True}).json()["cities"]
    for row in ranked:
        rank = row["ranks"]["N5"]
        assert 1 <= rank["low"] <= rank["high"] <= rank["of"] == 4
    assert (
        filled.get(f"{NETWORK}/indicators", params={"period": PERIOD, "rank": True}).json()["cities"]
        == ranked
    )


def test_in_public_a_figure_that_is_not_shown_has_no_rank(filled: TestClient) -> None:
    """A place among others would tell of it; officials see both."""
    known, period = configuration(), "2026-03"
    public = filled.get(f"{NETWORK}/indicators", params={"period": period, "rank": True}).json()["cities"]
    with clock_connection() as clock:
        official = view.indicators(clock, known, Period.parse(period), [], internal=True, rank=True)["cities"]
    unseen = set()
    for row, insider in zip(public, official, strict=True):
        for figure in insider["ranks"]:
            if row["figures"][figure]["value"] is None:
                unseen.add((row["city"], figure))
                assert figure not in row["ranks"]
            else:
                assert row["ranks"][figure]["of"] <= insider["ranks"][figure]["of"] == 4
    assert unseen == {("vn-han", "N5"), ("vn-han", "N5b")}


def test_indicators_as_features_show_of_a_month_what_the_trend_shows_of_it(filled: TestClient) -> None:
    defined = [one["id"] for one in filled.get(f"{NETWORK}/definitions").json()["definitions"]]
    asked = {"period": PERIOD, "city": "vn-han", "figure": defined}
    trend = filled.get(f"{NETWORK}/trend", params=asked).json()
    shown = {
        (month["month"], id_): (
            figure["value"],
            figure["low"],
            figure["high"],
            figure["n"],
            figure["withheld"],
        )
        for month in trend["months"]
        for id_, figure in month["figures"].items()
    }
    found = filled.get("/ogc/collections/indicators/items", params={"city": "vn-han", "limit": 1000}).json()
    features = {
        (one["month"], one["figure"]): (one["value"], one["low"], one["high"], one["n"], one["withheld"])
        for one in (feature["properties"] for feature in found["features"])
    }
    assert features == shown
    assert "fewer than 10 events" in {withheld for *_, withheld in shown.values()}


def test_pages_are_answered_from_kept_sheets_as_from_cells(filled: TestClient, owner: Owner) -> None:
    addresses = [
        f"/overview?period={PERIOD}",
        f"/curve?period={PERIOD}&city=kh-pnh",
        f"/funnel?period={PERIOD}&figure=N6",
        f"/equity?period={PERIOD}&city=kh-pnh",
        f"/backlog?period={PERIOD}&city=kh-pnh",
        f"/trend?period={PERIOD}&city=kh-pnh",
        f"/indicators?period={PERIOD}",
    ]
    first = [filled.get(NETWORK + address) for address in addresses]
    assert {answer.status_code for answer in first} == {200}
    overview, curve, funnel, equity, backlog, trend, _ = (answer.json() for answer in first)
    assert len(overview["cities"]) == len(configuration().cities)
    point = curve["cities"][0]["points"][20]
    assert point["open"] + point["resolved"] + point["not_actionable"] + point["withdrawn"] == pytest.approx(
        1, abs=1e-5
    )
    assert len(funnel["points"]) == 4
    assert equity["gaps"]["withheld"]
    assert {row["geometry"] for row in equity["districts"]} == {"kh-pnh:0", "kh-pnh:1"}
    assert sum(one["open"] or 0 for one in backlog["cities"][0]["classes"]) in (0, 6, 9)
    assert [month["month"] for month in trend["months"]] == ["2026-03", "2026-04"]
    with clock_connection() as clock:
        for city in CITIES:
            keep_usual(clock, configuration(), city, dt.datetime(2026, 5, 3, tzinfo=dt.UTC))
        clock.commit()
    owner.execute("update indicator_sheet set period = %s where period = '2026-02..2026-04'", (PERIOD,))
    sheets.forget()
    usual = Period.parse("2026-05")
    with clock_connection() as clock:
        kept = read_sheets(clock, configuration(), CITIES, Asked(usual))
        owner.execute("delete from indicator_sheet")
        sheets.forget()
        made = read_sheets(clock, configuration(), CITIES, Asked(usual))
    assert {city: one.sheet for city, one in kept.items()} == {city: one.sheet for city, one in made.items()}


def test_cities_that_only_stand_beside_others_are_read_by_their_briefs(
    filled: TestClient, owner: Owner
) -> None:
    """Briefs, whole sheets and cells give one answer, also where a process knows no more than a brief; a new build is
    seen at once."""
    period = "2026-03..2026-05"
    addresses = [
        f"/overview?period={period}",
        f"/funnel?period={period}&figure=N5b",
        f"/indicators?period={period}&city=kh-pnh&rank=true",
        f"/backlog?period={period}&city=th-bkk",
        f"/indicators?period={period}",
    ]

    def answers() -> list[Any]:
        return [filled.get(NETWORK + address).json() for address in addresses]

    def kept() -> None:
        with clock_connection() as clock:
            for city in CITIES:
                keep_usual(clock, configuration(), city, dt.datetime(2026, 5, 3, tzinfo=dt.UTC))
            clock.commit()

    kept()
    briefly = answers()
    assert any(row["headline"] for row in briefly[0]["cities"])
    assert briefly == answers()
    for change in ("update indicator_sheet set brief = null", "delete from indicator_sheet"):
        owner.execute(change)
        sheets.forget()
        assert answers() == briefly
    log_request(owner, "kh-pnh", dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    with clock_connection() as clock:
        build_city(clock, configuration(), "kh-pnh", time_told(clock))
        clock.commit()
    for _ in range(2):
        then, now = (
            next(row for row in found[0]["cities"] if row["city"] == "kh-pnh")["coverage"]["issues"]
            for found in (briefly, answers())
        )
        assert now == then + 1
        kept()


def test_the_public_cannot_work_small_numbers_out_and_officials_see_them_flagged(filled: TestClient) -> None:
    def reports(address: str, client: Any = filled, **part: str) -> dict[str, Any]:
        params = {"period": PERIOD, "city": "kh-pnh"} | part
        row = client.get(f"{NETWORK}{address}", params=params).json()["cities"][0]
        return dict(row["figures"]["N1"])

    assert reports("/indicators", code="noise")["value"] is None
    hidden = [code for code in CODES if reports("/indicators", code=code)["value"] is None]
    assert len(hidden) == 1, "the total less the others would give the small one away"
    assert reports("/indicators")["value"] == 75
    shown = next(code for code in CODES if code not in hidden)
    assert reports("/indicators", code=shown)["value"] == 24
    march = reports("/indicators", code=shown, period="2026-03")
    assert march["value"] is None, "15 of 24 would leave April's 9"
    official = Staff(filled, "official@network", "official")
    asked = {"period": PERIOD, "city": "kh-pnh", "code": "noise"}
    seen = filled.get(f"{NETWORK}/indicators/internal", params=asked, headers=official.headers).json()
    assert (seen["cities"][0]["figures"]["N1"]["value"], seen["cities"][0]["figures"]["N1"]["flags"]) == (
        3,
        ["few"],
    )
    assert filled.get(f"{NETWORK}/indicators/internal", params=asked).status_code == 401
    admin = Staff(filled, "admin@kh-pnh", "city_admin")
    own = filled.get(
        f"{NETWORK}/indicators/internal", params={"period": PERIOD}, headers=admin.headers
    ).json()
    assert [row["city"] for row in own["cities"]] == ["kh-pnh"]
    other = {"period": PERIOD, "city": "th-bkk"}
    refused = filled.get(f"{NETWORK}/indicators/internal", params=other, headers=admin.headers)
    assert refused.status_code == 404


def test_a_declared_emergency_is_counted_and_shown_without(filled: TestClient, owner: Owner) -> None:
    owner.execute(
        "insert into declared_emergency (city_id, id, kind, districts, declared_by, source, valid_from, valid_to, "
        "recorded_by, recorded_at) values ('kh-rep', gen_random_uuid(), 'flood', '{0}', 'governor', 'decree', "
        "'2026-03-10', '2026-03-20', 'admin', now())"
    )
    with clock_connection() as clock:
        build_city(clock, configuration(), "kh-rep", time_told(clock))
        clock.commit()
    rows = filled.get(f"{NETWORK}/indicators", params={"period": PERIOD}).json()["cities"]
    found = {row["city"]: row for row in rows}
    whole, without = found["kh-rep"]["figures"]["N1"], found["kh-rep"]["without_emergencies"]["N1"]
    assert whole["value"] == 72
    assert 60 < without["value"] < 70
    assert found["kh-pnh"]["without_emergencies"] is None
    for part in ({"code": CODES[0], "district": "0"}, {"code": CODES[0]}, {"district": "1"}):
        asked = {"period": PERIOD, "city": "kh-rep"} | part
        [row] = filled.get(f"{NETWORK}/indicators", params=asked).json()["cities"]
        assert row["figures"]["N1"]["value"] in (12, 24, 36)
        told = row["without_emergencies"].values()
        assert {(one["value"], one["n"], one["withheld_code"]) for one in told} == {
            (None, None, "given_away")
        }
    with clock_connection() as clock:
        period = Period.parse(PERIOD)
        [row] = view.indicators(clock, configuration(), period, ["kh-rep"], CODES[0], internal=True)["cities"]
    assert row["without_emergencies"]["N1"]["value"] in range(20, 24), "a few came in the emergency"


def test_counts_of_districts_are_told_where_the_districts_themselves_are(
    filled: TestClient, owner: Owner
) -> None:
    """Neither one that the others give away, nor of periods that give a month away."""
    for day in (1, 2, 3):
        log_request(owner, "kh-rep", dt.datetime(2026, 5, day, tzinfo=dt.UTC), district="0")
    for day in (4, 5):
        log_request(owner, "kh-rep", dt.datetime(2026, 3, day, tzinfo=dt.UTC), district="9")
    with clock_connection() as clock:
        build_city(clock, configuration(), "kh-rep", time_told(clock))
        clock.commit()

    def counts(period: str) -> dict[str, int | None]:
        found = filled.get(f"{NETWORK}/equity", params={"period": period, "city": "kh-rep"}).json()
        return {row["district"]: row["n"] for row in found["districts"]}

    def hidden() -> set[tuple[str, str]]:
        found = set()
        for period in (PERIOD, "2026-03..2026-05", "2026-04..2026-05", "2026-04"):
            for district, n in counts(period).items():
                asked = {"period": period, "city": "kh-rep", "district": district}
                [row] = filled.get(f"{NETWORK}/indicators", params=asked).json()["cities"]
                assert (n is None) == (row["figures"]["N1"]["value"] is None), (period, district)
                if n is None:
                    found.add((period, district))
        return found

    told = hidden()
    assert {(PERIOD, "9"), (PERIOD, "0"), ("2026-04", "0")} <= told
    assert ("2026-04", "1") not in told
    with clock_connection() as clock:
        keep_usual(clock, configuration(), "kh-rep", dt.datetime(2020, 5, 3, tzinfo=dt.UTC))
        clock.commit()
    sheets.forget()
    assert hidden() == told, "by the sums that are kept"


def test_what_a_pulled_citys_endpoint_does_not_tell_is_missing_and_not_zero(
    filled: TestClient, owner: Owner
) -> None:
    begin = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    with owner.transaction():
        for city in ("la-vte", "kh-pnh"):
            for number in range(60):
                at = begin + dt.timedelta(hours=16 * number)
                log_request(owner, city, at, [("acknowledged", 3.0, "import"), ("resolved", 20.0, "import")],
                            code=CODES[number % 3], actor="import")  # fmt: skip
            owner.execute(
                "insert into open311_pull (city_id, source, url, pulled_at, seen_until, missing, last_error) "
                "values (%s, 'own', 'http://127.0.0.1:9/secret', now(), '2026-05-01', %s, 'a fault')",
                (city, ["duplicates", "reopening", "escalation", "private_requests"]),
            )
    with clock_connection() as clock:
        for city in ("la-vte", "kh-pnh"):
            build_city(clock, configuration(), city, time_told(clock))
        clock.commit()
    page = filled.get(f"{NETWORK}/overview", params={"period": PERIOD})
    rows = {row["city"]: row for row in page.json()["cities"]}
    assert rows["la-vte"]["pulled"] == {
        "missing": ["duplicates", "reopening", "escalation", "private_requests"],
        "seen_until": "2026-05-01T00:00:00+00:00",
    }
    assert rows["kh-rep"]["pulled"] is None
    assert "secret" not in page.text and "fault" not in page.text and "imported" not in page.text
    assert rows["la-vte"]["headline"]["N3b.std"]["withheld"] == WITHHELD
    assert rows["la-vte"]["headline"]["N2b"]["value"] == 1
    asked = filled.get(f"{NETWORK}/indicators", params={"period": PERIOD}).json()
    figures = {row["city"]: row["figures"] for row in asked["cities"]}
    for key in ("N3b.share", "N8", "N9.1", "N11", "N14.rate", "N4b.published", "N13"):
        assert figures["la-vte"][key]["withheld"] == WITHHELD, key
        assert figures["kh-pnh"][key]["withheld"] != WITHHELD, "it has joined: most of its issues are its own"
    assert figures["la-vte"]["N3a.share"]["value"] == 1
    assert not {"la-vte"} & {point["city"] for point in asked["funnels"]["N8"]["points"]}
    trend = filled.get(f"{NETWORK}/trend", params={"period": PERIOD, "city": "la-vte"}).json()
    assert {month["figures"]["N8"]["withheld"] for month in trend["months"]} == {WITHHELD}
    items = filled.get("/ogc/collections/indicators/items", params={"city": "la-vte", "figure": "N8"}).json()
    assert {feature["properties"]["withheld"] for feature in items["features"]} == {WITHHELD}
    equity = filled.get(f"{NETWORK}/equity", params={"period": PERIOD, "city": "la-vte"}).json()
    assert {equity["figure"]["withheld"], equity["gaps"]["withheld"]} == {WITHHELD}
    assert {(row["value"], row["withheld"]) for row in equity["districts"]} == {(None, WITHHELD)}
    assert {row["delay"]["withheld"] for row in equity["districts"]} == {WITHHELD}

    def course(city: str) -> tuple[list[float], set[float | None], str | None]:
        answer = filled.get(f"{NETWORK}/curve", params={"period": PERIOD, "city": city}).json()
        (own,) = answer["cities"]
        points, ends = own["points"], ("resolved", "not_actionable", "withdrawn")
        return (
            [one["open"] for one in points],
            {one[name] for one in points for name in ends},
            own["causes_withheld"],
        )

    before = {city: course(city) for city in ("la-vte", "kh-pnh")}
    assert all(ends > {0.0} and why is None for _, ends, why in before.values())
    owner.execute("update open311_pull set missing = array_append(missing, 'closing_reason')")
    assert course("la-vte") == (before["la-vte"][0], {None}, WITHHELD), (
        "whatever was declined would look resolved"
    )
    assert course("kh-pnh") == before["kh-pnh"]


def test_questions_go_to_the_city_first_and_the_mix_of_a_year_is_frozen_once(
    filled: TestClient, owner: Owner
) -> None:
    begin = dt.datetime(2026, 4, 2, tzinfo=dt.UTC)
    for number in range(30):
        log_request(owner, "kh-pnh", begin + dt.timedelta(hours=number), [("resolved", 0.05, "staff")])
    with clock_connection() as clock:
        now = time_told(clock)
        build_city(clock, configuration(), "kh-pnh", now)
        assert ask(clock, "kh-pnh", now, CITY_FIRST) == 1
        assert ask(clock, "kh-pnh", now + dt.timedelta(days=1), CITY_FIRST) == 1, (
            "asked again it stays one question"
        )
        found = read_sheets(clock, configuration(), list(CITIES), Asked(Period.parse(PERIOD)))
        told = {city: one.sheet for city, one in found.items()}
        assert not freeze(clock, 2026, told, {}, now), "too few issues for a year's mix"
        clock.commit()
    admin, official = (
        Staff(filled, "admin@kh-pnh", "city_admin"),
        Staff(filled, "official@network", "official"),
    )
    url = f"{NETWORK}/questions"
    (question,) = filled.get(url, headers=admin.headers).json()["questions"]
    assert (question["id"], question["month"], question["counted"]) == ("closed_at_once", "2026-04", 30)
    times = [dt.datetime.fromisoformat(question[name]) for name in ("first_asked", "network_sees_from")]
    assert times == [now, now + CITY_FIRST]
    assert filled.get(url, headers=official.headers).json()["questions"] == []
    owner.execute("update indicator_question set network_sees_from = now()")
    assert len(filled.get(url, headers=official.headers).json()["questions"]) == 1
    owner.execute(
        'insert into indicator_weights values (\'network\', 2026, now(), \'{"road_pothole": 0.5, "street_light": 0.3, '
        "\"waste_missed\": 0.2}', '{}')"
    )
    shown = filled.get(f"{NETWORK}/indicators", params={"period": PERIOD}).json()
    assert shown["weights"] == {
        "year": 2026,
        "frozen": True,
        "codes": {"road_pothole": 0.5, "street_light": 0.3, "waste_missed": 0.2},
    }
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute("update indicator_weights set year = 2025")


def test_a_city_is_asked_why_it_declines_what_others_resolve(filled: TestClient, owner: Owner) -> None:
    begin = dt.datetime(2026, 4, 2, tzinfo=dt.UTC)
    with owner.transaction():
        for city in CITIES:
            closing = "declined" if city == "kh-pnh" else "resolved"
            for number in range(25):
                log_request(owner, city, begin + dt.timedelta(hours=number), [(closing, 20.0, "staff")])
    with clock_connection() as clock:
        now = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
        for city in CITIES:
            build_city(clock, configuration(), city, time_told(clock))
        assert ask_beside_peers(clock, CITIES, now, CITY_FIRST) == 1
        ask(clock, "kh-pnh", now, CITY_FIRST)
        assert ask_beside_peers(clock, CITIES, now, CITY_FIRST) == 1, (
            "asked once, and not taken back by the city's own"
        )
        clock.commit()
    asked = {one["id"]: one for one in read_questions(owner, ["kh-pnh"])}
    assert (asked["declined_peers"]["month"], asked["declined_peers"]["counted"]) == ("2026-04", 25)
    assert "against none by which other cities decline the same kinds" in asked["declined_peers"]["words"]
    assert not any(one["id"].endswith("_peers") for one in read_questions(owner, ["th-bkk", "vn-han"]))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/funnel?period={PERIOD}&figure=N99", 422),
        (f"/trend?period={PERIOD}&city=kh-pnh&figure=N99", 422),
        (f"/trend?period={PERIOD}&city=xx-yyy", 404),
        (f"/equity?period={PERIOD}&city=xx-yyy", 404),
        ("/overview?period=nonsense", 422),
        ("/questions", 401),
    ],
)
def test_wrong_questions_are_named(client: TestClient, address: str, status: int) -> None:
    answer = client.get(NETWORK + address)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_a_share_that_rests_on_so_few_is_no_point_of_a_public_funnel() -> None:
    """Value and size would tell that five of a hundred were opened again."""
    few = {
        "value": 0.05,
        "low": 0.02,
        "high": 0.11,
        "n": 100,
        "events": 5,
        "withheld": None,
        "provisional": False,
    }
    raw = {"kh-pnh": {"N8": few}, "th-bkk": {"N8": few | {"value": 0.5, "events": 50}}, "vn-han": {}}
    found = in_public("N8", raw, raw)
    assert [point.city for point in points_of("N8", found)] == ["th-bkk"]
    assert found["kh-pnh"]["N8"]["withheld"] == "fewer than 10 events"
    assert found["th-bkk"] == raw["th-bkk"]
