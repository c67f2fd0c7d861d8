"""What the public may not see yet or any more, who read whose contact, and what was removed when."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

CHANGES = """
-- staff's word on whether the public sees it; null: the city's rule decides
alter table request add column public boolean;
-- what waits longest for release comes first; confidential ones never wait
create index request_without_word on request (city_id, received_at, id) where public is null and not confidential;
-- what is closed, oldest first: the nightly removal of personal data
create index request_closed on request (city_id, closed_at) where closed_at is not null;

alter table photo
    add column redacted_sha256 bytea constraint photo_redacted_sha256 check (length(redacted_sha256) = 32),
    add column redacted_at timestamptz,
    add column searched text[] not null default '{}',
    add column found jsonb not null default '[]',
    add column boxes jsonb not null default '[]',
    add constraint photo_redacted check ((redacted_sha256 is null) or (redacted_at is not null));
-- null: nobody has decided yet
alter table photo alter column public drop not null, alter column public drop default;
create index photo_undecided on photo (city_id, created_at) where public is null and request_id is not null;
create index photo_redacted_content on photo (city_id, redacted_sha256) where redacted_sha256 is not null;
create index photo_not_searched on photo (city_id, created_at) where cardinality(searched) < 2;
create index photo_original on photo (city_id, redacted_at) where redacted_sha256 is not null;

create table original_words (
    city_id text not null,
    request_id uuid not null,
    sealed bytea not null,
    redacted_at timestamptz not null,
    redacted_by text not null,
    primary key (city_id, request_id),
    constraint original_words_request foreign key (city_id, request_id) references request (city_id, id)
);
create index original_words_due on original_words (city_id, redacted_at);

create table contact_read (
    city_id text not null,
    id uuid not null,
    request_id uuid not null,
    what text not null constraint contact_read_what check (what in ('contact', 'words', 'picture')),
    username text not null,
    why text not null constraint contact_read_why check (length(why) between 3 and 500),
    found boolean not null,
    read_at timestamptz not null,
    primary key (city_id, id),
    constraint contact_read_request foreign key (city_id, request_id) references request (city_id, id)
);
create index contact_read_of_request on contact_read (city_id, request_id);

create table contact_block (
    city_id text not null,
    id uuid not null,
    digest bytea not null,
    reason text not null,
    request_id uuid not null,
    blocked_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    lifted_by text,
    lifted_at timestamptz,
    primary key (city_id, id),
    constraint contact_block_request foreign key (city_id, request_id) references request (city_id, id)
);
create index contact_block_digest on contact_block (city_id, digest);

-- what is left of personal data that was removed: that there was some, when it went, and why
create table removal (
    city_id text not null,
    request_id uuid not null,
    what text not null constraint removal_what check (what in ('contact', 'photos', 'words', 'originals')),
    why text not null constraint removal_why check (why in ('retention', 'resident')),
    removed_at timestamptz not null,
    primary key (city_id, request_id, what),
    constraint removal_request foreign key (city_id, request_id) references request (city_id, id)
);

grant select, insert on original_words, contact_read to nagara_app;
grant select, insert, update on contact_block to nagara_app;
grant select on removal to nagara_app;
-- residents who withdraw consent: what was kept of their words goes at once, and that it went is kept
grant delete on original_words to nagara_app;
grant insert, update on removal to nagara_app;
grant select, delete on original_words to nagara_clock;
grant select on contact_read, contact_block to nagara_clock;
grant select, insert, update on removal to nagara_clock;
grant delete on contact, notification to nagara_clock;
"""

CITY_TABLES = ("original_words", "contact_read", "contact_block", "removal")


def upgrade() -> None:
    """Make the changes; every new table is closed to other cities."""
    op.execute(CHANGES)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
