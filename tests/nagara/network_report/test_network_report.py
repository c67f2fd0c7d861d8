"""The network report from a real log: what it says, what it keeps back, and that it repeats byte for byte."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from dataclasses import asdict, replace
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest

from city_config import Configuration, load_configuration
from nagara.errors import UnknownReport
from nagara.indicators.build import build_all
from nagara.indicators.definitions import BY_ID
from nagara.indicators.issue_times import SIMULATION
from nagara.indicators.period import Period
from nagara.network.pulled import WITHHELD
from nagara.network_report import build_report, list_reports, put_together, read_report, sections
from nagara.network_report.comparing import period_before
from nagara.network_report.content import Gathered
from nagara.network_report.page import SECTIONS, render
from nagara.network_report.printed.city_details import notes
from nagara.network_report.texts import languages, texts_in
from nagara.network_report.words import estimate, hours, period, round_hours, share
from nagara.settings import REPOSITORY
from tests.nagara.indicators.logged import log_request
from tests.nagara.network_report.planted import PERIOD as WINTER
from tests.nagara.network_report.planted import PRINTED, city_cells, planted, pooled, snapshot
from tests.nagara.network_report.planted import configuration as planted_configuration

Db = psycopg.Connection[Any]
MARCH = dt.datetime(2026, 3, 1, 3, tzinfo=dt.UTC)
PERIOD = Period.parse("2026-03..2026-04")
VOID = {"meta", "br", "circle", "line", "rect", "path"}


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_configuration(REPOSITORY / "city_config")


def now_of(db: Db) -> dt.datetime:
    row = db.execute("select clock_timestamp()").fetchone()
    assert row is not None
    moment: dt.datetime = row[0]
    return moment


def fill(db: Db) -> None:
    """Three cities of different size; Bangkok imported, with closings alone; Battambang with four reports."""
    for number in range(90):
        at = MARCH + dt.timedelta(hours=number)
        done = [] if number % 3 == 0 else [("resolved", 48.0, "staff")]
        code = "street_light" if number % 2 else "road_pothole"
        happened = [("acknowledged", 5.0, "staff"), *done]
        log_request(db, "kh-pnh", at, happened, code=code, filed={"source": SIMULATION})
        log_request(
            db, "th-bkk", at, [("resolved", 100.0, "import")], code=code, standard="reference", actor="import"
        )
    for number in range(4):
        log_request(db, "kh-bat", MARCH + dt.timedelta(hours=number))


@pytest.fixture
def report(db: Db, configuration: Configuration) -> tuple[dict[str, Any], str]:
    fill(db)
    now = now_of(db)
    build_all(db, configuration, now)
    found = read_report(db, build_report(db, configuration, PERIOD, now))
    return found.content, found.html


def test_the_same_snapshots_give_the_same_report(db: Db, configuration: Configuration) -> None:
    fill(db)
    build_all(db, configuration, now_of(db))
    first = build_report(db, configuration, PERIOD, now_of(db))
    assert build_report(db, configuration, PERIOD, now_of(db)) == first
    stored = read_report(db, first)
    assert render(stored.content, stored.content_digest) == stored.html
    assert stored.content_digest in stored.html
    assert set(stored.snapshot_ids) == set(configuration.cities)
    log_request(db, "kh-pnh", MARCH)
    build_all(db, configuration, now_of(db))
    second = build_report(db, configuration, PERIOD, now_of(db))
    assert [row["id"] for row in list_reports(db)] == [str(second), str(first)]


def test_a_kept_report_cannot_be_changed(db: Db, configuration: Configuration) -> None:
    build_report(db, configuration, PERIOD, now_of(db))
    for statement in ("update network_report set html = ''", "delete from network_report"):
        with pytest.raises(psycopg.Error), db.transaction():
            db.execute(statement)


def test_an_unknown_report_is_refused(db: Db) -> None:
    with pytest.raises(UnknownReport):
        read_report(db, uuid.uuid4())


def test_cities_stand_in_order_of_name_with_their_figures(report: tuple[dict[str, Any], str]) -> None:
    content, _ = report
    names = [city["name"] for city in content["cities"]]
    assert names == sorted(names)
    phnom_penh = next(city for city in content["cities"] if city["id"] == "kh-pnh")
    assert phnom_penh["figures"]["N1"]["value"] == 90
    assert phnom_penh["figures"]["N3a.share"]["value"] == pytest.approx(2 / 3)
    assert phnom_penh["standardised"]["value"] == pytest.approx(2 / 3)
    assert phnom_penh["simulated"]
    assert phnom_penh["curve"][0] == [0, 1, 1, 1]
    assert sum(content["weights"].values()) == pytest.approx(1)
    shown = set(phnom_penh["figures"]) | set(phnom_penh["headline"]) & set(BY_ID) | set(phnom_penh["beside"])
    assert {line["id"] for line in content["definitions"]} == shown


def test_small_counts_are_kept_back(report: tuple[dict[str, Any], str]) -> None:
    content, page = report
    battambang = next(city for city in content["cities"] if city["id"] == "kh-bat")
    assert battambang["coverage"]["reports"] is None
    assert battambang["figures"]["N1"]["value"] is None
    assert battambang["figures"]["N3a.median"]["n"] is None
    assert "4" not in json.dumps([battambang["coverage"]["issues"], battambang["backlog"]])
    assert "fewer than 10" in page


def test_what_is_wrong_with_the_data_is_said_before_any_figure(report: tuple[dict[str, Any], str]) -> None:
    content, page = report
    bangkok = next(city for city in content["cities"] if city["id"] == "th-bkk")
    assert any("imported" in sentence for sentence in bangkok["questions"])
    assert bangkok["figures"]["N2b"]["withheld"] == "the imported records hold no answers before the closing"
    assert any("Simulated data" in remark for remark in content["remarks"])
    order = [page.index(f'id="{key}"') for key, _, _ in SECTIONS]
    assert order == sorted(order)
    assert SECTIONS[0][0] == "data"


def test_a_reference_is_never_called_a_promise(report: tuple[dict[str, Any], str]) -> None:
    content, page = report
    bangkok = next(city for city in content["cities"] if city["id"] == "th-bkk")
    assert bangkok["figures"]["N4.published"]["withheld"] == "none"
    assert bangkok["figures"]["N4.reference"]["value"] is not None
    assert "must not be read as promises" in page
    assert "breach" not in page
    assert "worst" not in page


def test_where_nobody_promised_a_sentence_stands_instead_of_empty_plots(
    db: Db, configuration: Configuration
) -> None:
    for number in range(30):
        at = MARCH + dt.timedelta(hours=number)
        log_request(db, "kh-pnh", at, [("resolved", 48.0, "staff")], standard="reference")
    build_all(db, configuration, now_of(db))
    found = read_report(db, build_report(db, configuration, PERIOD, now_of(db)))
    assert "there is no promise to have been kept" in found.html


class Checker(HTMLParser):
    """Follows the tags of a page and notes what is not closed, not labelled or not of the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tables = self.plots = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.tables += tag == "table"
        if tag == "svg":
            self.plots += 1
            if not given.get("aria-label"):
                self.faults.append("a plot without a label")
        if tag == "th" and not given.get("scope"):
            self.faults.append("a heading cell without scope")
        if tag in ("script", "link", "img", "iframe") or (given.get("href") or "#")[0] != "#":
            self.faults.append(f"reaches outside: {tag}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}> closes nothing")


