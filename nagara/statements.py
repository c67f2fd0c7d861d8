"""The hot statements: run by psycopg 3 as they stand here, each prepared once a connection.

Everything else goes through SQLModel sessions. These few are written out because a session costs ten
times the floor; a test holds every column named here against the models.
"""

from __future__ import annotations

from nagara.public.publication import blurred_sql, public_sql, waiting_sql

BEGIN_IN_CITY = "select clock_timestamp() from (select set_config('nagara.city', %s, true)) as city"
"""First statement of a transaction: names the city whose rows it may see, and tells the time."""

_NEW_REQUEST = """
    insert into request (
        city_id, id, reference, status, service_code, network_code, department, assignee, priority, district,
        lat, lon, place_method, address, description, answers, language, channel, confidential, observed_at,
        received_at, rule, reason, config_fingerprint, acknowledge_by, respond_by, resolve_by,
        promise_standard, calendar_stages, next_due_at, escalation_step, next_step_at, idempotency_key,
        body_digest, version, updated_at)
"""

_VALUES_OF_IT = """
    select
        %(city_id)s, %(id)s, %(reference)s, %(status)s, %(service_code)s, %(network_code)s, %(department)s,
        %(assignee)s, %(priority)s, %(district)s, %(lat)s, %(lon)s, %(place_method)s, %(address)s,
        %(description)s, %(answers)s::jsonb, %(language)s, %(channel)s, %(confidential)s, %(observed_at)s,
        %(received_at)s, %(rule)s, %(reason)s, %(config_fingerprint)s, %(acknowledge_by)s, %(respond_by)s,
        %(resolve_by)s, %(promise_standard)s, %(calendar_stages)s, %(next_due_at)s, 0, %(next_step_at)s,
        %(idempotency_key)s, %(body_digest)s, 1, %(received_at)s
"""

_WRITTEN_WITH_IT = """
    on conflict do nothing
    returning city_id, id),
recorded as (
    insert into event (city_id, request_id, kind, actor_kind, actor, to_status, data, occurred_at)
    select city_id, id, 'filed', %(actor_kind)s, %(actor)s, %(status)s, %(event_data)s::jsonb, %(received_at)s
      from filed
    returning city_id, request_id, seq),
reachable as (
    insert into contact (city_id, request_id, sealed, email_digest, phone_digest)
    select city_id, id, %(sealed)s::bytea, %(email_digest)s::bytea, %(phone_digest)s::bytea
      from filed where %(sealed)s::bytea is not null)
"""

_TOLD = """
insert into event_outbox (city_id, request_id, seq)
select city_id, request_id, seq from recorded
returning seq
"""

_IF_NOT_BLOCKED = """(%(actor_kind)s <> 'resident' or not exists (
        select from contact_block b
         where b.city_id = %(city_id)s and b.digest in (%(email_digest)s::bytea, %(phone_digest)s::bytea)
           and b.lifted_at is null and b.expires_at > %(received_at)s))
"""

FILE_REQUEST = (
    "with filed as ("
    + _NEW_REQUEST
    + _VALUES_OF_IT
    + "     where "
    + _IF_NOT_BLOCKED
    + _WRITTEN_WITH_IT
    + _TOLD
)
"""A request, its first event, its contact if it has one, and the pointer that somebody is to be told.

Returns no row when the idempotency key, or the random reference, is taken, or when the city takes nothing from
this contact for now; then nothing was written."""

_USABLE = """
with usable as (
    select id from photo
     where city_id = %(city_id)s and id = any(%(media)s::uuid[]) and request_id is null
       for update),
"""

_IF_ALL_ARE_USABLE = "     where (select count(*) from usable) = cardinality(%(media)s::uuid[]) and "

_ATTACHED = """,
attached as (
    update photo set request_id = filed.id, position = array_position(%(media)s::uuid[], photo.id)
      from filed where photo.city_id = filed.city_id and photo.id = any(%(media)s::uuid[]))
"""

