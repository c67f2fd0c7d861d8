"""What one owner promises for one service, asked for many receipts. Pure."""

from __future__ import annotations

import datetime as dt

from city_config.schema import City, Priority, Service
from nagara.promises.deadlines import (
    PromisedTimes,
    WorkingClock,
    calendar_length,
    due_at,
    in_utc,
    spans_of,
    times_of,
)

NOTHING = dt.timedelta()
NO_TIMES: list[dt.datetime | None] = [None, None, None]


class StandingPromise:
    """``promise`` of one service by one owner, asked for many receipts.

    Working time runs the same for whatever came in while the owner was closed: it counts as received at the next
    opening. So that is worked out once for each opening; what is promised in calendar time follows the receipt itself.
    """

    __slots__ = ("_at_opening", "_clock", "_lengths", "_spans", "_standard", "_works")

    def __init__(self, city: City, service: Service, owner: str, priority: Priority) -> None:
        self._clock = WorkingClock(city, owner)
        self._standard = service.promise.standard
        spans = list(spans_of(service, priority))
        self._lengths = [calendar_length(span) if span else None for span in spans]
        self._spans = [
            None if length is not None else span for span, length in zip(spans, self._lengths, strict=True)
        ]
        self._works = any(span is not None for span in self._spans)
        self._at_opening: dict[dt.datetime, list[dt.datetime | None]] = {}

    def made(self, received_at: dt.datetime) -> PromisedTimes:
        """The times promised for a receipt, as ``promise`` has them; raises as it does."""
        received = in_utc(received_at)
        due = self._in_working_time(received) if self._works else NO_TIMES
        times = [received + length if length else at for length, at in zip(self._lengths, due, strict=True)]
        return times_of(*times, standard=self._standard)

    def _in_working_time(self, received: dt.datetime) -> list[dt.datetime | None]:
        opening = self._clock.add(received, NOTHING)
        if opening == received:
            return self._worked_out(received)
        known = self._at_opening.get(opening)
        if known is None:
            known = self._at_opening[opening] = self._worked_out(opening)
        return known

    def _worked_out(self, received: dt.datetime) -> list[dt.datetime | None]:
        return [due_at(self._clock, received, span) for span in self._spans]
