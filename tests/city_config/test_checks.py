"""A planted defect of each kind is found, with its file and line; the shipped cities have none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from city_config import Configuration, Finding, check
from tests.city_config.conftest import Folder


def found(folder: Folder, severity: str = "warning") -> list[Finding]:
    return [finding for finding in check(folder.load()) if finding.severity == severity]


def only(folder: Folder, words: str, severity: str = "warning") -> Finding:
    findings = [finding for finding in found(folder, severity) if words in finding.message]
    assert len(findings) == 1, [str(finding) for finding in found(folder, severity)]
    return findings[0]


def test_shipped_cities_have_neither_errors_nor_warnings(shipped: Configuration) -> None:
    assert [str(f) for f in check(shipped) if f.severity != "unconfirmed"] == []


def test_rule_after_one_that_takes_everything(folder: Folder) -> None:
    folder.change(
        "routing.yaml",
        "\nladder:",
        "\n  - id: too-late\n    when: {network_codes: [noise]}\n    owner: sangkat\n    because: x\n\nladder:",
    )
    line = _line(folder, "routing.yaml", "- id: too-late")

    finding = only(folder, "too-late")

    assert finding.line == line
    assert finding.file == folder.path("routing.yaml")
    assert "earlier rules take everything ('noise-and-obstruction')" in finding.message


def test_rule_that_several_earlier_ones_leave_nothing(folder: Folder) -> None:
    rules = "".join(
        f"  - id: part-{n}\n    when: {{{when}}}\n    owner: sangkat\n    because: x\n"
        for n, when in enumerate(
            [
                "network_codes: [noise], weekdays: [sat, sun]",
                'network_codes: [noise], between: "00:00-12:00"',
                'network_codes: [noise], between: "12:00-24:00", priorities: [low, normal]',
                "network_codes: [noise], priorities: [high, urgent]",
                "network_codes: [noise]",
            ]
        )
    )
    folder.change("routing.yaml", "rules:\n", f"rules:\n{rules}")

    assert "'part-0', 'part-1', 'part-2', 'part-3'" in only(folder, "rule 'part-4'").message


@pytest.mark.parametrize(
    "when",
    [
        "network_codes: [noise], weekdays: [mon]",
        'network_codes: [noise], between: "00:00-23:59"',
        "network_codes: [noise], priorities: [low, normal, high]",
        'network_codes: [noise], districts: ["020301"]',
        "services: [noise], areas: [somewhere]",
    ],
)
def test_rule_that_leaves_something_is_no_shadow(folder: Folder, when: str) -> None:
    _add_area(folder)
    rules = f"rules:\n  - id: first\n    when: {{{when}}}\n    owner: sangkat\n    because: x\n"
    folder.change("routing.yaml", "rules:\n", rules)

    assert found(folder) == []


def test_rule_with_the_answers_of_an_earlier_one(folder: Folder) -> None:
    rule = (
        "  - id: main-national-roads\n"
        "    when: {services: [road_pothole], answers: {road_kind: [national]}, weekdays: [mon]}\n"
        "    owner: dpwt\n    because: x\n"
    )
    folder.change("routing.yaml", "  - id: roads-and-lights\n", f"{rule}  - id: roads-and-lights\n")

    assert "('national-roads')" in only(folder, "main-national-roads").message


def test_rule_that_no_service_meets(folder: Folder) -> None:
    folder.change(
        "routing.yaml",
        "when: {network_codes: [cable_pole]}",
        "when: {network_codes: [cable_pole], services: [noise]}",
    )

    assert "no service meets it" in only(folder, "rule 'cables'").message


def test_service_without_owner_where_the_district_is_not_known(folder: Folder) -> None:
    codes = ", ".join(f'"0203{n:02}"' for n in range(1, 11))
    folder.change(
        "routing.yaml",
        "  - id: everything-else\n",
        f"  - id: everything-else\n    when: {{districts: [{codes}]}}\n",
    )

    finding = only(folder, "nobody owns 'other' where the district is not known")

    assert finding.line == _line(folder, "services.yaml", "- code: other")


def test_district_without_contractor(folder: Folder) -> None:
    folder.change("routing.yaml", '["020306", "020307"]', '["020306"]')

    finding = only(folder, "no contractor's zone holds 020307")

    assert finding.line == _line(folder, "routing.yaml", "assign: contractor")


def test_districts_that_overlap(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][1]["geometry"] = content["features"][0]["geometry"]
    path.write_text(json.dumps(content), encoding="utf-8")

    finding = only(folder, "020301 and 020302 overlap by 100.0%", "error")

    assert finding.file == path


def test_districts_that_follow_each_other_in_time_may_overlap(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    earlier, later = content["features"][0], content["features"][1]
    later["geometry"] = earlier["geometry"]
    earlier["properties"]["valid_to"] = "2025-06-30"
    later["properties"]["valid_from"] = "2025-07-01"
    path.write_text(json.dumps(content), encoding="utf-8")

    assert [f for f in found(folder, "error") if "020301 and 020302" in f.message] == []


def test_polygon_that_crosses_itself(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    bow = [[103.1, 13.0], [103.2, 13.1], [103.2, 13.0], [103.1, 13.1], [103.1, 13.0]]
    content["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [bow]}
    path.write_text(json.dumps(content), encoding="utf-8")

    assert "020301: Self-intersection" in only(folder, "Self-intersection", "error").message


def test_area_outside_every_district(folder: Folder) -> None:
    _add_area(folder, lon=110)

    assert "lies outside every district" in only(folder, "somewhere").message


def test_name_without_a_translation(folder: Folder) -> None:
    folder.change("services.yaml", "      km: សត្វអនាថា\n", "")
    line = _line(folder, "services.yaml", "en: Stray or dangerous animal")

    finding = only(folder, "'Stray or dangerous animal' has no km")

    assert finding.line is not None
    assert 0 < line - finding.line <= 1


def test_district_without_a_translation(folder: Folder) -> None:
    folder.change("districts.geojson", '"km": "អូរចារ", ', "")

    assert only(folder, "'Ou Char' has no km").file == folder.path("districts.geojson")


def test_language_without_texts(folder: Folder) -> None:
    line = folder.change("city.yaml", "languages: [km, en]", "languages: [km, en, fr]")

    assert only(folder, "no texts for residents in 'fr'").line == line


def test_city_without_ladder(folder: Folder) -> None:
    path = folder.path("routing.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("ladder:")], encoding="utf-8")

    assert only(folder, "no ladder: silence would never escalate")


def test_city_that_is_no_member(folder: Folder) -> None:
    folder.change("network.yaml", "  - city: kh-bat\n", "  - city: kh-btb\n")

    assert only(folder, "'kh-bat' is no member in network.yaml")


def test_confirming_a_fact_takes_it_off_the_list(folder: Folder) -> None:
    before = found(folder, "unconfirmed")
    folder.change(
        "routing.yaml",
        "    confirmed: false\n\n  - code: leap-lim",
        "    confirmed: true\n\n  - code: leap-lim",
    )

    gone = {f.message for f in before} - {f.message for f in found(folder, "unconfirmed")}

    assert len(gone) == 1
    assert gone.pop().startswith("contractor 'cintri' is not confirmed; source: work plan")


def test_unconfirmed_facts_carry_source_and_line(shipped: Configuration) -> None:
    findings = [f for f in check(shipped) if f.severity == "unconfirmed"]

    assert {f.city for f in findings} == {*shipped.cities, "network"}
    assert all("none given" not in f.message for f in findings)
    assert all(f.line is not None or f.file.suffix == ".geojson" for f in findings)
    assert any("department 'dpwt' is not confirmed" in f.message for f in findings)


def test_findings_come_in_the_same_order_errors_first(folder: Folder) -> None:
    folder.change("services.yaml", "      km: សត្វអនាថា\n", "")
    _add_area(folder, lon=110)

    findings = check(folder.load())

    assert findings == check(folder.load())
    assert [f.severity for f in findings] == sorted(
        (f.severity for f in findings), key=["error", "warning", "unconfirmed"].index
    )


def _add_area(folder: Folder, lon: float = 103.2) -> Path:
    ring = [[lon, 13.1], [lon + 0.01, 13.1], [lon + 0.01, 13.11], [lon, 13.1]]
    feature = {
        "type": "Feature",
        "properties": {"code": "somewhere", "names": {"km": "x", "en": "x"}},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = folder.path("areas.geojson")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def _line(folder: Folder, name: str, words: str) -> int:
    text = folder.path(name).read_text(encoding="utf-8")
    return text[: text.index(words)].count("\n") + 1
