from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city_config.schema import WEEKDAYS, City, Priority
from nagara.errors import NoRoute
from nagara.places.finding import Place
from nagara.routing import Route, explain, route
from tests.nagara.small_cities import collection, feature, local, rectangle, service, small_city

DEPARTMENTS = [
    {"code": code, "names": {"en": name}}
    for code, name in [
        ("works", "Public Works"),
        ("waste", "Waste Division"),
        ("park", "Park Authority"),
        ("guard", "Night Guard"),
        ("hall", "City Hall"),
    ]
]
CONTRACTORS = [
    {
        "code": "oldfirm",
        "names": {"en": "Old Firm"},
        "for_department": "waste",
        "zones": [{"districts": ["01", "02"], "valid_to": "2021-06-30"}],
    },
    {
        "code": "northfirm",
        "names": {"en": "North Firm"},
        "for_department": "waste",
        "zones": [{"districts": ["01"], "valid_from": "2021-07-01", "valid_to": "2026-06-30"}],
    },
    {
        "code": "worksfirm",
        "names": {"en": "Works Firm"},
        "for_department": "works",
        "zones": [{"districts": ["01", "02", "03"]}],
    },
]
SERVICES = [
    service("missed_collection", "waste_missed"),
    service("dumping", "waste_dumping"),
    service("pothole", "road_pothole"),
    service("lamp", "street_light"),
    service("noise", "noise"),
]
RULES = [
    {
        "id": "in-park",
        "when": {"areas": ["temple"]},
        "owner": "park",
        "because": "The Park Authority is responsible inside the protected zone",
    },
    {
        "id": "missed",
        "when": {"network_codes": ["waste_missed"]},
        "owner": "waste",
        "assign": "contractor",
        "because": "Collection is contracted by district; the Division answers for it.",
    },
    {
        "id": "fire-dump",
        "when": {"services": ["dumping"], "answers": {"burning": ["yes", "smoke"]}},
        "owner": "hall",
        "because": "Burning waste is for City Hall!",
    },
    {
        "id": "dumping-02",
        "when": {"services": ["dumping"], "districts": ["02", "03"]},
        "owner": "waste",
        "because": "The Division clears these districts.",
    },
    {
        "id": "night-noise",
        "when": {"services": ["noise"], "between": "22:00-24:00", "weekdays": ["fri", "sat"]},
        "owner": "guard",
        "because": "The Night Guard walks on Friday and Saturday.",
    },
    {
        "id": "dangerous",
        "when": {"priorities": ["high", "urgent"], "services": ["lamp", "pothole"]},
        "owner": "hall",
        "because": "Danger goes to City Hall.",
    },
    {
        "id": "roads",
        "when": {"services": ["pothole", "lamp"], "districts": ["01", "02"]},
        "owner": "works",
        "because": "Public Works mends roads.",
    },
    {"id": "rest", "owner": "hall", "because": "City Hall takes the rest."},
]
DISTRICTS = collection(
    *(feature(f"0{n}", rectangle(104.8 + n / 100, 11.5, 104.81 + n / 100, 11.6)) for n in (1, 2, 3))
)
TEMPLES = collection(
    feature("temple", rectangle(104.8, 11.5, 104.82, 11.52), name="Old Temples"),
    feature("lake", rectangle(104.8, 11.5, 104.82, 11.52), name="Lake"),
)
VALUES: dict[str, Any] = {
    "departments": DEPARTMENTS,
    "contractors": CONTRACTORS,
    "services": SERVICES,
    "rules": RULES,
    "districts": DISTRICTS,
    "areas": TEMPLES,
}
CITY = small_city(**VALUES)
NOON = local(CITY, "2026-03-04 12:00")


def in_district(code: str | None, *areas: str) -> Place:
    return Place(code is not None, code, areas, "inside" if code else "outside")


def sent(
    code: str,
    place: Place,
    at: dt.datetime = NOON,
    priority: Priority = "normal",
    answers: dict[str, object] | None = None,
    city: City = CITY,
) -> Route:
    return route(city, city.services_by_code[code], place, at, priority, answers or {})


