"""What is to be sent: open requests of a department that another system serves, laid down once each.

Found by looking, not by being told: a request that came in while nobody swept is found by the next sweep. Requests
of the past - imported, simulated, or filed before the owner was configured - stay where they are.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from nagara.external_owner.owners import configured

MOST = 500

LAY_DOWN = """
insert into external_request (city_id, request_id, owner, state, created_at, next_attempt_at, tried_since)
select r.city_id, r.id, %(owner)s, 'waiting', clock_timestamp(), clock_timestamp(), clock_timestamp()
  from (select city_id, id, received_at from request
         where city_id = %(city)s and closed_at is null and department = %(department)s
           and source is null and received_at >= %(since)s
         union
        select city_id, id, received_at from request
         where city_id = %(city)s and closed_at is null and assignee = %(department)s
           and source is null and received_at >= %(since)s) as r
 where not exists (select from external_request x
                    where x.city_id = r.city_id and x.request_id = r.id and x.owner = %(owner)s)
 order by r.received_at limit %(most)s
on conflict do nothing
"""
"""One row a request and owner. The department's requests, and those that were referred or assigned to it."""

COME_BACK = """
update external_request x set state = 'waiting', next_attempt_at = clock_timestamp(),
       tried_since = clock_timestamp(), attempts = 0, last_error = null
  from request r
 where x.city_id = %(city)s and x.owner = %(owner)s and x.state = 'ended' and x.sent_at is null
   and r.city_id = x.city_id and r.id = x.request_id and r.closed_at is null
   and (r.department = %(department)s or r.assignee = %(department)s)
"""
"""What ended before it was sent, because it was closed or went elsewhere, and is open and theirs again."""

BEGINNING = dt.datetime(1, 1, 2, tzinfo=dt.UTC)


def lay_down(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """Lay down what is to be sent; returns how many. Commits for each owner; safe to repeat and beside itself."""
    laid = 0
    for city, owner in configured(now):
        since = BEGINNING
        if owner.valid_from is not None:
            since = dt.datetime.combine(owner.valid_from, dt.time(), city.zone)
        values = {
            "city": city.id,
            "owner": owner.code,
            "department": owner.department,
            "since": since,
            "most": MOST,
        }
        with connection.transaction():
            laid += connection.execute(LAY_DOWN, values).rowcount
            laid += connection.execute(COME_BACK, values).rowcount
    return laid
