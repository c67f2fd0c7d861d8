"""The city's accounts, for its administrators; colleagues, for everybody at work; the trail, for auditors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.answers import json_answer
from api.dependencies import Administrator, AuditReader, StaffSession, Viewer, staff_city
from api.error_responses import documented
from api.schemas import accounts as accounts_schemas
from nagara.accounts import people, trail
from nagara.accounts.people import NewAccount, Person, Reset
from nagara.errors import InvalidInput
from nagara.permissions import Role

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

NEVER_NULL = ("role", "display_name", "departments", "active")


@router.get(
    "/accounts",
    response_model=accounts_schemas.StaffAccounts,
    responses=documented(401, 403, 404),
    operation_id="get_accounts",
)
def accounts_listed(staff: Administrator, session: StaffSession) -> Response:
    """All accounts of the own city, service accounts and those switched off with them."""
    city = staff_city(staff)
    return json_answer({"accounts": [_shown(person) for person in people.people_of(session, city.id)]})


@router.post(
    "/accounts",
    status_code=201,
    response_model=accounts_schemas.AccountMade,
    responses=documented(401, 403, 404, 409),
    operation_id="add_account",
)
def add_account(
    body: accounts_schemas.NewAccountBody, staff: Administrator, session: StaffSession
) -> Response:
    """Make an account. Its first password has to be changed at the first sign-in."""
    city = staff_city(staff)
    new = NewAccount(**(body.model_dump() | {"departments": tuple(body.departments)}))
    person, temporary = people.create_account(session, city, staff, new)
    return json_answer({"account": _shown(person), "temporary_password": temporary}, 201)


@router.patch(
    "/accounts/{username}",
    response_model=accounts_schemas.StaffAccountShown,
    responses=documented(401, 403, 404, 409),
    operation_id="change_account",
)
def change_account(
    username: str,
    body: accounts_schemas.AccountChangeBody,
    staff: Administrator,
    session: StaffSession,
) -> Response:
    """Change role, departments, name, address, or switch an account off; it is signed out where it loses rights."""
    city = staff_city(staff)
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    for name in NEVER_NULL:
        if name in changes and changes[name] is None:
            raise InvalidInput(f"{name} cannot be nothing; leave it out to keep it.", field=name)
    return json_answer(_shown(people.change_account(session, city, staff, username, changes)))


@router.post(
    "/accounts/{username}/reset",
    response_model=accounts_schemas.ResetDone,
    responses=documented(401, 403, 404),
    operation_id="reset_account",
)
def reset_account(
    username: str, body: accounts_schemas.ResetBody, staff: Administrator, session: StaffSession
) -> Response:
    """Help somebody who is locked out: a temporary password, no second factor. Their sessions end."""
    city = staff_city(staff)
    what = Reset(body.password, body.second_factor)
    return json_answer({"temporary_password": people.reset_account(session, city.id, staff, username, what)})


@router.get(
    "/people",
    response_model=accounts_schemas.People,
    responses=documented(401, 403, 404),
    operation_id="get_people",
)
def people_listed(staff: Viewer, session: StaffSession) -> Response:
    """Colleagues and contractors to whom work can be given."""
    city = staff_city(staff)
    found = [
        {
            "username": person.row.username,
            "display_name": person.row.display_name,
            "role": person.row.role,
            "departments": list(person.departments),
        }
        for person in people.people_of(session, city.id)
        if person.row.active and person.row.role != Role.SERVICE
    ]
    contractors = [
        {"code": one.code, "names": dict(one.names), "for_department": one.for_department}
        for one in city.contractors
    ]
    return json_answer({"people": found, "contractors": contractors})


@router.get(
    "/audit",
    response_model=accounts_schemas.AuditTrail,
    responses=documented(401, 403, 404),
    operation_id="get_audit_trail",
)
def audit_trail(
    staff: AuditReader,
    session: StaffSession,
    username: Annotated[
        str | None, Query(max_length=63, description="Who did it, or whom it was about")
    ] = None,
    action: Annotated[str | None, Query(max_length=60)] = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Who signed in, was refused, changed or reset an account, made or revoked a key; newest first."""
    city = staff_city(staff)
    found = trail.page(session, city.id, limit=limit, cursor=cursor, username=username, action=action)
    entries = [
        {
            "id": entry.id,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "details": entry.details,
        }
        for entry in found.entries
    ]
    return json_answer({"entries": entries, "next_cursor": found.next_cursor})


def _shown(person: Person) -> dict[str, Any]:
    row = person.row
    return {
        "username": row.username,
        "sign_in_name": f"{row.username}@{row.city_id}",
        "role": row.role,
        "departments": list(person.departments),
        "display_name": row.display_name,
        "email": row.email,
        "active": row.active,
        "second_factor": row.totp_sealed is not None,
        "single_sign_on": row.oidc_subject is not None,
        "must_change_password": row.must_change_password,
        "created_at": row.created_at,
        "last_sign_in_at": row.last_sign_in_at,
    }
