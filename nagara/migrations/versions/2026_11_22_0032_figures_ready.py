"""What is shown of a city lies ready to be sent, and what every period's figures need of its months is added up."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"

# Sheets that are kept already have neither; whoever shows them reads the whole sheet until the next build.
SHOWN = """
alter table indicator_sheet add column shown bytea, add column shown_to_officials bytea;
alter table indicator_sheet alter column shown set storage external,
                            alter column shown_to_officials set storage external
"""

# A city's figures of any period need its open issues of all months, and other cities' need its volumes month by month.
SUMS = """
create table indicator_sum (
    city_id text not null,
    snapshot_id uuid not null,
    months bytea not null,
    backlog bytea not null,
    primary key (city_id, snapshot_id)
);
alter table indicator_sum alter column months set storage external, alter column backlog set storage external;
grant select on indicator_sum to nagara_app, nagara_network;
grant select, insert, delete on indicator_sum to nagara_clock
"""


def upgrade() -> None:
    """Make room for both; the next build of each city fills it."""
    op.execute(SHOWN)
    op.execute(SUMS)


def downgrade() -> None:
    """Write figures out for each answer, and read every month again."""
    op.execute("drop table indicator_sum")
    op.execute("alter table indicator_sheet drop column shown, drop column shown_to_officials")
