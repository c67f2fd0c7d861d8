"""The facts of many requests at once, from columns of their events: what ``facts_of`` says of each, reckoned together.

The rules stand in ``issue_times`` and ``conduct``; here they are told of whole columns. Requests with what is rare -
a move taken back, a time corrected, a source that stopped showing it, duplicates linked to it - are left to those
rules themselves. Tests hold both ways against each other on random histories, and every nightly proof does again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.indicators.conduct import HIGHEST_LEVEL, LONG_PAUSED, OWNING, WAITING
from nagara.indicators.facts import FLAG, KEYED, LONGEST_SYNC, NO_MONTH, OPEN, Facts
from nagara.indicators.issue_times import CLOSING, PEOPLE, RESPONSES
from nagara.indicators.local_months import LocalMonths

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
REOPENING = 30 * DAY
RARE = frozenset({"observed", "time_corrected", "audit_drawn", "audit_found"})
ACCEPTING = frozenset({"acknowledged", "assigned", "started"})
KINDS = sorted({"filed", "reopened", "duplicate_linked", "escalated", "feedback_given", "withdrawn", "referred"}
               | RARE | RESPONSES | OWNING | set(CLOSING))  # fmt: skip
KIND = {name: number for number, name in enumerate(KINDS)}
OTHER_KIND = len(KINDS)


@dataclass(frozen=True)
class Events:
    """Events of whole requests in order of request and place in its history."""

    request: Ints
    """Number of the request, ascending from 0 without gaps."""
    first: Ints
    """Where the events of each request begin."""
    kind: Bytes
    """Place in ``KINDS``; ``OTHER_KIND`` for what figures do not ask about."""
    at: Ints
    by_people: Mask
    to_status: Bytes
    """Of the status it led to: 0 for none, 1 for one in which the promise stands still, 2 for 'referred' (another
    such), 3 for others."""
    detail: Ints
    """Of filed, assigned and recategorised: a number for the department, 0 for none. Of declined: 1 + the number of
    the reason. Of resolved: 1 with a picture. Of escalated: the rung of the resolving promise. Of feedback_given:
    4 x rating + 1 for fixed, + 2 for not fixed."""


@dataclass(frozen=True)
class Filed:
    """What the first event of each request says by itself."""

    due: Ints
    """Microseconds; ``OPEN`` for none."""
    answer_due: Ints
    """By when a person was to answer, in microseconds; ``OPEN`` for none."""
    observed: Ints
    """The phone's own time in microseconds; ``OPEN`` for none."""


@dataclass(frozen=True)
class Named:
    """What the names in the first event of each request stand for, and who filed it."""

    group: Ints
    standard: Ints
    channel_of_staff: Mask
    inspection: Mask
    simulated: Mask
    without_district: Mask
    by_staff: Mask
    by_import: Mask


def name(rows: Facts, told: Named) -> None:
    """Write into rows what the names stand for; they are known only once their page was read."""
    rows["group_id"], rows["standard"] = told.group, told.standard
    flags = {
        "staff_created": told.inspection | (told.by_staff & told.channel_of_staff),
        "entered_by_staff": told.by_staff & ~told.channel_of_staff,
        "simulated": told.simulated,
        "imported": told.by_import & ~told.simulated,
        "without_district": told.without_district,
    }
    rows["flags"] |= _flagged(flags, len(rows))


def _flagged(flags: Mapping[str, Mask], rows: int) -> npt.NDArray[np.int32]:
    """The flags of each row as one number."""
    told = np.zeros(rows, dtype=np.int32)
    for flag, mask in flags.items():
        told |= mask * np.int32(FLAG[flag])
    return told


