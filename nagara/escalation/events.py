"""What the event of an escalation says: whom it tells and from when, what it changes, what it stands for. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from city_config.ladder import (
    CONTRACTOR,
    DEPARTMENT_HEAD,
    NETWORK_POST,
    ROLES_TOLD,
    LadderStep,
    Post,
    QuietHours,
)
from city_config.schema import City, Network, Priority
from nagara.escalation.ladder import Climb, DueStep, Fallen
from nagara.escalation.quiet_hours import told_at

PRIORITIES: tuple[str, ...] = get_args(Priority)
SUPERVISOR, CITY_ADMIN = "supervisor", "city_admin"


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a rung tells: roles, and posts by code (``network:<code>`` for the network's)."""

    roles: tuple[str, ...]
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A due request as the sweep reads it, locked."""

    city_id: str
    id: uuid.UUID
    status: str
    service_code: str
    network_code: str
    priority: str
    department: str
    assignee: str | None
    district: str | None
    received_at: dt.datetime
    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    acknowledged_at: dt.datetime | None
    responded_at: dt.datetime | None
    paused_at: dt.datetime | None
    escalation_step: int
    climb: Mapping[str, Any] | None
    next_step_at: dt.datetime
    calendar_stages: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """A request that climbs, or whose people are told again: what is written of it."""

    row: Taken
    fall: Fallen
    climb: Climb
    step: int
    priority: str
    department: str
    assignee: str | None
    next_step_at: dt.datetime | None
    data: Mapping[str, Any]
    key: str


def told(city: City, network: Network, rung: LadderStep, department: str, assignee: str | None) -> Told:
    """Whom a rung tells of a request; where nobody can be reached at a post, a role stands in for it.

    A supervisor stands in for a department's head and for a contractor, the city's administrator for the rest.
    """
    roles: list[str] = []
    posts: list[str] = []
    for name in rung.tell:
        if name in ROLES_TOLD:
            roles.append(name)
            continue
        code, stand_in = _post_of(city, name, department, assignee)
        if code is not None:
            posts.append(code)
        if not reachable(post_of_code(city, network, code)):
            roles.append(stand_in)
    return Told(tuple(dict.fromkeys(roles)), tuple(dict.fromkeys(posts)))


def _post_of(city: City, name: str, department: str, assignee: str | None) -> tuple[str | None, str]:
    if name == DEPARTMENT_HEAD:
        owner = city.departments_by_code.get(department)
        return (owner.head if owner else None), SUPERVISOR
    if name == CONTRACTOR:
        contractor = city.contractors_by_code.get(assignee or "")
        return (contractor.desk if contractor else None), SUPERVISOR
    return name, CITY_ADMIN


def post_of_code(city: City, network: Network, code: str | None) -> Post | None:
    """The post of the city or the network that a code names."""
    if code is not None and code.startswith(NETWORK_POST):
        return network.posts_by_code.get(code.removeprefix(NETWORK_POST))
    return city.posts_by_code.get(code or "")


def reachable(post: Post | None) -> bool:
    """Whether anything sent to a post reaches somebody."""
    return post is not None and bool(post.accounts or post.email or post.phone)


def sleeping(
    city: City, network: Network, whom: Told, now: dt.datetime, *, wakes: bool
) -> dict[str, dt.datetime]:
    """Who is told later, because it is their quiet hours, and from when. A rung that wakes waits for few."""
    later: dict[str, dt.datetime] = {}
    for role in whom.roles:
        _add_if_later(later, city, role, None if wakes else city.quiet_hours.get(role), now)  # type: ignore[call-overload]
    for code in whom.posts:
        post = post_of_code(city, network, code)
        if post is not None and not (wakes and post.may_be_woken):
            _add_if_later(later, city, code, post.quiet_hours, now)
    return later


def _add_if_later(
    later: dict[str, dt.datetime], city: City, name: str, quiet: QuietHours | None, now: dt.datetime
) -> None:
    at = told_at(city, quiet, now)
    if at > now:
        later[name] = at


def first_told(whom: Told, later: Mapping[str, dt.datetime], now: dt.datetime) -> dt.datetime:
    """When the first of those told hears of it."""
    return min((later.get(name, now) for name in (*whom.roles, *whom.posts)), default=now)


def raised(priority: str, due: Sequence[DueStep]) -> str:
    """The highest of a request's priority and those its due rungs raise it to; never a lower one."""
    wished = [step.rung.raise_priority_to for step in due if step.rung.raise_priority_to]
    return max((priority, *wished), key=PRIORITIES.index)


