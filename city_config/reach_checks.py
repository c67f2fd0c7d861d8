"""Finds what can never come into force: promises nobody watches, rules and zones that hold on no day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from city_config.basics import Dated, Span, common_period
from city_config.configuration import KeyPath
from city_config.references import ends_first
from city_config.rule_cover import rule_name
from city_config.schema import City, LadderStep, Service, Stages


def promises_and_ladder(city: City) -> Iterator[tuple[KeyPath, str]]:
    """A ladder that ends before the promised time has passed, and stages that come in the wrong order."""
    if not city.ladder:
        yield ("rules",), "no ladder: silence would never escalate"
    else:
        yield from _ends_before_due(city.ladder, ("ladder",))
    for number, ladder in enumerate(city.ladders):
        if ladder.promise == "resolve":
            yield from _ends_before_due(ladder.steps, ("ladders", number, "steps"))
    for number, service in enumerate(city.services):
        yield from _stages_in_order(service, ("services", number, "promise"))


def _ends_before_due(steps: Sequence[LadderStep], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if any(step.after_due or (step.at_fraction or 0) >= 1 for step in steps):
        return
    share = steps[-1].at_fraction or 0
    yield (
        (*path, len(steps) - 1),
        f"promises are longer than the ladder: its last step comes after {share:.0%} of the promised time, "
        "so nobody is told once the time has passed",
    )


def _stages_in_order(service: Service, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    promised: list[tuple[KeyPath, Stages]] = [(path, service.promise)]
    for priority in service.promise.by_priority:
        promised.append(((*path, "by_priority", priority), service.promise.stages_for(priority)))
    for where, stages in promised:
        for earlier, later in (
            ("acknowledge", "respond"),
            ("acknowledge", "resolve"),
            ("respond", "resolve"),
        ):
            if _longer(getattr(stages, earlier), getattr(stages, later)):
                yield (
                    (*where, earlier),
                    f"service {service.code!r} promises to {earlier} later than to {later}",
                )


def _longer(one: Span | None, other: Span | None) -> bool:
    """Whether a span is longer than another for certain; working and calendar time are not compared."""
    if one is None or other is None:
        return False
    lengths = [
        ("calendar", (span.calendar_hours or 0) + 24 * (span.calendar_days or 0))
        if span.calendar_hours or span.calendar_days
        else ("hours", span.working_hours)
        if span.working_hours
        else ("days", float(span.working_days or 0))
        for span in (one, other)
    ]
    (kind, length), (other_kind, other_length) = lengths
    return kind == other_kind and (length or 0) > (other_length or 0)


def never_in_force(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Rules and zones that no day can meet."""
    calendar = city.calendar
    for number, rule in enumerate(city.rules):
        path: KeyPath = ("rules", number, "when")
        if rule.when.holiday and calendar.holidays is None and not calendar.extra_holidays:
            yield (
                (*path, "holiday"),
                f"{rule_name(rule)} can never match: the city's calendar has no holidays",
            )
        for field, dates in (("districts", city.district_dates), ("areas", city.area_dates)):
            named = getattr(rule.when, field)
            if named and all(_apart(city.rule_periods[rule.id], dates[code]) for code in named):
                yield (
                    (*path, field),
                    f"{rule_name(rule)} can never match: its {field} exist only while it does not count",
                )
    for number, contractor in enumerate(city.contractors):
        for index, zone in enumerate(contractor.zones):
            if _apart(contractor, zone):
                where: KeyPath = ("contractors", number, "zones", index)
                yield where, f"a zone of contractor {contractor.code!r} holds on no day of its contract"


def _apart(one: Dated, other: Dated) -> bool:
    return ends_first(common_period(one, other))
