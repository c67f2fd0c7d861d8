"""When an answer is due: the working time of a department, and the times it promises.

A receipt outside all working windows counts as received when the next one opens. Instants are aware
datetimes; results are in UTC. Which hours are worked on a day is decided in ``nagara.promises.working_hours``.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from city_config.ladder import STAGES
from city_config.schema import Calendar, City, Priority, Service, Span
from nagara.errors import NoWorkingTime
from nagara.per_city import PerCity
from nagara.promises.working_hours import instant, working_windows

__all__ = (
    "PromisedTimes",
    "WorkingClock",
    "calendar_length",
    "calendar_stages",
    "extended_by_pause",
    "prepare_clocks",
    "promise",
    "working_windows",
)

LONGEST_CLOSURE = dt.timedelta(days=400)
"""A calendar closed for longer than this is a mistake, not a holiday: the clock refuses it."""

YEARS = range(1970, 2101)
"""The years the clock knows; the `holidays` package ends with the last."""

NOTHING = dt.timedelta()


@dataclass(frozen=True, slots=True)
class PromisedTimes:
    """The instants by which each stage is promised; None where none is. ``standard`` as in ``Promise``."""

    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    standard: str


def promise(
    city: City, service: Service, owner: str, received_at: dt.datetime, priority: Priority
) -> PromisedTimes:
    """What the owner promises for a request received at an instant, in the owner's own working calendar.

    Where office hours would let an earlier stage fall after the resolving (a report on a Friday evening that
    is to be resolved within a day), that stage is due with the resolving.
    """
    received, clock = in_utc(received_at), WorkingClock(city, owner)
    due = [due_at(clock, received, span) for span in spans_of(service, priority)]
    return times_of(*due, standard=service.promise.standard)


def spans_of(service: Service, priority: Priority) -> tuple[Span | None, Span | None, Span | None]:
    """What is promised for acknowledging, responding and resolving, in this order."""
    stages = service.promise.stages_for(priority)
    return stages.acknowledge, stages.respond, stages.resolve


def times_of(
    acknowledge_by: dt.datetime | None,
    respond_by: dt.datetime | None,
    resolve_by: dt.datetime | None,
    *,
    standard: str,
) -> PromisedTimes:
    """The times of all stages, none of them after the resolving."""
    if resolve_by is not None:
        if acknowledge_by is not None and acknowledge_by > resolve_by:
            acknowledge_by = resolve_by
        if respond_by is not None and respond_by > resolve_by:
            respond_by = resolve_by
    return PromisedTimes(acknowledge_by, respond_by, resolve_by, standard)


def calendar_length(span: Span) -> dt.timedelta | None:
    """The length of a span that runs day and night; None for one that counts working time."""
    if span.calendar_hours is not None:
        return dt.timedelta(hours=span.calendar_hours)
    if span.calendar_days is not None:
        return dt.timedelta(days=span.calendar_days)
    return None


def calendar_stages(service: Service, priority: Priority) -> tuple[str, ...]:
    """The stages that are promised in calendar time, so that a pause extends them by its whole length."""
    promised = service.promise.stages_for(priority)
    spans: dict[str, Span | None] = {stage: getattr(promised, stage) for stage in STAGES}
    return tuple(stage for stage, span in spans.items() if span and calendar_length(span) is not None)


def extended_by_pause(
    city: City,
    owner: str,
    due: dt.datetime,
    paused_from: dt.datetime,
    paused_to: dt.datetime,
    *,
    calendar_time: bool = False,
) -> dt.datetime:
    """The due time after a pause: later by exactly the working time that the pause held.

    With ``calendar_time`` (a promise in calendar hours or days) by its whole length. A pause that begins
    when the due time has come changes nothing: lateness is not washed away.
    """
    due = in_utc(due)
    if paused_to <= paused_from or paused_from >= due:
        return due
    if calendar_time:
        return due + (paused_to - paused_from)
    clock = WorkingClock(city, owner)
    paused = clock.between(paused_from, paused_to)
    return clock.add(due, paused) if paused else due


def prepare_clocks(city: City, at: dt.datetime) -> None:
    """Work out the year from an instant on for all departments, so that no resident waits for it.

    The first calendar of a process costs up to half a second, while the holidays of its country load.
    """
    for department in city.departments:
        WorkingClock(city, department.code).between(at, at + dt.timedelta(days=366))


class WorkingClock:
    """The working time of one department of a city; cheap to make, the calendar behind it is shared.

    A department the city no longer has is served by the city's own calendar, so that old requests keep a
    clock. Raises ``NoWorkingTime`` where the calendar stays closed for more than 400 days or the clock would
    leave the years 1970 to 2100.
    """

    __slots__ = ("_timeline",)

    def __init__(self, city: City, department_code: str) -> None:
        self._timeline = _timelines.of(city).of(department_code)

    def add(self, start: dt.datetime, working: dt.timedelta) -> dt.datetime:
        """The first instant by which that much working time has passed since ``start``.

        Never inside closed hours; it may be the end of a window. No time at all gives the next opening, or
        ``start`` itself when open. Negative time is a ``ValueError``.
        """
        at = in_utc(start)
        if working < NOTHING:
            raise ValueError(f"cannot add {working}: working time only runs forward")
        if not working:
            return self._timeline.opening(at)
        year, missing = self._timeline.year_of(at), working
        done = year.worked_until(at) + working
        if done <= year.total:  # as most do; what follows comes to the same
            return year.instant_after(done)
        for year in self._timeline.years_from(at):
            missing += year.worked_until(at)
            if missing <= year.total:
                return year.instant_after(missing)
            missing -= year.total
        raise AssertionError("years_from never ends without an error")

    def between(self, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
        """The working time from ``a`` to ``b``; none when ``b`` is not later."""
        return self._timeline.between(in_utc(a), in_utc(b))

    def end_of_working_day(self, start: dt.datetime, n: int) -> dt.datetime:
        """The end of the last window of the n-th working day after the day of receipt, which does not count.

        A receipt outside the windows counts as received on the day of the next opening.
        """
        at = in_utc(start)
        missing: int | None = None
        for year in self._timeline.years_from(at):
            if missing is None:
                window = bisect_right(year.ends, at)
                if window == len(year.ends):
                    continue
                missing = n + year.day_of_window[window]
            if missing < len(year.closings):
                return year.closings[missing]
            missing -= len(year.closings)
        raise AssertionError("years_from never ends without an error")

    def is_open(self, at: dt.datetime) -> bool:
        """Whether the department works at this instant; a window's end is closed."""
        at = in_utc(at)
        year = self._timeline.year_of(at)
        window = bisect_right(year.ends, at)
        return window < len(year.ends) and year.starts[window] <= at