class TestFirstMatchWins:
    @pytest.mark.parametrize(
        ("code", "place", "rule", "owner"),
        [
            ("pothole", in_district("01"), "roads", "works"),
            ("pothole", in_district("03"), "rest", "hall"),
            ("pothole", in_district("01", "lake"), "roads", "works"),
            ("pothole", in_district("01", "lake", "temple"), "in-park", "park"),
            ("missed_collection", in_district("02", "temple"), "in-park", "park"),
            ("missed_collection", in_district("02"), "missed", "waste"),
            ("dumping", in_district("02"), "dumping-02", "waste"),
            ("dumping", in_district("01"), "rest", "hall"),
            ("pothole", in_district(None), "rest", "hall"),
        ],
    )
    def test_by_service_and_place(self, code: str, place: Place, rule: str, owner: str) -> None:
        found = sent(code, place)
        assert (found.rule, found.owner) == (rule, owner)

    @pytest.mark.parametrize(
        ("at", "owner"),
        [
            ("2026-03-06 21:59", "hall"),
            ("2026-03-06 22:00", "guard"),  # a Friday
            ("2026-03-06 23:59", "guard"),
            ("2026-03-07 00:00", "hall"),
            ("2026-03-07 22:30", "guard"),
            ("2026-03-08 22:30", "hall"),
        ],
    )
    def test_by_local_weekday_and_time_half_open(self, at: str, owner: str) -> None:
        assert sent("noise", in_district("01"), local(CITY, at)).owner == owner
        assert sent("noise", in_district("01"), local(CITY, at).astimezone(dt.UTC)).owner == owner

    @pytest.mark.parametrize(
        ("priority", "owner"), [("low", "works"), ("normal", "works"), ("high", "hall"), ("urgent", "hall")]
    )
    def test_by_priority(self, priority: Priority, owner: str) -> None:
        assert sent("lamp", in_district("02"), priority=priority).owner == owner

    @pytest.mark.parametrize(
        ("answers", "rule"),
        [
            ({}, "dumping-02"),
            ({"burning": "no"}, "dumping-02"),
            ({"burning": "yes"}, "fire-dump"),
            ({"burning": ["glass", "smoke"]}, "fire-dump"),
            ({"burning": []}, "dumping-02"),
            ({"burning": None}, "dumping-02"),
            ({"other": "yes"}, "dumping-02"),
        ],
    )
    def test_by_answers_one_or_several(self, answers: dict[str, object], rule: str) -> None:
        assert sent("dumping", in_district("02"), answers=answers).rule == rule

    def test_a_number_answers_as_text(self) -> None:
        rules = [
            {"id": "three", "when": {"answers": {"lamps": ["3"]}}, "owner": "works", "because": "Three."},
            {"id": "rest", "owner": "hall", "because": "Rest."},
        ]
        city = small_city(**{**VALUES, "rules": rules})
        assert sent("lamp", in_district("01"), answers={"lamps": 3}, city=city).rule == "three"


class TestContractors:
    @pytest.mark.parametrize(
        ("district", "at", "assignee"),
        [
            ("01", "2021-06-30 23:59", "oldfirm"),
            ("01", "2021-07-01 00:00", "northfirm"),
            ("01", "2026-06-30 23:59", "northfirm"),
            ("01", "2026-07-01 00:00", None),
            ("02", "2021-06-30 12:00", "oldfirm"),
            ("02", "2021-07-01 12:00", None),
            ("03", "2022-01-01 12:00", None),
            (None, "2022-01-01 12:00", None),
        ],
    )
    def test_the_contract_of_the_local_day_holds(
        self, district: str | None, at: str, assignee: str | None
    ) -> None:
        found = sent("missed_collection", in_district(district), local(CITY, at).astimezone(dt.UTC))
        assert (found.owner, found.assignee) == ("waste", assignee)

    def test_of_two_contracts_the_first_in_the_file_holds(self) -> None:
        twice = [{**CONTRACTORS[1], "code": code} for code in ("bb", "aa")]
        city = small_city(**{**VALUES, "contractors": twice})
        assert sent("missed_collection", in_district("01"), city=city).assignee == "bb"

    def test_a_rule_without_assignment_leaves_the_work_to_the_owner(self) -> None:
        assert sent("pothole", in_district("01")).assignee is None


class TestReasons:
    def test_says_service_place_rule_and_contract(self) -> None:
        assert sent("missed_collection", in_district("01")).reason == (
            "Missed collection in District 01: Collection is contracted by district; the Division answers "
            "for it. North Firm holds the contract here since 2021-07-01."
        )

    def test_says_that_no_contract_holds(self) -> None:
        assert sent("missed_collection", in_district("03")).reason.endswith(
            "No contract covers this place on that day, so the department does the work itself."
        )

    def test_names_only_the_area_that_mattered(self) -> None:
        assert sent("pothole", in_district("01", "lake", "temple")).reason == (
            "Pothole in District 01, within Old Temples: The Park Authority is responsible inside the "
            "protected zone."
        )

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            (Place(True, "03", (), "nearest"), "Noise near District 03: City Hall takes the rest."),
            (in_district(None), "Noise outside the districts: City Hall takes the rest."),
        ],
    )
    def test_says_near_and_outside(self, place: Place, words: str) -> None:
        assert sent("noise", place).reason == words