def test_the_page_is_whole_stands_alone_and_has_a_table_for_every_plot(
    report: tuple[dict[str, Any], str],
) -> None:
    _, page = report
    checker = Checker()
    checker.feed(page)
    assert checker.faults == []
    assert checker.open == []
    assert checker.plots > 4
    blocks = re.findall(r"<figure class=\"plot\">.*?</figure>(<div class=\"scroll\"[^>]*><table>)?", page)
    assert all(blocks)
    assert "NaN" not in page
    assert "None" not in page.replace("None: a count", "")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_names_cannot_become_markup(report: tuple[dict[str, Any], str]) -> None:
    content, _ = report
    content["cities"][0]["name"] = "<script>alert(1)</script>"
    page = render(content, "digest")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_before_any_figures_the_report_says_so(db: Db, configuration: Configuration) -> None:
    found = read_report(db, build_report(db, configuration, PERIOD, now_of(db)))
    assert any("No figures have been computed yet" in remark for remark in found.content["remarks"])
    assert found.snapshot_ids == {}
    checker = Checker()
    checker.feed(found.html)
    assert checker.faults == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.5, "30 min"),
        (7.25, "7.2 h"),
        (30, "30 h"),
        (100, "4.2 days"),
        (2600, "108 days"),
        (None, "longer than observed"),
    ],
)
def test_hours_read_as_people_say_them(value: float | None, said: str) -> None:
    assert hours(value) == said


