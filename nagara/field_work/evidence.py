"""Whether a picture shows what was done - since the request was last open, not before somebody opened it again.

A picture counts from the event that brought it, a move of staff or a contractor's report. Where a request was never
reopened, or only because a closing was undone as a slip, every picture of what was done counts.
"""

from __future__ import annotations

import uuid
from typing import LiteralString

from sqlmodel import Session

from nagara.tables import Request

PROVEN: LiteralString = """
select distinct p.request_id from photo p
 where p.city_id = %(city_id)s and p.request_id = any(%(ids)s::uuid[]) and p.kind = 'after'
   and not exists (
       select 1 from event reopened
        where reopened.city_id = p.city_id and reopened.request_id = p.request_id
          and reopened.kind = 'reopened' and not reopened.data ? 'undid'
          and not exists (
              select 1 from event brought
               where brought.city_id = p.city_id and brought.request_id = p.request_id
                 and brought.seq > reopened.seq and brought.data -> 'media' ? p.id::text))
"""
"""Of some requests of a city those that a picture proves to be done."""


def is_proven(session: Session, row: Request) -> bool:
    """Whether a picture that counts shows what was done to a request."""
    values: dict[str, str | list[uuid.UUID]] = {"city_id": row.city_id, "ids": [row.id]}
    return session.connection().exec_driver_sql(PROVEN, values).first() is not None
