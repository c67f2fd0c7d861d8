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
    VIEW_WALL = "view_wall"  # figures of the own city for a screen that many see: no request, no person
    VIEW_CONTACT = "view_contact"  # name and address of who filed it; each read is logged with its reason
    VIEW_ORIGINAL = "view_original"  # pictures and words as they came, before anything was hidden
    VIEW_AUDIT = "view_audit"  # who read contacts, who signed in, who changed accounts
    FILE = "file"  # file a request for somebody who called or came
    WORK = "work"  # acknowledge, refer, decline, reopen, link duplicates
    FIELD = "field"  # a job on the ground: start, pause, ask, resume, resolve with a picture, note
    DISPATCH = "dispatch"  # assign, recategorise, confirm duplicates, hand a job to a contractor by link
    MODERATE = "moderate"  # release to the public, reword, hide parts of pictures
    SUPERVISE = "supervise"  # prioritise, escalate; load and age of departments and people, hand over a desk
    BULK = "bulk"  # one move over many requests, and its undoing
    AUDIT = "audit"  # draw a quarter's sample of resolved requests, and say whether they are fixed
    EXPORT = "export"  # take a list out as a file
    ANNOUNCE = "announce"  # templates, announcements, declared emergencies
    ADMINISTER = "administer"  # accounts, keys, what the city is configured to do
    VIEW_NETWORK = "view_network"  # figures and reports of all cities
    PUBLISH_REPORT = "publish_report"  # build a network report, bring it through its review, release it
    REVIEW_REPORT = "review_report"  # see one's part of a report before its release, comment and answer
    APPROVE_REPORT = "approve_report"  # approve a report for a head of government, or return it with remarks
    GOVERN_NETWORK = "govern_network"  # trust cities' keys; appoint chair, shepherd and representatives


class Role(StrEnum):
    """What an account is."""

    CREW = "crew"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    CITY_ADMIN = "city_admin"
    SERVICE = "service"
    OFFICIAL = "official"
    NATIONAL_REPRESENTATIVE = "national_representative"
    APPROVER = "approver"


P, R = Permission, Role
CITY_ROLES = (R.CREW, R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.AUDITOR, R.CITY_ADMIN)
NETWORK_ROLES = (R.OFFICIAL, R.NATIONAL_REPRESENTATIVE, R.APPROVER)

_AGENT = frozenset(
    {P.VIEW_QUEUE, P.VIEW_WALL, P.VIEW_CONTACT, P.VIEW_ORIGINAL, P.FILE, P.WORK, P.FIELD, P.DISPATCH}
)
_SUPERVISOR = _AGENT | {P.MODERATE, P.SUPERVISE, P.BULK, P.EXPORT, P.ANNOUNCE, P.AUDIT}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    R.CREW: frozenset({P.VIEW_QUEUE, P.VIEW_WALL, P.FIELD}),
    R.AGENT: _AGENT,
    R.DISPATCHER: _AGENT - {P.VIEW_CONTACT, P.VIEW_ORIGINAL} | {P.MODERATE, P.BULK, P.EXPORT},
    R.SUPERVISOR: _SUPERVISOR,
    R.AUDITOR: frozenset({P.VIEW_QUEUE, P.VIEW_WALL, P.VIEW_AUDIT, P.AUDIT, P.EXPORT}),
    R.CITY_ADMIN: _SUPERVISOR | {P.ADMINISTER, P.REVIEW_REPORT},
    R.SERVICE: frozenset(),
    R.OFFICIAL: frozenset({P.VIEW_NETWORK, P.PUBLISH_REPORT, P.REVIEW_REPORT, P.GOVERN_NETWORK}),
    R.NATIONAL_REPRESENTATIVE: frozenset({P.VIEW_NETWORK, P.REVIEW_REPORT}),
    R.APPROVER: frozenset({P.VIEW_NETWORK, P.REVIEW_REPORT, P.APPROVE_REPORT}),
}

SCOPES: Mapping[str, frozenset[Permission]] = {
    "open311": frozenset(),
    "file": frozenset({P.FILE}),
    "wall": frozenset({P.VIEW_WALL}),
    "read_queue": frozenset({P.VIEW_QUEUE}),
    "work": frozenset({P.VIEW_QUEUE, P.WORK, P.FIELD, P.DISPATCH}),
    "moderate": frozenset({P.VIEW_QUEUE, P.MODERATE}),
    "export": frozenset({P.VIEW_QUEUE, P.EXPORT}),
    "audit": frozenset({P.VIEW_AUDIT}),
}
"""What a key of another system opens; ``open311`` is the api_key of GeoReport v2 alone. None opens contacts,
originals or accounts: those are for people.
"""

FIELD_MOVES = frozenset({Move.START, Move.PAUSE, Move.ASK, Move.RESUME, Move.RESOLVE, Move.NOTE})
DISPATCH_MOVES = frozenset({Move.ASSIGN, Move.RECATEGORISE})
SUPERVISE_MOVES = frozenset({Move.PRIORITISE, Move.ESCALATE, Move.DE_ESCALATE, Move.ACKNOWLEDGE_ESCALATION})


def permission_for(move: Move) -> Permission:
    """The permission a move needs."""
    if move in FIELD_MOVES:
        return P.FIELD
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
