"""The clocks of a request: what is due next, when its ladders move, how a pause moves its due times. Pure.

The same rules for a request that staff change, one the sweep takes and one that is imported; each comes as
whatever has the columns of ``request`` as attributes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from city_config.schema import City
from nagara.escalation.ladder import Climb, Watched, next_moment, open_promises, still_awaited
from nagara.lifecycle import CLOSED, NOTHING_DUE, PAUSED, Status, next_due
from nagara.promises.deadlines import calendar_stages, extended_by_pause
from nagara.promises.pausing import runs_on_at, used_by

DUE_TIMES = ("acknowledge_by", "respond_by", "resolve_by")


class Timed(Protocol):
    """The columns of a request that its clocks ask for."""

    @property
    def service_code(self) -> str: ...  # noqa: D102
    @property
    def network_code(self) -> str: ...  # noqa: D102
    @property
    def priority(self) -> str: ...  # noqa: D102
    @property
    def department(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def received_at(self) -> dt.datetime: ...  # noqa: D102
    @property
    def acknowledge_by(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def respond_by(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def resolve_by(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def acknowledged_at(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def responded_at(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def paused_at(self) -> dt.datetime | None: ...  # noqa: D102


class Promised(Timed, Protocol):
    """And which of its stages were promised in calendar time when it was filed; None where nobody wrote it down."""

    @property
    def calendar_stages(self) -> Sequence[str] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Ticking:
    """What is due next, when the sweep is to look again, and where the ladders stand."""

    next_due_at: dt.datetime
    next_step_at: dt.datetime | None
    climb: Climb


@dataclass(frozen=True, slots=True)
class EndedPause:
    """A pause that is over: until when it counted, its due times then, and what its event says."""

    until: dt.datetime
    due: Mapping[str, dt.datetime | None]
    climb: Climb
    data: Mapping[str, Any]


def watched(row: Timed, priority: str | None = None) -> Watched:
    """What the ladders ask of a request; ``priority``, where it is about to change."""
    return Watched(
        row.service_code,
        row.network_code,
        priority or row.priority,
        row.received_at,
        open_promises(
            row.acknowledge_by,
            row.respond_by,
            row.resolve_by,
            acknowledged=row.acknowledged_at is not None,
            responded=row.responded_at is not None,
        ),
    )


def ticking(city: City, row: Timed, climb: Climb) -> Ticking:
    """The clocks as they stand after a change. While paused they wake at the pause's cap; closed, never.

    Whoever pauses or closes a request has taken it in hand: no acknowledgement is waited for any more.
    """
    status = Status(row.status)
    if status in CLOSED:
        return Ticking(NOTHING_DUE, None, replace(climb, awaited={}, held_until=None))
    if status in PAUSED and row.paused_at is not None:
        cap = runs_on_at(city, row.department, status, row.paused_at, climb.paused_s)
        return Ticking(NOTHING_DUE, cap, replace(climb, awaited={}))
    seen = watched(row)
    if climb.awaited:
        climb = still_awaited(city, seen, climb)
    due = next_due(
        status,
        acknowledge_by=row.acknowledge_by,
        respond_by=row.respond_by,
        resolve_by=row.resolve_by,
        acknowledged=row.acknowledged_at is not None,
        responded=row.responded_at is not None,
        ran_on=True,
    )
    return Ticking(due, next_moment(city, seen, climb), climb)


def end_pause(city: City, row: Promised, status: Status, climb: Climb, now: dt.datetime) -> EndedPause | None:
    """What ending the pause in ``status`` does by ``now``; None where the clock runs already.

    Due times move by the time of the pause, at most to its cap; both stand in the event.
    """
    if status not in PAUSED or row.paused_at is None:
        return None
    since = row.paused_at
    until = min(now, max(since, runs_on_at(city, row.department, status, since, climb.paused_s)))
    in_calendar_time = _in_calendar_time(city, row)
    due: dict[str, dt.datetime | None] = {}
    data: dict[str, Any] = {"paused_from": since}
    if until < now:
        data["paused_to"] = until
    for name in DUE_TIMES:
        before: dt.datetime | None = getattr(row, name)
        due[name] = before
        if before is not None and before > since:
            due[name] = extended_by_pause(
                city,
                row.department,
                before,
                since,
                until,
                calendar_time=name.removesuffix("_by") in in_calendar_time,
            )
            data |= {f"{name}_before": before, name: due[name]}
    took = used_by(city, row.department, status, since, until)
    used = {**climb.paused_s, status.value: climb.paused_s.get(status.value, 0.0) + took}
    return EndedPause(until, due, replace(climb, paused_s=used), data)


def _in_calendar_time(city: City, row: Promised) -> Sequence[str]:
    """The stages promised in calendar time: as was written when it was filed, whatever it has become since.

    For a request of before this was written, as its service promises now; one no longer offered, none.
    """
    if row.calendar_stages is not None:
        return row.calendar_stages
    service = city.services_by_code.get(row.service_code)
    return calendar_stages(service, row.priority) if service else ()  # type: ignore[arg-type]
