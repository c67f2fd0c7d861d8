"""The network reads what is not added up yet of its counts as sums alone: a row of news is often a single request."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"

# The view belongs to who owns the table and is read by the network alone. Its conditions on city and time reach the
# table's own key, because what compares them tells nobody anything (leakproof).
SUMS = """
create view request_count_late with (security_barrier = true) as
select city_id, at, network_code,
       sum(received)::bigint as received, sum(open)::bigint as open, sum(closed)::bigint as closed
  from request_count_news
 group by city_id, at, network_code
"""


def upgrade() -> None:
    """Show the network sums; without a policy of its own it sees no row of the table any more, and gets no error."""
    op.execute(SUMS)
    op.execute("revoke all on request_count_late from public")
    op.execute("grant select on request_count_late to nagara_network")
    op.execute("drop policy network on request_count_news")


def downgrade() -> None:
    """Show the network every row again."""
    op.execute("create policy network on request_count_news for select to nagara_network using (true)")
    op.execute("drop view request_count_late")
