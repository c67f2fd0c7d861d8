"""After filing: what the holder of the private link may do, by its token as for reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.answers import json_answer
from api.dependencies import (
    ClientSource,
    FromProcess,
    Open,
    OwnLinkToken,
    Resources,
    StaffSession,
    allowed,
    staff_city,
)
from api.error_responses import documented
from api.schemas import residents as schemas
from city_config import City
from nagara.accounts import Account
from nagara.database import city_session
from nagara.errors import MoveNotAllowed
from nagara.permissions import Permission
from nagara.public.request_views import find_city, public_status
from nagara.rate_limits import Source
from nagara.residents import actions as resident_actions
from nagara.residents import erasing
from nagara.residents import link as resident_link
from nagara.residents.actions import EXPLANATIONS, Outcome, Said
from nagara.settings import settings
from nagara.tables import Request

router = APIRouter(prefix="/api/v1", tags=["residents"])
Supervisor = Annotated[Account, Depends(allowed(Permission.SUPERVISE))]
REFUSALS = documented(404, 409, 413, 429)

Action = Callable[[Session, City, Request, Said], Outcome]


@router.post(
    "/requests/{reference}/additions",
    status_code=201,
    dependencies=[Open],
    response_model=schemas.Done,
    responses=REFUSALS,
    operation_id="add_to_request",
)
async def add(
    reference: str,
    body: schemas.AdditionBody,
    process: FromProcess,
    source: ClientSource,
    token: OwnLinkToken,
) -> Response:
    """Add words or pictures to one's own open request."""
    said = Said(body.text, body.media)
    return await _say(process, source, reference, token, resident_actions.add, said, 201)


@router.post(
    "/requests/{reference}/answer",
    dependencies=[Open],
    response_model=schemas.Done,
    responses=REFUSALS,
    operation_id="answer_question",
)
async def answer(
    reference: str,
    body: schemas.AdditionBody,
    process: FromProcess,
    source: ClientSource,
    token: OwnLinkToken,
) -> Response:
    """Answer the staff's question: work goes on, and the promised times move by the wait."""
    said = Said(body.text, body.media)
    return await _say(process, source, reference, token, resident_actions.answer, said)


@router.post(
    "/requests/{reference}/withdraw",
    dependencies=[Open],
    response_model=schemas.Done,
    responses=REFUSALS,
    operation_id="withdraw_request",
)
async def withdraw(
    reference: str,
    process: FromProcess,
    source: ClientSource,
    token: OwnLinkToken,
    body: schemas.WithdrawalBody | None = None,
) -> Response:
    """Take one's own open or joined request back; refused where others have joined it."""
    said = Said(body.note if body else "")
    return await _say(process, source, reference, token, resident_actions.withdraw, said)


@router.post(
    "/requests/{reference}/feedback",
    dependencies=[Open],
    response_model=schemas.Done,
    responses=REFUSALS,
    operation_id="give_feedback",
)
async def feedback(
    reference: str,
    body: schemas.FeedbackBody,
    process: FromProcess,
    source: ClientSource,
    token: OwnLinkToken,
) -> Response:
    """Tell whether it is fixed. 'Not fixed' within the city's window opens the request again.

    Later it is kept all the same; ``outcome`` and ``message`` say so and what to do. Once for each closing.
    """
    said = Said(body.text, body.media, body.fixed, body.rating)
    return await _say(process, source, reference, token, resident_actions.give_feedback, said)


@router.post(
    "/requests/{reference}/link",
    dependencies=[Open],
    response_model=schemas.RenewedLink,
    responses=REFUSALS,
    operation_id="renew_link",
)
async def renew_link(
    reference: str, process: FromProcess, source: ClientSource, token: OwnLinkToken
) -> Response:
    """Get a new private link for one that others may have seen; the old one is dead at once."""
    city, stored = await _counted(process, source, reference, token)

    def renewed() -> str:
        with city_session(city.id) as session:
            return resident_link.renew(session, city, stored, token, process.secret)

    new = await run_in_threadpool(renewed)
    page_url = f"{settings().public_url}/#/track/{stored}?token={new}"
    return json_answer({"reference": stored, "token": new, "page_url": page_url})


@router.post(
    "/requests/{reference}/erase",
    dependencies=[Open],
    response_model=schemas.Done,
    responses=REFUSALS,
    operation_id="erase_my_data",
)
async def erase(
    reference: str, body: schemas.EraseBody, process: FromProcess, source: ClientSource, token: OwnLinkToken
) -> Response:
    """Delete one's data from a request. What is counted stays: that there was one, of what service, and when.

    An open request is withdrawn with it, unless others have joined it. Doing it twice changes nothing.
    """
    city, stored = await _counted(process, source, reference, token)

    def erased() -> bool:
        with city_session(city.id) as session:
            row = resident_link.own(session, city, stored, token, process.secret)
            return erasing.erase(session, process.darkroom.store, city, row, erasing.What(body.what))

    if await run_in_threadpool(erased):
        return await _done(process, city, stored, token, "erased", "Your data were deleted.")
    return await _done(process, city, stored, token, "nothing_to_erase", "There was nothing left to delete.")


@router.delete(
    "/staff/requests/{reference}/link",
    response_model=schemas.RevokedLink,
    responses=documented(401, 403, 404),
    operation_id="revoke_link",
)
def revoke_link(reference: str, staff: Supervisor, session: StaffSession) -> Response:
    """Let a request's private link open nothing any more, for one that got into wrong hands."""
    row = resident_link.revoke(session, staff_city(staff), staff, reference)
    return json_answer({"reference": row.reference, "version": row.version})


async def _say(
    process: Resources,
    source: Source,
    reference: str,
    token: str,
    action: Action,
    said: Said,
    status: int = 200,
) -> Response:
    """Do one of the actions in a transaction of its own, and answer with the request as it stands then.

    A refusal names what the holder may do instead, just as their page does.
    """
    city, stored = await _counted(process, source, reference, token)
    try:
        outcome = await run_in_threadpool(partial(_acted, city, stored, token, process.secret, action, said))
    except MoveNotAllowed as refused:
        standing: dict[str, Any] = await public_status(process.pool, city, stored, token, process.secret)
        raise MoveNotAllowed(refused.message, field=refused.field, allowed=standing["can"]) from None
    return await _done(process, city, stored, token, outcome.value, EXPLANATIONS[outcome], status)


def _acted(city: City, stored: str, token: str, secret: bytes, action: Action, said: Said) -> Outcome:
    with city_session(city.id) as session:
        return action(session, city, resident_link.own(session, city, stored, token, secret), said)


async def _counted(process: Resources, source: Source, reference: str, token: str) -> tuple[City, str]:
    """The city and reference, counted against what one address, one device and one link may do."""
    await process.limiter.count_all("say", source)
    city, stored = find_city(reference)
    await process.limiter.count("say by link", token)
    return city, stored


async def _done(
    process: Resources, city: City, stored: str, token: str, outcome: str, message: str, status: int = 200
) -> Response:
    request: dict[str, Any] = await public_status(process.pool, city, stored, token, process.secret)
    return json_answer({"outcome": outcome, "message": message, "request": request}, status)
