"""Faults that make a city unusable: names that lead nowhere, codes given twice, requests nobody would own.

The loader refuses a city with any of these; each comes with the path of the value, so that the file and line
can be named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any

import holidays

from city_config.configuration import KeyPath
from city_config.rule_cover import RuleCover, services_of
from city_config.schema import Calendar, City, Contractor, LadderStep, Network, Question, Rule, Zone

Fault = tuple[KeyPath, str]
SHOWN = 12


def reference_faults(city: City, network: Network | None = None) -> list[Fault]:
    """Every such fault of the city, in the order of its files; network codes are checked where given."""
    faults = [
        *_duplicates(city),
        *_calendars(city),
        *_services(city, network),
        *_contractors(city),
        *_overlapping_zones(city),
        *_rules(city, network),
        *_ladder(city.ladder),
    ]
    return faults or list(_nobody_owns(city))


def network_faults(network: Network) -> list[Fault]:
    """Codes or members given twice, and memberships that end before they begin."""
    faults = list(_twice("codes", "code", network.codes))
    for number, member in enumerate(network.members):
        since, until = member.member_since, member.member_until
        if since and until and until < since:
            faults.append((("members", number, "member_until"), f"{until} is before member_since {since}"))
    faults += _twice("members", "city", [m for m in network.members if m.member_until is None])
    return faults


def allowed(values: Iterable[str]) -> str:
    """A list of what may be written, cut short when long."""
    known = list(values)
    rest = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"allowed: {', '.join(known[:SHOWN]) or 'none is defined'}{rest}"


def _twice(key: str, field: str, parts: Iterable[Any], above: KeyPath = ()) -> Iterator[Fault]:
    seen: set[object] = set()
    for number, part in enumerate(parts):
        value = getattr(part, field)
        if value in seen:
            yield (*above, key, number, field), f"{value!r} is given twice in {key}"
        seen.add(value)


def _unknown(read: str, known: Collection[str], what: str, path: KeyPath) -> Iterator[Fault]:
    if read not in known:
        yield path, f"no {what} {read!r}; {allowed(known)}"


def _duplicates(city: City) -> Iterator[Fault]:
    yield from _twice("departments", "code", city.departments)
    yield from _twice("contractors", "code", city.contractors)
    yield from _twice("services", "code", city.services)
    yield from _twice("rules", "id", city.rules)
    yield from _twice("ladder", "step", city.ladder)
    for number, service in enumerate(city.services):
        above: KeyPath = ("services", number)
        yield from _twice("questions", "code", service.questions, above)
        for index, question in enumerate(service.questions):
            yield from _twice("choices", "key", question.choices, (*above, "questions", index))
    for code in {d.code for d in city.departments} & {c.code for c in city.contractors}:
        number = [c.code for c in city.contractors].index(code)
        yield ("contractors", number, "code"), f"{code!r} is a department's code already"


def _calendars(city: City) -> Iterator[Fault]:
    calendars: list[tuple[KeyPath, Calendar]] = [(("calendar",), city.calendar)]
    for number, department in enumerate(city.departments):
        if department.calendar:
            calendars.append((("departments", number, "calendar"), department.calendar))
    for path, calendar in calendars:
        if not any(calendar.hours.values()):
            yield (*path, "hours"), "no working hours in the whole week; nothing would ever be due"
        if calendar.holidays:
            fault = _holiday_fault(calendar)
            if fault:
                yield (*path, "holidays"), fault


def _holiday_fault(calendar: Calendar) -> str | None:
    wanted = calendar.holidays
    if wanted is None:
        return None
    try:
        holidays.country_holidays(wanted.country, subdiv=wanted.subdivision, categories=wanted.categories)
    except (NotImplementedError, ValueError, AttributeError) as error:
        return f"the holiday calendar does not load: {error}"
    return None


def _services(city: City, network: Network | None) -> Iterator[Fault]:
    for number, service in enumerate(city.services):
        if network is not None and service.network_code not in network.codes_by_code:
            path = ("services", number, "network_code")
            yield (
                path,
                f"no code {service.network_code!r} in network.yaml; {allowed(network.codes_by_code)}",
            )
        if city.groups and service.group not in city.groups:
            yield from _unknown(service.group, city.groups, "group", ("services", number, "group"))


def _contractors(city: City) -> Iterator[Fault]:
    for number, contractor in enumerate(city.contractors):
        path: KeyPath = ("contractors", number)
        yield from _unknown(
            contractor.for_department,
            city.departments_by_code,
            "department",
            (*path, "for_department"),
        )
        for index, zone in enumerate(contractor.zones):
            above: KeyPath = (*path, "zones", index)
            if zone.valid_from and zone.valid_to and zone.valid_to < zone.valid_from:
                yield (*above, "valid_to"), f"{zone.valid_to} is before valid_from {zone.valid_from}"
            for position, district in enumerate(zone.districts):
                yield from _unknown(
                    district, city.district_names, "district", (*above, "districts", position)
                )


def _overlapping_zones(city: City) -> Iterator[Fault]:
    """Two contractors of one department in one district on one day: nobody could tell which of them goes."""
    seen: list[tuple[Contractor, Zone]] = []
    for number, contractor in enumerate(city.contractors):
        for index, zone in enumerate(contractor.zones):
            for other, taken in seen:
                both = sorted(set(zone.districts) & set(taken.districts))
                day = _common_day(zone, taken)
                if other.for_department == contractor.for_department and both and day:
                    yield (
                        ("contractors", number, "zones", index),
                        f"overlaps a zone of contractor {other.code!r} on {day} in {', '.join(both)}",
                    )
            seen.append((contractor, zone))


def _common_day(one: Zone, other: Zone) -> dt.date | None:
    start = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    end = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
    return start if start <= end else None


def _rules(city: City, network: Network | None) -> Iterator[Fault]:
    areas = city.area_names
    served = {contractor.for_department for contractor in city.contractors}
    network_codes = network.codes_by_code if network else {s.network_code for s in city.services}
    for number, rule in enumerate(city.rules):
        path: KeyPath = ("rules", number)
        yield from _unknown(rule.owner, city.departments_by_code, "department", (*path, "owner"))
        if rule.assign == "contractor" and rule.owner not in served:
            yield (*path, "assign"), f"department {rule.owner!r} has no contractor; {allowed(sorted(served))}"
        for field, what, values, known in (
            ("services", "service", rule.when.services, city.services_by_code),
            ("network_codes", "network code", rule.when.network_codes, network_codes),
            ("districts", "district", rule.when.districts, city.district_names),
            ("areas", "area", rule.when.areas, areas),
        ):
            for position, value in enumerate(values):
                yield from _unknown(value, known, what, (*path, "when", field, position))
        yield from _answers(city, rule, (*path, "when", "answers"))


def _answers(city: City, rule: Rule, path: KeyPath) -> Iterator[Fault]:
    """A rule may only wait for answers that one of its services asks for."""
    questions: dict[str, list[Question]] = {}
    for code in services_of(city, rule.when):
        for question in city.services_by_code[code].questions:
            questions.setdefault(question.code, []).append(question)
    for code, values in rule.when.answers.items():
        if code not in questions:
            yield from _unknown(code, sorted(questions), "question of these services", (*path, code))
            continue
        keys = [choice.key for question in questions[code] for choice in question.choices]
        for position, value in enumerate(values):
            if keys:
                yield from _unknown(value, dict.fromkeys(keys), "choice", (*path, code, position))


def _ladder(ladder: tuple[LadderStep, ...]) -> Iterator[Fault]:
    for number, (lower, upper) in enumerate(pairwise(ladder), 1):
        path: KeyPath = ("ladder", number)
        if upper.step < lower.step:
            yield (*path, "step"), f"step {upper.step} stands after step {lower.step}"
        if _moment(upper) <= _moment(lower):
            yield path, f"step {upper.step} must come later than step {lower.step}"


def _moment(step: LadderStep) -> tuple[int, float]:
    """Sorts steps by time: fractions up to the due time, then what comes after it."""
    if step.at_fraction is not None:
        return (0, step.at_fraction)
    after = step.after_due
    hours = (after.calendar_hours or 0) + 24 * (after.calendar_days or 0) if after else 0
    return (1, hours)


def _nobody_owns(city: City) -> Iterator[Fault]:
    """One fault a service, naming the districts in which some request could pass every rule by."""
    districts: dict[str, list[str]] = {}
    for gap in RuleCover(city).gaps:
        for service in gap.services:
            districts.setdefault(service, []).extend(d for d in gap.districts if d is not None)
    numbers = {service.code: number for number, service in enumerate(city.services)}
    for service in sorted(districts, key=numbers.__getitem__):
        where = districts[service]
        if not where:
            continue
        everywhere = len(where) == len(city.district_names)
        shown = "any district" if everywhere else f"districts {', '.join(sorted(where)[:SHOWN])}"
        yield (
            ("services", numbers[service]),
            f"nobody surely owns service {service!r} in {shown}: no rule without further conditions matches",
        )