class TestNoRoute:
    def test_names_city_service_and_district(self) -> None:
        city = small_city(**{**VALUES, "rules": RULES[:-1]})
        with pytest.raises(
            NoRoute, match="No rule of Testville names an owner for 'pothole' in 03"
        ) as refused:
            sent("pothole", in_district("03"), city=city)
        assert refused.value.field == "service_code"
        trials = explain(city, city.services_by_code["pothole"], in_district("03"), NOON)
        assert len(trials) == len(RULES) - 1 and not any(trial.matched for trial in trials)

    def test_an_owner_the_city_does_not_have(self) -> None:
        city = small_city(**{**VALUES, "rules": [{"id": "lost", "owner": "nobody", "because": "Lost."}]})
        with pytest.raises(NoRoute, match="'lost' names the owner 'nobody'"):
            sent("pothole", in_district("01"), city=city)

    def test_a_time_without_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no time zone"):
            sent("pothole", in_district("01"), dt.datetime(2026, 1, 1))  # noqa: DTZ001


class TestExplain:
    def test_walks_through_the_rules_with_why_each_did_not_match(self) -> None:
        trials = explain(CITY, CITY.services_by_code["pothole"], in_district("02"), NOON)
        assert [(trial.rule, trial.matched, trial.why) for trial in trials] == [
            ("in-park", False, "the place is not in temple"),
            ("missed", False, "network code road_pothole is not among waste_missed"),
            ("fire-dump", False, "service pothole is not among dumping"),
            ("dumping-02", False, "service pothole is not among dumping"),
            ("night-noise", False, "service pothole is not among noise"),
            ("dangerous", False, "priority normal is not among high, urgent"),
            ("roads", True, "Pothole in District 02: Public Works mends roads."),
            ("rest", False, "not reached: roads decided"),
        ]

    @pytest.mark.parametrize(
        ("code", "district", "rule", "why"),
        [
            ("pothole", None, "roads", "district (none) is not among 01, 02"),
            ("noise", "01", "night-noise", "wed is not among fri, sat"),
            ("dumping", "01", "fire-dump", "the answer to burning is not yes, smoke"),
        ],
    )
    def test_says_which_part_did_not_hold(self, code: str, district: str | None, rule: str, why: str) -> None:
        trials = explain(CITY, CITY.services_by_code[code], in_district(district), NOON)
        assert {trial.rule: trial.why for trial in trials}[rule] == why

    def test_says_the_local_time(self) -> None:
        friday = local(CITY, "2026-03-06 12:00").astimezone(dt.UTC)
        trials = explain(CITY, CITY.services_by_code["noise"], in_district("01"), friday)
        assert trials[4].why == "local time 12:00 is not within 22:00-24:00"


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