def test_numbers_in_words() -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.61, "withheld": None}
    assert estimate(figure, "share") == "50% (40 to 61%)"
    assert estimate(figure | {"value": 60, "low": 50, "high": 100}, "hours") == "60 h (50 to 100)"
    assert estimate(figure | {"value": 60, "low": 50, "high": None}, "hours") == "60 h (at least 50 h)"
    assert estimate(figure | {"value": None, "low": 50, "high": None}, "hours") == (
        "longer than observed (at least 50 h)"
    )
    assert (
        estimate(figure | {"withheld": "fewer than 20 issues"}, "share") == "not shown: fewer than 20 issues"
    )
    assert (share(0.004), share(1.0), share(None)) == ("0.4%", "100%", "–")
    assert (round_hours(24), round_hours(168), round_hours(100)) == ("24 h", "7 days", "100 h")
    assert period("2022-12..2023-01") == "December 2022 to January 2023"
    assert period("2022-12") == "December 2022"


def test_cities_without_reports_are_named_once_and_shown_nowhere_else(
    report: tuple[dict[str, Any], str],
) -> None:
    content, page = report
    silent = [city["name"] for city in content["cities"] if not city["coverage"]["months"]]
    assert silent
    assert f"Without reports in this period: {', '.join(silent)}." in page
    assert page.count(silent[0]) == 2, "in that sentence and in the table of snapshots"


def test_cities_are_weighed_by_the_mix_that_is_frozen_for_the_year(
    configuration: Configuration,
) -> None:
    few = replace(
        configuration, cities={city: configuration.cities[city] for city in ("kh-pnh", "th-bkk", "vn-han")}
    )
    frozen = {"waste_missed": 0.75, "road_pothole": 0.25}
    own, fixed = planted(few), planted(few, frozen=frozen)
    assert (own.weights_frozen, fixed.weights_frozen) == (False, True)
    assert fixed.weights == frozen != own.weights
    assert fixed.promise_weights.items() <= frozen.items(), "promises are weighed by the same mix"
    assert "fixed for 2026" in sections.mix_of(asdict(fixed))
    assert sections.mix_of(asdict(own)) == "of this period"