FILE_WITH_PHOTOS = (
    _USABLE
    + "filed as ("
    + _NEW_REQUEST
    + _VALUES_OF_IT
    + _IF_ALL_ARE_USABLE
    + _IF_NOT_BLOCKED
    + _WRITTEN_WITH_IT
    + _ATTACHED
    + _TOLD
)
"""The same with pictures that wait for a request; returns no row, too, when one of them does not wait."""

FILE_TOGETHER = f"""
with given as materialized (
    select * from json_to_recordset(%(rows)s::json) as given (
        id uuid, reference text, status text, service_code text, network_code text, department text,
        assignee text, priority text, district text, lat float8, lon float8, place_method text, address text,
        description text, answers jsonb, language text, channel text, confidential boolean,
        observed_at timestamptz, rule text, reason text, config_fingerprint text, acknowledge_by timestamptz,
        respond_by timestamptz, resolve_by timestamptz, promise_standard text, calendar_stages text[],
        next_due_at timestamptz, next_step_at timestamptz, idempotency_key text, body_digest bytea,
        actor_kind text, actor text, event_data jsonb, sealed bytea, email_digest bytea, phone_digest bytea)),
filed as ({_NEW_REQUEST}
    select
        %(city_id)s, id, reference, status, service_code, network_code, department, assignee, priority, district,
        lat, lon, place_method, address, description, answers, language, channel, confidential, observed_at,
        %(received_at)s, rule, reason, config_fingerprint, acknowledge_by, respond_by, resolve_by,
        promise_standard, calendar_stages, next_due_at, 0, next_step_at, idempotency_key, body_digest, 1,
        %(received_at)s
      from given
     where actor_kind <> 'resident' or not exists (
           select from contact_block b
            where b.city_id = %(city_id)s and b.digest in (given.email_digest, given.phone_digest)
              and b.lifted_at is null and b.expires_at > %(received_at)s)
    on conflict do nothing
    returning city_id, id),
recorded as (
    insert into event (city_id, request_id, kind, actor_kind, actor, to_status, data, occurred_at)
    select filed.city_id, filed.id, 'filed', given.actor_kind, given.actor, given.status, given.event_data,
           %(received_at)s
      from given join filed on filed.id = given.id
    returning city_id, request_id, seq),
reachable as (
    insert into contact (city_id, request_id, sealed, email_digest, phone_digest)
    select filed.city_id, filed.id, given.sealed, given.email_digest, given.phone_digest
      from given join filed on filed.id = given.id where given.sealed is not null)
insert into event_outbox (city_id, request_id, seq)
select city_id, request_id, seq from recorded
returning request_id
"""
"""``FILE_REQUEST`` for several requests that one city receives at one moment, given as JSON, one object a row.

Returns the ids of those it wrote. A row that cannot be written for what ``FILE_REQUEST`` tells of is left out and
harms no other; any other fault writes nothing at all."""

USABLE_PHOTOS = """
select id from photo where city_id = %s and id = any(%s::uuid[]) and request_id is null
"""

FIND_BLOCK = """
select expires_at from contact_block
 where city_id = %s and digest = any(%s) and lifted_at is null and expires_at > clock_timestamp()
 order by expires_at desc limit 1
"""

KEEP_PHOTO = """
insert into photo (city_id, id, sha256, width, height, size, dhash)
values (%(city_id)s, %(id)s, %(sha256)s, %(width)s, %(height)s, %(size)s, %(dhash)s)
"""

HOLD_PHOTO = "select pg_advisory_xact_lock_shared(%s, hashtext(%s))"
"""Held while a picture's bytes are written, so that nobody removes the same bytes in between."""

LOG_ORIGINAL_SEEN = """
insert into contact_read (city_id, id, request_id, what, username, why, found, read_at)
values (%(city_id)s, %(id)s, %(request_id)s, 'picture', %(username)s, 'picture', true, clock_timestamp())
"""

FIND_PHOTO = f"""
select p.sha256, p.redacted_sha256, p.public, p.searched, p.request_id, r.link_generation, {public_sql()}
  from photo p
  join request r on r.city_id = p.city_id and r.id = p.request_id
 where p.city_id = %(city_id)s and p.id = %(id)s
"""