def dedupe_key(step: DueStep, again: int = 0) -> str:
    """What makes the event of a rung of a ladder the only one of its request; each telling again has its own.

    A ladder other than the city's own is named in it, so that the same number of another ladder is another event.
    """
    key = f"escalation:{step.key}:{step.step}"
    return f"{key}:again:{again}" if again else key


def event_data(
    row: Taken,
    alarm: DueStep,
    fall: Fallen,
    whom: Told,
    later: Mapping[str, dt.datetime],
    after: Climb,
    changes: Mapping[str, Any],
    emergency: str | None,
) -> dict[str, Any]:
    """The data of the one event: the highest rung that fell due, and the others it stands for.

    ``whom``: those of the top rung of each promise; it wakes where any of these rungs does.
    """
    data: dict[str, Any] = {
        "promise": alarm.promise,
        "step": alarm.step,
        "ladder": alarm.ladder,
        "tell": whom.roles,
        "posts": whom.posts,
        "wakes": any(step.wakes for step in voices(fall)),
        "because": alarm.rung.because,
        "due_at": alarm.at,
        "promised_by": _promised_by(row, alarm.promise),
        "resolve_by": row.resolve_by,
        "received_at": row.received_at,
        "recorded_with": [_named(step, again) for step, again in _others(fall, alarm)],
    }
    awaited = after.awaited.get(alarm.promise)
    optional = {
        "tell_from": dict(later),
        "again": next((told for step, told in fall.again if step is alarm), None),
        "acknowledge_by": awaited.by if awaited and awaited.step == alarm.step else None,
        "unanswered": [
            {"promise": promise, "step": one.step, "by": one.by} for promise, one in fall.unanswered
        ],
        "emergency": emergency,
    }
    return data | {name: value for name, value in optional.items() if value} | dict(changes)


def alarm_of(fall: Fallen) -> DueStep:
    """The one rung that speaks for all that fell due: a new one before one that is told again."""
    return fall.rungs[-1] if fall.rungs else max((step for step, _ in fall.again), key=lambda s: s.order)


def voices(fall: Fallen) -> tuple[DueStep, ...]:
    """The top rung of each promise of which something fell due: their people are told by the one alarm."""
    top: dict[str, DueStep] = {}
    for step in sorted((*(step for step, _ in fall.again), *fall.rungs), key=lambda one: one.order):
        top[step.promise] = step
    return tuple(top.values())


def told_together(every: Sequence[Told]) -> Told:
    """Several lists of people as one, nobody twice."""
    return Told(
        tuple(dict.fromkeys(role for one in every for role in one.roles)),
        tuple(dict.fromkeys(post for one in every for post in one.posts)),
    )


def _others(fall: Fallen, alarm: DueStep) -> list[tuple[DueStep, int]]:
    found = [*((step, 0) for step in fall.rungs), *fall.again]
    return [(step, again) for step, again in found if step is not alarm]


def _named(step: DueStep, again: int) -> dict[str, Any]:
    said = {"promise": step.promise, "step": step.step, "due_at": step.at}
    return said | {"again": again} if again else said


def _promised_by(row: Taken, promise: str) -> dt.datetime | None:
    found: dt.datetime | None = getattr(row, f"{promise}_by")
    return found
