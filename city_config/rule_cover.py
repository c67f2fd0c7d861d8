"""Which rules of a routing table can never decide, and which requests no rule surely decides.

Two services (or districts, priorities, weekdays, times, holidays, periods) that no rule tells apart are
counted as one, so the whole table is weighed exactly without listing every case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import get_args

from city_config.schema import WEEKDAYS, City, Condition, Priority, Rule, window_minutes

Cell = tuple[int, ...]
DAY_MINUTES = 24 * 60
HOLIDAY, WORKING_DAY = "holiday", "working day"


@dataclass(frozen=True)
class Gap:
    """Requests that may find no owner: these services in these districts (None: district not known)."""

    services: tuple[str, ...]
    districts: tuple[str | None, ...]


def services_of(city: City, when: Condition) -> frozenset[str]:
    """Codes of the services a condition is about."""
    return frozenset(
        s.code
        for s in city.services
        if (not when.services or s.code in when.services)
        and (not when.network_codes or s.network_code in when.network_codes)
    )


class RuleCover:
    """The rules of one city as boxes over service, district, priority, weekday, time, holiday and date."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._axes = _axes(city)
        boxes = [_box(city, rule, self._axes) for rule in city.rules]
        self._classes = [_classes(axis, [box[i] for box in boxes]) for i, axis in enumerate(self._axes)]
        self._cells = [self._cells_of(box) for box in boxes]

    def shadowed(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Rules that can never decide, each with the earlier rules that take everything from it."""
        for number, rule in enumerate(self._city.rules):
            left = set(self._cells[number])
            if not left:
                continue
            takers = []
            for earlier in range(number):
                taken = left & self._cells[earlier]
                if taken and _holds_whenever(self._city.rules[earlier].when, rule.when):
                    left -= taken
                    takers.append(earlier)
                if not left:
                    yield number, tuple(takers)
                    break

    def about_nothing(self) -> Iterator[int]:
        """Rules whose condition no service of the city meets."""
        for number, rule in enumerate(self._city.rules):
            if not services_of(self._city, rule.when):
                yield number

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Services and districts for which some request could pass every rule by."""
        everything = product(*(range(len(groups)) for groups in self._classes))
        sure: set[Cell] = set()
        for cells, rule in zip(self._cells, self._city.rules, strict=True):
            if not rule.when.areas and not rule.when.answers:
                sure |= cells
        missing = sorted({cell[:2] for cell in everything if cell not in sure})
        return tuple(
            Gap(
                services=tuple(str(value) for value in self._classes[0][service]),
                districts=tuple(self._classes[1][district]),
            )
            for service, district in missing
        )

    def _cells_of(self, box: Sequence[frozenset[str | None]]) -> frozenset[Cell]:
        inside = [
            [number for number, group in enumerate(groups) if group[0] in values]
            for groups, values in zip(self._classes, box, strict=True)
        ]
        return frozenset(product(*inside))


def _axes(city: City) -> list[list[str | None]]:
    cuts = sorted(
        {0, DAY_MINUTES}
        | {minute for rule in city.rules if rule.when.between for minute in window_minutes(rule.when.between)}
    )
    return [
        [service.code for service in city.services],
        [*city.district_names, None],
        list(get_args(Priority)),
        list(WEEKDAYS),
        [str(cut) for cut in cuts[:-1]],
        [HOLIDAY, WORKING_DAY],
        [day.isoformat() for day in _days_of_change(city)],
    ]


def _days_of_change(city: City) -> list[dt.date]:
    """The first day of each period in which the same rules count."""
    days = {dt.date.min}
    for period in city.rule_periods.values():
        if period.valid_from:
            days.add(period.valid_from)
        if period.valid_to and period.valid_to < dt.date.max:
            days.add(period.valid_to + dt.timedelta(days=1))
    return sorted(days)


def _box(city: City, rule: Rule, axes: list[list[str | None]]) -> list[frozenset[str | None]]:
    when, period = rule.when, city.rule_periods[rule.id]
    start, end = window_minutes(when.between) if when.between else (0, DAY_MINUTES)
    return [
        frozenset(services_of(city, when)),
        frozenset(when.districts or axes[1]),
        frozenset(when.priorities or axes[2]),
        frozenset(when.weekdays or axes[3]),
        frozenset(cut for cut in axes[4] if start <= int(str(cut)) < end),
        frozenset(axes[5] if when.holiday is None else [HOLIDAY if when.holiday else WORKING_DAY]),
        frozenset(day for day in axes[6] if period.holds_on(dt.date.fromisoformat(str(day)))),
    ]


def _classes(axis: list[str | None], boxes: list[frozenset[str | None]]) -> list[list[str | None]]:
    """The axis' values in groups that every rule treats alike."""
    groups: dict[tuple[bool, ...], list[str | None]] = {}
    for value in axis:
        groups.setdefault(tuple(value in box for box in boxes), []).append(value)
    return list(groups.values())


def _holds_whenever(earlier: Condition, later: Condition) -> bool:
    """Whether the earlier condition's areas and answers are met by every request that meets the later's."""
    if earlier.areas and not (later.areas and set(later.areas) <= set(earlier.areas)):
        return False
    return all(
        question in later.answers and set(later.answers[question]) <= set(values)
        for question, values in earlier.answers.items()
    )


def rule_name(rule: Rule) -> str:
    """How a finding speaks of a rule."""
    return f"rule {rule.id!r}"
