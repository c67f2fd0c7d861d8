"""Digests for residents, given-up messages that are seen and sent again, and timers that are known by name."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

CHANGES = """
alter table subscription drop constraint subscription_frequency;
alter table subscription add constraint subscription_frequency check (frequency in ('at_once', 'daily', 'weekly'));

-- how often, and at which hours not, somebody is told of what they filed; on the city's clocks
alter table contact
    add column frequency text not null default 'at_once'
        constraint contact_frequency check (frequency in ('at_once', 'daily', 'weekly')),
    add column quiet_begins smallint constraint contact_quiet_begins check (quiet_begins between 0 and 1439),
    add column quiet_ends smallint constraint contact_quiet_ends check (quiet_ends between 0 and 1439),
    add column last_digest_at timestamptz,
    add constraint contact_quiet check ((quiet_begins is null) = (quiet_ends is null));

-- who is told once a day or week, of all a city's residents
create index subscription_by_digest on subscription (city_id)
    where kind = 'request' and frequency <> 'at_once' and confirmed_at is not null;
create index contact_by_digest on contact (city_id) where frequency <> 'at_once';

-- supervisors see what could not be sent and send it again, but neither to whom nor what
grant select (city_id, id, audience, channel, language, created_at, expires_at, attempts, next_attempt_at, sent_at,
              failed_at, last_error) on message to nagara_app;
grant update (expires_at, next_attempt_at, failed_at, last_error) on message to nagara_app;
create index message_given_up_of_city on message (city_id, failed_at desc) where failed_at is not null;

-- what the clock rings, so that a sweep that never ran is known to be missing
create table timer (
    name text primary key,
    task text not null,
    longest_gap interval not null,
    known_since timestamptz not null
);
grant select on timer to nagara_app;
grant select, insert, update, delete on timer to nagara_clock;
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)
