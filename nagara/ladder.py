"""When an unanswered request climbs, whom each rung tells and what it changes. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from city_config.schema import City, LadderStep
from nagara.deadlines import calendar_length


@dataclass(frozen=True, slots=True)
class DueStep:
    """A rung of the ladder for one request, at its instant."""

    step: int
    at: dt.datetime
    tell: tuple[str, ...]
    raise_priority_to: str | None
    because: str


def steps(city: City, received_at: dt.datetime, resolve_by: dt.datetime | None) -> tuple[DueStep, ...]:
    """The rungs in order of time, the lower number first where two fall together; none without a promise."""
    if resolve_by is None:
        return ()
    due = [_due_step(step, received_at, resolve_by) for step in city.ladder]
    return tuple(sorted(due, key=lambda step: (step.at, step.step)))


def next_step(
    city: City, received_at: dt.datetime, resolve_by: dt.datetime | None, reached: int
) -> DueStep | None:
    """The earliest rung above ``reached`` (0: none reached yet); None when there is none left to climb."""
    return next((step for step in steps(city, received_at, resolve_by) if step.step > reached), None)


def _due_step(step: LadderStep, received_at: dt.datetime, resolve_by: dt.datetime) -> DueStep:
    if step.at_fraction is not None:
        at = received_at + (resolve_by - received_at) * step.at_fraction
    else:
        at = resolve_by + _after_due(step)
    return DueStep(step.step, at, step.tell, step.raise_priority_to, step.because)


def _after_due(step: LadderStep) -> dt.timedelta:
    """The calendar time after the due time; the schema lets no other kind of span stand here."""
    return (calendar_length(step.after_due) if step.after_due else None) or dt.timedelta()