_PHOTOS = """
       (select json_agg(json_build_object('id', p.id, 'width', p.width, 'height', p.height, 'kind', p.kind,
                                          'public', p.public, 'searched', p.searched) order by p.position)
          from photo p where p.city_id = r.city_id and p.request_id = r.id)"""

_STAFF_PHOTOS = _PHOTOS.replace(
    "'searched', p.searched",
    "'searched', p.searched, 'redacted', p.redacted_sha256 is not null, 'found', p.found, 'boxes', p.boxes",
)

_BOX_HOLDS_WHAT_IS_SHOWN = """(%(west)s::float8 is null or ({} between %(south)s and %(north)s
        and {} between %(west)s and %(east)s))""".format(*blurred_sql())
"""A box is held against the position the public is shown: against the exact one, boxes would reveal it."""

FIND_BY_KEY = """
select id, reference, service_code, department, assignee, district, rule, reason,
       acknowledge_by, respond_by, resolve_by, promise_standard, received_at, body_digest,
       (select e.data ->> 'parent' from event e
         where e.city_id = request.city_id and e.request_id = request.id and e.seq = 2
           and e.kind = 'duplicate_linked' and e.actor_kind <> 'staff'),
       link_generation, erased_at is not null
  from request
 where city_id = %s and idempotency_key = %s
"""

PUBLIC_STATUS = f"""
select r.id, r.reference, r.status, r.service_code, r.department, r.assignee, r.district, r.lat, r.lon,
       r.received_at, r.updated_at, r.closed_at, r.closing_reason, r.status_note, r.acknowledge_by,
       r.respond_by, r.resolve_by, r.promise_standard, r.confidential, r.description, r.address,
       r.reason, parent.reference, r.channel, {public_sql()}, r.link_generation, r.config_fingerprint,
       r.erased_at is not null, r.acknowledged_at, r.responded_at,
       (select count(*) from request other
         where other.city_id = r.city_id and other.duplicate_of = coalesce(r.duplicate_of, r.id)
           and {public_sql("other")}),{_PHOTOS},
       (select json_agg(json_build_object(
                   'kind', e.kind, 'at', e.occurred_at, 'status', e.to_status,
                   'note', case when r.erased_at is null then e.data ->> 'note' end,
                   'reason', e.data ->> 'reason',
                   'actor_kind', e.actor_kind) order by e.seq)
          from event e
         where e.city_id = r.city_id and e.request_id = r.id and e.kind = any(%(public_kinds)s))
  from request r
  left join request parent
         on parent.city_id = r.city_id and parent.id = r.duplicate_of and {public_sql("parent")}
 where r.city_id = %(city_id)s and r.reference = %(reference)s
"""

OWN_PARTS = """
select (select json_agg(json_build_object(
                   'kind', said.kind, 'at', e.occurred_at, 'text', said.words, 'fixed', said.fixed,
                   'rating', said.rating, 'reopened', said.reopened, 'about', said.about) order by said.seq)
          from resident_entry said
          join event e on e.city_id = said.city_id and e.request_id = said.request_id and e.seq = said.seq
         where said.city_id = r.city_id and said.request_id = r.id),
       exists (select from contact c where c.city_id = r.city_id and c.request_id = r.id),
       (select parent.closed_at from request parent
         where parent.city_id = r.city_id and parent.id = r.duplicate_of),
       exists (select from request other where other.city_id = r.city_id and other.duplicate_of = r.id)
  from request r
 where r.city_id = %(city_id)s and r.reference = %(reference)s
"""
"""What the holder of the private link is shown besides; asked only where a token was sent."""

