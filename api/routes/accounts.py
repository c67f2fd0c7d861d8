"""Signing in and out of the staff side."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import (
    SESSION_COOKIE,
    ClientAddress,
    FromProcess,
    Open,
    SignedIn,
    StaffSession,
    Token,
)
from api.error_responses import documented
from api.schemas import accounts as accounts_schemas
from nagara import accounts
from nagara.accounts import Account
from nagara.database import city_session
from nagara.settings import settings

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])


@router.post(
    "/session",
    response_model=accounts_schemas.Session,
    responses=documented(401, 429),
    dependencies=[Open],
    operation_id="sign_in",
)
async def sign_in(
    body: accounts_schemas.SignInBody, process: FromProcess, address: ClientAddress
) -> Response:
    """Open a session of twelve hours: a token for clients, the same as a cookie for the web."""
    await process.limiter.count("sign_in", address)
    username, city_id = accounts.split_sign_in_name(body.username)
    opened = await run_in_threadpool(_open_session, city_id, username, body.password)
    content = {"token": opened.token, "expires_at": opened.expires_at, "account": _shown(opened.account)}
    answer = json_answer(content)
    answer.set_cookie(
        SESSION_COOKIE,
        opened.token,
        max_age=int((opened.expires_at - dt.datetime.now(dt.UTC)).total_seconds()),
        httponly=True,
        samesite="strict",
        secure=settings().public_url.startswith("https:"),
    )
    return answer


@router.get(
    "/session",
    response_model=accounts_schemas.SessionShown,
    responses=documented(401),
    operation_id="get_session",
)
def session_shown(staff: SignedIn) -> Response:
    """Who is signed in, and what they may do."""
    return json_answer({"account": _shown(staff)})


@router.delete("/session", status_code=204, responses=documented(401), operation_id="sign_out")
def sign_out(staff: SignedIn, token: Token, session: StaffSession) -> Response:
    """End the session at once."""
    accounts.sign_out(session, staff.city_id, token)
    answer = Response(status_code=204)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _open_session(city_id: str, username: str, password: str) -> accounts.SignedIn:
    with city_session(city_id) as session:
        return accounts.sign_in(session, city_id, username, password)


def _shown(account: Account) -> dict[str, Any]:
    return {
        "username": account.sign_in_name,
        "city": account.city_id,
        "role": account.role.value,
        "department": account.department,
        "display_name": account.display_name,
        "permissions": sorted(p.value for p in account.permissions),
    }
