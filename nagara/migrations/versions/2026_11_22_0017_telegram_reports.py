"""Reports by the Telegram bot: unfinished ones, updates that were handled, and chats that follow a report."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
-- what a chat has said so far; of no city yet, so all stand under one name that no city can have
create table telegram_draft (
    city_id text not null,
    digest bytea not null constraint telegram_draft_digest check (length(digest) = 32),
    version integer not null,
    sealed bytea not null,
    expires_at timestamptz not null,
    primary key (city_id, digest)
);
create index telegram_draft_old on telegram_draft (expires_at);

-- numbers of updates that were handled, and whether the answer went out: Telegram repeats what was not
create table telegram_update (
    city_id text not null,
    update_id bigint not null,
    handled_at timestamptz not null,
    answered boolean not null,
    primary key (city_id, update_id)
);
create index telegram_update_old on telegram_update (handled_at);

alter table subscription drop constraint subscription_channel;
alter table subscription add constraint subscription_channel
    check (channel in ('email', 'sms', 'push', 'telegram'));

grant select, insert, update, delete on telegram_draft to nagara_app;
grant select, insert, update on telegram_update to nagara_app;
grant select, delete on telegram_draft, telegram_update to nagara_clock;
"""


def upgrade() -> None:
    """Make the tables, closed to every city."""
    op.execute(TABLES)
    for table in ("telegram_draft", "telegram_update"):
        op.execute(
            f"""
            alter table {table} enable row level security;
            create policy own_city on {table} to nagara_app
                using (city_id = current_setting('nagara.city', true))
                with check (city_id = current_setting('nagara.city', true));
            create policy all_cities on {table} to nagara_clock using (true) with check (true);
            """
        )