_GEOREPORT_REQUEST = f"""
select r.reference, r.status, r.service_code, r.network_code, r.department, r.district, r.lat, r.lon,
       r.description, r.address, r.channel, r.received_at, r.updated_at, r.closed_at, r.closing_reason,
       r.status_note, r.acknowledge_by, r.respond_by, r.resolve_by, r.promise_standard,
       (select parent.reference from request parent
         where parent.city_id = r.city_id and parent.id = r.duplicate_of and {public_sql("parent")}),
       case when %(extensions)s then
           (select json_agg(json_build_object(
                       'kind', e.kind, 'at', e.occurred_at, 'status', e.to_status,
                       'note', case when r.erased_at is null then e.data ->> 'note' end, 'reason', e.data ->> 'reason',
                   'actor_kind', e.actor_kind) order by e.seq)
              from event e
             where e.city_id = r.city_id and e.request_id = r.id and e.kind = any(%(public_kinds)s))
       end,{_PHOTOS}, r.id
  from request r
"""

_GEOREPORT_WANTED = f""" where r.city_id = %(city_id)s and {public_sql()}
   and r.received_at >= %(received_from)s and r.received_at < %(received_before)s
   and (r.received_at, r.id) < (%(before)s, %(before_id)s::uuid)
   and r.updated_at >= %(updated_from)s and r.updated_at < %(updated_before)s
   and r.status = any(%(statuses)s)
   and (%(services)s::text[] is null or r.service_code = any(%(services)s::text[]))
"""
"""What is asked for, from a place in the list on: before the first page that is the end of the span itself."""

_NEWEST_FIRST = " order by r.received_at desc, r.id desc\n"

GEOREPORT_LIST = (
    _GEOREPORT_REQUEST
    + _GEOREPORT_WANTED
    + f"   and {_BOX_HOLDS_WHAT_IS_SHOWN}\n"
    + _NEWEST_FIRST
    + " limit %(limit)s"
)
"""Requests the public may see, newest first."""

GEOREPORT_WALK = (
    "select r.received_at, r.id from request r"
    + _GEOREPORT_WANTED
    + _NEWEST_FIRST
    + " offset %(passed)s limit 1"
)
"""The last request before a page that is asked for by its number: found in the index ``request_received`` alone,
which holds every column named here."""

GEOREPORT_COUNT = (
    "select count(*) from (select from request r" + _GEOREPORT_WANTED + " limit %(most)s) as wanted"
)
"""How many requests a list holds, up to a bound: found in the same index."""

GEOREPORT_WALK_IN_BOX = (
    "select r.received_at, r.id from request r"
    + _GEOREPORT_WANTED
    + f"   and {_BOX_HOLDS_WHAT_IS_SHOWN}\n"
    + _NEWEST_FIRST
    + " offset %(passed)s limit 1"
)
"""The same within a box, for which positions have to be looked at."""

GEOREPORT_UPDATES = f"""
select r.reference, e.seq, e.kind, e.occurred_at, e.to_status,
       case when r.erased_at is null then e.data ->> 'note' end, e.data ->> 'reason', e.actor_kind,
       case when e.data ? 'media' then
           (select json_agg(json_build_object('id', p.id, 'width', p.width, 'height', p.height, 'kind', p.kind,
                                              'public', p.public, 'searched', p.searched) order by p.position)
              from photo p where p.city_id = r.city_id and p.request_id = r.id and e.data -> 'media' ? p.id::text)
       end,
       {public_sql()}, r.updated_at, r.id
  from request r
  join event e on e.city_id = r.city_id and e.request_id = r.id
 where r.city_id = %(city_id)s and e.city_id = %(city_id)s
   and r.updated_at >= %(changed_from)s and r.received_at <= %(until)s
   and (r.updated_at, r.id, e.seq) > (%(changed_from)s, %(after_id)s::uuid, %(after_seq)s)
   and (%(references)s::text[] is null or r.reference = any(%(references)s::text[]))
   and e.kind = any(%(public_kinds)s) and e.occurred_at >= %(start)s and e.occurred_at < %(until)s
   and ({public_sql()} or (%(system)s::text is not null and exists (
        select from event f where f.city_id = r.city_id and f.request_id = r.id and f.seq = 1
           and f.actor_kind = 'api_key' and f.actor = %(system)s::text)))
 order by r.updated_at, r.id, e.seq
 limit %(limit)s
"""
"""What happened to requests the public may see, and to those that the system that asks filed itself."""

