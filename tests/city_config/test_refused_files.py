"""A wrong file is refused with file, line, field, what was read and what is allowed."""

from __future__ import annotations

import shutil

import pytest

from tests.city_config.conftest import Folder


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        pytest.param(
            "city.yaml",
            "near_metres: 500",
            "near_meters: 500",
            ["near_meters: unknown key", "did you mean 'near_metres'?", "allowed: id, country"],
            id="unknown key at the top",
        ),
        pytest.param(
            "services.yaml",
            "    group: waste",
            "    gruop: waste",
            ["services.0.gruop: unknown key", "did you mean 'group'?", "network_code"],
            id="unknown key in a service",
        ),
        pytest.param(
            "routing.yaml",
            "    when: {network_codes: [waste_missed",
            "    when: {network_code: [waste_missed",
            ["rules.0.when.network_code: unknown key", "did you mean 'network_codes'?"],
            id="unknown key in a condition",
        ),
        pytest.param(
            "city.yaml",
            "languages: [km",
            "languages: [Khmer",
            ["languages.0: 'Khmer' is not a language; allowed: a BCP-47 tag"],
            id="a language that is none",
        ),
        pytest.param(
            "city.yaml",
            "  en: Battambang",
            "  english: Battambang",
            ["names.english: 'english' is not a language; allowed: a BCP-47 tag"],
            id="a name in a language that is none",
        ),
        pytest.param(
            "routing.yaml",
            "    because: ",
            "    because: ''  # ",
            ["rules.0.because: is empty; allowed: a sentence"],
            id="a rule without a reason",
        ),
        pytest.param(
            "routing.yaml",
            "    because: ",
            "    because: '  '  # ",
            ["rules.0.because: is empty; allowed: a sentence"],
            id="a rule with blanks for a reason",
        ),
        pytest.param(
            "city.yaml",
            "timezone: Asia/Phnom_Penh",
            "timezone: Asia/Phnompenh",
            ["timezone: 'Asia/Phnompenh' is not an IANA time zone", "Asia/Phnom_Penh"],
            id="wrong time zone",
        ),
        pytest.param(
            "city.yaml",
            'mon: ["07:30-11:30", "14:00-17:30"]',
            'mon: ["07:30-25:00"]',
            ["calendar.hours.mon.0", "'07:30-25:00' is not a window like '07:30-11:30'"],
            id="wrong window",
        ),
        pytest.param(
            "city.yaml",
            'mon: ["07:30-11:30", "14:00-17:30"]',
            'mon: ["22:00-06:00"]',
            ["'22:00-06:00' ends before it begins", "two windows"],
            id="window over midnight",
        ),
        pytest.param(
            "city.yaml",
            'mon: ["07:30-11:30", "14:00-17:30"]',
            'mon: ["07:30-11:30", "11:00-17:30"]',
            ["window '11:00-17:30' must begin after '07:30-11:30' ends"],
            id="overlapping windows",
        ),
        pytest.param(
            "city.yaml",
            '    mon: ["07:30-11:30"',
            '    monday: ["07:30-11:30"',
            ["calendar.hours.monday", "'mon', 'tue', 'wed'", "read 'monday'"],
            id="unknown weekday",
        ),
        pytest.param(
            "city.yaml",
            "country: KH\n",
            "country: Cambodia\n",
            ["country:", "^[A-Z]{2}$", "read 'Cambodia'"],
            id="wrong country",
        ),
        pytest.param(
            "city.yaml",
            "centre: {lat: 13.10271, lon: 103.19822}",
            "centre: {lat: 103.19822, lon: 13.10271}",
            ["map.centre.lat", "less than or equal to 90", "read 103.19822"],
            id="swapped centre",
        ),
        pytest.param(
            "city.yaml",
            "centre: {lat: 13.10271",
            "centre: {lat: .nan",
            ["map.centre.lat", "finite number"],
            id="not a number",
        ),
        pytest.param(
            "city.yaml",
            "holidays: {country: KH}",
            "holidays: {country: ZZ}",
            ["calendar.holidays: the holiday calendar does not load", "ZZ"],
            id="unknown holiday country",
        ),
        pytest.param(
            "city.yaml",
            "holidays: {country: KH}",
            "holidays: {country: KH, categories: [harvest]}",
            ["the holiday calendar does not load", "harvest"],
            id="unknown holiday category",
        ),
        pytest.param(
            "services.yaml",
            "network_code: waste_missed",
            "network_code: waste_mised",
            ["services.0.network_code: no code 'waste_mised' in network.yaml", "allowed: waste_missed"],
            id="unknown network code",
        ),
        pytest.param(
            "services.yaml",
            "resolve: {calendar_hours: 24}",
            "resolve: {calendar_hours: 24, working_days: 1}",
            ["services.0.promise.resolve", "give exactly one of calendar_hours, working_hours"],
            id="two spans",
        ),
        pytest.param(
            "services.yaml",
            "resolve: {calendar_hours: 24}",
            "resolve: {calendar_hours: 1e99}",
            ["services.0.promise.resolve.calendar_hours", "less than or equal to"],
            id="endless span",
        ),
        pytest.param(
            "services.yaml",
            "datatype: datetime",
            "datatype: date",
            ["services.0.questions.0.datatype", "'singlevaluelist'", "read 'date'"],
            id="unknown datatype",
        ),
        pytest.param(
            "services.yaml",
            "    group: waste",
            "    group: rubbish",
            ["services.0.group: no group 'rubbish'", "allowed: waste, roads"],
            id="unknown group",
        ),
        pytest.param(
            "routing.yaml",
            "    owner: dpwt",
            "    owner: public-works",
            ["owner: no department 'public-works'", "allowed: beautification, dpwt"],
            id="unknown department in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "network_codes: [waste_missed",
            "network_codes: [waste_misssed",
            ["rules.0.when.network_codes.0: no network code 'waste_misssed'", "allowed: waste_missed"],
            id="unknown network code in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "when: {network_codes: [cable_pole]}",
            "when: {services: [cables]}",
            ["when.services.0: no service 'cables'", "allowed: waste_missed"],
            id="unknown service in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "when: {network_codes: [cable_pole]}",
            'when: {network_codes: [cable_pole], districts: ["020399"]}',
            ["when.districts.0: no district '020399'", "allowed: 020301"],
            id="unknown district in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "when: {network_codes: [cable_pole]}",
            "when: {network_codes: [cable_pole], areas: [angkor]}",
            ["when.areas.0: no area 'angkor'", "allowed: none is defined"],
            id="unknown area in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "answers: {road_kind: [national]}",
            "answers: {road_kind: [motorway]}",
            ["answers.road_kind.0: no choice 'motorway'", "allowed: street, national"],
            id="unknown answer in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "answers: {road_kind: [national]}",
            "answers: {kind: [national]}",
            ["answers.kind: no question of these services 'kind'", "allowed: road_kind"],
            id="unknown question in a rule",
        ),
        pytest.param(
            "routing.yaml",
            "for_department: beautification",
            "for_department: cleansing",
            ["contractors.0.for_department: no department 'cleansing'"],
            id="contractor of nobody",
        ),
        pytest.param(
            "routing.yaml",
            '["020306", "020307"]',
            '["020306", "020377"]',
            ["contractors.1.zones.0.districts.1: no district '020377'"],
            id="unknown district in a zone",
        ),
        pytest.param(
            "routing.yaml",
            '["020306", "020307"]',
            "[20306]",
            ["contractors.1.zones.0.districts.0", "valid string", "read 20306"],
            id="district code without quotes",
        ),
        pytest.param(
            "routing.yaml",
            "    at_fraction: 1.0",
            "    after_due: {calendar_hours: 72}",
            ["ladder.1: step 2 must come later than step 1"],
            id="ladder out of order",
        ),
        pytest.param(
            "routing.yaml",
            "after_due: {calendar_hours: 48}",
            "after_due: {working_hours: 48}",
            ["ladder.1", "after_due counts calendar time"],
            id="ladder in working time",
        ),
        pytest.param(
            "network.yaml",
            "comparability: A",
            "comparability: D",
            ["codes.0.comparability", "'A', 'B' or 'C'", "read 'D'"],
            id="network: unknown comparability",
        ),
        pytest.param(
            "network.yaml",
            "  - code: waste_overflow",
            "  - code: waste_missed",
            ["codes.1.code: 'waste_missed' is given twice"],
            id="network: code twice",
        ),
        pytest.param(
            "messages/km.yaml",
            "លេខយោង៖ {reference}",
            "លេខយោង៖ {referense}",
            ["notifications.filed.body: unknown placeholder {referense}", "allowed: {reference}, {city}"],
            id="texts: unknown placeholder",
        ),
        pytest.param(
            "messages/en.yaml",
            'subject: "{reference}: work has begun"',
            'subject: "{reference.__class__}: work has begun"',
            ["notifications.started.subject: unknown placeholder {reference.__class__}"],
            id="texts: attribute of a placeholder",
        ),
        pytest.param(
            "messages/en.yaml",
            'subject: "{reference}: work has begun"',
            'subject: "{reference: work has begun"',
            ["notifications.started.subject:", "written twice"],
            id="texts: open brace",
        ),
        pytest.param(
            "messages/en.yaml",
            "language: en",
            "language: eng",
            ["language: 'eng' must be the file's name 'en'"],
            id="texts: other language than the file's",
        ),
    ],
)
def test_names_file_line_field_and_what_is_allowed(
    folder: Folder, name: str, old: str, new: str, says: list[str]
) -> None:
    line = folder.change(name, old, new)

    faults = folder.faults()

    place = f"{folder.path(name)}:"
    named = [f for f in faults if f.startswith(place) and all(words in f for words in says)]
    assert named, faults
    reported = int(named[0].removeprefix(place).split(":")[0])
    apart = WHOLE_PART if name.startswith("messages/") or "ladder" in says[0] else 0
    assert abs(reported - line) <= apart


