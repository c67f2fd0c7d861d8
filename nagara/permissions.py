"""Who may do what: one table from role to permissions. Every route names the permission it needs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from nagara.errors import NotPermitted
from nagara.lifecycle import Move

NETWORK = "network"
"""Where accounts of network officials live; it is not a city and owns no request."""


class Permission(StrEnum):
    """What an account may be allowed."""

    VIEW_QUEUE = "view_queue"  # requests of the own city, without who filed them
    VIEW_CONTACT = "view_contact"  # name and address of who filed it
    WORK = "work"  # acknowledge, start, ask, pause, resume, refer, resolve, decline, reopen, note, link
    DISPATCH = "dispatch"  # assign, recategorise
    SUPERVISE = "supervise"  # prioritise, escalate
    VIEW_NETWORK = "view_network"  # figures and reports of all cities
    PUBLISH_REPORT = "publish_report"  # build a network report


class Role(StrEnum):
    """What an account is."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    CITY_ADMIN = "city_admin"
    OFFICIAL = "official"
    NATIONAL_REPRESENTATIVE = "national_representative"
    APPROVER = "approver"


P, R = Permission, Role
CITY_ROLES = (R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.AUDITOR, R.CITY_ADMIN)
NETWORK_ROLES = (R.OFFICIAL, R.NATIONAL_REPRESENTATIVE, R.APPROVER)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    R.AGENT: frozenset({P.VIEW_QUEUE, P.VIEW_CONTACT, P.WORK, P.DISPATCH}),
    R.DISPATCHER: frozenset({P.VIEW_QUEUE, P.WORK, P.DISPATCH}),
    R.SUPERVISOR: frozenset({P.VIEW_QUEUE, P.VIEW_CONTACT, P.WORK, P.DISPATCH, P.SUPERVISE}),
    R.AUDITOR: frozenset({P.VIEW_QUEUE}),
    R.CITY_ADMIN: frozenset({P.VIEW_QUEUE, P.VIEW_CONTACT, P.WORK, P.DISPATCH, P.SUPERVISE}),
    R.OFFICIAL: frozenset({P.VIEW_NETWORK, P.PUBLISH_REPORT}),
    R.NATIONAL_REPRESENTATIVE: frozenset({P.VIEW_NETWORK}),
    R.APPROVER: frozenset({P.VIEW_NETWORK}),
}

DISPATCH_MOVES = frozenset({Move.ASSIGN, Move.RECATEGORISE})
SUPERVISE_MOVES = frozenset({Move.PRIORITISE, Move.ESCALATE})


def permission_for(move: Move) -> Permission:
    """The permission a move needs."""
    if move in DISPATCH_MOVES:
        return P.DISPATCH
    return P.SUPERVISE if move in SUPERVISE_MOVES else P.WORK


def may(role: Role, permission: Permission) -> bool:
    """Whether a role includes a permission."""
    return permission in PERMISSIONS[role]


def demand(role: Role, permission: Permission) -> None:
    """Raise ``NotPermitted`` naming the roles that could, unless the role includes the permission."""
    if not may(role, permission):
        able = [r.value for r in Role if may(r, permission)]
        raise NotPermitted(f"As {role.value} you may not do this.", field="role", allowed=able)


def roles_of(city_id: str) -> tuple[Role, ...]:
    """The roles an account of this city, or of the network, can have."""
    return NETWORK_ROLES if city_id == NETWORK else CITY_ROLES