GEOREPORT_BY_REFERENCE = (
    _GEOREPORT_REQUEST
    + f""" where r.city_id = %(city_id)s and {public_sql()} and r.reference = any(%(references)s)
 order by r.received_at desc, r.id desc
"""
)
"""The same for references that are known; those nobody may see are simply not there."""

PUBLIC_LIST = f"""
select r.reference, r.status, r.service_code, r.department, r.district, r.lat, r.lon, r.channel,
       r.description, r.received_at, r.updated_at, r.closed_at, r.id,{_PHOTOS}
  from request r
 where r.city_id = %(city_id)s and {public_sql()}
   and (%(since)s::timestamptz is null or r.received_at >= %(since)s)
   and (%(before)s::timestamptz is null or (r.received_at, r.id) < (%(before)s, %(before_id)s::uuid))
   and (%(statuses)s::text[] is null or r.status = any(%(statuses)s::text[]))
   and (%(services)s::text[] is null or r.service_code = any(%(services)s::text[]))
   and (%(district)s::text is null or r.district = %(district)s)
   and {_BOX_HOLDS_WHAT_IS_SHOWN}
 order by r.received_at desc, r.id desc
 limit %(limit)s
"""
"""What the city's public page and map show, newest first."""

WAITING_FOR_RELEASE = f"""
with asked as (
    select r.city_id, r.id, true as waits from request r
     where r.city_id = %(city_id)s and r.public is null and not r.confidential and {waiting_sql()}
    union
    select r.city_id, r.id, false from photo p join request r on r.city_id = p.city_id and r.id = p.request_id
     where p.city_id = %(city_id)s and %(photos_wait)s::boolean and p.public is null
       and p.request_id is not null and p.created_at > clock_timestamp() - interval '30 days' and not r.confidential
       and r.public is not false and r.service_code <> all(%(private_services)s::text[]) and not {waiting_sql()})
select r.id, r.reference, r.status, r.service_code, r.district, r.description, r.received_at,
       asked.waits,{_STAFF_PHOTOS}
  from asked join request r on r.city_id = asked.city_id and r.id = asked.id
 where (%(after)s::timestamptz is null or (r.received_at, r.id) > (%(after)s, %(after_id)s::uuid))
 order by r.received_at, r.id
 limit %(limit)s
"""
"""Requests nobody sees before staff release them, and others with pictures of the last thirty days that nobody
has decided about: older ones are no news any more."""

SIGNED_IN_STAFF = """
select a.username, a.role,
       array(select d.department from staff_department d
              where d.city_id = a.city_id and d.username = a.username order by 1),
       a.display_name, s.how, a.totp_sealed is not null, a.must_change_password,
       s.last_used_at < now() - interval '5 minutes'
  from staff_session s
  join staff_account a on a.city_id = s.city_id and a.username = s.username
 where s.city_id = %s and s.token_digest = %s and s.revoked_at is null and s.expires_at > now()
   and s.last_used_at > now() - %s::interval and a.active
"""
"""Who a token belongs to, while its session lasts, is not idle for too long and the account is active."""

SESSION_USED = """
update staff_session set last_used_at = now()
 where city_id = %s and token_digest = %s and last_used_at < now() - interval '5 minutes'
returning 1
"""
"""That a session was used: at most once in five minutes, so that reading does not mean writing."""

ACCOUNT_OF_KEY = """
select a.username,
       array(select d.department from staff_department d
              where d.city_id = a.city_id and d.username = a.username order by 1),
       a.display_name, k.scopes, k.id, coalesce(k.last_used_at < now() - interval '5 minutes', true)
  from api_key k
  join staff_account a on a.city_id = k.city_id and a.username = k.username
 where k.city_id = %s and k.key_digest = %s and k.revoked_at is null
   and (k.expires_at is null or k.expires_at > now()) and a.active
"""
"""Whose key it is, while it has not ended and its service account is active."""

KEY_USED = """
update api_key set last_used_at = now()
 where city_id = %s and key_digest = %s
   and coalesce(last_used_at < now() - interval '5 minutes', true)
returning 1
"""
"""That a key was used: at most once in five minutes."""
