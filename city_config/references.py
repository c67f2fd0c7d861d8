"""Faults that make a city unusable: names that lead nowhere, codes given twice, requests nobody would own.

The loader refuses a city with any of these; each comes with the path of the value, so that the file and line
can be named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import holidays

from city_config.basics import Answers, Dated, common_period
from city_config.calendar_checks import hours_overrides_faults
from city_config.configuration import KeyPath
from city_config.external_owner_checks import external_owner_faults
from city_config.facts import parts
from city_config.ladder_checks import ladder_faults
from city_config.rule_cover import RuleCover, services_of
from city_config.schema import Calendar, City, Contractor, Network, Question, Rule, Service, Zone
from city_config.text_checks import text_faults

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
        *ladder_faults(city, network),
        *external_owner_faults(city),
        *_dates(city),
        *_rounds(city),
        *_publication(city),
        *_populations(city),
        *text_faults(city, network),
    ]
    return faults or list(_nobody_owns(city))


def allowed(values: Iterable[str]) -> str:
    """A list of what may be written, cut short when long."""
    known = list(values)
    rest = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"allowed: {', '.join(known[:SHOWN]) or 'none is defined'}{rest}"


def twice(key: str, field: str, given: Iterable[Any], above: KeyPath = ()) -> Iterator[Fault]:
    """Parts of a list whose field repeats an earlier one's."""
    seen: set[object] = set()
    for number, part in enumerate(given):
        value = getattr(part, field)
        if value in seen:
            yield (*above, key, number, field), f"{value!r} is given twice in {key}"
        seen.add(value)


def unknown(read: str, known: Collection[str], what: str, path: KeyPath) -> Iterator[Fault]:
    """A name that leads nowhere, with what may stand there."""
    if read not in known:
        yield path, f"no {what} {read!r}; {allowed(known)}"


def _duplicates(city: City) -> Iterator[Fault]:
    yield from twice("departments", "code", city.departments)
    yield from twice("contractors", "code", city.contractors)
    yield from twice("services", "code", city.services)
    yield from twice("rules", "id", city.rules)
    for number, service in enumerate(city.services):
        above: KeyPath = ("services", number)
        yield from twice("questions", "code", service.questions, above)
        for index, question in enumerate(service.questions):
            yield from twice("choices", "key", question.choices, (*above, "questions", index))
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
        for inside, fault_of_hours in hours_overrides_faults(calendar):
            yield (*path, *inside), fault_of_hours
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
            yield from unknown(service.group, city.groups, "group", ("services", number, "group"))
        yield from _shown_when(service, ("services", number))


def _shown_when(service: Service, path: KeyPath) -> Iterator[Fault]:
    """A question may wait for answers to earlier ones; a notice for answers to any of the service's."""
    for number, question in enumerate(service.questions):
        above: KeyPath = (*path, "questions", number, "shown_when")
        yield from _answers_asked(service.questions[:number], question.shown_when, above, "earlier question")
    for number, notice in enumerate(service.stop_notices):
        above = (*path, "stop_notices", number, "shown_when")
        yield from _answers_asked(service.questions, notice.shown_when, above, "question of this service")


def _contractors(city: City) -> Iterator[Fault]:
    for number, contractor in enumerate(city.contractors):
        path: KeyPath = ("contractors", number)
        yield from unknown(
            contractor.for_department,
            city.departments_by_code,
            "department",
            (*path, "for_department"),
        )
        for index, zone in enumerate(contractor.zones):
            above: KeyPath = (*path, "zones", index)
            for position, district in enumerate(zone.districts):
                yield from unknown(district, city.district_names, "district", (*above, "districts", position))


def _dates(city: City) -> Iterator[Fault]:
    """Validity that ends before it begins, and rules that never meet their department."""
    for path, part in parts(city):
        if isinstance(part, Dated) and ends_first(part):
            yield (*path, "valid_to"), f"{part.valid_to} is before valid_from {part.valid_from}"
    for number, rule in enumerate(city.rules):
        department = city.departments_by_code.get(rule.owner)
        if department is None or ends_first(rule) or ends_first(department):
            continue
        if ends_first(common_period(rule, department)):
            yield ("rules", number, "owner"), f"department {rule.owner!r} does not exist while the rule holds"


