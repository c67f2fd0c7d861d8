"""Residents sign in by showing that a contact is theirs: with a code sent to it, or through an identity provider.

There are no accounts to make and none to lose: whoever owns the contact sees what was filed with it in that city.
Requests are found by the contact's digest; the session keeps the contact sealed, to show the end of it. Whether
anything was ever filed with a contact, nobody learns who does not own it: the answers are the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, text, update
from sqlmodel import Session, col, select

from city_config import City
from city_config.policy import IdentityProvider
from nagara.accounts.openid import Identity
from nagara.errors import InvalidInput, NotSignedIn, SignInFailed
from nagara.ids import new_secret, resident_token, secret_digest
from nagara.notifications.channels import CHANNELS
from nagara.notifications.contacts import send_code
from nagara.notifications.keeping import session_writer
from nagara.public.request_views import named_district, named_service
from nagara.residents.codes import code_holds
from nagara.residents.contact_digests import contact_digest
from nagara.residents.own_notices import confirm_contacts
from nagara.sealing import seal, unseal
from nagara.settings import settings
from nagara.tables import ResidentSession

SESSION_LENGTH = dt.timedelta(days=30)
PURPOSE = "sign_in"
MOST_SHOWN = 200

Kind = Literal["email", "phone"]
CHANNEL_OF: Mapping[Kind, Literal["email", "sms"]] = {"email": "email", "phone": "sms"}

KNOWN = """
select exists (select from contact where city_id = :city_id and email_digest = :digest)
    or exists (select from contact where city_id = :city_id and phone_digest = :digest)
    or exists (select from subscription where city_id = :city_id and digest = :digest and confirmed_at is not null)
"""
FILED_WITH = """
select r.id, r.reference, r.status, r.service_code, r.district, r.received_at, r.updated_at, r.closed_at,
       r.resolve_by, r.promise_standard, r.link_generation
  from contact c join request r on r.city_id = c.city_id and r.id = c.request_id
 where c.city_id = :city_id and (c.email_digest = :digest or c.phone_digest = :digest)
 order by r.received_at desc limit :most
"""


@dataclass(frozen=True, slots=True)
class Resident:
    """Who is signed in: a contact of a city, by its digest, and the end of it for the eye."""

    city_id: str
    kind: Kind
    digest: bytes
    hint: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; the token is seen this once."""

    token: str
    expires_at: dt.datetime


def digest_of(city: City, kind: Kind, contact: str) -> bytes:
    """The digest of a contact; raise ``InvalidInput`` where it is none, or nothing can be sent there."""
    if not CHANNELS[CHANNEL_OF[kind]].ready():
        raise InvalidInput(f"No codes can be sent to a {kind} here.", field=kind, allowed=ways(city))
    digest = contact_digest(settings().secret, city, kind, contact)
    if digest is None:
        raise InvalidInput(f"This is no {kind}.", field=kind, allowed="an e-mail address or telephone number")
    return digest


def ways(city: City) -> list[str]:
    """How residents of a city can sign in: ``email``, ``phone``, and the codes of identity providers."""
    by_code = [kind for kind, channel in CHANNEL_OF.items() if CHANNELS[channel].ready()]
    return [*by_code, *(provider.code for provider in providers(city))]


def providers(city: City) -> list[IdentityProvider]:
    """Who vouches for residents of a city."""
    return [provider for provider in city.identity_providers if provider.signs_in == "residents"]


def ask_for_code(session: Session, city: City, kind: Kind, contact: str, language: str | None) -> None:
    """Send a code, if anything was filed or is followed with this contact; nothing tells the caller which."""
    digest = digest_of(city, kind, contact)
    known = session.execute(text(KNOWN), {"city_id": city.id, "digest": digest}).scalar_one()
    if known:
        writer = session_writer(session)
        send_code(writer, city, PURPOSE, CHANNEL_OF[kind], {kind: contact.strip()}, language=language)


