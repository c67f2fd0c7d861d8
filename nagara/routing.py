"""Who owns a request and who works on it: the first rule of the city's table whose condition holds decides.

Pure: the time comes in, nothing is read or written. The owner is the department that is accountable, even
where a contractor does the work; the promise is the owner's.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from city_config.basics import chosen, common_period
from city_config.schema import (
    WEEKDAYS,
    City,
    Condition,
    Contractor,
    Dated,
    Priority,
    Rule,
    Service,
    window_minutes,
)
from nagara.errors import NoRoute
from nagara.per_city import PerCity
from nagara.places.finding import Place
from nagara.promises.working_hours import is_holiday

NO_ANSWERS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the accountable department, the contractor if any, and why."""

    owner: str
    assignee: str | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """One rule held against a request, and why it did or did not decide."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What differs between two requests for the same service in the same district."""

    place: Place
    local: dt.datetime
    priority: Priority
    answers: Mapping[str, object]


def route(
    city: City,
    service: Service,
    place: Place,
    at: dt.datetime,
    priority: Priority = "normal",
    answers: Mapping[str, object] = NO_ANSWERS,
) -> Route:
    """The route by the first matching rule, at the city's local time of ``at``.

    Raises ``NoRoute`` when no rule matches or the rule names a department the city does not have.
    """
    table = _tables.of(city)
    circumstances = _Circumstances(place, _local(city, at), priority, answers)
    for rule in table.candidates(service, place.district):
        if table.obstacle(rule, circumstances) is None:
            return table.outcome(rule, service, circumstances)
    raise NoRoute(
        f"No rule of {city.name_in(city.names, 'en')} names an owner for {service.code!r} "
        f"in {place.district or 'no district'}",
        field="service_code",
    )


def turns_of(city: City) -> Turns:
    """What the city's rules can tell of a moment."""
    return _tables.of(city).turns


def explain(
    city: City,
    service: Service,
    place: Place,
    at: dt.datetime,
    priority: Priority = "normal",
    answers: Mapping[str, object] = NO_ANSWERS,
) -> list[RuleTrial]:
    """Every rule of the city in order: why it did not match, that it decided, or that it was not reached.

    Agrees with ``route``: the one trial that matched names its rule, and none matched where it finds none.
    """
    table = _tables.of(city)
    circumstances = _Circumstances(place, _local(city, at), priority, answers)
    trials: list[RuleTrial] = []
    decided = ""
    for rule in city.rules:
        if decided:
            trials.append(RuleTrial(rule.id, False, f"not reached: {decided} decided"))
            continue
        obstacle = _obstacle_in_service_and_district(rule.when, service, place.district)
        obstacle = obstacle or table.obstacle(rule, circumstances)
        if obstacle is None:
            decided = rule.id
        why = obstacle or table.outcome(rule, service, circumstances).reason
        trials.append(RuleTrial(rule.id, obstacle is None, why))
    return trials


