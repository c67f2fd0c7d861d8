"""Whether what is called resolved is fixed: a random sample of each quarter, and what was found of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.answers import json_answer
from api.dependencies import StaffSession, allowed, person_allowed, staff_city
from api.error_responses import documented
from api.schemas import audits as schemas
from nagara.accounts import Account
from nagara.field_work.jobs import now_told
from nagara.permissions import Permission
from nagara.resolution_audit import findings

router = APIRouter(prefix="/api/v1/staff/audits", tags=["staff"])
Auditor = Annotated[Account, Depends(allowed(Permission.AUDIT))]
AuditingPerson = Annotated[Account, Depends(person_allowed(Permission.AUDIT))]
Quarter = Annotated[str, Path(max_length=20, examples=["2026-Q3"])]


@router.get(
    "",
    response_model=schemas.Audits,
    responses=documented(401, 403),
    operation_id="list_audits",
)
def audits(staff: Auditor, session: StaffSession) -> Response:
    """The city's samples of resolved requests, the newest first, and how far each is looked at."""
    return json_answer({"audits": findings.audits(session, staff_city(staff))})


@router.post(
    "",
    status_code=201,
    response_model=schemas.Audit,
    responses=documented(401, 403, 409),
    operation_id="draw_audit",
)
def draw(body: schemas.DrawBody, staff: AuditingPerson, session: StaffSession) -> Response:
    """Draw the sample of a quarter that has ended. It is drawn once: nobody can draw until they like it.

    Anybody with the log draws the same again (`nagara audits verify`).
    """
    city = staff_city(staff)
    row = findings.begin(session, city, body.quarter, body.size, staff.sign_in_name, now_told(session))
    return json_answer(findings.shown(row, (min(body.size, row.resolved), 0, 0)), 201)


@router.get(
    "/{quarter}",
    response_model=schemas.AuditItems,
    responses=documented(401, 403, 404),
    operation_id="get_audit",
)
def audit(quarter: Quarter, staff: Auditor, session: StaffSession) -> Response:
    """The requests of a sample: where they are, what their reporters said, and what was found."""
    found = findings.items(session, staff_city(staff), quarter)
    return json_answer({"quarter": quarter, "items": [_item(one) for one in found]})


@router.post(
    "/{quarter}/items/{number}",
    status_code=201,
    response_model=schemas.AuditItem,
    responses=documented(401, 403, 404),
    operation_id="record_audit_finding",
)
def record(
    quarter: Quarter, number: int, body: schemas.FindingBody, staff: AuditingPerson, session: StaffSession
) -> Response:
    """Say what was found of one request. A later finding counts in place of an earlier one; both stay in its history.

    Refused for whoever resolved it, and where the way says what is not there.
    """
    city = staff_city(staff)
    found = findings.find(
        session, city, quarter, number, body.finding, body.way, staff.sign_in_name, body.note
    )
    return json_answer(_item(found), 201)


def _item(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in schemas.AuditItem.model_fields}