def sign_in_by_code(session: Session, city: City, kind: Kind, contact: str, code: str) -> SignedIn | None:
    """Open a session for the owner of a contact; None for a wrong code. The caller commits in either case."""
    digest = digest_of(city, kind, contact)
    if not code_holds(session, settings().secret, city.id, PURPOSE, digest, code):
        return None
    return _open(session, city, kind, contact.strip(), digest)


def sign_in_vouched(session: Session, city: City, provider: IdentityProvider, identity: Identity) -> SignedIn:
    """Open a session for the contact a provider vouches for; raise ``SignInFailed`` where it does not."""
    contact = identity.claims.get(provider.contact_claim)
    if not isinstance(contact, str) or not contact.strip():
        raise SignInFailed("The identity provider named no contact, so there is nothing to find reports by.")
    if provider.verified_claim is not None and identity.claims.get(provider.verified_claim) is not True:
        raise SignInFailed("The identity provider has not confirmed that contact itself.")
    kind: Kind = "email" if "@" in contact else "phone"
    digest = contact_digest(settings().secret, city, kind, contact)
    if digest is None:
        raise SignInFailed("The identity provider named a contact that cannot be one.")
    return _open(session, city, kind, contact.strip(), digest)


def resident_of(session: Session, city_id: str, token: str) -> Resident:
    """Who a token belongs to; raise ``NotSignedIn`` if its session ended, was revoked or never was."""
    query = select(ResidentSession).where(
        col(ResidentSession.city_id) == city_id,
        col(ResidentSession.token_digest) == secret_digest(token),
        col(ResidentSession.revoked_at).is_(None),
        col(ResidentSession.expires_at) > func.clock_timestamp(),
    )
    row = session.exec(query).first()
    if row is None:
        raise NotSignedIn("Sign in first; your session may have ended.")
    contact = unseal(settings().secret, city_id, row.sealed) or {}
    kind: Kind = "email" if row.channel == "email" else "phone"
    return Resident(city_id, kind, row.digest, hint(contact.get(kind, "")))


def sign_out(session: Session, city_id: str, token: str, *, everywhere: bool = False) -> None:
    """End a session at once, or all of its contact."""
    who = resident_of(session, city_id, token)
    which = (
        col(ResidentSession.digest) == who.digest
        if everywhere
        else col(ResidentSession.token_digest) == secret_digest(token)
    )
    session.execute(
        update(ResidentSession)
        .where(col(ResidentSession.city_id) == city_id, which, col(ResidentSession.revoked_at).is_(None))
        .values(revoked_at=func.clock_timestamp())
    )


def filed_by(session: Session, city: City, resident: Resident) -> list[dict[str, Any]]:
    """What was filed with the resident's contact, newest first, each with the token of its private link."""
    values = {"city_id": city.id, "digest": resident.digest, "most": MOST_SHOWN}
    shown = []
    for row in session.execute(text(FILED_WITH), values):
        token = resident_token(settings().secret, city.id, row.id, row.link_generation)
        shown.append(
            {
                "reference": row.reference,
                "status": row.status,
                "open": row.closed_at is None,
                "service": named_service(city, row.service_code),
                "district": named_district(city, row.district),
                "received_at": row.received_at,
                "updated_at": row.updated_at,
                "closed_at": row.closed_at,
                "resolve_by": row.resolve_by,
                "promise_standard": row.promise_standard,
                "token": token,
            }
        )
    return shown


def hint(contact: str) -> str:
    """Enough of a contact for its owner to know it by: ``s…a@example.org``, ``…678``."""
    name, at, domain = contact.partition("@")
    if at:
        return f"{name[:1]}…{name[-1:] if len(name) > 2 else ''}@{domain}"
    return f"…{contact[-3:]}" if contact else ""


def _open(session: Session, city: City, kind: Kind, contact: str, digest: bytes) -> SignedIn:
    """A session; what was filed with the contact counts as confirmed from now on."""
    confirm_contacts(session, city, kind, digest)
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    token = new_secret(city.id)
    session.add(
        ResidentSession(
            city_id=city.id,
            token_digest=secret_digest(token),
            channel=kind,
            digest=digest,
            sealed=seal(settings().secret, city.id, {kind: contact}),
            created_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return SignedIn(token, now + SESSION_LENGTH)
