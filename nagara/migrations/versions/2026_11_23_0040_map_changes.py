"""Whoever drew a tile of the map can tell in one look-up whether it still holds."""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"

# Rows are only added, by the transaction that changes what a map shows: nobody waits for anybody, and whoever sees the
# one sees the other. Triggers write them because no writer of requests may forget it. A cell is a fiftieth of a degree
# each way, numbered along its parallel; a reader with a snapshot finds what that did not see along the key.
TABLE = """
create function map_cell(lat double precision, lon double precision) returns integer
language sql immutable parallel safe
return floor((lat + 90) * 50)::integer * 18001 + floor((lon + 180) * 50)::integer;

create table map_change (
    city_id text not null,
    cell integer not null,
    change xid8 not null default pg_current_xact_id(),
    primary key (city_id, cell, change)
);

alter table map_build add column ended_before xid8;
alter table map_build add column ended_at timestamptz;
alter table map_build add column forgotten_before xid8;
"""

TRIGGERS = """
create function request_mapped() returns trigger language plpgsql as $$
begin
    insert into map_change (city_id, cell)
    select distinct city_id, map_cell(lat, lon) from mapped where closed_at is null and lat is not null
        on conflict do nothing;
    return null;
end $$;
create trigger request_mapped after insert on request
    referencing new table as mapped for each statement execute function request_mapped();
create trigger request_mapped_off after delete on request
    referencing old table as mapped for each statement execute function request_mapped();

create function request_mapped_again() returns trigger language plpgsql as $$
begin
    insert into map_change (city_id, cell)
    select distinct city_id, map_cell(lat, lon)
      from (values (old.city_id, old.lat, old.lon), (new.city_id, new.lat, new.lon)) one (city_id, lat, lon)
     where lat is not null
        on conflict do nothing;
    return null;
end $$;
create trigger request_mapped_again
    after update of lat, lon, closed_at, received_at, public, confidential, service_code, status, reference
    on request for each row
    when ((old.closed_at is null or new.closed_at is null)
          and (old.lat, old.lon, old.closed_at, old.received_at,
               old.public, old.confidential, old.service_code, old.status, old.reference)
              is distinct from
              (new.lat, new.lon, new.closed_at, new.received_at,
               new.public, new.confidential, new.service_code, new.status, new.reference))
    execute function request_mapped_again();
"""


def upgrade() -> None:
    """Tell from now on what changes on a city's map; no other city's changes are seen."""
    op.execute(TABLE)
    op.execute("alter table map_change enable row level security")
    op.execute(
        "create policy own_city on map_change to nagara_app "
        "using (city_id = current_setting('nagara.city', true)) "
        "with check (city_id = current_setting('nagara.city', true))"
    )
    op.execute("create policy all_cities on map_change to nagara_clock using (true) with check (true)")
    op.execute("grant select, insert on map_change to nagara_app")
    op.execute("grant select, insert, delete on map_change to nagara_clock")
    op.execute(TRIGGERS)


def downgrade() -> None:
    """Read every tile's points for each answer."""
    for name in ("request_mapped", "request_mapped_off", "request_mapped_again"):
        op.execute(f"drop trigger {name} on request")
    for name in ("request_mapped", "request_mapped_again"):
        op.execute(f"drop function {name}()")
    for name in ("ended_before", "ended_at", "forgotten_before"):
        op.execute(f"alter table map_build drop column {name}")
    op.execute("drop table map_change")
    op.execute("drop function map_cell(double precision, double precision)")