conditions = st.fixed_dictionaries(
    {},
    optional={
        "services": some(*(s["code"] for s in SERVICES)),
        "network_codes": some(*(s["network_code"] for s in SERVICES)),
        "districts": some("01", "02", "03"),
        "areas": some("temple", "lake"),
        "priorities": some("low", "normal", "high", "urgent"),
        "weekdays": some(*WEEKDAYS),
        "between": st.sampled_from(["00:00-12:00", "08:30-17:00", "12:00-24:00"]),
        "answers": st.dictionaries(st.just("size"), some("small", "large")),
    },
)
rules = st.lists(
    st.tuples(conditions, st.sampled_from(["works", "waste"]), st.sampled_from([None, "contractor"])),
    min_size=1,
    max_size=8,
).map(
    lambda drawn: [
        {"id": f"r{n}", "when": when, "owner": owner, "assign": assign, "because": f"Rule {n}."}
        for n, (when, owner, assign) in enumerate(drawn)
    ]
)
instants = st.datetimes(
    dt.datetime(2021, 6, 1),  # noqa: DTZ001
    dt.datetime(2026, 8, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
places = st.builds(
    lambda code, areas: in_district(code, *areas),
    st.sampled_from([None, "01", "02", "03"]),
    some("temple", "lake"),
)
priorities: st.SearchStrategy[Priority] = st.sampled_from(["low", "normal", "high", "urgent"])
answers = st.dictionaries(st.just("size"), st.sampled_from(["small", "large", ["small", "other"], 3, None]))


@given(rules, st.sampled_from(SERVICES), places, instants, priorities, answers)
def test_explain_agrees_with_route(
    drawn: list[dict[str, Any]],
    asked: dict[str, Any],
    place: Place,
    at: dt.datetime,
    priority: Priority,
    given_answers: dict[str, object],
) -> None:
    city = small_city(**{**VALUES, "rules": drawn})
    wanted = city.services_by_code[asked["code"]]
    trials = explain(city, wanted, place, at, priority, given_answers)
    assert [trial.rule for trial in trials] == [rule.id for rule in city.rules]
    matched = [trial for trial in trials if trial.matched]
    if not matched:
        with pytest.raises(NoRoute):
            route(city, wanted, place, at, priority, given_answers)
        return
    found = route(city, wanted, place, at, priority, given_answers)
    assert [(trial.rule, trial.why) for trial in matched] == [(found.rule, found.reason)]
    assert found == route(city, wanted, place, at, priority, given_answers)


class TestDatesAndHolidays:
    """What holds for a time only."""

    @staticmethod
    def dated(**rule: Any) -> City:
        first = {"id": "first", "owner": "guard", "because": "For now."} | rule
        return small_city(**VALUES | {"rules": [first, RULES[-1]]})

    @pytest.mark.parametrize(
        ("day", "decides"),
        [("2026-02-28", "rest"), ("2026-03-01", "first"), ("2026-03-31", "first"), ("2026-04-01", "rest")],
    )
    def test_a_rule_counts_on_both_ends_of_its_dates(self, day: str, decides: str) -> None:
        city = self.dated(valid_from="2026-03-01", valid_to="2026-03-31")
        for hour in ("00:00", "23:59"):
            at = local(city, f"{day} {hour}")
            assert route(city, city.services[0], in_district("01"), at).rule == decides
            trials = explain(city, city.services[0], in_district("01"), at)
            assert [t.rule for t in trials if t.matched] == [decides]

    def test_a_rule_ends_with_its_department(self) -> None:
        departments = [d | ({"valid_to": "2025-06-30"} if d["code"] == "guard" else {}) for d in DEPARTMENTS]
        first = {"id": "first", "owner": "guard", "because": "For now."}
        city = small_city(**VALUES | {"rules": [first, RULES[-1]], "departments": departments})
        place = in_district("01")
        assert route(city, city.services[0], place, local(city, "2025-06-30 12:00")).owner == "guard"
        later = local(city, "2025-07-01 12:00")
        assert route(city, city.services[0], place, later).owner == "hall"
        assert explain(city, city.services[0], place, later)[0].why == "it counted until 2025-06-30"

    @pytest.mark.parametrize(
        ("holiday", "day", "decides"),
        [
            (True, "2026-11-24", "first"),  # Water Festival
            (True, "2026-11-26", "rest"),
            (False, "2026-11-24", "rest"),
            (False, "2026-11-26", "first"),
        ],
    )
    def test_holidays_of_the_citys_calendar(self, holiday: bool, day: str, decides: str) -> None:
        city = self.dated(when={"holiday": holiday})
        at = local(city, f"{day} 12:00")
        assert route(city, city.services[0], in_district("01"), at).rule == decides
        trials = explain(city, city.services[0], in_district("01"), at)
        assert [t.rule for t in trials if t.matched] == [decides]

    def test_municipal_holidays_count_and_days_worked_instead_do_not(self) -> None:
        calendar = {
            "hours": {"mon": ["08:00-12:00"]},
            "holidays": {"country": "KH"},
            "extra_holidays": [{"date": "2026-11-30", "name": "City Day"}],
            "extra_working_days": [{"date": "2026-11-24", "name": "worked instead"}],
        }
        rules = [{"id": "first", "when": {"holiday": True}, "owner": "guard", "because": "x"}, RULES[-1]]
        city = small_city(**VALUES | {"rules": rules, "calendar": calendar})
        found = {
            day: route(city, city.services[0], in_district("01"), local(city, f"2026-11-{day} 12:00")).rule
            for day in (23, 24, 30)
        }
        assert found == {23: "first", 24: "rest", 30: "first"}

    def test_a_contractors_own_dates_end_its_zones(self) -> None:
        contractors = [CONTRACTORS[1] | {"valid_to": "2024-12-31"}]
        city = small_city(**VALUES | {"contractors": contractors})
        missed = city.services_by_code["missed_collection"]
        assert route(city, missed, in_district("01"), local(city, "2024-12-31 12:00")).assignee == "northfirm"
        assert route(city, missed, in_district("01"), local(city, "2025-01-01 12:00")).assignee is None
