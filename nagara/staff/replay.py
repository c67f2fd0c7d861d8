"""What past requests would meet under other city files: who would own them, where, and by when.

Pure but for reading the past: nothing is written, and the requests keep what they were given.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import shapely
from shapely.geometry import shape

from city_config import City
from nagara.errors import Invalid, NotFound, OutsideCity, Unavailable
from nagara.filing.handed_in import check_taken
from nagara.places.finding import Place, index_for
from nagara.promises.deadlines import promise
from nagara.routing import route

STAGES = ("acknowledge_by", "respond_by", "resolve_by")
MOMENTS = 14
"""A sample asks every half day of a week, so that nights, week-ends and hours between are in it."""

PAST = """\
select e.data, r.lat, r.lon, r.answers, r.received_at
  from event e join request r on r.city_id = e.city_id and r.id = e.request_id
 where e.city_id = %s and e.seq = 1 and e.kind = 'filed' and r.received_at >= %s
 order by r.received_at, r.id"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided about a request when it came in; ``refused`` says why nothing was."""

    district: str | None = None
    department: str | None = None
    assignee: str | None = None
    rule: str | None = None
    acknowledge_by: dt.datetime | None = None
    respond_by: dt.datetime | None = None
    resolve_by: dt.datetime | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A request as it came in, and what was decided about it then."""

    service_code: str
    lat: float | None
    lon: float | None
    district: str | None
    priority: Any
    answers: Mapping[str, Any]
    received_at: dt.datetime
    decided: Outcome


@dataclass
class Replay:
    """What would be otherwise, counted. ``moved``: (service, department then, department now)."""

    replayed: int = 0
    same: int = 0
    moved: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reassigned: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    replaced: Counter[tuple[str, str]] = field(default_factory=Counter)
    promised: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """What would be otherwise, the most frequent first."""
        yield f"{self.replayed} requests replayed: {self.same} as before, {self.replayed - self.same} otherwise"
        for (service, why), count in self.refused.most_common():
            yield f"{count} {service}: no longer taken: {why}"
        for (service, before, after), count in self.moved.most_common():
            yield f"{count} {service}: owner {before} -> {after}"
        for (service, before, after), count in self.reassigned.most_common():
            yield f"{count} {service}: worked on by {before} -> {after}"
        for (before, after), count in self.replaced.most_common():
            yield f"{count} requests: district {before} -> {after}"
        for (service, stage, change), count in self.promised.most_common():
            yield f"{count} {service}: {stage} {change}"


def past_requests(connection: psycopg.Connection[Any], city_id: str, since: dt.datetime) -> Iterator[Past]:
    """The requests a city received since an instant, in order, with what was decided when they came in."""
    with connection.cursor(name="past_requests") as cursor:
        cursor.itersize = 5000
        for data, lat, lon, answers, received_at in cursor.execute(PAST, (city_id, since)):
            acknowledge_by, respond_by, resolve_by = (_instant(data.get(stage)) for stage in STAGES)
            decided = Outcome(
                data.get("district"),
                data["department"],
                data.get("assignee"),
                data.get("rule"),
                acknowledge_by,
                respond_by,
                resolve_by,
            )
            yield Past(
                data["service_code"], lat, lon, data.get("district"), data["priority"], answers or {},
                received_at, decided,
            )  # fmt: skip


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def sample_requests(city: City, now: dt.datetime) -> Iterator[Past]:
    """Every service in every district in a week from now, decided as the city's files say now."""
    for feature in city.districts["features"]:
        point = shapely.make_valid(shape(feature["geometry"])).representative_point()
        for service in city.services:
            for half_day in range(MOMENTS):
                at = now + dt.timedelta(hours=12 * half_day)
                bare = Past(service.code, point.y, point.x, None, service.priority, {}, at, Outcome())
                yield Past(
                    service.code, point.y, point.x, None, service.priority, {}, at, decided_under(city, bare)
                )


def replay(city: City, past: Iterable[Past]) -> Replay:
    """Hold past requests against a city's files and count what would be otherwise."""
    found = Replay()
    for request in past:
        found.replayed += 1
        outcome = decided_under(city, request)
        found.same += _count(found, request, outcome) == 0
    return found


def decided_under(city: City, past: Past) -> Outcome:
    """What these files say of a request received then; questions that nobody asked then need no answer."""
    day = past.received_at.astimezone(city.zone).date()
    try:
        service = city.services_by_code.get(past.service_code)
        if service is None:
            return Outcome(refused="there is no such service")
        check_taken(city, service, past.answers, day)
        place = Place(True, past.district, (), "inside")
        if past.lat is not None and past.lon is not None:
            place = index_for(city).locate(past.lat, past.lon, day)
        if not place.inside:
            raise OutsideCity("the position is outside the city")
        chosen = route(city, service, place, past.received_at, past.priority, past.answers)
        times = promise(city, service, chosen.owner, past.received_at, past.priority)
    except (Invalid, NotFound, Unavailable) as error:
        return Outcome(refused=str(error))
    return Outcome(
        place.district,
        chosen.owner,
        chosen.assignee,
        chosen.rule,
        times.acknowledge_by,
        times.respond_by,
        times.resolve_by,
    )


def _count(found: Replay, past: Past, now: Outcome) -> int:
    """Count each way in which an outcome is not as then; returns how many there are."""
    then, service = past.decided, past.service_code
    if now.refused is not None or then.refused is not None:
        changed = now.refused != then.refused
        if changed:
            found.refused[service, now.refused or f"taken again; was: {then.refused}"] += 1
        return int(changed)
    differences = 0
    if now.district != then.district:
        found.replaced[then.district or "(none)", now.district or "(none)"] += 1
        differences += 1
    if now.department != then.department:
        found.moved[service, str(then.department), str(now.department)] += 1
        differences += 1
    elif now.assignee != then.assignee:
        found.reassigned[service, then.assignee or "(nobody)", now.assignee or "(nobody)"] += 1
        differences += 1
    for stage in STAGES:
        change = _shift(getattr(then, stage), getattr(now, stage))
        if change:
            found.promised[service, stage.removesuffix("_by"), change] += 1
            differences += 1
    return differences


def _shift(then: dt.datetime | None, now: dt.datetime | None) -> str | None:
    """How a due time moved, in words that can be counted; None where it did not."""
    if then == now:
        return None
    if then is None or now is None:
        return "is promised now" if then is None else "is promised no longer"
    hours = (now - then) / dt.timedelta(hours=1)
    size = "less than a day" if abs(hours) < 24 else "a day or more"
    return f"{'later' if hours > 0 else 'earlier'} by {size}"
