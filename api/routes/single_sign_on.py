"""Signing in with the city's identity provider (OpenID Connect), and what ways there are to sign in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.identity_providers import ProviderDoor
from api.routes.accounts import set_session_cookie
from api.schemas import accounts as accounts_schemas
from city_config import City
from city_config.policy import IdentityProvider
from nagara import accounts
from nagara.accounts import sessions, single_sign_on, trail
from nagara.cities import city_of
from nagara.database import city_session
from nagara.errors import IdentityProviderUnavailable, InvalidInput, SignInFailed, WrongCredentials

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

DOOR = ProviderDoor("staff", "/api/v1/staff/oidc", cookie="nagara_staff_ticket")
CONSOLE = "/staff/"


@router.get(
    "/sign-in-options",
    response_model=accounts_schemas.SignInOptions,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_sign_in_options",
)
def sign_in_options(
    city: Annotated[
        str | None, Query(description="City id; without one, passwords are what there is")
    ] = None,
) -> Response:
    """How a city's staff may sign in."""
    found = city_of(city) if city else None
    offered = [
        {
            "code": provider.code,
            "name": found.name_in(provider.names),
            "names": provider.names,
            "start_url": f"/api/v1/staff/oidc/{found.id}/start?provider={provider.code}",
        }
        for provider in (found.identity_providers if found else ())
        if found and provider.signs_in == "staff"
    ]
    return json_answer({"password": True, "oidc": offered})


@router.get(
    "/oidc/{city}/start",
    status_code=303,
    response_class=Response,
    responses=documented(404, 429),
    dependencies=[Open],
    operation_id="start_single_sign_on",
)
async def start(
    city: CurrentCity,
    process: FromProcess,
    address: ClientAddress,
    provider: Annotated[str | None, Query(description="Its code; default: the first")] = None,
) -> Response:
    """Send the browser to the city's identity provider."""
    await process.limiter.count("sign_in", address)
    chosen = _provider(city, provider)
    return await DOOR.send(city, chosen, process.secret)


@router.get(
    "/oidc/{city}/callback",
    status_code=303,
    response_class=Response,
    responses=documented(404),
    dependencies=[Open],
    operation_id="finish_single_sign_on",
)
async def callback(
    city: CurrentCity,
    request: Request,
    process: FromProcess,
    address: ClientAddress,
    user_agent: Annotated[str, Header(max_length=1000, include_in_schema=False)] = "",
) -> Response:
    """Where the provider sends the browser back to: a session opens for the account it vouches for.

    Whoever is not let in comes to the console with ``?sign_in=`` and the code of what was wrong.
    """
    given, ticket = dict(request.query_params), request.cookies.get(DOOR.cookie)
    try:
        opened = await run_in_threadpool(_finish, city, ticket, given, process.secret, user_agent)
    except (WrongCredentials, IdentityProviderUnavailable) as refused:
        answer = RedirectResponse(f"{CONSOLE}?sign_in={refused.code}", 303)
    else:
        await process.limiter.take_back("sign_in", address)
        answer = RedirectResponse(CONSOLE, 303)
        set_session_cookie(answer, opened)
    DOOR.forget(answer, city)
    return answer


def _finish(
    city: City,
    ticket: str | None,
    given: dict[str, str],
    secret: bytes,
    user_agent: str,
) -> accounts.SignedIn:
    """Ask the provider who it was, find the account and open a session. What is refused is written down."""
    provider = _provider(city, DOOR.provider_of(city, ticket, secret))
    wanted = [provider.username_claim, *([provider.verified_claim] if provider.verified_claim else [])]
    if city.staff_access.new_account_role:
        wanted.append("name")
    identity = DOOR.identity(city, provider, ticket, given, secret, wanted)
    try:
        with city_session(city.id) as session:
            row = single_sign_on.account_for(session, city, provider, identity)
            return sessions.open_session(session, row, "single_sign_on", user_agent)
    except SignInFailed as refused:
        with city_session(city.id) as session:
            trail.record_refusal(session, city.id, "", refused.code)
        raise


def _provider(city: City, code: str | None) -> IdentityProvider:
    known = {p.code: p for p in city.identity_providers if p.signs_in == "staff"}
    chosen = known.get(code) if code else next(iter(known.values()), None)
    if chosen is None:
        raise InvalidInput("The city has no such identity provider.", field="provider", allowed=known)
    return chosen
