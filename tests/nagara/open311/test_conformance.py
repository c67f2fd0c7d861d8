"""The conformance suite: an endpoint that is right holds every rule; each rule finds the one that breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from nagara.cli.main import app
from nagara.open311.conformance import RULES, Target, check, target_of
from nagara.outgoing import Caller
from tests.nagara.open311.planted import PLANTED, asking, at, endpoints, instead, items, tree
from tests.nagara.open311.small_endpoint import ATTRIBUTES, KEY, TOWN, Asked, Endpoint, Made, Plant, served

IDS = [rule.id for rule in RULES]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Endpoint, Caller]]:
    """The endpoint, and one caller for all."""
    with served() as endpoint, Caller(loopback=True) as caller:
        yield endpoint, caller


@pytest.fixture
def endpoint(running: tuple[Endpoint, Caller]) -> Endpoint:
    """The endpoint as it answers rightly."""
    running[0].plant = None
    return running[0]


@pytest.fixture
def caller(running: tuple[Endpoint, Caller]) -> Caller:
    """Who calls."""
    return running[1]


def target(endpoint: Endpoint) -> Target:
    """The endpoint with all that its owner could give."""
    return Target(endpoint.url, TOWN, KEY)


def test_an_endpoint_that_is_right_holds_every_rule(endpoint: Endpoint, caller: Caller) -> None:
    report = check(target(endpoint), caller, write=True, pause=0.0)
    assert [(r.rule.id, r.verdict, r.evidence) for r in report.results if r.verdict != "holds"] == []
    assert report.exit_code == 0
    assert 50 < report.calls < 100


def test_no_rule_is_without_a_planted_violation() -> None:
    assert sorted(PLANTED) == sorted(IDS)
    assert len(set(IDS)) == len(IDS)
    assert all(rule.text.endswith(".") and rule.source and rule.asks for rule in RULES)


@pytest.mark.parametrize("rule", IDS)
def test_each_rule_finds_what_breaks_it(endpoint: Endpoint, caller: Caller, rule: str) -> None:
    endpoint.plant = PLANTED[rule]
    [found] = check(target(endpoint), caller, write=True, pause=0.0, only=[rule]).results
    assert found.verdict == "broken", found.evidence
    call, what, _ = found.evidence[0]
    assert what
    assert endpoint.url.partition("/v2")[0] in call
    assert KEY not in json.dumps(found.as_json())


def test_reading_alone_sends_no_report(endpoint: Endpoint, caller: Caller) -> None:
    before = len(endpoint.requests)
    report = check(target(endpoint), caller, pause=0.0)
    assert len(endpoint.requests) == before
    assert {r.rule.writes for r in report.of("not judged")} == {True}
    assert len(report.of("not judged")) == sum(rule.writes for rule in RULES)


def test_an_empty_endpoint_breaks_nothing(endpoint: Endpoint, caller: Caller) -> None:
    kept, endpoint.requests = endpoint.requests, []
    try:
        report = check(target(endpoint), caller, pause=0.0)
    finally:
        endpoint.requests = kept
    assert report.of("broken") == []
    assert {"filter-status", "nothing-found"} <= {r.rule.id for r in report.of("holds")}


def test_quirks_of_servers_that_break_no_rule_are_not_held_against_them(
    endpoint: Endpoint, caller: Caller
) -> None:
    """A span whose end is not in it, XML alone, and codes and ids that need encoding."""

    def broken(plant: Plant) -> list[str]:
        endpoint.plant = plant
        return [r.rule.id for r in check(target(endpoint), caller, pause=0.0).of("broken")]

    outside = tree(
        lambda asked, _: "start_date" in asked.given and not asked.one("service_request_id"), lambda _: []
    )
    assert broken(outside) == ["dates-inclusive"]
    no_json = instead(lambda asked, _: asked.form == "json" and asked.what != "discovery", 404)
    assert {"nothing-found", "suffix-decides"} <= set(broken(no_json)), "JSON is announced"
    xml_alone = endpoints(formats=["text/xml"])
    assert broken(lambda asked, made: xml_alone(asked, no_json(asked, made))) == []
    spelled = {"xml": "text/xml;charset=UTF-8", "json": 'application/json; charset="utf-8"'}

    def otherwise(_: Asked, made: Made) -> Made:
        made.type = spelled[made.form]
        return made

    assert broken(otherwise) == []
    endpoint.plant = instead(at("file"), 201)
    written = check(target(endpoint), caller, write=True, pause=0.0)
    assert [r.rule.id for r in written.of("broken")] == ["file-taken"], "of a status one rule speaks"

    odd = "Bins & lids/100%? #1"
    kept = endpoint.requests

    def named_oddly(asked: Asked, made: Made) -> Made:
        if asked.what == "services":
            made.tree[0]["service_code"] = odd
        if asked.what == "definition" and asked.name == quote(odd, safe=""):
            made.status, made.root = 200, "service_definition"
            made.tree = {"service_code": odd, "attributes": ATTRIBUTES}
        if asked.what == "request" and asked.name == quote(odd, safe=""):
            made.status, made.root, made.tree = 200, "service_requests", [endpoint.requests[0]]
        return made

    endpoint.requests = [kept[0] | {"service_request_id": odd}, *kept[1:]]
    try:
        assert broken(named_oddly) == ["services-code"]
    finally:
        endpoint.requests = kept


@pytest.mark.parametrize("rule", ["definition-served", "definition-datatype", "definition-unique"])
def test_what_is_wrong_with_a_later_definition_alone_is_found(
    endpoint: Endpoint, caller: Caller, rule: str
) -> None:
    planted = PLANTED[rule]
    endpoint.plant = lambda asked, made: planted(asked, made) if asked.name == "tree" else made
    [found] = check(target(endpoint), caller, pause=0.0, only=[rule]).results
    assert found.verdict == "broken", found.evidence
    assert "/services/tree." in found.evidence[0][0]


@pytest.mark.parametrize(
    ("rule", "plant"),
    [
        ("filter-status", instead(asking("status", "open"), 500)),
        ("filter-statuses", instead(asking("status", "open,closed"), 400)),
        ("filter-service", instead(asking("service_code"), 404)),
        ("filter-dates", instead(asking("start_date"), 400)),
        ("discovery-formats", endpoints(formats=["text/xml"])),
        (
            "requests-media",
            items(at("requests"), media_url="https://a.example/1.jpg,https://a.example/2.jpg"),
        ),
        ("requests-nobody", items(at("requests"), requestor_name="Somebody")),
    ],
)
def test_what_servers_are_known_to_get_wrong_is_found(
    endpoint: Endpoint, caller: Caller, rule: str, plant: Plant
) -> None:
    endpoint.plant = plant
    [found] = check(target(endpoint), caller, pause=0.0, only=[rule]).results
    assert found.verdict == "broken", found.evidence


def test_the_command_tells_and_writes_what_it_found(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    ask = ["open311", "check", endpoint.url + "/discovery.json", "--loopback", "--pause", "0"]
    ask += ["--jurisdiction", TOWN]
    run = CliRunner().invoke(
        app, [*ask, "--only", "requests-status", "--only", "discovery-url", "--json", str(file)]
    )
    assert run.exit_code == 0, run.output
    found = json.loads(file.read_text())
    assert found["endpoint"] == endpoint.url, "the production endpoint that discovery names"
    assert found["counts"]["must"] == {"holds": 1, "broken": 0, "not judged": 0}

    endpoint.plant = items(at("requests"), status="in progress")
    run = CliRunner().invoke(app, [*ask, "--only", "requests-status"])
    assert run.exit_code == 1
    for word in ("BROKEN", "requests-status", "in progress", "GET http://127.0.0.1", "GeoReport v2"):
        assert word in run.output

    endpoint.plant = items(at("requests"), zipcode="x", media_url="a.jpg")
    assert CliRunner().invoke(app, [*ask, "--only", "requests-media"]).exit_code == 0, (
        "a should is told, no more"
    )


def test_what_cannot_be_reached_is_not_judged(endpoint: Endpoint, caller: Caller) -> None:
    endpoint.plant = instead(at(status=None), 500)
    nobody = Target("http://127.0.0.1:9/v2", TOWN)
    report = check(nobody, caller, pause=0.0, only=["requests-status", "xml-served"])
    assert report.exit_code == 2
    assert "was not answered" in report.results[0].evidence[0][1]
    for url in (endpoint.url, "http://10.0.0.1/v2", "https://user@example.org/v2"):
        run = CliRunner().invoke(app, ["open311", "check", url, "--pause", "0"])
        assert run.exit_code != 0
    with pytest.raises(Exception, match="names no endpoint"):
        target_of(endpoint.url + "/discovery.xml", caller, None, None, None)
