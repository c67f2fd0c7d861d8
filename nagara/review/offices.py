"""Offices that are held for a time: chair, shepherd, a country's representative. They end by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from nagara.accounts import Account
from nagara.errors import AlreadyThere, InvalidInput
from nagara.ids import uuid7
from nagara.network.errors import OtherHands, UnknownAppointment
from nagara.permissions import NETWORK, Role
from nagara.review.path import Office

LONGEST = {
    Office.CHAIR: dt.timedelta(days=400),
    Office.SHEPHERD: dt.timedelta(days=2 * 366 + 30),
    Office.REPRESENTATIVE: dt.timedelta(days=4 * 366),
}
"""A chair serves a year, a shepherd two; with some weeks for handing over. All may be appointed again."""

BY_ROLE = {Role.OFFICIAL: Office.OFFICIAL, Role.APPROVER: Office.APPROVER}
"""Offices that come with an account's role and last as long."""

COLUMNS = (
    "id, username, office, country, valid_from, valid_to, appointed_by, appointed_at, ended_by, ended_at"
)
ALL = f"select {COLUMNS} from network_appointment where city_id = 'network' order by valid_from desc, id desc"  # noqa: S608
ONE = f"select {COLUMNS} from network_appointment where city_id = 'network' and id = %s"  # noqa: S608
HELD = """
select office, country from network_appointment
 where city_id = 'network' and username = %(username)s and valid_from <= %(now)s and valid_to > %(now)s
   and (ended_at is null or ended_at > %(now)s)
"""
OVERLAPS = """
select 1 from network_appointment
 where city_id = 'network' and office = %(office)s and ended_at is null
   and (office <> 'representative' or (country = %(country)s and username = %(username)s))
   and valid_from < %(to)s and valid_to > %(from)s
"""
ADD = """
insert into network_appointment (city_id, id, username, office, country, valid_from, valid_to, appointed_by)
values ('network', %s, %s, %s, %s, %s, %s, %s)
"""
END = """
update network_appointment set ended_by = %s, ended_at = clock_timestamp()
 where city_id = 'network' and id = %s and ended_at is null
"""
LOCK = "select pg_advisory_xact_lock(hashtextextended('network appointments', 0))"


@dataclass(frozen=True, slots=True)
class Appointment:
    """An office, who holds it for which country, and from when to when."""

    id: UUID
    username: str
    office: str
    country: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    appointed_by: str
    appointed_at: dt.datetime
    ended_by: str | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """The offices somebody holds now, and the countries they represent."""

    offices: frozenset[Office]
    countries: frozenset[str]


def appointments(connection: psycopg.Connection[Any]) -> list[Appointment]:
    """Every appointment there is or was, newest first."""
    return [Appointment(*row) for row in connection.execute(ALL)]


def appoint(
    connection: psycopg.Connection[Any],
    officer: str,
    new: Appointment,
    countries: Collection[str],
) -> Appointment:
    """Give an office for a time. One chair and one shepherd at a time: they hand over by date.

    Raises ``InvalidInput``, ``AlreadyThere``, or ``OtherHands`` for who would appoint themselves.
    """
    if new.office not in {office.value for office in LONGEST}:
        raise InvalidInput(
            f"{new.office[:40]!r} is no office that is given.",
            field="office",
            allowed=[o.value for o in LONGEST],
        )
    if new.country not in countries:
        raise InvalidInput(
            f"{new.country[:40]!r} is no country of the network.", field="country", allowed=sorted(countries)
        )
    if new.username == officer:
        raise OtherHands("Nobody appoints themselves.", field="username")
    longest = LONGEST[Office(new.office)]
    if not dt.timedelta() < new.valid_to - new.valid_from <= longest:
        raise InvalidInput(
            "The office must end after it begins, within its longest term.",
            field="valid_to",
            allowed=f"at most {longest.days} days",
        )
    connection.execute(LOCK)
    values = {
        "office": new.office,
        "country": new.country,
        "username": new.username,
        "from": new.valid_from,
        "to": new.valid_to,
    }
    if connection.execute(OVERLAPS, values).fetchone():
        raise AlreadyThere(
            "The office is held in that time; end it first, or begin later.", field="valid_from"
        )
    id_ = uuid7()
    connection.execute(
        ADD, (id_, new.username, new.office, new.country, new.valid_from, new.valid_to, officer)
    )
    return find(connection, id_)


def end(connection: psycopg.Connection[Any], officer: str, id_: UUID) -> Appointment:
    """End an office before its time; ending it again changes nothing."""
    connection.execute(END, (officer, id_))
    return find(connection, id_)


def find(connection: psycopg.Connection[Any], id_: UUID) -> Appointment:
    """An appointment; raise ``UnknownAppointment``."""
    row = connection.execute(ONE, (id_,)).fetchone()
    if row is None:
        raise UnknownAppointment(f"There is no appointment {id_}.", field="id")
    return Appointment(*row)


def held_by(connection: psycopg.Connection[Any], account: Account, now: dt.datetime) -> Held:
    """The offices of an account at a time: by its role, and by appointments that run."""
    if account.city_id != NETWORK:
        return Held(frozenset(), frozenset())
    rows = connection.execute(HELD, {"username": account.username, "now": now}).fetchall()
    offices = {Office(row[0]) for row in rows}
    own = BY_ROLE.get(account.role)
    countries = {row[1] for row in rows if row[0] == Office.REPRESENTATIVE}
    return Held(frozenset(offices | ({own} if own else set())), frozenset(countries))