def test_no_share_in_a_report_rests_on_one_to_nine() -> None:
    """Whoever sees a share and of how many it is knows how many have it."""
    served = planted_configuration()
    few = replace(served, cities={city: served.cities[city] for city in PRINTED})
    found = planted(few, 0.04)
    shown = [
        (city.id, key, figure)
        for city in found.cities
        for key, figure in [
            *city.figures.items(),
            *((f"{code} N3a.share", figure) for code, figure in city.by_code.items()),
            *((key, one["now"]) for key, one in city.headline.items()),
        ]
        if figure["value"] is not None and BY_ID[key.split(" ")[-1]].unit == "share"
    ]
    assert len(shown) > 30
    assert [one for one in shown if one[2]["events"] is None] == []
    for city in (city for city in found.cities if city.curve):
        issues = city.coverage["issues"] or 10
        assert round(city.curve[-1][1] * issues) >= 9, "a curve ends where fewer than ten are followed"
    hidden = [f for city in found.cities for f in city.figures.values() if f["flags"] == ["suppressed"]]
    assert hidden, "there are shares of so few"
    for funnel in found.funnels:
        for point in funnel["points"]:
            assert not 0 < round(point["value"] * point["n"]) < 10, (funnel["figure"], point["city"])


def test_a_pulled_city_is_in_no_funnel_that_rests_on_what_it_does_not_tell() -> None:
    served = planted_configuration()
    cities = ("vn-han", "id-jkt", "ph-mnl", "th-bkk")
    cells = {
        city: {
            key: replace(cell, counts={**cell.counts, "imported": cell.count("issues") * (city == "vn-han")})
            for key, cell in city_cells(served.cities[city], number, 1).items()
        }
        for number, city in enumerate(cities)
    }
    gathered = {
        city: Gathered.of(
            pooled(own), WINTER, period_before(WINTER), own, ("reopening",) if city == "vn-han" else ()
        )
        for city, own in cells.items()
    }
    alone = replace(served, cities={city: served.cities[city] for city in cities})
    found = put_together(alone, WINTER, {city: snapshot(city, 1) for city in cities}, gathered)
    points = {funnel["figure"]: {point["city"] for point in funnel["points"]} for funnel in found.funnels}
    assert points["N8"] == set(cities) - {"vn-han"}
    gathered["vn-han"] = replace(gathered["vn-han"], untold=("closing_reason",))
    blind = put_together(alone, WINTER, {city: snapshot(city, 1) for city in cities}, gathered)
    assert not any("vn-han" in str(funnel["points"]) for funnel in blind.funnels if funnel["figure"] != "N8")
    part = next(part for part in blind.cities if part.id == "vn-han")
    declined_or_not = [*part.by_code.values(), part.figures["N3a.share"], part.figures["N4.published"]]
    assert {figure["withheld"] for figure in declined_or_not} == {WITHHELD}, (
        "what was declined looks resolved"
    )
    assert part.figures["N3a.median"]["value"] is not None
    assert any("vn-han" in of for of in points.values()), "what it tells is shown"
    rows = next(part for part in found.cities if part.id == "vn-han").districts["rows"]
    assert {(row["value"], row["withheld"]) for row in rows} == {(None, WITHHELD)}


def test_a_pulled_city_says_what_its_endpoint_does_not_tell_in_every_language() -> None:
    served = planted_configuration()
    city = served.cities["vn-han"]
    cells = {
        key: replace(cell, counts={**cell.counts, "imported": cell.count("issues")})
        for key, cell in city_cells(city, 1, 0.25).items()
    }
    gathered = Gathered.of(pooled(cells), WINTER, period_before(WINTER), cells, ("duplicates", "reopening"))
    alone = replace(served, cities={city.id: city})
    part = put_together(alone, WINTER, {city.id: snapshot(city.id, 1)}, {city.id: gathered}).cities[0]
    assert part.questions[0] == (
        "Read from its own Open311 endpoint, which does not tell of: duplicates, reopening"
    )
    for key in ("N3b.std", "N5b", "N13"):
        assert part.headline[key] == {"now": part.headline[key]["now"], "before": None, "error": None}
        assert part.headline[key]["now"]["withheld"] == WITHHELD
    assert part.headline["N2b"]["now"]["withheld"] != WITHHELD
    assert part.figures["N11"]["value"] is None
    for language in languages():
        assert "Open311" in notes({"notes": part.notes, "snapshot": part.snapshot}, texts_in(language))[0]
