"""What waits until the public may see it is looked at when it is due, not in turn with all that waits."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"

# ``looked_at`` is of the version before and no longer read.
# What decides about a request is written by many hands; the row that waits learns of it in the same transaction.
# Whoever writes it may not see what waits, hence the function of the owner's. It comes before all that is due.
DUE = """
alter table alert_waiting add column look_again_at timestamptz not null default clock_timestamp();
create index alert_waiting_due on alert_waiting (look_again_at);

create function alert_waiting_again() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    update alert_waiting set look_again_at = '-infinity'
     where city_id = new.city_id and request_id = new.id;
    return null;
end $$;
revoke all on function alert_waiting_again from public;
create trigger alert_waiting_again after update of public, confidential, service_code on request
    for each row when ((old.public, old.confidential, old.service_code)
        is distinct from (new.public, new.confidential, new.service_code))
    execute function alert_waiting_again();
"""


def upgrade() -> None:
    """Tell when each is looked at next, and look at once at those about which something was decided."""
    op.execute(DUE)


def downgrade() -> None:
    """Look at all of them in turn."""
    op.execute("drop trigger alert_waiting_again on request")
    op.execute("drop function alert_waiting_again()")
    op.execute("drop index alert_waiting_due")
    op.execute("alter table alert_waiting drop column look_again_at")
