"""Texts staff write often: by move, service and language, with places that a request fills.

Places are those of the notices, written ``{reference}``; values are put in as they are and never read as
places themselves. The caller owns the transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from city_config import City
from city_config.texts import PLACEHOLDERS
from city_config.texts import Template as TextWithPlaces
from nagara.accounts import Account
from nagara.errors import AlreadyThere, InvalidInput, UnknownNotice
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_TEXT, check_text
from nagara.ids import uuid7
from nagara.lifecycle import STAFF_MOVES
from nagara.tables import ReplyTemplate, Request

OFFERED = ("reference", "city", "service", "department", "district")
"""Places a reply may have; the rest of a notice's places are about the notice."""

_text = TypeAdapter(TextWithPlaces)


def save(
    session: Session,
    city: City,
    account: Account,
    now: dt.datetime,
    name: str,
    language: str,
    body: str,
    move: str | None = None,
    service_code: str | None = None,
    replaces: uuid.UUID | None = None,
) -> ReplyTemplate:
    """Add a template, or put a new wording in place of an old one, which stays in the table as retired.

    Raises ``InvalidInput``, ``UnknownNotice`` for what is to be replaced, ``AlreadyThere`` for a name and
    language that another template has.
    """
    _check(city, name, language, body, move, service_code)
    if replaces is not None:
        retire(session, city, account, now, replaces)
        session.flush()
    row = ReplyTemplate(
        city_id=city.id,
        id=uuid7(),
        name=name.strip(),
        move=move,
        service_code=service_code,
        language=language,
        body=body,
        changed_by=account.sign_in_name,
        changed_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyThere(
            f"There is a template {name[:40]!r} in {language!r} already.", field="name"
        ) from error
    return row


def retire(session: Session, city: City, account: Account, now: dt.datetime, id_: uuid.UUID) -> ReplyTemplate:
    """Offer a template no longer. Raises ``UnknownNotice``."""
    row = session.get(ReplyTemplate, (city.id, id_), with_for_update=True)
    if row is None or row.retired_at is not None:
        raise UnknownNotice("There is no such template.", field="id")
    row.retired_at, row.changed_by = now, account.sign_in_name
    session.add(row)
    return row


def offered(
    session: Session,
    city: City,
    *,
    move: str | None = None,
    service_code: str | None = None,
    language: str | None = None,
) -> Sequence[ReplyTemplate]:
    """The templates that fit: those for this move, service and language, and those for any; by name."""
    query = select(ReplyTemplate).where(
        col(ReplyTemplate.city_id) == city.id, col(ReplyTemplate.retired_at).is_(None)
    )
    for column, wanted in ((ReplyTemplate.move, move), (ReplyTemplate.service_code, service_code)):
        if wanted is not None:
            query = query.where(col(column).is_(None) | (col(column) == wanted))
    if language is not None:
        query = query.where(col(ReplyTemplate.language) == language)
    return session.exec(query.order_by(col(ReplyTemplate.name), col(ReplyTemplate.language))).all()


def filled(city: City, template: ReplyTemplate, row: Request) -> str:
    """The text of a template about a request, in the template's language."""
    language = template.language
    service = city.services_by_code.get(row.service_code)
    department = city.departments_by_code.get(row.department)
    district = city.district_names.get(row.district or "")
    values = dict.fromkeys(PLACEHOLDERS, "") | {
        "reference": row.reference,
        "city": city.name_in(city.names, language),
        "service": city.name_in(service.names, language) if service else row.service_code,
        "department": city.name_in(department.names, language) if department else row.department,
        "district": city.name_in(district, language) if district else "",
    }
    return template.body.format_map(values)


def _check(
    city: City, name: str, language: str, body: str, move: str | None, service_code: str | None
) -> None:
    check_text("name", name, MAX_TEXT)
    check_text("body", body, MAX_DESCRIPTION)
    for field, value in (("name", name), ("body", body)):
        if not value.strip():
            raise InvalidInput(f"{field} is missing.", field=field)
    if language not in (*city.languages, "en"):
        raise InvalidInput(
            f"{language[:20]!r} is not a language of the city.",
            field="language",
            allowed=[*city.languages, "en"],
        )
    if move is not None and move not in {one.value for one in STAFF_MOVES}:
        allowed = [one.value for one in STAFF_MOVES]
        raise InvalidInput(f"{move[:40]!r} is not a move.", field="move", allowed=allowed)
    if service_code is not None and service_code not in city.services_by_code:
        raise InvalidInput(
            f"{service_code[:40]!r} is not a service here.",
            field="service_code",
            allowed=city.services_by_code,
        )
    try:
        _text.validate_python(body)
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"The body has a wrong place: {told}", field="body", allowed=OFFERED) from error
