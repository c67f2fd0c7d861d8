"""Signing in and out of the staff side; the own sessions, password and second factor."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy import func
from sqlmodel import select
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import (
    SESSION_COOKIE,
    ClientAddress,
    FromProcess,
    Open,
    OwnAccount,
    Resources,
    SignedInAny,
    StaffSession,
    Token,
    refuse_cross_site,
)
from api.error_responses import documented
from api.schemas import accounts as accounts_schemas
from nagara import accounts
from nagara.accounts import Account, second_factor, sessions, trail
from nagara.database import city_session
from nagara.errors import SecondFactorNeeded, WrongCredentials
from nagara.settings import settings
from nagara.tables import StaffAccount

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

KNOWN_ADDRESS_SECONDS = 30 * 86_400
"""How long an address from which somebody got in is not held by the limit that all addresses share."""

UserAgent = Annotated[str, Header(max_length=1000, include_in_schema=False)]


@router.post(
    "/session",
    response_model=accounts_schemas.Session,
    responses=documented(401, 403, 429),
    dependencies=[Open],
    operation_id="sign_in",
)
async def sign_in(
    body: accounts_schemas.SignInBody,
    request: Request,
    process: FromProcess,
    address: ClientAddress,
    user_agent: UserAgent = "",
) -> Response:
    """Open a session: a token for clients, the same as a cookie for the web.

    401 ``second_factor_needed`` says that the password was right and ``totp`` or ``recovery_code`` is missing.
    Failures are counted by address and account; 429 says how long to wait.
    """
    refuse_cross_site(request)
    username, city_id = accounts.split_sign_in_name(body.username)
    guess = _Guess(process, f"{username}@{city_id}", address)
    await guess.count()
    try:
        opened = await run_in_threadpool(_open_session, city_id, username, body, user_agent)
    except SecondFactorNeeded:
        await guess.take_back()
        raise
    await guess.take_back()
    await guess.remember()
    return session_answer(opened)


@router.get(
    "/session",
    response_model=accounts_schemas.SessionShown,
    responses=documented(401),
    operation_id="get_session",
)
def session_shown(staff: SignedInAny) -> Response:
    """Who is signed in, what they may do, and what the sign-in still lacks. For keys, too."""
    return json_answer({"account": account_shown(staff)})


@router.delete("/session", status_code=204, responses=documented(401, 403), operation_id="sign_out")
def sign_out(staff: OwnAccount, token: Token, session: StaffSession) -> Response:
    """End the session at once."""
    accounts.sign_out(session, staff.city_id, token)
    return _without_cookie()


@router.get(
    "/sessions",
    response_model=accounts_schemas.Sessions,
    responses=documented(401, 403),
    operation_id="get_sessions",
)
def sessions_listed(staff: OwnAccount, token: Token, session: StaffSession) -> Response:
    """The own sessions that are open, on whatever device."""
    return json_answer({"sessions": sessions.sessions_of(session, staff, token)})


@router.delete("/sessions", status_code=204, responses=documented(401, 403), operation_id="end_sessions")
def end_sessions(
    staff: OwnAccount,
    token: Token,
    session: StaffSession,
    keep_current: Annotated[bool, Query(description="false: this one ends, too")] = True,
) -> Response:
    """End all the own sessions but this one, or this one with them."""
    kept = token if keep_current else None
    sessions.end_sessions(session, staff.city_id, staff.username, actor=staff.username, but_token=kept)
    return Response(status_code=204) if keep_current else _without_cookie()


@router.delete(
    "/sessions/{id}", status_code=204, responses=documented(401, 403, 404), operation_id="end_session"
)
def end_session(id: uuid.UUID, staff: OwnAccount, session: StaffSession) -> Response:
    """End one of the own sessions."""
    sessions.end_session(session, staff, id)
    return Response(status_code=204)


@router.put("/password", status_code=204, responses=documented(401, 403, 429), operation_id="change_password")
async def change_password(
    body: accounts_schemas.PasswordChangeBody,
    staff: OwnAccount,
    token: Token,
    process: FromProcess,
    address: ClientAddress,
) -> Response:
    """Change the own password; every other session ends. Common and breached passwords are refused."""

    def change() -> None:
        with city_session(staff.city_id) as session:
            sessions.change_password(session, staff, body.old, body.new, token)

    await _guarded(process, staff, address, change)
    return Response(status_code=204)


@router.get(
    "/second-factor",
    response_model=accounts_schemas.SecondFactorState,
    responses=documented(401, 403),
    operation_id="get_second_factor",
)
def second_factor_state(staff: OwnAccount, session: StaffSession) -> Response:
    """Whether the own account has a second factor."""
    row = session.get_one(StaffAccount, (staff.city_id, staff.username))
    left = second_factor.recovery_codes_left(session, staff.city_id, staff.username)
    return json_answer({"active": row.totp_sealed is not None, "recovery_codes_left": left})


@router.post(
    "/second-factor",
    response_model=accounts_schemas.SecondFactorOffered,
    responses=documented(401, 403, 429),
    operation_id="offer_second_factor",
)
async def offer_second_factor(
    staff: OwnAccount,
    process: FromProcess,
    address: ClientAddress,
    body: accounts_schemas.SecondFactorBody | None = None,
) -> Response:
    """A new secret for an authenticator app. It counts once ``/second-factor/confirm`` has seen its code.

    Who has a second factor already gives the password along.
    """
    password = body.password if body else None

    def offer() -> second_factor.Offered:
        with city_session(staff.city_id) as session:
            return second_factor.offer(session, staff.city_id, staff.username, password)

    return json_answer(await _guarded(process, staff, address, offer))


@router.post(
    "/second-factor/confirm",
    response_model=accounts_schemas.RecoveryCodes,
    responses=documented(401, 403, 429),
    operation_id="confirm_second_factor",
)
async def confirm_second_factor(
    body: accounts_schemas.SecondFactorConfirmBody,
    staff: OwnAccount,
    process: FromProcess,
    address: ClientAddress,
) -> Response:
    """Take the new secret into use; answers with ten recovery codes, shown this once."""

    def confirm() -> Any:
        with city_session(staff.city_id) as session:
            now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
            return second_factor.confirm(session, staff.city_id, staff.username, body.totp, now)

    return json_answer({"recovery_codes": await _guarded(process, staff, address, confirm)})


@router.delete(
    "/second-factor",
    status_code=204,
    responses=documented(401, 403, 429),
    operation_id="remove_second_factor",
)
async def remove_second_factor(
    body: accounts_schemas.PasswordBody, staff: OwnAccount, process: FromProcess, address: ClientAddress
) -> Response:
    """Do without a second factor again; where the city demands one, nothing else opens until there is a new one."""

    def remove() -> None:
        with city_session(staff.city_id) as session:
            second_factor.remove(session, staff.city_id, staff.username, body.password)

    await _guarded(process, staff, address, remove)
    return Response(status_code=204)


class _Guess:
    """One try at an account's secret, counted where it may be a guess and taken back where it was none."""

    def __init__(self, process: Resources, name: str, address: str) -> None:
        self._limiter, self._name, self._address = process.limiter, name, address
        self._pair = f"{name} {address}"
        self._counted: list[tuple[str, str]] = []

    async def count(self) -> None:
        """Count it; raise ``TooManyRequests`` where there were too many before."""
        await self._count("sign_in", self._address)
        await self._count("sign_in by account and address", self._pair)
        if not await self._limiter.remembers("sign_in", self._pair):
            await self._count("sign_in by account", self._name)

    async def take_back(self) -> None:
        """It was no guess."""
        for what, source in self._counted:
            await self._limiter.take_back(what, source)

    async def remember(self) -> None:
        """Its owner got in from here."""
        await self._limiter.remember("sign_in", self._pair, KNOWN_ADDRESS_SECONDS)

    async def _count(self, what: str, source: str) -> None:
        await self._limiter.count(what, source)
        self._counted.append((what, source))


