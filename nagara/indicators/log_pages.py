"""The event log in pages of whole requests, a byte string for each column: nothing runs event by event.

PostgreSQL packs a page into one row: texts as hashes, times as whole microseconds. A message for each event, as COPY
sends them, costs the reader more than all reckoning with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from nagara.indicators.facts import OPEN

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]
NEVER = np.iinfo(np.int64).max
PAGE = 60_000
"""Events read at once: some 10 MB here and in the database."""

FROM_2000 = 946_684_800_000_000
"""Microseconds from the Unix epoch to PostgreSQL's."""

OPENING = np.dtype(
    [("id", "V16"), ("filed", ">i8"), ("due", ">i8"), ("answer_due", ">i8"), ("observed", ">i8")]
)
"""What only the first event of a request says."""

DETAIL = r"""
case hashtext(kind)
when hashtext('filed') then coalesce(hashtextextended(data->>'department', 0), 0)
when hashtext('assigned') then coalesce(hashtextextended(nullif(data->>'department', ''), 0), 0)
when hashtext('recategorised') then coalesce(hashtextextended(nullif(data->>'department', ''), 0), 0)
when hashtext('declined') then hashtextextended(coalesce(nullif(data->>'reason', ''), 'other'), 0)
when hashtext('resolved') then (coalesce(data->>'media', '') not in ('', '[]', '{}', '0', 'false'))::int::bigint
when hashtext('escalated') then
    case when coalesce(data->>'promise', case when data ? 'promise' then '' else 'resolve' end) <> 'resolve' then 0
         when jsonb_typeof(data->'step') = 'number' then (data->>'step')::numeric::bigint else 1 end
when hashtext('feedback_given') then
    case when data->'rating' in ('1', '2', '3', '4', '5') then 4 * (data->>'rating')::numeric::bigint else 0 end
    + case data->'fixed' when 'true' then 1 when 'false' then 2 else 0 end
else 0 end
"""
"""What figures ask of an event besides its kind, as a number: ``Events.detail``, but of declined the reason's hash."""

LOG = r"""
select count(*), string_agg(uuid_send(request_id), null), string_agg(hash, null),
       string_agg(timestamptz_send(occurred_at), null),
       string_agg(int8send(
           case when seq > 1 and data->>'undid' is not null
                     and kind not in ('noted', 'added', 'answered', 'prioritised', 'published') then 0
                else hashtextextended(kind, hashtextextended(actor_kind,
                         hashtextextended(coalesce(to_status, ''), {detail}))) end), null),
       string_agg(uuid_send(request_id) || int8send({names})
           || timestamptz_send(coalesce(nullif(data->>'resolve_by', '')::timestamptz, 'infinity'))
           || timestamptz_send(coalesce(least(nullif(data->>'acknowledge_by', '')::timestamptz,
                                              nullif(data->>'respond_by', '')::timestamptz), 'infinity'))
           || timestamptz_send(coalesce(nullif(data->>'observed_at', '')::timestamptz, 'infinity')), null)
           filter (where seq = 1)
  from (select * from event
         where city_id = {city} and recorded_at <= {known_at} and occurred_at <= {cut_off}{chosen}
         order by city_id, request_id, seq limit {limit}) page
"""
"""A page of events in order of request and place in its history. What takes another move back is told by a 0."""

ALONE = "set local max_parallel_workers_per_gather = 0"
"""For the transaction. Some requests lie here and there; processes of the server that fetch them side by side take a
fifth more of the processors, and no less time where another city is built beside."""

NAMES = ("network_code", "district", "config_fingerprint", "promise_standard", "channel", "source")


@dataclass(frozen=True)
class Page:
    """Events of whole requests in order, a column for each of their parts."""

    ids: Rows
    heads: Rows
    at: Ints
    words: Ints
    """Kind, actor, status and detail as one hash; 0 for a move that takes another back."""
    openings: Rows
    """The first events, where they are among them."""

    @classmethod
    def of(cls, sent: Sequence[Any]) -> Page:
        """What the server sent, in its byte order."""
        ids, heads, at, words, openings = (part or b"" for part in sent)
        return cls(
            np.frombuffer(ids, "V16"),
            np.frombuffer(heads, "V32"),
            np.frombuffer(at, ">i8").astype(np.int64) + FROM_2000,
            np.frombuffer(words, ">i8").astype(np.int64),
            np.frombuffer(openings, OPENING),
        )

    def without_last(self) -> Page:
        """The events before those of the last request, which may go on on the next page."""
        own = len(self.ids) - 1
        while own > 0 and self.ids[own - 1] == self.ids[-1]:
            own -= 1
        openings = self.openings
        if len(openings) and openings["id"][-1] == self.ids[-1]:
            openings = openings[:-1]
        return Page(self.ids[:own], self.heads[:own], self.at[:own], self.words[:own], openings)


def pages(
    connection: psycopg.Connection[Any], told: Mapping[str, Any], requests: Sequence[UUID] | None
) -> Iterator[Page]:
    """The log in pages of whole requests; raises ValueError where an event has a hash of another length.

    Values stand in the text: the plan is made for them, not for any city.
    """
    chosen: list[sql.Composable] = []
    if requests is not None:
        chosen.append(sql.SQL(" and request_id = any({}::uuid[])").format(sql.Literal(listed(requests))))
        connection.execute(ALONE)
    hashed = "0"
    for one in NAMES:
        hashed = f"hashtextextended(coalesce(data->>'{one}', chr(30)), {hashed})"
    values: dict[str, sql.Composable] = {key: sql.Literal(value) for key, value in told.items()}
    values |= {"names": sql.SQL(hashed), "detail": sql.SQL(DETAIL)}
    after: list[sql.Composable] = []
    limit = PAGE
    while True:
        statement = sql.SQL(LOG).format(
            chosen=sql.Composed([*chosen, *after]), limit=sql.Literal(limit), **values
        )
        with connection.cursor(binary=True) as cursor:
            count, *sent = cursor.execute(statement, prepare=False).fetchone() or (0,)
        page = Page.of(sent)
        if {len(page.ids), len(page.heads), len(page.at), len(page.words)} != {count}:
            raise ValueError("a column of the log is not as wide as it should be")
        if count < limit:
            yield page
            return
        whole = page.without_last()
        if not len(whole.ids):
            limit *= 2  # one request with more events than a page
            continue
        yield whole
        last = UUID(bytes=bytes(whole.ids[-1]))
        after = [sql.SQL(" and request_id > {}").format(sql.Literal(last))]


def listed(requests: Sequence[UUID]) -> str:
    """Ids as the database writes an array of them: one by one they cost the client more than finding the requests."""
    return "{" + ",".join([one.hex for one in requests]) + "}"


def unix(times: npt.NDArray[Any]) -> Ints:
    """Microseconds of Unix time from PostgreSQL's; infinity is ``OPEN``."""
    own = times.astype(np.int64)
    return np.where(own == NEVER, OPEN, own + FROM_2000)
