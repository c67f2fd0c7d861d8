"""What residents add after filing: answers, pictures, whether it was fixed; renewed links; erased data."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

CHANGES = """
-- link_generation: how often the private link was renewed; null: never. erased_at: the resident's data went then
alter table request
    add column link_generation integer constraint request_link_generation check (link_generation > 0),
    add column erased_at timestamptz;

create table resident_entry (
    city_id text not null,
    request_id uuid not null,
    seq integer not null,
    kind text not null constraint resident_entry_kind
        check (kind in ('addition', 'answer', 'withdrawal', 'feedback')),
    words text not null,
    said_at timestamptz not null,
    fixed boolean,
    rating smallint constraint resident_entry_rating check (rating between 1 and 5),
    reopened boolean not null,
    about timestamptz,
    primary key (city_id, request_id, seq),
    constraint resident_entry_event
        foreign key (city_id, request_id, seq) references event (city_id, request_id, seq),
    constraint resident_entry_once unique (city_id, request_id, about),
    constraint resident_entry_feedback check ((kind = 'feedback') = (fixed is not null)
        and (kind = 'feedback') = (about is not null))
);

alter table photo drop constraint photo_kind;
alter table photo add constraint photo_kind check (kind in ('before', 'after', 'feedback'));

grant select, insert, update on resident_entry to nagara_app;
grant select, update on resident_entry to nagara_clock;
-- erasing: the contact, the pictures and the messages to a resident go with their rows. The pointers of events
-- nobody was told of yet are locked meanwhile, so that no message is written from a contact that just went.
grant delete on contact, photo, notification to nagara_app;
grant update on event_outbox to nagara_app;

alter table resident_entry enable row level security;
create policy own_city on resident_entry to nagara_app
    using (city_id = current_setting('nagara.city', true))
    with check (city_id = current_setting('nagara.city', true));
create policy all_cities on resident_entry to nagara_clock using (true) with check (true);
"""


def upgrade() -> None:
    """Make the changes; what residents say is closed to other cities."""
    op.execute(CHANGES)