def ends_first(part: Dated) -> bool:
    """Whether it ends before it begins, so that it holds on no day."""
    return part.valid_from is not None and part.valid_to is not None and part.valid_to < part.valid_from


def _rounds(city: City) -> Iterator[Fault]:
    yield from twice("rounds", "code", city.rounds)
    yield from twice("landmarks", "code", city.landmarks)
    for number, collection in enumerate(city.rounds):
        path: KeyPath = ("rounds", number)
        for position, district in enumerate(collection.districts):
            yield from unknown(district, city.district_names, "district", (*path, "districts", position))
        if collection.contractor is not None:
            known = city.contractors_by_code
            yield from unknown(collection.contractor, known, "contractor", (*path, "contractor"))


def _publication(city: City) -> Iterator[Fault]:
    for field in ("moderated_services", "private_services"):
        for position, code in enumerate(getattr(city.publication, field)):
            yield from unknown(code, city.services_by_code, "service", ("publication", field, position))


def _populations(city: City) -> Iterator[Fault]:
    for code in city.district_population.values if city.district_population else ():
        path: KeyPath = ("district_population", "values", code)
        yield from unknown(code, city.district_names, "district", path)


def _overlapping_zones(city: City) -> Iterator[Fault]:
    """Two contractors of one department in one district on one day: nobody could tell which of them goes."""
    seen: list[tuple[Contractor, Zone]] = []
    for number, contractor in enumerate(city.contractors):
        for index, zone in enumerate(contractor.zones):
            for other, taken in seen:
                both = sorted(set(zone.districts) & set(taken.districts))
                day = _common_day(common_period(zone, contractor), common_period(taken, other))
                if other.for_department == contractor.for_department and both and day:
                    yield (
                        ("contractors", number, "zones", index),
                        f"overlaps a zone of contractor {other.code!r} on {day} in {', '.join(both)}",
                    )
            seen.append((contractor, zone))


def _common_day(one: Dated, other: Dated) -> dt.date | None:
    start = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    end = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
    return start if start <= end else None


def _rules(city: City, network: Network | None) -> Iterator[Fault]:
    areas = city.area_names
    served = {contractor.for_department for contractor in city.contractors}
    network_codes = network.codes_by_code if network else {s.network_code for s in city.services}
    for number, rule in enumerate(city.rules):
        path: KeyPath = ("rules", number)
        yield from unknown(rule.owner, city.departments_by_code, "department", (*path, "owner"))
        if rule.assign == "contractor" and rule.owner not in served:
            yield (*path, "assign"), f"department {rule.owner!r} has no contractor; {allowed(sorted(served))}"
        for field, what, values, known in (
            ("services", "service", rule.when.services, city.services_by_code),
            ("network_codes", "network code", rule.when.network_codes, network_codes),
            ("districts", "district", rule.when.districts, city.district_names),
            ("areas", "area", rule.when.areas, areas),
        ):
            for position, value in enumerate(values):
                yield from unknown(value, known, what, (*path, "when", field, position))
        yield from _answers(city, rule, (*path, "when", "answers"))


def _answers(city: City, rule: Rule, path: KeyPath) -> Iterator[Fault]:
    """A rule may only wait for answers that one of its services asks for."""
    services = services_of(city, rule.when)
    asked = [q for s in city.services if s.code in services for q in s.questions]
    yield from _answers_asked(asked, rule.when.answers, path, "question of these services")


def _answers_asked(asked: Sequence[Question], wanted: Answers, path: KeyPath, what: str) -> Iterator[Fault]:
    """Answers waited for that nobody could give: no such question, or no such choice."""
    questions: dict[str, list[Question]] = {}
    for question in asked:
        questions.setdefault(question.code, []).append(question)
    for code, values in wanted.items():
        if code not in questions:
            yield from unknown(code, sorted(questions), what, (*path, code))
            continue
        keys = [choice.key for question in questions[code] for choice in question.choices]
        for position, value in enumerate(values):
            if keys:
                yield from unknown(value, dict.fromkeys(keys), "choice", (*path, code, position))


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
