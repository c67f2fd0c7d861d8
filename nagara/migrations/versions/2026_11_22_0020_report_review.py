"""Review of reports: notices told once, drafts made by themselves; bundles that need not be kept whole for ever.

Of a bundle stays for good what proves: its digest, its signature, its key, its times, what it restated, and the
snapshot it brought. Its content may go once a later one is held; the newest of a city never.
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

BUNDLES = """
alter table federation_bundle add column signature bytea;
alter table federation_bundle add column restated jsonb not null default '[]';
alter table federation_bundle alter column content drop not null;
drop trigger federation_bundle_append_only on federation_bundle;
update federation_bundle set restated = convert_from(content, 'UTF8')::jsonb -> 'restated';

create function federation_bundle_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.content is not null and new.content is null
       and to_jsonb(new) - 'content' = to_jsonb(old) - 'content'
       and exists (select from federation_bundle later
                    where later.city_id = old.city_id and later.made_at > old.made_at) then
        return new;
    end if;
    raise exception 'what was handed over stays as it is: % of a bundle is refused', tg_op
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger federation_bundle_guard before update or delete on federation_bundle
    for each row execute function federation_bundle_guard();
create trigger federation_bundle_never_emptied before truncate on federation_bundle
    for each statement execute function kept_refuse();
grant update (content) on federation_bundle to nagara_network;
"""

NOTICES = """
create table review_told (
    city_id text not null,
    review_id uuid not null,
    occasion text not null,
    told_at timestamptz not null default clock_timestamp(),
    primary key (city_id, review_id, occasion)
);
insert into review_told (city_id, review_id, occasion)
select city_id, review_id, 'step.' || number from report_review_step;
insert into review_told (city_id, review_id, occasion)
select city_id, review_id, 'comment.' || id from report_comment;

create table review_notice (
    city_id text not null,
    username text not null,
    review_id uuid not null,
    occasion text not null,
    kind text not null,
    language text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null default clock_timestamp(),
    read_at timestamptz,
    mail text not null constraint review_notice_mail check (mail in ('none', 'single', 'digest')),
    mailed_at timestamptz,
    primary key (city_id, username, review_id, occasion),
    foreign key (city_id, username) references staff_account (city_id, username)
);
create index review_notice_inbox on review_notice (city_id, username, created_at desc);
create index review_notice_digest on review_notice (city_id, username)
    where mail = 'digest' and mailed_at is null;
"""

DRAFTS = """
create table report_draft (
    city_id text not null,
    kind text not null constraint report_draft_kind check (kind in ('monthly', 'annual')),
    period text not null,
    report_id uuid not null,
    review_id uuid,
    drafted_at timestamptz not null default clock_timestamp(),
    primary key (city_id, kind, period)
);
"""

GRANTS = """
grant select on report_review, report_review_step, report_comment, network_appointment to nagara_clock;
grant select, insert on review_told to nagara_clock;
grant select, insert on review_notice to nagara_clock;
grant update (mailed_at) on review_notice to nagara_clock;
grant select on review_notice to nagara_app;
grant update (read_at) on review_notice to nagara_app;
grant select, insert on report_draft to nagara_network;
"""

CLOSED = ("review_told", "review_notice", "report_draft")
KEPT = ("review_told", "report_draft")


def upgrade() -> None:
    """Make the tables, closed to other cities, and let old bundles be emptied."""
    for statements in (BUNDLES, NOTICES, DRAFTS, GRANTS):
        op.execute(statements)
    for table in KEPT:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            f"for each statement execute function kept_refuse()"
        )
    for table in CLOSED:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
    op.execute("create policy network on report_draft to nagara_network using (true) with check (true)")
