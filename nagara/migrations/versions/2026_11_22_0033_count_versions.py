"""Whoever keeps a city's counts can tell in one look-up whether they still hold."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"

# Another version with each statement that changes a city's added counts, whoever it is: triggers write it in the same
# transaction, so whoever sees the one sees the other. Versions are drawn, never counted: none ever comes back, not even
# after a restore.
VERSIONS = """
create table request_count_version (
    city_id text primary key,
    version uuid not null
);

create function request_count_moved() returns trigger language plpgsql as $$
begin
    insert into request_count_version as kept (city_id, version)
    select city_id, gen_random_uuid() from (select distinct city_id from moved order by city_id) as one
        on conflict (city_id) do update set version = excluded.version;
    return null;
end $$;
create trigger request_count_added after insert on request_count
    referencing new table as moved for each statement execute function request_count_moved();
create trigger request_count_changed after update on request_count
    referencing new table as moved for each statement execute function request_count_moved();
create trigger request_count_gone after delete on request_count
    referencing old table as moved for each statement execute function request_count_moved();

insert into request_count_version (city_id, version)
select city_id, gen_random_uuid() from (select distinct city_id from request_count) as one;
"""


def upgrade() -> None:
    """Draw a version for each city that has counts; readers are those of the counts."""
    op.execute(VERSIONS)
    table = "request_count_version"
    op.execute(f"alter table {table} enable row level security")
    op.execute(
        f"create policy own_city on {table} to nagara_app "
        f"using (city_id = current_setting('nagara.city', true)) "
        f"with check (city_id = current_setting('nagara.city', true))"
    )
    op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
    op.execute(f"create policy network on {table} for select to nagara_network using (true)")
    op.execute(f"grant select on {table} to nagara_app, nagara_network")
    op.execute(f"grant select, insert, update, delete on {table} to nagara_clock")


def downgrade() -> None:
    """Read every city's counts for each answer."""
    for name in ("request_count_added", "request_count_changed", "request_count_gone"):
        op.execute(f"drop trigger {name} on request_count")
    op.execute("drop function request_count_moved()")
    op.execute("drop table request_count_version")