async def _guarded(process: Resources, staff: Account, address: str, change: Any) -> Any:
    """Make a change that asks for a password or code in a thread; wrong ones are counted like sign-ins."""
    guess = _Guess(process, staff.sign_in_name, address)
    await guess.count()
    try:
        done = await run_in_threadpool(change)
    except WrongCredentials:
        raise
    except Exception:
        await guess.take_back()
        raise
    await guess.take_back()
    return done


def _open_session(
    city_id: str, username: str, body: accounts_schemas.SignInBody, user_agent: str
) -> accounts.SignedIn:
    try:
        with city_session(city_id) as session:
            return accounts.sign_in(
                session,
                city_id,
                username,
                body.password,
                totp=body.totp,
                recovery_code=body.recovery_code,
                user_agent=user_agent,
            )
    except SecondFactorNeeded:
        raise
    except WrongCredentials as refused:
        with city_session(city_id) as session:
            trail.record_refusal(session, city_id, username, refused.code)
        raise


def session_answer(opened: accounts.SignedIn) -> Response:
    """A new session as an answer, with its cookie."""
    content = {
        "token": opened.token,
        "expires_at": opened.expires_at,
        "account": account_shown(opened.account),
    }
    answer = json_answer(content)
    set_session_cookie(answer, opened)
    return answer


def set_session_cookie(answer: Response, opened: accounts.SignedIn) -> None:
    """Lay the session's token into the browser: no script reads it, no other site's page sends it."""
    answer.set_cookie(
        SESSION_COOKIE,
        opened.token,
        max_age=max(0, int((opened.expires_at - dt.datetime.now(dt.UTC)).total_seconds())),
        httponly=True,
        samesite="strict",
        secure=settings().public_url.startswith("https:"),
    )


def account_shown(account: Account) -> dict[str, Any]:
    """An account as its owner's client sees it."""
    return {
        "username": account.sign_in_name,
        "city": account.city_id,
        "role": account.role.value,
        "department": account.department,
        "departments": list(account.departments),
        "display_name": account.display_name,
        "permissions": sorted(p.value for p in account.permissions),
        "lacks": account.lacks.value if account.lacks else None,
        "scopes": list(account.scopes) if account.scopes is not None else None,
    }


def _without_cookie() -> Response:
    answer = Response(status_code=204)
    answer.delete_cookie(SESSION_COOKIE)
    return answer
