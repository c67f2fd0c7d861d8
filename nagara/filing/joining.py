"""Me too: a resident's report of a problem that somebody else reported already and that is still open.

It is a request of its own, with its own reference, link and times, and it is linked as a duplicate in the
transaction that files it: nobody merges anything away. The request it joins is locked meanwhile, so that it
cannot be closed or linked in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from city_config import City
from nagara.cities import city_of_reference
from nagara.errors import UnknownRequest
from nagara.event_log import EventKind
from nagara.lifecycle import NOTHING_DUE, Status
from nagara.public.publication import public_sql, public_values

TRIES = 3
"""A request that is linked to another while it is waited for is looked up again; a second time is no accident."""

REASON = "duplicate"

FIND_JOINABLE = f"""
select root.id, root.reference, root.closed_at is null, root.duplicate_of is not null
  from request root
 where root.city_id = %(city_id)s and {public_sql("root")}
   and root.id = (select coalesce(asked.duplicate_of, asked.id) from request asked
                   where asked.city_id = %(city_id)s and asked.reference = %(same_as)s)
   for share of root
"""  # noqa: S608 - built of constants
"""The request a reference stands for: itself, or the one it was linked to. Only what the public may see can be
joined; everything else is as if it were not there. Shared: neighbours who join at once do not wait for each other."""

JOIN = """
with joined as (
    update request set status = %(joined_status)s, closed_at = %(received_at)s, closing_reason = %(joined_reason)s,
           duplicate_of = %(parent_id)s, next_due_at = %(nothing_due)s, next_step_at = null, version = 2
     where city_id = %(city_id)s and id = %(id)s
    returning city_id, id)
insert into event (city_id, request_id, kind, actor_kind, actor, from_status, to_status, data, occurred_at)
select city_id, id, %(joined_kind)s, %(actor_kind)s, %(actor)s, %(status)s, %(joined_status)s,
       %(joined_data)s::jsonb, %(received_at)s
  from joined
"""
"""Links the request that was just filed. No pointer in the outbox: whoever joined need not be told that they did.
Nothing happens where the filing wrote nothing."""


@dataclass(frozen=True, slots=True)
class Joinable:
    """The open request that a new one joins."""

    id: uuid.UUID
    reference: str


def reference_here(city: City, text: str) -> str:
    """A reference of this city as it is stored; raise ``UnknownRequest`` for what can be none."""
    found = city_of_reference(text)
    if found is None or found[0].id != city.id:
        raise UnknownRequest(
            f"There is no request {text[:20]!r} in {city.name_in(city.names, 'en')}.",
            field="same_as",
            allowed="the reference of a report in this city",
        )
    return found[1]


class Search:
    """Looks for what a report joins, within the transaction that files it."""

    def __init__(self, city: City, same_as: str | None) -> None:
        reference = reference_here(city, same_as) if same_as is not None else None
        self._values = public_values(city) | {"city_id": city.id, "same_as": reference}
        self._sent: psycopg.AsyncCursor[Any] | None = None

    async def send(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Ask, in the pipeline of what is sent anyhow; nothing where nothing is joined."""
        if self._values["same_as"] is not None:
            self._sent = await connection.execute(FIND_JOINABLE, self._values, prepare=True)

    async def found(self, connection: psycopg.AsyncConnection[Any]) -> Joinable | None:
        """The open request, locked until the transaction ends; None where it has ended, or nobody may see it."""
        for _ in range(TRIES):
            row = await self._sent.fetchone() if self._sent is not None else None
            if row is None:
                return None
            id_, reference, is_open, linked = row
            if is_open:
                return Joinable(id_, reference)
            if not linked:
                return None
            await self.send(connection)
        return None


def joining_values(row: Mapping[str, Any], parent: Joinable) -> dict[str, Any]:
    """The values of ``JOIN`` for a new request."""
    data = {"parent": parent.reference, "parent_id": str(parent.id), "reason": REASON}
    return dict(row) | {
        "parent_id": parent.id,
        "joined_status": Status.DUPLICATE.value,
        "joined_reason": REASON,
        "joined_kind": EventKind.DUPLICATE_LINKED.value,
        "joined_data": orjson.dumps(data).decode(),
        "nothing_due": NOTHING_DUE,
    }
