"""What an external owner sends us of its own accord: an update of a request of ours, under our reference or theirs."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from sqlmodel import Session, col, select

from city_config import City
from nagara.cities import city_of_reference
from nagara.external_owner import owners
from nagara.external_owner.applying import apply
from nagara.external_owner.update import News
from nagara.tables import ExternalRequest, Request


class Sent(Protocol):
    """An update as the endpoint reads it."""

    @property
    def update_id(self) -> str:
        """Their key of it."""

    @property
    def service_request_id(self) -> str:
        """The request, by our reference or by their number."""

    @property
    def service_request_id_ext(self) -> str | None:
        """The request by our own reference, where they send it beside."""

    @property
    def status(self) -> str:
        """In lower case."""

    @property
    def updated_at(self) -> dt.datetime | None:
        """When it happened there."""

    @property
    def description(self) -> str:
        """Their words."""


def receive(session: Session, city: City, label: str, update: Sent) -> bool:
    """Take an update by the system whose key has this label; False where the request is not in its hands.

    In the caller's transaction. Repeated, it changes nothing and is still theirs.
    """
    owner = owners.pushing(city, label)
    if owner is None:
        return False
    link = _link(session, city, owner.code, update)
    if link is None:
        return False
    words = update.description.strip() or None
    apply(
        session,
        city,
        owner,
        link,
        News(f"told-{update.update_id}", update.status, None, words, update.updated_at),
    )
    return True


def _link(session: Session, city: City, owner: str, update: Sent) -> ExternalRequest | None:
    theirs = select(ExternalRequest).where(
        col(ExternalRequest.city_id) == city.id, col(ExternalRequest.owner) == owner
    )
    for said in (update.service_request_id, update.service_request_id_ext):
        if not said:
            continue
        found = city_of_reference(said)
        if found is not None and found[0].id == city.id:
            ours = select(Request.id).where(
                col(Request.city_id) == city.id, col(Request.reference) == found[1]
            )
            link = session.exec(theirs.where(col(ExternalRequest.request_id).in_(ours))).first()
        else:
            link = session.exec(theirs.where(col(ExternalRequest.their_id) == said)).first()
        if link is not None:
            return link
    return None
