"""Steps only add: the version before goes on working on the tables of the next one, until its last process is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from nagara.migrations import HERE

RULE_SINCE = "0025"
"""The first step after the guide for operators promised it."""

COUNTED = "it writes a row of news beside each request, and refuses and changes nothing"
VERSIONED = "who writes the counts, the clock alone, may write their versions; it refuses and changes nothing"
WIDER = "made anew in the same transaction under the same name, over more rows than before; only plans use it"
OF_A_CITY = (
    "made anew in the same transaction under the same name; all who ask by the time of recording name a city"
)
SAME_ANSWER = "of the same arguments and the same answer, found another way"
SECONDS_LATE = (
    "officials' counts are those that the timer added up last, some seconds old, until its process is gone"
)
MAPPED = "it writes a row of news beside each change of the map, which no version before reads, and refuses nothing"
LOOKED_AT = "it writes when to look again at what waits, which no version before reads, and refuses nothing"
ALLOWED = {
    ("0027", "create trigger request_counted"): COUNTED,
    ("0027", "create trigger request_counted_again"): COUNTED,
    ("0027", "create trigger request_counted_off"): COUNTED,
    ("0033", "create trigger request_count_added"): VERSIONED,
    ("0033", "create trigger request_count_changed"): VERSIONED,
    ("0033", "create trigger request_count_gone"): VERSIONED,
    ("0034", "drop index request_near"): WIDER,
    ("0034", "create or replace function request_words_found"): SAME_ANSWER,
    ("0037", "drop policy network on request_count_news"): SECONDS_LATE,
    ("0038", "drop index event_recorded"): OF_A_CITY,
    ("0039", "create trigger alert_waiting_again"): LOOKED_AT,
    ("0040", "create trigger request_mapped"): MAPPED,
    ("0040", "create trigger request_mapped_off"): MAPPED,
    ("0040", "create trigger request_mapped_again"): MAPPED,
}
"""Statements that the rule would refuse and that do the version before no harm, each with the reason."""

DROPS = re.compile(r"\bdrop\b|\brename\b|\btruncate\b|\bset schema\b|\bdelete from\b")
OTHER_TYPE = re.compile(r"\balter (?:column )?\w+ (?:set data )?type\b|\bset not null\b|\bdetach partition\b")
NEW_COLUMN = re.compile(r"\badd column (?:if not exists )?(\w+)((?:\([^()]*(?:\([^()]*\))?[^()]*\)|[^,(])*)")
CONSTRAINT = re.compile(r"\badd (?:constraint|check|unique|primary key|foreign key|exclude)\b")
ON_TABLE = re.compile(
    r"^(?:alter table (?:if exists )?(?:only )?|create unique index .*? on |create (?:constraint )?trigger .*? on "
    r"|create policy .*? on )(\w+)"
)
REPLACES = re.compile(r"^create or replace\b|^alter (?:function|policy|role|type \w+ (?!add value))")
TAKES_AWAY = re.compile(r"^revoke\b(?!.* from public$)")


def statements(sql: str) -> Iterator[str]:
    """The statements of a step in lower case, without comments, strings and what stands in functions."""
    bare = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", sql, flags=re.DOTALL)
    bare = re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"--[^\n]*", "", bare))
    for statement in bare.split(";"):
        if words := " ".join(statement.lower().split()):
            yield words


def wrongs(sql: str) -> list[tuple[str, str]]:
    """Statements that could break the version before, each with why."""
    found = []
    every = list(statements(sql))
    new = {
        name
        for one in every
        for name in re.findall(r"^create (?:unlogged )?table (?:if not exists )?(\w+)", one)
    }
    for one in every:
        table = ON_TABLE.match(one)
        old = table is not None and table[1] not in new
        if DROPS.search(one):
            found.append((one, "it takes away or renames what the version before may use"))
        elif OTHER_TYPE.search(one):
            found.append((one, "it changes what a column may hold"))
        elif REPLACES.match(one) or TAKES_AWAY.match(one):
            found.append((one, "it changes what the version before calls, or may do"))
        elif old and any("not null" in rest and "default" not in rest and "generated" not in rest
                         for _, rest in NEW_COLUMN.findall(one)):  # fmt: skip
            found.append((one, "the version before does not fill the new column"))
        elif old and (CONSTRAINT.search(one) or " unique" in one or one.startswith("create unique")):
            found.append((one, "the version before may write what it refuses"))
        elif old and ("enable row level security" in one or "trigger" in one or "restrictive" in one):
            found.append((one, "it may refuse, hide or change what the version before writes"))
    return found


def steps() -> list[tuple[str, str]]:
    """Revision and SQL of every step to which the rule applies, in order."""
    found = []
    for step in ScriptDirectory(str(HERE)).walk_revisions():
        if step.revision >= RULE_SINCE:
            said: list[str] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(step.module, "op", SimpleNamespace(execute=said.append))
                step.module.upgrade()
            found.append((step.revision, ";\n".join(said)))
    return sorted(found)


def allowing(revision: str, statement: str) -> set[tuple[str, str]]:
    """The exceptions that a statement falls under."""
    return {
        key for key in ALLOWED if key[0] == revision and re.match(re.escape(key[1]) + r"\b(?!_)", statement)
    }


def test_no_step_takes_away_what_the_version_before_uses() -> None:
    found: list[tuple[str, str, str]] = []
    used: set[tuple[str, str]] = set()
    every = steps()
    for revision, sql in every:
        assert any(True for _ in statements(sql)), f"{revision} says nothing by op.execute"
        for statement, why in wrongs(sql):
            if not (keys := allowing(revision, statement)):
                found.append((revision, statement, why))
            used |= keys
    assert found == []
    assert used == set(ALLOWED), "an exception that is none any more"
    assert len(every) >= 7


REFUSED = (
    "drop table request",
    "alter table request drop column note",
    "ALTER TABLE request\n  RENAME COLUMN note TO remark",
    "alter index request_received_covering rename to request_received",
    "alter table request alter column note type integer using note::integer",
    "alter table request alter note set data type text",
    "alter table request alter column note set not null",
    "alter table request add column note text not null",
    "alter table request add column kind text default 'a', add column note numeric(8, 2) not null",
    "alter table request add constraint short check (length(note) < 9)",
    "alter table request add column note text unique",
    "create unique index one_note on request (note)",
    "create trigger refuse before update on request for each row execute function refuse()",
    "alter table request enable row level security",
    "create or replace function event_chain() returns trigger language plpgsql as $$ begin end $$",
    "revoke update on request from nagara_app",
    "delete from indicator_build; select 1",
    "create table new (a int); drop function time_standing(text[])",
)  # fmt: skip
TAKEN: tuple[Any, ...] = (
    "alter table request add column note text, add column at timestamptz not null default now()",
    "alter table request add column note numeric(8, 2) default 0 not null",
    "create table new (a text not null unique); alter table new enable row level security; "
    "create unique index new_a on new (a); create policy own_city on new to nagara_app using (true)",
    "create function drops() returns void language sql as $$ drop table request; $$; "
    "revoke all on function drops from public",
    "comment on table request is 'drop it; rename it'",
    "-- drop table request\ncreate index request_note on request (note)",
    "alter table request alter column note set storage external",
    "update request set note = null where note = 'drop'",
    "create policy all_cities on request to nagara_clock using (true)",
)


@pytest.mark.parametrize("sql", REFUSED)
def test_what_would_break_the_version_before_is_found(sql: str) -> None:
    assert len(wrongs(sql)) == 1


@pytest.mark.parametrize("sql", TAKEN)
def test_what_only_adds_is_taken(sql: str) -> None:
    assert wrongs(sql) == []
