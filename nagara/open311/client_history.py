"""The past of another GeoReport endpoint, as histories that an import takes: walked window by window.

What such a list tells is bounded: that a request came, that it is closed, and when it last changed. Nothing is made
up from that. The closing is at ``closed_datetime`` or the note that says so, else at ``updated_datetime``, which the
standard defines as the closing; a finer open state by the time it is first seen in. Whoever is open is observed
until the moment it was read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from city_config import City
from city_config.import_mapping import ImportMapping, StateMapping
from nagara.importing.fields import district_code
from nagara.importing.stated import Because, NotTaken, Reject, StatedHistory, StatedMove
from nagara.lifecycle import Move, Status
from nagara.open311.client import Server, Unclear, w3c
from nagara.open311.client_reading import TheirRequest, text_of

LONGEST_WINDOW = dt.timedelta(days=90)
SHORTEST_WINDOW = dt.timedelta(seconds=2)
CUTS = frozenset({50, 100, 200, 250, 500, 1000})
"""Where servers cut a list off: exactly so many rows and no next page mean that there may be more."""

MOST_PAGES = 1000
MOVES = {
    Status.ACKNOWLEDGED: Move.ACKNOWLEDGE,
    Status.ASSIGNED: Move.ASSIGN,
    Status.IN_PROGRESS: Move.START,
    Status.REFERRED: Move.REFER,
    Status.RESOLVED: Move.RESOLVE,
    Status.DECLINED: Move.DECLINE,
    Status.WITHDRAWN: Move.WITHDRAW,
    Status.DUPLICATE: Move.LINK_DUPLICATE,
}
NEVER_TOLD = ("reopening", "pauses", "escalation", "satisfaction", "private_requests")
"""What no GeoReport endpoint tells: whatever is computed from it is missing, not zero."""


@dataclass
class Walk:
    """A walk over an endpoint's list."""

    server: Server
    told: set[str] = field(default_factory=set)
    """What it was seen to tell beyond the standard: ``first_response``, ``duplicates``, ``closing_reason``."""

    def windows(
        self, since: dt.datetime, until: dt.datetime
    ) -> Iterator[tuple[dt.datetime, list[TheirRequest]]]:
        """The end of each window and the requests received in it, each once; newest window last.

        Raises ``NotTaken`` (of the client), ``Unclear`` or ``Refused``; what came before stands.
        """
        while since < until:
            end = min(since + LONGEST_WINDOW - dt.timedelta(seconds=1), until)
            yield end, list({row.id or id(row): row for row in self._between(since, end)}.values())
            since = end

    def of_ids(self, ids: Sequence[str]) -> Iterator[TheirRequest]:
        """These requests as they stand now; those the endpoint does not show any more are left out."""
        for start in range(0, len(ids), 50):
            some = [one for one in ids[start : start + 50] if "," not in one]
            if some:
                yield from self._pages({"service_request_id": ",".join(some)})[0]

    def _between(self, since: dt.datetime, until: dt.datetime) -> Iterator[TheirRequest]:
        rows, cut = self._pages({"start_date": w3c(since), "end_date": w3c(until)})
        if cut and until - since > SHORTEST_WINDOW:
            middle = since + (until - since) / 2
            yield from self._between(since, middle)
            yield from self._between(middle, until)
            return
        yield from rows

    def _pages(self, query: dict[str, str]) -> tuple[list[TheirRequest], bool]:
        """All pages of a list, and whether it seems cut off."""
        page = self.server.requests(query, {"extensions": "true", "page_size": "1000"})
        rows = list(page.requests)
        for _ in range(MOST_PAGES):
            if page.next_url is None:
                alone = len(rows) == len(page.requests)
                self._learn(rows)
                return rows, alone and len(rows) in CUTS
            page = self.server.page(page.next_url)
            rows += page.requests
        raise Unclear(f"their list goes on after {MOST_PAGES} pages")

    def _learn(self, rows: Sequence[TheirRequest]) -> None:
        for row in rows:
            if any(note.kind == "opened" for note in row.notes):
                self.told.add("first_response")
            if row.extended.get("parent_service_request_id"):
                self.told.add("duplicates")
            if row.detailed:
                self.told.add("closing_reason")

    @property
    def missing(self) -> tuple[str, ...]:
        """What this endpoint did not tell."""
        return (
            *(one for one in ("first_response", "duplicates", "closing_reason") if one not in self.told),
            *NEVER_TOLD,
        )


