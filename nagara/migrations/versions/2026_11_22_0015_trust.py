"""What a city cannot change unseen: roots over its history, bundles of cities elsewhere, the review of reports.

``nagara_network`` is the door of the network: it alone writes what the network holds of its cities, and it can
neither read nor write a request.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

ROLE = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'nagara_network') then
        create role nagara_network nologin;
    end if;
    execute format('grant nagara_network to %I', current_user);
end $$
"""

ROOTS = """
create table trust_leaf (
    city_id text not null,
    position bigint not null,
    day date not null,
    request_id uuid not null,
    seq integer not null,
    hash bytea not null,
    primary key (city_id, position, day),
    constraint trust_leaf_request unique (city_id, request_id, day)
);

create table trust_root (
    city_id text not null,
    day date not null,
    as_of timestamptz not null,
    requests bigint not null,
    events bigint not null,
    tree_hash bytea not null,
    previous_hash bytea,
    hash bytea not null,
    subtrees bytea not null,
    primary key (city_id, day)
);

create table network_root (
    city_id text not null,
    day date not null,
    as_of timestamptz not null,
    requests bigint not null,
    events bigint not null,
    tree_hash bytea not null,
    previous_hash bytea,
    hash bytea not null,
    received_at timestamptz not null default clock_timestamp(),
    way text not null constraint network_root_way check (way in ('hosted', 'federated')),
    primary key (city_id, day)
);
"""

FEDERATION = """
create table federation_key (
    city_id text not null,
    id text not null,
    city text not null,
    public_key bytea not null,
    address text,
    registered_by text not null,
    registered_at timestamptz not null default clock_timestamp(),
    retired_by text,
    retired_at timestamptz,
    primary key (city_id, id)
);

create table federation_bundle (
    city_id text not null,
    digest bytea not null,
    key_id text not null,
    made_at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    snapshot_id uuid not null,
    content bytea not null,
    primary key (city_id, digest)
);
create index federation_bundle_newest on federation_bundle (city_id, made_at desc);

create table federation_refusal (
    city_id text not null,
    id uuid not null,
    at timestamptz not null default clock_timestamp(),
    digest bytea not null,
    key_id text not null,
    code text not null,
    message text not null,
    primary key (city_id, id)
);
create index federation_refusal_newest on federation_refusal (city_id, at desc, id desc);
"""

REVIEW = """
create table network_appointment (
    city_id text not null,
    id uuid not null,
    username text not null,
    office text not null constraint network_appointment_office
        check (office in ('chair', 'shepherd', 'representative')),
    country text not null,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    appointed_by text not null,
    appointed_at timestamptz not null default clock_timestamp(),
    ended_by text,
    ended_at timestamptz,
    primary key (city_id, id)
);
create index network_appointment_of on network_appointment (city_id, username, valid_to);

create table report_review (
    city_id text not null,
    id uuid not null,
    report_id uuid not null,
    period text not null,
    edition integer not null,
    corrects uuid,
    changes text,
    status text not null constraint report_review_status check (status in
        ('draft', 'institution_review', 'committee_endorsed', 'submitted', 'approved', 'returned', 'published')),
    comments_until timestamptz,
    embargo_until timestamptz,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (city_id, id),
    constraint report_review_edition unique (city_id, period, edition),
    constraint report_review_correction check ((corrects is null) = (changes is null))
);

create table report_review_step (
    city_id text not null,
    review_id uuid not null,
    number integer not null,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    office text not null,
    move text not null,
    from_status text,
    to_status text not null,
    report_id uuid not null,
    remarks text,
    details jsonb not null,
    primary key (city_id, review_id, number),
    foreign key (city_id, review_id) references report_review (city_id, id)
);

create table report_comment (
    city_id text not null,
    id uuid not null,
    review_id uuid not null,
    report_id uuid not null,
    city text,
    figure text not null,
    speaks_for text not null,
    author text not null,
    text text not null,
    answers uuid,
    at timestamptz not null default clock_timestamp(),
    primary key (city_id, id),
    foreign key (city_id, review_id) references report_review (city_id, id)
);
create index report_comment_of on report_comment (city_id, review_id, at, id);

create table report_release (
    city_id text not null,
    report_id uuid not null,
    review_id uuid not null,
    period text not null,
    edition integer not null,
    corrects uuid,
    changes text,
    released_at timestamptz not null default clock_timestamp(),
    primary key (city_id, report_id),
    constraint report_release_review unique (city_id, review_id)
);
insert into report_release (city_id, report_id, review_id, period, edition, released_at)
select city_id, id, id, period, row_number() over (partition by city_id, period order by created_at, id), created_at
  from network_report;
insert into report_review (city_id, id, report_id, period, edition, status, version, created_at, updated_at)
select city_id, review_id, report_id, period, edition, 'published', 1, released_at, released_at from report_release;
"""

# What was handed over, said or decided stays; a review may move until it is published, and never after.
KEPT = """
create function kept_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'what was handed over or decided stays as it is: % of % is refused', tg_op, tg_table_name
        using errcode = 'integrity_constraint_violation';
end $$;

create function report_review_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.status = 'published' then
        raise exception 'a published report stays as it is: % of its review is refused', tg_op
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger report_review_guard before update or delete on report_review
    for each row execute function report_review_guard();
"""

APPEND_ONLY = (
    "trust_leaf",
    "trust_root",
    "network_root",
    "federation_bundle",
    "federation_refusal",
    "report_review_step",
    "report_comment",
    "report_release",
)

GRANTS = """
grant usage on schema public to nagara_network;
grant select on alembic_version to nagara_network;
grant select on trust_leaf, trust_root to nagara_app, nagara_network;
grant select, insert on trust_leaf, trust_root to nagara_clock;
grant select on network_root, report_release to nagara_app, nagara_clock;
grant select, insert on network_root, report_release to nagara_network;
grant select on federation_key to nagara_clock;
grant select, insert on federation_key to nagara_network;
grant update (retired_by, retired_at) on federation_key to nagara_network;
grant select, insert on federation_bundle, federation_refusal to nagara_network;
grant select, insert on network_appointment to nagara_network;
grant update (ended_by, ended_at) on network_appointment to nagara_network;
grant select, insert, update on report_review to nagara_network;
grant select, insert on report_review_step, report_comment to nagara_network;
grant select, insert on indicator_snapshot, indicator_figure, network_report to nagara_network;
"""

OF_A_CITY = ("trust_leaf", "trust_root", "federation_bundle", "federation_refusal")
OF_THE_NETWORK = (
    "federation_key",
    "network_appointment",
    "report_review",
    "report_review_step",
    "report_comment",
)


def upgrade() -> None:
    """Make the role and the tables, keep history as it was, and close every table to other cities."""
    for statements in (ROLE, ROOTS, FEDERATION, REVIEW, KEPT, GRANTS):
        op.execute(statements)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            f"for each statement execute function kept_refuse()"
        )
    for table in (*OF_A_CITY, *OF_THE_NETWORK):
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
        op.execute(f"create policy network on {table} to nagara_network using (true) with check (true)")