@dataclass(frozen=True, slots=True)
class _WorkingYear:
    """The windows of one local year, with running sums: each question is one bisection."""

    starts: tuple[dt.datetime, ...]
    ends: tuple[dt.datetime, ...]
    worked_before: tuple[dt.timedelta, ...]  # from the start of the year to the start of each window
    worked_after: tuple[dt.timedelta, ...]  # from the start of the year to the end of each window
    day_of_window: tuple[int, ...]  # which working day of the year, counted from 0
    closings: tuple[dt.datetime, ...]  # when each working day's last window ends
    total: dt.timedelta

    def worked_until(self, at: dt.datetime) -> dt.timedelta:
        """Working time of this year before an instant."""
        window = bisect_right(self.ends, at)
        if window == len(self.ends):
            return self.total
        return self.worked_before[window] + max(NOTHING, at - self.starts[window])

    def instant_after(self, worked: dt.timedelta) -> dt.datetime:
        """The first instant by which this much of the year's working time has passed; 0 < worked <= total."""
        window = bisect_left(self.worked_after, worked)
        return self.ends[window] - (self.worked_after[window] - worked)


class _Timeline:
    """One calendar's working years, each worked out when first asked for."""

    def __init__(self, city: City, calendar: Calendar) -> None:
        self._city = city
        self._calendar = calendar
        self._years: dict[int, _WorkingYear] = {}

    def _local_year(self, at: dt.datetime) -> int:
        """The local year of an instant in UTC; only around New Year can it be another than in UTC."""
        if (at.month, at.day) in ((12, 31), (1, 1)):
            return at.astimezone(self._city.zone).year
        return at.year

    def year_of(self, at: dt.datetime) -> _WorkingYear:
        """The working year in which an instant falls locally."""
        return self._year(self._local_year(at))

    def years_from(self, at: dt.datetime) -> Iterator[_WorkingYear]:
        """The working years from an instant's own on; a closure longer than 400 days after it is an error."""
        year = self._local_year(at)
        worked_last = at
        while True:
            working_year = self._year(year)
            # A year without any window is known to be closed until its last day.
            opens = (
                working_year.starts[0]
                if working_year.starts
                else instant(dt.date(year, 12, 31), 0, self._city.zone)
            )
            if opens - worked_last > LONGEST_CLOSURE:
                raise NoWorkingTime(
                    f"A working calendar of {self._city.id} stays closed for more than "
                    f"{LONGEST_CLOSURE.days} days after {worked_last:%Y-%m-%d}"
                )
            if working_year.ends:
                worked_last = max(worked_last, working_year.ends[-1])
            yield working_year
            year += 1

    def opening(self, at: dt.datetime) -> dt.datetime:
        """The instant itself when open, else the next opening."""
        year = self.year_of(at)
        window = bisect_right(year.ends, at)
        if window < len(year.ends):  # as mostly; what follows comes to the same
            return max(at, year.starts[window])
        for year in self.years_from(at):
            window = bisect_right(year.ends, at)
            if window < len(year.ends):
                return max(at, year.starts[window])
        raise AssertionError("years_from never ends without an error")

    def between(self, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
        """Working time from one instant to another."""
        if b <= a:
            return NOTHING
        first, last = (at.astimezone(self._city.zone).year for at in (a, b))
        if first == last:
            year = self._year(first)
            return year.worked_until(b) - year.worked_until(a)
        whole = sum((self._year(year).total for year in range(first, last)), NOTHING)
        return whole - self._year(first).worked_until(a) + self._year(last).worked_until(b)

    def _year(self, year: int) -> _WorkingYear:
        found = self._years.get(year)
        if found is None:
            if year not in YEARS:
                raise NoWorkingTime(
                    f"Working time in {year} is not known: calendars reach from {YEARS[0]} to {YEARS[-1]}"
                )
            found = self._years[year] = self._worked_out(year)
        return found

    def _worked_out(self, year: int) -> _WorkingYear:
        new_year = dt.date(year, 1, 1)
        days = (new_year + dt.timedelta(n) for n in range((new_year.replace(year=year + 1) - new_year).days))
        worked_days = [w for day in days if (w := working_windows(self._city, self._calendar, day))]
        numbered = [(window, number) for number, day in enumerate(worked_days) for window in day]
        before, after, total = [], [], NOTHING
        for (start, end), _ in numbered:
            before.append(total)
            total += end - start
            after.append(total)
        return _WorkingYear(
            starts=tuple(start for (start, _), _ in numbered),
            ends=tuple(end for (_, end), _ in numbered),
            worked_before=tuple(before),
            worked_after=tuple(after),
            day_of_window=tuple(number for _, number in numbered),
            closings=tuple(day[-1][1] for day in worked_days),
            total=total,
        )


class _Timelines:
    """The timelines of a city: its own, and one for each department that has its own calendar."""

    def __init__(self, city: City) -> None:
        self._city_wide = _Timeline(city, city.calendar)
        self._own = {d.code: _Timeline(city, d.calendar) for d in city.departments if d.calendar}

    def of(self, department_code: str) -> _Timeline:
        """The department's timeline, or the city's where it has none."""
        return self._own.get(department_code, self._city_wide)


_timelines: PerCity[_Timelines] = PerCity(_Timelines)


def due_at(clock: WorkingClock, received: dt.datetime, span: Span | None) -> dt.datetime | None:
    """When a span that begins with an instant in UTC is over; None without one."""
    if span is None:
        return None
    if span.working_hours is not None:
        return clock.add(received, dt.timedelta(hours=span.working_hours))
    if span.working_days is not None:
        return clock.end_of_working_day(received, span.working_days)
    length = calendar_length(span)
    return received + length if length else None


def in_utc(at: dt.datetime) -> dt.datetime:
    """The same instant in UTC; one without a zone is a ``ValueError``."""
    if at.tzinfo is dt.UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(dt.UTC)
