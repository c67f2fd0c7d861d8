"""Each kind of defect that the checks look for, planted in a right city: it is found, and named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from shapely.affinity import translate
from shapely.geometry import mapping, shape

from city_config import Configuration, ConfigurationError, check
from city_config.geometry_checks import far_from_the_others
from tests.city_config.conftest import Folder

RING = [[[103.2, 13.1], [103.21, 13.1], [103.21, 13.11], [103.2, 13.1]]]


@dataclass(frozen=True)
class Defect:
    """An edit that plants it, the line it is to be found on (by its words), and what is said of it."""

    kind: str
    file: str
    old: str
    new: str
    stands_at: str
    says: str
    severity: str = "warning"
    found_in: str | None = None


def rule(text: str) -> str:
    return f"rules:\n  - id: planted\n    {text}\n    because: x\n"


DEFECTS = [
    Defect(
        "a rule behind one that takes everything",
        "routing.yaml",
        "\nladder:",
        "\n  - id: planted\n    when: {network_codes: [noise]}\n    owner: sangkat\n    because: x\n\nladder:",
        "- id: planted",
        "rule 'planted' can never match: earlier rules take everything",
    ),
    Defect(
        "a rule no service meets",
        "routing.yaml",
        "rules:\n",
        rule("when: {network_codes: [noise], services: [street_light]}\n    owner: dpwt"),
        "- id: planted",
        "rule 'planted' can never match: no service meets it",
    ),
    Defect(
        "a rule for holidays where there are none",
        "city.yaml",
        "  holidays: {country: KH}\n",
        "",
        "when: {holiday: true",
        "rule 'planted' can never match: the city's calendar has no holidays",
        found_in="routing.yaml",
    ),
    Defect(
        "a rule for districts that are gone when it begins",
        "routing.yaml",
        "rules:\n",
        rule('when: {districts: ["020301"]}\n    owner: dpwt\n    valid_from: 2031-01-01'),
        'when: {districts: ["020301"]}',
        "rule 'planted' can never match: its districts exist only while it does not count",
    ),
    Defect(
        "a rule whose department is gone",
        "routing.yaml",
        "rules:\n",
        rule("owner: dpwt\n    valid_from: 2030-01-01"),
        "owner: dpwt\n    valid_from",
        "department 'dpwt' does not exist while the rule holds",
        "refused",
    ),
    Defect(
        "dates that run backwards",
        "routing.yaml",
        "rules:\n",
        rule("owner: dpwt\n    valid_from: 2025-01-02\n    valid_to: 2025-01-01"),
        "valid_to: 2025-01-01",
        "2025-01-01 is before valid_from 2025-01-02",
        "refused",
    ),
    Defect(
        "a service nobody owns once a rule has ended",
        "routing.yaml",
        "  - id: everything-else\n",
        "  - id: everything-else\n    valid_to: 2026-12-31\n",
        "- code: other",
        "nobody surely owns service 'other' in any district",
        "refused",
        "services.yaml",
    ),
    Defect(
        "a service nobody owns on holidays",
        "routing.yaml",
        "  - id: everything-else\n",
        "  - id: everything-else\n    when: {holiday: false}\n",
        "- code: other",
        "nobody surely owns service 'other' in any district",
        "refused",
        "services.yaml",
    ),
    Defect(
        "overlapping zones of contractors",
        "routing.yaml",
        '["020306", "020307"]',
        '["020301", "020306", "020307"]',
        '- districts: ["020301", "020306", "020307"]',
        "overlaps a zone of contractor",
        "refused",
    ),
    Defect(
        "a ladder that ends before the promise",
        "routing.yaml",
        "  - step: 1\n    at_fraction: 1.0\n",
        "  - step: 1\n    at_fraction: 0.5\n",
        "- step: 1",
        "promises are longer than the ladder: its last step comes after 50% of the promised time",
    ),
    Defect(
        "stages in the wrong order",
        "services.yaml",
        "      acknowledge: {working_hours: 8}\n",
        "      acknowledge: {calendar_hours: 900}\n",
        "acknowledge: {calendar_hours: 900}",
        "promises to acknowledge later than to resolve",
    ),
    Defect(
        "a missing translation",
        "services.yaml",
        "      km: សត្វអនាថា\n",
        "",
        "names:\n      en: Stray or dangerous animal",
        "'Stray or dangerous animal' has no km",
    ),
    Defect(
        "a holiday calendar that does not load",
        "city.yaml",
        "holidays: {country: KH}",
        "holidays: {country: QQ}",
        "holidays: {country: QQ}",
        "the holiday calendar does not load",
        "refused",
    ),
    Defect(
        "a holiday calendar of an unknown subdivision",
        "city.yaml",
        "holidays: {country: KH}",
        "holidays: {country: MY, subdivision: '99'}",
        "holidays: {country: MY",
        "the holiday calendar does not load",
        "refused",
    ),
    Defect(
        "an override that closes for years",
        "city.yaml",
        "\n  holidays: {country: KH}\n",
        "\n  hours_overrides:\n    - {from_date: 2026-01-01, to_date: 2029-12-31, hours: {}, reason: flood}\n",
        "- {from_date: 2026-01-01",
        "nobody works for more than 380 days on end from 2026-01-01 on",
        "refused",
    ),
    Defect(
        "overrides that together close for years",
        "city.yaml",
        "\n  holidays: {country: KH}\n",
        "\n  hours_overrides:\n"
        "    - {from_date: 2026-06-30, to_date: 2026-12-31, hours: {mon: []}, reason: flood}\n"
        "    - {from_date: 2026-02-02, to_date: 2026-06-29, hours: {}, reason: flood}\n"
        "    - {from_date: 2027-01-01, to_date: 2027-04-30, hours: {}, reason: flood}\n",
        "- {from_date: 2026-02-02",
        "nobody works for more than 380 days on end from 2026-02-02 on",
        "refused",
    ),
    Defect(
        "two hours for one day",
        "city.yaml",
        "\n  holidays: {country: KH}\n",
        "\n  hours_overrides:\n"
        "    - {from_date: 2026-02-02, to_date: 2026-02-09, hours: {mon: ['08:00-12:00']}, reason: feast}\n"
        "    - {from_date: 2026-02-09, to_date: 2026-02-10, hours: {mon: ['09:00-12:00']}, reason: flood}\n",
        "- {from_date: 2026-02-09",
        "'flood' (2026-02-09 to 2026-02-10) overlaps 'feast' (2026-02-02 to 2026-02-09) with other hours",
        "refused",
    ),
    Defect(
        "a map that opens elsewhere",
        "city.yaml",
        "centre: {lat: 13.10271, lon: 103.19822}",
        "centre: {lat: 31.0271, lon: 103.19822}",
        "centre: {lat: 31",
        "the map opens away from every district",
    ),
    Defect(
        "districts that were not drawn",
        "city.yaml",
        "districts_expected: 10 ",
        "districts_expected: 14 ",
        "districts_expected",
        "10 of 14 districts have an outline",
        "unconfirmed",
    ),
    Defect(
        "residents of a district that is none",
        "city.yaml",
        "near_metres:",
        'district_population:\n  values: {"999999": 5}\nnear_metres:',
        'values: {"999999": 5}',
        "no district '999999'",
        "refused",
    ),
    Defect(
        "an emergency number nobody confirmed",
        "city.yaml",
        "near_metres:",
        "contact_lines:\n  - kind: emergency\n    names: {km: x, en: Fire}\n    phone: '118'\nnear_metres:",
        "- kind: emergency",
        "contactline",
        "unconfirmed",
    ),
    Defect(
        "a round in a district that is none",
        "routing.yaml",
        "rules:\n",
        'rounds:\n  - code: r\n    districts: ["99"]\n    weekdays: [mon]\n    windows: ["05:00-09:00"]\nrules:\n',
        'districts: ["99"]',
        "no district '99'",
        "refused",
    ),
    Defect(
        "a question that waits for a later one",
        "services.yaml",
        "      - code: road_kind\n",
        "      - code: early\n        datatype: string\n        names: {km: x, en: x}\n"
        "        shown_when: {road_kind: [national]}\n      - code: road_kind\n",
        "shown_when: {road_kind",
        "no earlier question 'road_kind'",
        "refused",
    ),
    Defect(
        "a notice on an answer nobody can give",
        "services.yaml",
        "  - code: waste_dumping\n",
        "  - code: waste_dumping\n    stop_notices:\n      - notice: {km: x, en: x}\n"
        "        shown_when: {hazard: [sure]}\n",
        "shown_when: {hazard",
        "no question of this service 'hazard'",
        "refused",
    ),
    Defect(
        "a private service that is none",
        "city.yaml",
        "publication:\n",
        "publication:\n  private_services: [nothing]\n",
        "private_services",
        "no service 'nothing'",
        "refused",
    ),
    Defect(
        "the chair held by two countries at once",
        "network.yaml",
        "members:\n",
        "roles:\n  - {role: chair, country: LA, valid_from: 2024-01-01, valid_to: 2024-12-31}\n"
        "  - {role: chair, country: MY, valid_from: 2024-12-31}\nmembers:\n",
        "country: MY, valid_from: 2024-12-31",
        "chair is held by LA from 2024-01-01 at the same time",
        "refused",
    ),
    Defect(
        "a peer band with a city that is no member",
        "network.yaml",
        "members:\n",
        "peer_bands:\n  - {code: big, names: {en: Big}, cities: [xx-none], because: x}\nmembers:\n",
        "code: big",
        "no member 'xx-none'",
        "refused",
    ),
    Defect(
        "an emergency in a district the city does not have",
        "network.yaml",
        "members:\n",
        "emergencies:\n  - {city: kh-bat, kind: flood, declared_by: x, valid_from: 2025-10-01, "
        "districts: ['1']}\nmembers:\n",
        "city: kh-bat, kind: flood",
        "kh-bat has no district '1'",
        "error",
    ),
]


def _one_step(folder: Folder) -> None:
    path = folder.path("routing.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("  - step: 2")], encoding="utf-8")


EARLIER: dict[str, Callable[[Folder], object]] = {
    "a rule for holidays where there are none": lambda folder: folder.change(
        "routing.yaml", "rules:\n", rule("when: {holiday: true}\n    owner: dpwt")
    ),
    "a rule for districts that are gone when it begins": lambda folder: folder.change(
        "districts.geojson", '"code": "020301"', '"valid_to": "2030-12-31", "code": "020301"'
    ),
    "a rule whose department is gone": lambda folder: folder.change(
        "city.yaml", "  - code: dpwt\n", "  - code: dpwt\n    valid_to: 2029-12-31\n"
    ),
    "a ladder that ends before the promise": _one_step,
}
"""What must be there before the defect is planted."""


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.kind)
def test_a_planted_defect_is_found_with_its_line(folder: Folder, defect: Defect) -> None:
    plant_first = EARLIER.get(defect.kind)
    if plant_first:
        plant_first(folder)
    folder.change(defect.file, defect.old, defect.new)
    path = folder.path(defect.found_in or defect.file)
    text = path.read_text(encoding="utf-8")
    line = text[: text.index(defect.stands_at)].count("\n") + 1

    told = _told(folder, defect.severity)

    places = [words for words in told if defect.says in words]
    assert len(places) >= 1, told
    assert any(words.startswith(f"{path}:{line}:") for words in places), (line, places)


def test_a_district_outside_the_boundary(folder: Folder) -> None:
    whole = {
        "type": "Feature",
        "properties": {"code": "all", "names": {"km": "x", "en": "x"}},
        "geometry": {"type": "Polygon", "coordinates": RING},
    }
    boundary = json.dumps({"type": "FeatureCollection", "features": [whole]})
    folder.path("boundary.geojson").write_text(boundary, encoding="utf-8")
    path = folder.path("districts.geojson")
    text = path.read_text(encoding="utf-8")
    line = text[: text.index('"020310"')].count("\n") + 1

    told = [
        words for words in _told(folder, "warning") if "of the district lies outside the boundary" in words
    ]

    assert any(words.startswith(f"{path}:{line}: warning: 020310: ") for words in told), told


@pytest.mark.parametrize(("east", "north"), [(-103.19, -13.1), (1, 0), (0, -1)])
def test_a_district_far_from_the_others(folder: Folder, east: float, north: float) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    moved = content["features"][4]
    moved["geometry"] = mapping(translate(shape(moved["geometry"]), east, north))
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    code = moved["properties"]["code"]
    line = text[: text.index(f'"{code}"')].count("\n") + 1

    (told,) = [words for words in _told(folder, "warning") if "from the middle of the districts" in words]

    assert told.startswith(f"{path}:{line}: warning: {code}: lies ")


def test_islands_and_outlying_districts_of_the_region_are_not_doubted(shipped: Configuration) -> None:
    for city in shipped.cities.values():
        assert not list(far_from_the_others(city)), city.id


def test_shapes_are_named_with_the_line_of_their_code(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][1]["geometry"] = content["features"][0]["geometry"]
    content["features"][2]["properties"]["valid_to"] = "soon"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    text = path.read_text(encoding="utf-8")

    def line(code: str) -> int:
        return text[: text.index(f'"{code}"')].count("\n") + 1

    with pytest.raises(ConfigurationError) as refused:
        folder.load()
    assert refused.value.faults == [
        f"{path}:{line('020303')}: feature 3: (020303) properties.valid_to must be a day like '2025-07-01'; read 'soon'"
    ]
    path.write_text(text.replace('"soon"', "null"), encoding="utf-8")
    (overlap,) = [finding for finding in check(folder.load()) if "overlap by" in finding.message]
    assert overlap.line == line("020302")


def _told(folder: Folder, severity: str) -> list[str]:
    if severity == "refused":
        return folder.faults()
    return [str(finding) for finding in check(folder.load()) if finding.severity == severity]