def facts_in_columns(
    events: Events,
    filed: Filed,
    ids: npt.NDArray[np.void],
    heads: npt.NDArray[np.void],
    months: LocalMonths,
) -> Facts:
    """The facts of every request but its names (see ``name``); ``months``: those of the city's time zone.

    No request may have an event of ``RARE``, a move taken back, or duplicates linked to it.
    """
    table = _Table(events, len(ids))
    received = events.at[events.first]
    response, resolution, sustained = table.response(), table.first_closure(), table.sustained_closure()
    closing = table.standing_closing()
    resolved = table.first_of(table.is_kind("resolved"))
    again = table.reopened_soon(resolved)
    rated, said = table.ratings()
    rows = np.zeros(len(ids), dtype=KEYED)
    rows["id"], rows["head"] = ids, heads
    rows["received"], rows["due"], rows["events"] = received, filed.due, table.lengths
    rows["answer_due"] = filed.answer_due

    def month(times: Ints, known: Mask) -> Ints:
        return np.where(known, months.of(times), NO_MONTH)

    rows["month"] = month(received, np.ones(len(ids), dtype=bool))
    rows["due_month"] = month(np.minimum(filed.due, received + 400 * 366 * DAY), filed.due != OPEN)
    for kind, (place, cause) in (("resolution", resolution), ("sustained", sustained)):
        rows[kind], rows[f"{kind}_cause"] = table.time(place, OPEN), cause
    withdrawn = table.time(table.first_of(table.is_kind("withdrawn")), OPEN)
    rows["response"] = np.where(response >= 0, table.time(response, OPEN), withdrawn)
    rows["response_cause"] = response >= 0
    rows["until"] = OPEN
    rows["resolved_month"] = month(table.time(resolved, 0), resolved >= 0)
    rows["closed_month"] = month(table.time(closing, 0), closing >= 0)
    rows["reason"] = np.where(table.kind_at(closing, "declined"), table.detail(closing), 0)
    rows["level"] = table.level(filed.due)
    rows["rating"] = table.detail(rated) // 4
    rows["rated_month"] = month(table.time(rated, 0), rated >= 0)
    rows["sync"] = np.where(
        filed.observed == OPEN, -1, np.clip((received - filed.observed) // SECOND, 0, LONGEST_SYNC)
    )
    people_closed = (closing >= 0) & table.people(closing)
    closed_at = table.time(closing, 0)
    has_due = filed.due != OPEN
    owner_changed, moved_before_due = table.owner_changes(filed.due)
    flags = {
        "duplicate": table.linked(),
        "taken_apart": table.taken_apart(),
        "referred": table.any(table.is_kind("referred")),
        "reopened": table.any(table.is_kind("reopened")),
        "inconsistent": np.minimum.reduceat(events.at, events.first) < received,
        "answered_by_closing": (response >= 0)
        & (resolution[1] > 0)
        & (table.time(response, -1) == table.time(resolution[0], -2)),
        "closed": table.closed(),
        "referred_now": ~table.closed() & table.last_status_is(2),
        "reopened_in_30_days": again,
        "accepted": table.accepted() >= 0,
        "owner_changed": owner_changed,
        "moved_before_due": moved_before_due & has_due,
        "mostly_waited": table.mostly_waited(closing, received),
        "closed_at_once": people_closed & (closed_at - received <= 5 * 60 * SECOND),
        "closed_at_the_last": people_closed
        & has_due
        & (closed_at >= filed.due - HOUR)
        & (closed_at <= filed.due),
        "photo_reopened": again & (table.detail(resolved) > 0),
        "said_fixed": (said >= 0) & (table.detail(said) % 4 == 1),
        "said_not_fixed": (said >= 0) & (table.detail(said) % 4 == 2),
    }
    rows["flags"] = _flagged(flags, len(ids))
    return rows


class _Table:
    """Events by request. A place is an event's index; -1 stands for "no such event"."""

    def __init__(self, events: Events, requests: int) -> None:
        self._events = events
        self._requests = requests
        self.lengths: Ints = np.diff(events.first, append=len(events.request))
        self._later = np.ones(len(events.request), dtype=bool)
        self._later[events.first] = False
        self._reopened = np.flatnonzero(self.is_kind("reopened"))
        self._closings = self.is_kind(*CLOSING)

    def is_kind(self, *names: str) -> Mask:
        if len(names) == 1:
            found: Mask = self._events.kind == KIND[names[0]]
            return found
        wanted = np.zeros(OTHER_KIND + 1, dtype=bool)
        wanted[[KIND[name] for name in names]] = True
        return wanted[self._events.kind]

    def first_of(self, mask: Mask) -> Ints:
        """The first event of each request in the mask."""
        places = np.flatnonzero(mask)
        found = np.full(self._requests, -1, dtype=np.int64)
        found[self._events.request[places][::-1]] = places[::-1]
        return found

    def last_of(self, mask: Mask) -> Ints:
        """The last event of each request in the mask."""
        return self._last(np.flatnonzero(mask))

    def _last(self, places: Ints) -> Ints:
        found = np.full(self._requests, -1, dtype=np.int64)
        found[self._events.request[places]] = places
        return found

    def _after(self, places: Ints) -> Mask:
        """The events after a place of their own request."""
        if (places < 0).all():
            return np.ones(len(self._later), dtype=bool)
        found: Mask = np.arange(len(self._later)) > places[self._events.request]
        return found

    def any(self, mask: Mask) -> Mask:
        found = np.zeros(self._requests, dtype=bool)
        found[self._events.request[mask]] = True
        return found

    def time(self, places: Ints, none: int) -> Ints:
        return np.where(places >= 0, self._events.at[places], none)

    def detail(self, places: Ints) -> Ints:
        return np.where(places >= 0, self._events.detail[places], 0)

    def people(self, places: Ints) -> Mask:
        found: Mask = (places >= 0) & self._events.by_people[places]
        return found

    def kind_at(self, places: Ints, name: str) -> Mask:
        found: Mask = (places >= 0) & (self._events.kind[places] == KIND[name])
        return found

    def response(self) -> Ints:
        """The first answer by a person after the filing."""
        return self.first_of(self.is_kind(*RESPONSES) & self._events.by_people & self._later)

    def accepted(self) -> Ints:
        return self.first_of(self.is_kind(*ACCEPTING) & self._events.by_people & self._later)

    def first_closure(self) -> tuple[Ints, Ints]:
        """The first resolution, or an earlier declining or withdrawing that was never opened again; and its cause."""
        never_again = self._after(self._last(self._reopened))
        place = self.first_of(self.is_kind("resolved") | (self._closings & never_again))
        return place, self._cause(place)

    def sustained_closure(self) -> tuple[Ints, Ints]:
        """The first closure not opened again (a resolution: within 30 days); and its cause."""
        places = np.flatnonzero(self._closings)
        again = self._next_reopening(places)
        gap = np.where(again >= 0, self._events.at[again] - self._events.at[places], OPEN)
        held = (again < 0) | ((self._events.kind[places] == KIND["resolved"]) & (gap > REOPENING))
        mask = np.zeros(len(self._later), dtype=bool)
        mask[places[held]] = True
        place = self.first_of(mask)
        return place, self._cause(place)

    def _next_reopening(self, places: Ints) -> Ints:
        """The next reopening of the same request after each event."""
        if not len(self._reopened):
            return np.full(len(places), -1, dtype=np.int64)
        number = np.searchsorted(self._reopened, places, side="right")
        found = self._reopened[np.minimum(number, len(self._reopened) - 1)]
        same = (number < len(self._reopened)) & (self._events.request[found] == self._events.request[places])
        return np.where(same, found, -1)

    def _cause(self, places: Ints) -> Ints:
        causes = np.zeros(OTHER_KIND + 1, dtype=np.int64)
        for name, cause in CLOSING.items():
            causes[KIND[name]] = cause
        return np.where(places >= 0, causes[self._events.kind[places]], 0)

    def reopened_soon(self, resolved: Ints) -> Mask:
        """Whether the first resolution was opened again within 30 days."""
        found = np.zeros(self._requests, dtype=bool)
        own = np.flatnonzero(resolved >= 0)
        again = self._next_reopening(resolved[own])
        gap = self._events.at[again] - self._events.at[resolved[own]]
        found[own] = (again >= 0) & (gap <= REOPENING)
        return found

    def standing_closing(self) -> Ints:
        """The closing that was not taken back: the first after the last reopening or linking."""
        undone = self.last_of(self.is_kind("reopened", "duplicate_linked"))
        return self.first_of(self._closings & self._after(undone))

    def closed(self) -> Mask:
        last = self.last_of(self._closings | self.is_kind("duplicate_linked", "reopened"))
        return (last >= 0) & ~self.kind_at(last, "reopened")

    def linked(self) -> Mask:
        return self.kind_at(self.last_of(self.is_kind("duplicate_linked", "reopened")), "duplicate_linked")

    def taken_apart(self) -> Mask:
        """Whether a link to another request was taken back."""
        moves = np.flatnonzero(self.is_kind("duplicate_linked", "reopened"))
        request, linked = self._events.request[moves], self._events.kind[moves] == KIND["duplicate_linked"]
        found = np.zeros(self._requests, dtype=bool)
        found[request[1:][linked[:-1] & ~linked[1:] & (request[1:] == request[:-1])]] = True
        return found

    def last_status_is(self, status: int) -> Mask:
        last = self.last_of(self._events.to_status > 0)
        found: Mask = (last >= 0) & (self._events.to_status[last] == status)
        return found

    def ratings(self) -> tuple[Ints, Ints]:
        """The last event with a rating, and the last that says whether it is fixed."""
        said = self.is_kind("feedback_given")
        detail = self._events.detail
        return self.last_of(said & (detail >= 4)), self.last_of(said & (detail % 4 > 0))

    def level(self, due: Ints) -> Ints:
        """The highest rung counted by 30 days after the due time."""
        places = np.flatnonzero(self.is_kind("escalated"))
        own = due[self._events.request[places]]
        places = places[
            (own != OPEN) & (self._events.at[places] <= np.minimum(own, OPEN - REOPENING) + REOPENING)
        ]
        found = np.zeros(self._requests, dtype=np.int64)
        np.maximum.at(found, self._events.request[places], self._events.detail[places])
        return np.minimum(found, HIGHEST_LEVEL)

    def owner_changes(self, due: Ints) -> tuple[Mask, Mask]:
        """Whether the department changed after a person had accepted, and within the last day before the due time."""
        owning = np.flatnonzero(self.is_kind(*OWNING, "filed") & (self._events.detail != 0))
        request, owner = self._events.request[owning], self._events.detail[owning]
        changed = np.zeros(len(owning), dtype=bool)
        changed[1:] = (request[1:] == request[:-1]) & (owner[1:] != owner[:-1])
        places, request = owning[changed], request[changed]
        at = self._events.at[places]
        accepted = self.accepted()[request]
        after, before_due = (np.zeros(self._requests, dtype=bool) for _ in range(2))
        after[request[(accepted >= 0) & (self.time(accepted, OPEN) < at)]] = True
        ends = np.minimum(due[request], OPEN - DAY)
        before_due[request[(ends - DAY <= at) & (at <= ends)]] = True
        return after, before_due

    def mostly_waited(self, closing: Ints, received: Ints) -> Mask:
        """Whether pauses took more than their share of the time to the closing that stands."""
        told = np.flatnonzero(self._events.to_status)
        begin, end = told[:-1], told[1:]
        request = self._events.request[begin]
        status = self._events.to_status[begin]
        counts = np.flatnonzero((status == 1) | (status == 2))
        own = request[counts]
        counts = counts[(self._events.request[end[counts]] == own) & (end[counts] <= closing[own])]
        if not len(counts):
            return np.zeros(self._requests, dtype=bool)
        waited = np.zeros(self._requests, dtype=np.int64)
        lasted = self._events.at[end[counts]] - self._events.at[begin[counts]]
        np.add.at(waited, request[counts], lasted)
        whole = self.time(closing, 0) - received
        share = np.divide(waited, whole, out=np.zeros(self._requests), where=(closing >= 0) & (whole > 0))
        found: Mask = share > LONG_PAUSED
        return found


def status_kind(status: str | None) -> int:
    """How ``Events.to_status`` tells a status."""
    if not status:
        return 0
    if status == "referred":
        return 2
    return 1 if status in WAITING else 3


def by_people(actor_kind: str) -> bool:
    """Whether an event is a human action."""
    return actor_kind in PEOPLE
