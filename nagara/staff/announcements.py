"""What a city tells everybody for a while, and the emergencies its authorities declare.

Announcements are shown beside the form and the status page. A declared emergency marks the requests and
figures of its days; it erases nothing and stops no clock. The caller owns the transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, get_args

from sqlmodel import Session, col, select

from city_config import City
from city_config.network import EmergencyKind
from nagara.accounts import Account
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput, UnknownNotice
from nagara.filing.handed_in import MAX_TEXT, check_text
from nagara.ids import uuid7
from nagara.tables import Announcement, DeclaredEmergency

LEVELS = ("info", "warning", "danger")
LONGEST_ANNOUNCEMENT = dt.timedelta(days=366)
MOST_CHARACTERS = 1000

SHOWN: LiteralString = """
select id, level, texts, districts, services, shown_from, shown_until from announcement
 where city_id = %s and withdrawn_at is null and shown_until > clock_timestamp()
   and shown_from <= clock_timestamp()
 order by array_position(array['danger', 'warning', 'info'], level), shown_from desc, id limit 20
"""


async def shown_now(pool: Pool, city: City) -> list[dict[str, Any]]:
    """The announcements of this moment, the gravest first; at most twenty."""
    [found] = await read_in_city(pool, city.id, (SHOWN, (city.id,)))
    names = ("id", "level", "texts", "districts", "services", "shown_from", "shown_until")
    return [dict(zip(names, row, strict=True)) for row in found]


def announce(
    session: Session,
    city: City,
    account: Account,
    now: dt.datetime,
    level: str,
    texts: Mapping[str, str],
    shown_from: dt.datetime | None,
    shown_until: dt.datetime,
    districts: Sequence[str] = (),
    services: Sequence[str] = (),
) -> Announcement:
    """Put up an announcement, from now unless a later time is given; raises ``InvalidInput``."""
    begin = shown_from or now
    if level not in LEVELS:
        raise InvalidInput(f"{level[:40]!r} is not a level.", field="level", allowed=LEVELS)
    _check_texts(city, texts)
    if not begin < shown_until <= begin + LONGEST_ANNOUNCEMENT or shown_until <= now:
        raise InvalidInput(
            "An announcement ends after it begins, and within a year.",
            field="shown_until",
            allowed=f"until {(begin + LONGEST_ANNOUNCEMENT).isoformat()}",
        )
    _check_known("districts", districts, city.district_names)
    _check_known("services", services, city.services_by_code)
    row = Announcement(
        city_id=city.id,
        id=uuid7(),
        level=level,
        texts=dict(texts),
        districts=list(districts),
        services=list(services),
        shown_from=begin,
        shown_until=shown_until,
        created_by=account.sign_in_name,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def take_down(session: Session, city: City, id_: uuid.UUID, now: dt.datetime) -> Announcement:
    """End an announcement; one taken down before stays so. Raises ``UnknownNotice``."""
    row = session.get(Announcement, (city.id, id_), with_for_update=True)
    if row is None:
        raise UnknownNotice("There is no such announcement.", field="id")
    row.withdrawn_at = row.withdrawn_at or now
    session.add(row)
    return row


def announcements(session: Session, city: City, most: int = 200) -> Sequence[Announcement]:
    """All announcements, the newest first."""
    query = select(Announcement).where(col(Announcement.city_id) == city.id)
    return session.exec(query.order_by(col(Announcement.created_at).desc()).limit(most)).all()


def declare(
    session: Session,
    city: City,
    account: Account,
    now: dt.datetime,
    kind: str,
    declared_by: str,
    source: str,
    valid_from: dt.datetime,
    districts: Sequence[str] = (),
) -> DeclaredEmergency:
    """Write down an emergency that an authority declared, with where that stands; raises ``InvalidInput``.

    It may have begun up to a year ago: what marks figures must not depend on when somebody typed it.
    """
    kinds = get_args(EmergencyKind)
    if kind not in kinds:
        raise InvalidInput(f"{kind[:40]!r} is not a kind of emergency.", field="kind", allowed=kinds)
    for name, value in (("declared_by", declared_by), ("source", source)):
        check_text(name, value, MAX_TEXT)
        if not value.strip():
            raise InvalidInput(f"{name} is missing: an emergency is declared by somebody.", field=name)
    if not now - LONGEST_ANNOUNCEMENT <= valid_from <= now + dt.timedelta(days=1):
        raise InvalidInput("An emergency begins now or began within a year.", field="valid_from")
    _check_known("districts", districts, city.district_names)
    row = DeclaredEmergency(
        city_id=city.id,
        id=uuid7(),
        kind=kind,
        districts=list(districts),
        declared_by=declared_by.strip(),
        source=source.strip(),
        valid_from=valid_from,
        recorded_by=account.sign_in_name,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    return row


def end_emergency(
    session: Session, city: City, account: Account, id_: uuid.UUID, valid_to: dt.datetime, now: dt.datetime
) -> DeclaredEmergency:
    """Say when an emergency ended; said before, it stays so. Raises ``UnknownNotice``, ``InvalidInput``."""
    row = session.get(DeclaredEmergency, (city.id, id_), with_for_update=True)
    if row is None:
        raise UnknownNotice("There is no such emergency.", field="id")
    if row.valid_to is None:
        if not row.valid_from <= valid_to <= now:
            raise InvalidInput(
                "An emergency ends after it began, and not in the future.",
                field="valid_to",
                allowed=f"{row.valid_from.isoformat()} to {now.isoformat()}",
            )
        row.valid_to, row.ended_by = valid_to, account.sign_in_name
        session.add(row)
    return row


def emergencies(session: Session, city: City, most: int = 200) -> Sequence[DeclaredEmergency]:
    """All emergencies written down here, the newest first."""
    query = select(DeclaredEmergency).where(col(DeclaredEmergency.city_id) == city.id)
    return session.exec(query.order_by(col(DeclaredEmergency.valid_from).desc()).limit(most)).all()


def _check_texts(city: City, texts: Mapping[str, str]) -> None:
    if not texts:
        raise InvalidInput("An announcement needs words.", field="texts", allowed=city.languages)
    for language, text in texts.items():
        if language not in (*city.languages, "en"):
            raise InvalidInput(
                f"{language[:20]!r} is not a language of the city.",
                field="texts",
                allowed=[*city.languages, "en"],
            )
        check_text(f"texts.{language}", text, MOST_CHARACTERS)
        if not text.strip():
            raise InvalidInput(f"The words in {language!r} are missing.", field=f"texts.{language}")


def _check_known(field: str, given: Sequence[str], known: Mapping[str, Any]) -> None:
    for code in given:
        if code not in known:
            raise InvalidInput(f"{code[:40]!r} is not known here.", field=field, allowed=known)
