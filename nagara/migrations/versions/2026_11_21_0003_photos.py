"""Pictures: one row each, from the moment it was sent; the bytes lie in the media store."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = """
create table photo (
    city_id text not null,
    id uuid not null,
    sha256 bytea not null constraint photo_sha256 check (length(sha256) = 32),
    width integer not null constraint photo_width check (width > 0),
    height integer not null constraint photo_height check (height > 0),
    size integer not null constraint photo_size check (size > 0),
    dhash bigint not null,
    created_at timestamptz not null default clock_timestamp(),
    request_id uuid,
    position smallint,
    kind text not null default 'before' constraint photo_kind check (kind in ('before', 'after')),
    public boolean not null default false,
    primary key (city_id, id),
    constraint photo_request foreign key (city_id, request_id) references request (city_id, id),
    constraint photo_attached check ((request_id is null) = (position is null)),
    constraint photo_place unique (city_id, request_id, position)
);
create index photo_content on photo (city_id, sha256);
create index photo_waiting on photo (city_id, created_at) where request_id is null;

grant select, insert, update on photo to nagara_app;
grant select, insert, update, delete on photo to nagara_clock;

alter table photo enable row level security;
create policy own_city on photo to nagara_app
    using (city_id = current_setting('nagara.city', true))
    with check (city_id = current_setting('nagara.city', true));
create policy all_cities on photo to nagara_clock using (true) with check (true);
"""


def upgrade() -> None:
    """Make the table, closed to other cities; only the time door removes rows."""
    op.execute(TABLE)
