"""From what an identity provider says of somebody to an account of the city.

An account is found by issuer and subject, which never change; the first time by its e-mail address or username,
and is bound to the subject from then on. Nobody gets an account unless the city's configuration says so, for
addresses of its own domains only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from city_config.policy import IdentityProvider
from nagara.accounts import trail
from nagara.accounts.openid import Identity
from nagara.accounts.people import free_username, new_account_row
from nagara.accounts.trail import Action
from nagara.errors import SignInFailed
from nagara.permissions import Role
from nagara.tables import StaffAccount

NO_ACCOUNT = "You have no account here, or it is switched off; ask your city's administrator."


def account_for(session: Session, city: City, provider: IdentityProvider, identity: Identity) -> StaffAccount:
    """The account of whoever came back from the provider; raise ``SignInFailed`` if there is none for them."""
    row = session.exec(
        select(StaffAccount)
        .where(
            col(StaffAccount.city_id) == city.id,
            col(StaffAccount.oidc_issuer) == identity.issuer,
            col(StaffAccount.oidc_subject) == identity.subject,
        )
        .with_for_update()
    ).first()
    row = row or _first_time(session, city, provider, identity)
    if not row.active:
        raise SignInFailed(NO_ACCOUNT)
    return row


def _first_time(session: Session, city: City, provider: IdentityProvider, identity: Identity) -> StaffAccount:
    stated = identity.claims.get(provider.username_claim)
    if not isinstance(stated, str) or not stated.strip():
        raise SignInFailed(f"The identity provider does not say who you are ({provider.username_claim}).")
    name = stated.strip().lower()
    by_address = "@" in name
    if by_address and not _verified(provider, identity.claims):
        raise SignInFailed("The identity provider has not verified your e-mail address.")
    match = func.lower(StaffAccount.email) == name if by_address else col(StaffAccount.username) == name
    found = session.exec(
        select(StaffAccount)
        .where(col(StaffAccount.city_id) == city.id, col(StaffAccount.role) != Role.SERVICE.value, match)
        .with_for_update()
    ).all()
    if len(found) > 1:
        raise SignInFailed("Several accounts have your e-mail address; ask your city's administrator.")
    if found and found[0].oidc_subject is not None:
        raise SignInFailed("The account belongs to somebody else at the identity provider.")
    row = found[0] if found else _made(session, city, identity, name if by_address else None)
    row.oidc_issuer, row.oidc_subject = identity.issuer, identity.subject
    trail.record(
        session,
        city.id,
        Action.IDENTITY_LINKED,
        actor=row.username,
        subject=row.username,
        details={"provider": provider.code},
    )
    return row


def _made(session: Session, city: City, identity: Identity, address: str | None) -> StaffAccount:
    """A new account with the city's default role, where its configuration asks for one."""
    access = city.staff_access
    domain = address.partition("@")[2] if address else ""
    if access.new_account_role is None or domain not in {d.lower() for d in access.new_account_domains}:
        raise SignInFailed(NO_ACCOUNT)
    username = free_username(session, city.id, (address or "").partition("@")[0])
    row = new_account_row(session, city.id, username, access.new_account_role)
    name = identity.claims.get("name")
    row.display_name = name.strip()[:200] if isinstance(name, str) and name.strip() else username
    row.email = address
    session.add(row)
    session.flush()
    trail.record(
        session,
        city.id,
        Action.ACCOUNT_ADDED,
        actor=None,
        subject=username,
        details={"role": access.new_account_role, "by": "identity provider"},
    )
    return row


def _verified(provider: IdentityProvider, claims: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the address; only a plain true does."""
    return provider.verified_claim is None or claims.get(provider.verified_claim) is True