WHOLE_PART = 6
"""Lines: a fault of a whole step or body is named where that begins, not where it was changed."""


def test_a_placeholder_in_a_body_is_reported_at_the_body(folder: Folder) -> None:
    folder.change("messages/en.yaml", "We will write to you", "{we} will write to you")
    text = folder.path("messages/en.yaml").read_text(encoding="utf-8")
    paused = text.index("  paused:")
    body = text[: text.index("    body: |", paused)].count("\n") + 1

    assert folder.fault().startswith(f"{folder.path('messages/en.yaml')}:{body}: notifications.paused.body")


def test_key_given_twice_names_both_lines(folder: Folder) -> None:
    first = folder.change("city.yaml", "country: KH\n", "country: KH\ncountry: TH\n")

    assert folder.fault() == (
        f"{folder.path('city.yaml')}:{first + 1}: 'country' is given twice (first in line {first})"
    )


def test_key_of_another_file_of_the_city(folder: Folder) -> None:
    line = folder.append("routing.yaml", "timezone: Asia/Bangkok\n")

    assert folder.fault().startswith(
        f"{folder.path('routing.yaml')}:{line}: timezone: stands in another file"
    )


def test_key_read_from_its_own_file(folder: Folder) -> None:
    line = folder.append("city.yaml", "districts: {}\n")

    assert folder.fault().startswith(f"{folder.path('city.yaml')}:{line}: districts: must not stand here")