def _local(city: City, at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(city.zone)


def _obstacle_in_service_and_district(when: Condition, service: Service, district: str | None) -> str | None:
    """Why the fixed part of a condition does not hold; None if it does."""
    if when.services and service.code not in when.services:
        return f"service {service.code} is not among {_listed(when.services)}"
    if when.network_codes and service.network_code not in when.network_codes:
        return f"network code {service.network_code} is not among {_listed(when.network_codes)}"
    if when.districts and district not in when.districts:
        return f"district {district or '(none)'} is not among {_listed(when.districts)}"
    return None


def _obstacle_in_circumstances(when: Condition, case: _Circumstances) -> str | None:
    """Why the part of a condition that depends on the single request does not hold; None if it does."""
    if when.areas and not any(area in when.areas for area in case.place.areas):
        return f"the place is not in {_listed(when.areas)}"
    if when.priorities and case.priority not in when.priorities:
        return f"priority {case.priority} is not among {_listed(when.priorities)}"
    if when.weekdays and WEEKDAYS[case.local.weekday()] not in when.weekdays:
        return f"{WEEKDAYS[case.local.weekday()]} is not among {_listed(when.weekdays)}"
    if when.between:
        opens, closes = _window(when.between)
        if not opens <= case.local.hour * 60 + case.local.minute < closes:
            return f"local time {case.local:%H:%M} is not within {when.between}"
    for question, wanted in when.answers.items():
        if not any(answer in wanted for answer in chosen(case.answers.get(question))):
            return f"the answer to {question} is not {_listed(wanted)}"
    return None


def _obstacle_in_date(period: Dated, day: dt.date) -> str | None:
    """Why a rule does not count on a local day; None if it does."""
    if period.valid_from and day < period.valid_from:
        return f"it counts from {period.valid_from}"
    if period.valid_to and day > period.valid_to:
        return f"it counted until {period.valid_to}"
    return None


def _listed(values: tuple[str, ...]) -> str:
    shown = ", ".join(values[:6])
    return shown if len(values) <= 6 else f"{shown} and {len(values) - 6} more"


_window = lru_cache(maxsize=1024)(window_minutes)


class _Contract(NamedTuple):
    """A contractor in one of its zones, and the days on which both hold."""

    contractor: Contractor
    period: Dated


class Turns:
    """Which moments a city's rules and contracts can tell apart, each kind with a number of its own.

    At two moments of the same number ``route`` says the same of the same service, place, priority and answers: it
    asks for the local day as far as any rule or contract counts by it, and for the part of the day as far as any does.
    """

    def __init__(self, city: City, periods: Iterable[Dated]) -> None:
        self._zone = city.zone
        self._calendar = city.calendar
        conditions = [rule.when for rule in city.rules]
        self._by_weekday = any(when.weekdays for when in conditions)
        self._by_holiday = any(when.holiday is not None for when in conditions)
        windows = [_window(when.between) for when in conditions if when.between]
        self._minutes = sorted({minute for window in windows for minute in window})
        self._days_of_change = sorted({day for period in periods for day in _days_of_change(period)})
        self._days: dict[dt.date, int] = {}
        self._numbers: dict[tuple[int, ...], int] = {}
        self._next = count()

    def of(self, at: dt.datetime) -> int:
        """The number of a moment's kind."""
        local = at.astimezone(self._zone)
        day = local.date()
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._number(0, *self._told_of(day))
        if not self._minutes:
            return known
        return self._number(1, known, bisect_right(self._minutes, local.hour * 60 + local.minute))

    def _told_of(self, day: dt.date) -> tuple[int, int, int]:
        return (
            bisect_right(self._days_of_change, day),
            day.weekday() if self._by_weekday else 0,
            int(self._by_holiday and is_holiday(self._calendar, day)),
        )

    def _number(self, *told: int) -> int:
        """One number for each kind, also where several threads ask at once."""
        known = self._numbers.get(told)
        return self._numbers.setdefault(told, next(self._next)) if known is None else known


def _days_of_change(period: Dated) -> Iterator[dt.date]:
    """The days from which on another answer holds than on the day before."""
    if period.valid_from:
        yield period.valid_from
    if period.valid_to and period.valid_to < dt.date.max:
        yield period.valid_to + dt.timedelta(days=1)


class _RuleTable:
    """A city's rules, with what needs deciding only once: rules by service and district, and the outcomes."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._candidates: dict[tuple[str, str, str | None], tuple[Rule, ...]] = {}
        self._outcomes: dict[tuple[str, str, Place, int | None], Route] = {}
        self._zones: dict[tuple[str, str], list[_Contract]] = {}
        self._periods = {
            rule: period for rule, period in city.rule_periods.items() if period.valid_from or period.valid_to
        }
        for contractor in city.contractors:
            for zone in contractor.zones:
                contract = _Contract(contractor, common_period(contractor, zone))
                for district in zone.districts:
                    self._zones.setdefault((contractor.for_department, district), []).append(contract)
        contracts = [contract.period for zone in self._zones.values() for contract in zone]
        self.turns = Turns(city, [*self._periods.values(), *contracts])

    def candidates(self, service: Service, district: str | None) -> tuple[Rule, ...]:
        """The rules that can match in a district, in order, up to the first that always does."""
        key = service.code, service.network_code, district
        found = self._candidates.get(key)
        if found is None:
            found = self._candidates[key] = self._sifted(service, district)
        return found

    def _sifted(self, service: Service, district: str | None) -> tuple[Rule, ...]:
        kept = []
        for rule in self._city.rules:
            if _obstacle_in_service_and_district(rule.when, service, district) is None:
                kept.append(rule)
                if rule.id not in self._periods and not _depends_on_circumstances(rule.when):
                    break
        return tuple(kept)

    def obstacle(self, rule: Rule, case: _Circumstances) -> str | None:
        """Why a rule does not hold in these circumstances; None if it does."""
        period = self._periods.get(rule.id)
        obstacle = _obstacle_in_date(period, case.local.date()) if period else None
        if obstacle is None and rule.when.holiday is not None:
            day = case.local.date()
            if is_holiday(self._city.calendar, day) != rule.when.holiday:
                obstacle = f"{day} is {'not ' if rule.when.holiday else ''}a holiday"
        return obstacle or _obstacle_in_circumstances(rule.when, case)

    def outcome(self, rule: Rule, service: Service, case: _Circumstances) -> Route:
        """The route a matched rule gives; kept, because a city has few that differ."""
        position = None if rule.assign is None else self._contract(rule.owner, case)
        key = rule.id, service.code, case.place, position
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._decided(rule, service, case.place, position)
        return found

    def _contract(self, owner: str, case: _Circumstances) -> int | None:
        """Which of the owner's contracts for the district holds on the local day; the first in the file."""
        contracts = self._zones.get((owner, case.place.district or ""), ())
        day = case.local.date()
        return next((n for n, contract in enumerate(contracts) if contract.period.holds_on(day)), None)

    def _decided(self, rule: Rule, service: Service, place: Place, position: int | None) -> Route:
        city = self._city
        if rule.owner not in city.departments_by_code:
            raise NoRoute(f"Rule {rule.id!r} names the owner {rule.owner!r}, which {city.id} does not have")
        reason = f"{city.name_in(service.names, 'en')} {self._whereabouts(rule, place)}: {_sentence(rule)}"
        if rule.assign is None:
            return Route(rule.owner, None, rule.id, reason)
        if position is None:
            reason += " No contract covers this place on that day, so the department does the work itself."
            return Route(rule.owner, None, rule.id, reason)
        contractor, period = self._zones[rule.owner, place.district or ""][position]
        since = f" since {period.valid_from}" if period.valid_from else ""
        reason += f" {city.name_in(contractor.names, 'en')} holds the contract here{since}."
        return Route(rule.owner, contractor.code, rule.id, reason)

    def _whereabouts(self, rule: Rule, place: Place) -> str:
        """The place in words: the district, and the areas the rule asked for."""
        city = self._city
        if place.district is None:
            words = "outside the districts"
        else:
            name = city.name_in(city.district_names[place.district], "en")
            words = f"{'in' if place.method == 'inside' else 'near'} {name}"
        asked = [self._area_name(area) for area in place.areas if area in rule.when.areas]
        return f"{words}, within {' and '.join(asked)}" if asked else words

    def _area_name(self, code: str) -> str:
        features = self._city.areas["features"] if self._city.areas else ()
        names = (f["properties"]["names"] for f in features if f["properties"]["code"] == code)
        return self._city.name_in(next(names), "en")


def _depends_on_circumstances(when: Condition) -> bool:
    named = when.areas or when.priorities or when.weekdays or when.between or when.answers
    return bool(named) or when.holiday is not None


def _sentence(rule: Rule) -> str:
    """The rule's reason with a full stop, in whatever script it is written."""
    because = rule.because.strip()
    return because if because.endswith((".", "!", "?", "។", "။", "。")) else f"{because}."


_tables: PerCity[_RuleTable] = PerCity(_RuleTable)