def items_of(
    city: City,
    mapping: ImportMapping,
    rows: Sequence[TheirRequest],
    seen_at: dt.datetime,
    *,
    words: bool,
    first: int,
) -> Iterator[StatedHistory | Reject]:
    """What each request states, or why it is not taken; ``first``: the number of the first. Parents come first."""
    parents = {text_of(row.extended.get("parent_service_request_id")) for row in rows} - {None}
    ordered = sorted(rows, key=lambda row: (row.id not in parents, row.requested_at or seen_at))
    for number, row in enumerate(ordered, first):
        try:
            yield history_of(city, mapping, number, row, seen_at, words=words)
        except NotTaken as refusal:
            yield Reject(number, refusal.because, refusal.detail, row.id or "")


def history_of(
    city: City, mapping: ImportMapping, number: int, row: TheirRequest, seen_at: dt.datetime, *, words: bool
) -> StatedHistory:
    """The history a request states; raise ``NotTaken``. Without ``words``, neither description nor address."""
    if row.id is None:
        raise NotTaken(Because.NO_ID, "no service_request_id")
    code = row.service_code or ""
    service = mapping.types.get(code) or mapping.service_for(code)
    if service is None:
        because = Because.NOT_A_REQUEST if code in mapping.drop else Because.UNKNOWN_SERVICE
        raise NotTaken(because, f"{code}: {mapping.why_left_out(code)}")
    if row.requested_at is None:
        raise NotTaken(Because.WRONG_TIME, "; ".join(row.faults) or "no requested_datetime")
    state = state_of(mapping, row)
    return StatedHistory(
        row=number,
        source=mapping.source,
        source_id=row.id,
        service_code=service,
        created=row.requested_at,
        lat=row.lat,
        lon=row.lon,
        district=district_code(city, text_of(row.extended.get("district")) or ""),
        address=row.address if words else None,
        description=(row.description or "")[:4000] if words else "",
        moves=moves_of(row, state, seen_at),
        observed_until=None if state.closes else seen_at,
        facts={"their_status": row.detailed or row.status},
    )


def state_of(mapping: ImportMapping, row: TheirRequest) -> StateMapping:
    """What the request's status means, the finer one first; raise ``NotTaken`` where the mapping does not say."""
    for one in (row.detailed, row.status):
        if one and (found := mapping.state_for(one)) is not None:
            return found
    found = mapping.stateless if row.status is None else None
    if found is None:
        raise NotTaken(Because.UNKNOWN_STATUS, row.detailed or row.status or "no status")
    return found


def moves_of(row: TheirRequest, state: StateMapping, seen_at: dt.datetime) -> tuple[StatedMove, ...]:
    """The moves that are stated, in order of time."""
    created = row.requested_at or seen_at
    moves: list[StatedMove] = []
    opened = min(
        (note.at for note in row.notes if note.kind == "opened" and note.at is not None), default=None
    )
    status = Status(state.status)
    if opened is not None and opened >= created and status is not Status.RECEIVED:
        moves.append(StatedMove(Move.ACKNOWLEDGE, opened))
    if status is Status.RECEIVED or (status is Status.ACKNOWLEDGED and moves):
        return tuple(moves)
    move = MOVES.get(status)
    if move is None:
        raise NotTaken(Because.UNKNOWN_STATUS, f"{status}: not a state that a list can bring a request to")
    noted = max(
        (note.at for note in row.notes if note.kind == "closed" and note.at is not None), default=None
    )
    at = (row.closed_at or noted or row.updated_at) if state.closes else row.updated_at
    if at is None:
        raise NotTaken(Because.WRONG_TIME, "; ".join(row.faults) or "closed, and no time says when")
    parent = text_of(row.extended.get("parent_service_request_id")) if move is Move.LINK_DUPLICATE else None
    data = {"reason": state.reason} if state.reason and move is not Move.LINK_DUPLICATE else {}
    at = min(at, seen_at)
    if moves and moves[-1].at > at:
        moves.clear()
    moves.append(StatedMove(move, at, None if state.closes else created, parent=parent, data=data))
    return tuple(moves)