def test_file_that_is_not_utf_8(folder: Folder) -> None:
    path = folder.path("city.yaml")
    path.write_bytes(path.read_bytes() + b"# caf\xe9\n")
    line = path.read_bytes().count(b"\n")

    assert folder.fault().startswith(f"{path}:{line}: not UTF-8")


def test_byte_order_mark_of_windows_editors_is_no_fault(folder: Folder) -> None:
    path = folder.path("city.yaml")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert folder.load().cities["kh-bat"].reference_prefix == "BAT"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1, 2\nb: 3\n", ":2: "),
        ("a: 1\n\tb: 2\n", ":2: "),
        ("- a\n- b\n", ":1: must be a mapping"),
        ("", ":1: must be a mapping"),
        ("a: 1\n---\nb: 2\n", ":2: but found another document"),
        ("a: &x [1]\nb: *x\n", ":1: anchors and aliases"),
        ("? [a, b]\n: 1\n", ":1: a key must be plain text"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", "nested more than 40 deep"),
        ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
    ],
    ids=["bracket", "tab", "list", "empty", "two documents", "alias", "key", "depth", "object"],
)
def test_yaml_that_cannot_be_read(folder: Folder, text: str, says: str) -> None:
    folder.path("city.yaml").write_text(text, encoding="utf-8")

    assert any(f.startswith(str(folder.path("city.yaml"))) and says in f for f in folder.faults())


