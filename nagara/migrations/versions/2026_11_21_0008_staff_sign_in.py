"""Second factors, recovery codes, single sign-on, several departments, keys with scopes, who did what."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

ACCOUNTS = """
alter table staff_account
    add column totp_sealed bytea,
    add column totp_pending bytea,
    add column totp_last_step bigint,
    add column must_change_password boolean not null default false,
    add column oidc_issuer text,
    add column oidc_subject text,
    add column last_sign_in_at timestamptz,
    add constraint staff_account_identity unique (city_id, oidc_issuer, oidc_subject),
    add constraint staff_account_identity_whole check ((oidc_issuer is null) = (oidc_subject is null));

create table staff_department (
    city_id text not null,
    username text not null,
    department text not null,
    primary key (city_id, username, department),
    foreign key (city_id, username) references staff_account (city_id, username)
);
insert into staff_department select city_id, username, department from staff_account where department is not null;
alter table staff_account drop column department;

create table staff_recovery_code (
    city_id text not null,
    username text not null,
    digest bytea not null,
    used_at timestamptz,
    primary key (city_id, username, digest),
    foreign key (city_id, username) references staff_account (city_id, username)
);
"""

SESSIONS = """
alter table staff_session
    add column id uuid not null default gen_random_uuid(),
    add column last_used_at timestamptz not null default now(),
    add column user_agent text not null default '',
    add column how text not null default 'password'
        constraint staff_session_how check (how in ('password', 'single_sign_on')),
    add constraint staff_session_id unique (city_id, id);
create index staff_session_of on staff_session (city_id, username, created_at);
"""

# A key belongs to a service account from now on; those that were made before get one in common.
KEYS = """
insert into staff_account (city_id, username, password_hash, role, display_name, active, created_at)
select distinct city_id, 'other-systems', '', 'service', 'Other systems', true, now() from api_key
    on conflict do nothing;
alter table api_key
    add column id uuid not null default gen_random_uuid(),
    add column username text not null default 'other-systems',
    add column scopes text[] not null default '{}',
    add column created_by text,
    add column last_used_at timestamptz,
    add constraint api_key_id unique (city_id, id),
    add foreign key (city_id, username) references staff_account (city_id, username);
update api_key set scopes = array[scope];
alter table api_key alter column username drop default, alter column scopes drop default, drop column scope;
"""

AUDIT = """
create table staff_audit (
    city_id text not null,
    id uuid not null,
    at timestamptz not null default clock_timestamp(),
    actor text,
    action text not null,
    subject text,
    details jsonb not null default '{}',
    primary key (city_id, id)
);
create index staff_audit_newest on staff_audit (city_id, at desc, id desc);

create function staff_audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'what staff did is kept as it was: % is refused', tg_op
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger staff_audit_append_only before update or delete or truncate on staff_audit
    for each statement execute function staff_audit_refuse();
"""

GRANTS = """
grant select, insert, delete on staff_department, staff_recovery_code to nagara_app;
grant update (used_at) on staff_recovery_code to nagara_app;
grant select, insert on staff_audit to nagara_app;
grant delete on staff_session to nagara_app;
grant select on staff_department to nagara_clock;
grant insert on staff_department to nagara_clock;
"""

CITY_TABLES = ("staff_department", "staff_recovery_code", "staff_audit")


def upgrade() -> None:
    """Make the changes, and close every new table to other cities."""
    for statements in (ACCOUNTS, SESSIONS, KEYS, AUDIT, GRANTS):
        op.execute(statements)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