def test_aliases_that_grow_without_end_are_refused_at_once(folder: Folder) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    folder.path("city.yaml").write_text("\n".join(lines), encoding="utf-8")

    assert "anchors and aliases" in folder.faults()[0]


def test_missing_file(folder: Folder) -> None:
    folder.path("routing.yaml").unlink()

    assert folder.fault() == f"{folder.path('routing.yaml')}: No such file or directory"


def test_city_folder_without_city_yaml_is_not_passed_over(folder: Folder) -> None:
    (folder.root / "cities" / "kh-kos").mkdir()

    assert any("kh-kos/city.yaml: No such file" in fault for fault in folder.faults())


def test_no_city_at_all(folder: Folder) -> None:
    shutil.rmtree(folder.root / "cities" / "kh-bat")

    assert "no city folder" in folder.fault()


def test_folder_with_another_name_than_the_city(folder: Folder) -> None:
    (folder.root / "cities" / "kh-bat").rename(folder.root / "cities" / "kh-btb")

    assert "id: 'kh-bat' must be the folder's name 'kh-btb'" in folder.fault()


def test_two_cities_with_one_prefix(folder: Folder) -> None:
    other = folder.root / "cities" / "kh-btb"
    shutil.copytree(folder.root / "cities" / "kh-bat", other)
    text = (other / "city.yaml").read_text(encoding="utf-8")
    (other / "city.yaml").write_text(text.replace("id: kh-bat", "id: kh-btb"), encoding="utf-8")
    line = text[: text.index("reference_prefix")].count("\n") + 1

    fault = folder.fault()

    assert fault.startswith(f"{other / 'city.yaml'}:{line}: reference_prefix: 'BAT' is kh-bat's already")


def test_every_fault_of_every_file_is_told_at_once(folder: Folder) -> None:
    folder.change("city.yaml", "timezone: Asia/Phnom_Penh", "timezone: Phnom_Penh")
    folder.change("services.yaml", "    group: waste", "    gruop: waste")
    folder.change("network.yaml", "comparability: A", "comparability: D")

    assert len(folder.faults()) == 3


def test_two_departments_with_one_code(folder: Folder) -> None:
    folder.change("city.yaml", "  - code: drainage\n", "  - code: dpwt\n")

    assert any("departments.2.code: 'dpwt' is given twice" in fault for fault in folder.faults())


def test_zones_of_two_contractors_on_one_day(folder: Folder) -> None:
    folder.change("routing.yaml", '["020306", "020307"]', '["020306", "020301"]')

    assert "overlaps a zone of contractor 'cintri'" in folder.fault()
    assert "020301" in folder.fault()


def test_zones_of_contracts_that_follow_each_other(folder: Folder) -> None:
    folder.change(
        "routing.yaml", '"020309", "020310"]\n', '"020309", "020310"]\n        valid_to: 2025-12-31\n'
    )
    folder.change("routing.yaml", '["020306", "020307"]', '["020301"]\n        valid_from: 2026-01-01')

    assert folder.load().cities["kh-bat"].contractors[0].zones[0].valid_to is not None


def test_zone_that_ends_before_it_begins(folder: Folder) -> None:
    dates = '["020306"]\n        valid_from: 2026-01-01\n        valid_to: 2025-01-01'
    folder.change("routing.yaml", '["020306", "020307"]', dates)

    assert "valid_to: 2025-01-01 is before valid_from 2026-01-01" in folder.fault()


def test_contractor_asked_for_where_the_department_has_none(folder: Folder) -> None:
    folder.change("routing.yaml", "    owner: dpwt\n", "    owner: dpwt\n    assign: contractor\n")

    assert "assign: department 'dpwt' has no contractor" in folder.fault()


def test_service_that_nobody_owns_somewhere(folder: Folder) -> None:
    folder.change(
        "routing.yaml",
        "  - id: everything-else\n",
        '  - id: everything-else\n    when: {districts: ["020301"]}\n',
    )

    fault = folder.fault()

    assert "nobody surely owns service 'other' in districts 020302, 020303" in fault
    assert "services.yaml:" in fault


def test_week_without_working_hours(folder: Folder) -> None:
    text = folder.path("city.yaml").read_text(encoding="utf-8")
    hours = text[text.index("  hours:\n") : text.index("  holidays:")]
    folder.change("city.yaml", hours, "  hours: {}\n")

    assert "calendar.hours: no working hours in the whole week" in folder.fault()
