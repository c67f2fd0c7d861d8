"""Residents sign in with their own contact and see what they filed with it. Nothing personal is in an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, ClientSource, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.identity_providers import ProviderDoor
from api.schemas import resident_accounts as schemas
from city_config import City
from city_config.policy import IdentityProvider
from nagara.cities import city_of
from nagara.database import city_session
from nagara.errors import InvalidInput, NagaraError, NotSignedIn
from nagara.ids import secret_city
from nagara.residents import accounts as resident_accounts
from nagara.residents.accounts import SESSION_LENGTH, Kind, Resident, SignedIn
from nagara.residents.codes import CODE_VALID
from nagara.residents.following import wrong_code
from nagara.settings import settings

router = APIRouter(prefix="/api/v1/residents", tags=["residents"], dependencies=[Open])
COOKIE = "nagara_resident"
DOOR = ProviderDoor("residents", "/api/v1/residents/oidc", cookie="nagara_resident_ticket")
PAGE = "/#/mine"


@router.get(
    "/sign-in-options",
    response_model=schemas.ResidentSignInOptions,
    responses=documented(404),
    operation_id="get_resident_sign_in_options",
)
async def options(city: Annotated[str, Query(max_length=40, description="City id")]) -> Response:
    """How residents of a city can sign in."""
    found = city_of(city)
    ways = resident_accounts.ways(found)
    offered = [
        {
            "code": provider.code,
            "names": provider.names,
            "start_url": f"/api/v1/residents/oidc/{found.id}/start?provider={provider.code}",
        }
        for provider in resident_accounts.providers(found)
    ]
    return json_answer(
        {
            "email": "email" in ways,
            "phone": "phone" in ways,
            "providers": offered,
            "contact_confirmation": found.contact_confirmation,
        }
    )


@router.post(
    "/code",
    status_code=202,
    response_model=schemas.CodeOnItsWay,
    responses=documented(404, 429),
    operation_id="ask_for_resident_code",
)
async def ask_for_code(body: schemas.CodeWanted, process: FromProcess, source: ClientSource) -> Response:
    """Have a code sent, if anything was filed with this contact. The answer is the same either way."""
    city, (kind, contact) = city_of(body.city), _contact(body)
    digest = resident_accounts.digest_of(city, kind, contact)
    await process.limiter.count_all("code", source, digest)

    def work() -> None:
        with city_session(city.id) as session:
            resident_accounts.ask_for_code(session, city, kind, contact, body.language)

    await run_in_threadpool(work)
    return json_answer({"valid_minutes": int(CODE_VALID.total_seconds() // 60)}, 202)


@router.post(
    "/session",
    response_model=schemas.ResidentSession,
    responses=documented(401, 404, 429),
    operation_id="open_resident_session",
)
async def sign_in(body: schemas.CodeEntered, process: FromProcess, source: ClientSource) -> Response:
    """Open a session of thirty days with the code that came; kept in a cookie no script can read."""
    city, (kind, contact) = city_of(body.city), _contact(body)
    digest = resident_accounts.digest_of(city, kind, contact)
    await process.limiter.count_all("try code", source, digest)

    def work() -> SignedIn | None:
        with city_session(city.id) as session:
            return resident_accounts.sign_in_by_code(session, city, kind, contact, body.code)

    opened = await run_in_threadpool(work)
    if opened is None:
        raise wrong_code()
    answer = json_answer({"token": opened.token, "expires_at": opened.expires_at})
    _set_cookie(answer, opened)
    return answer


@router.get(
    "/session",
    response_model=schemas.ResidentShown,
    responses=documented(401),
    operation_id="get_resident_session",
)
async def session_shown(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """Who is signed in."""
    await process.limiter.count("read", address)
    _, who = await run_in_threadpool(_signed_in, _token(request))
    return json_answer({"city": who.city_id, "kind": who.kind, "hint": who.hint})


@router.delete(
    "/session",
    status_code=204,
    responses=documented(401),
    operation_id="close_resident_session",
)
async def sign_out(
    request: Request,
    everywhere: Annotated[bool, Query(description="All sessions of this contact, on every device")] = False,
) -> Response:
    """End the session at once."""
    token = _token(request)

    def work() -> None:
        with city_session(secret_city(token) or "") as session:
            resident_accounts.sign_out(session, secret_city(token) or "", token, everywhere=everywhere)

    await run_in_threadpool(work)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/api/v1/residents")
    return answer


@router.get(
    "/requests",
    response_model=schemas.OwnRequests,
    responses=documented(401, 429),
    operation_id="list_own_requests",
)
async def own_requests(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """What was filed with the contact of whoever is signed in."""
    await process.limiter.count("read", address)
    token = _token(request)

    def work() -> list[dict[str, Any]]:
        city, who = _signed_in(token)
        with city_session(city.id) as session:
            return resident_accounts.filed_by(session, city, who)

    return json_answer({"requests": await run_in_threadpool(work)})


@router.get(
    "/oidc/{city}/start",
    status_code=303,
    response_class=Response,
    responses=documented(404, 429),
    operation_id="start_resident_oidc",
)
async def start(
    city: CurrentCity,
    process: FromProcess,
    address: ClientAddress,
    provider: Annotated[str | None, Query(max_length=64, description="Its code; default: the first")] = None,
) -> Response:
    """Send the browser to an identity provider of the city."""
    await process.limiter.count("sign_in", address)
    chosen = _provider(city, provider)
    return await DOOR.send(city, chosen, process.secret)


@router.get(
    "/oidc/{city}/callback",
    status_code=303,
    response_class=Response,
    responses=documented(404, 429),
    operation_id="finish_resident_oidc",
)
async def callback(
    city: CurrentCity, request: Request, process: FromProcess, address: ClientAddress
) -> Response:
    """Where the provider sends the browser back to; what went wrong is told by the page it ends on."""
    await process.limiter.count("sign_in", address)
    ticket, given = request.cookies.get(DOOR.cookie), dict(request.query_params)
    try:
        opened = await run_in_threadpool(_finish, city, ticket, given, process.secret)
    except NagaraError as error:
        return RedirectResponse(f"{PAGE}/{quote(error.code)}", 303, {"Cache-Control": "no-store"})
    answer = RedirectResponse(PAGE, 303, {"Cache-Control": "no-store"})
    DOOR.forget(answer, city)
    _set_cookie(answer, opened)
    return answer


def _finish(city: City, ticket: str | None, given: Mapping[str, str], secret: bytes) -> SignedIn:
    chosen = _provider(city, DOOR.provider_of(city, ticket, secret))
    wanted = [claim for claim in (chosen.contact_claim, chosen.verified_claim) if claim]
    identity = DOOR.identity(city, chosen, ticket, given, secret, wanted)
    with city_session(city.id) as session:
        return resident_accounts.sign_in_vouched(session, city, chosen, identity)


def _provider(city: City, code: str | None) -> IdentityProvider:
    offered = {provider.code: provider for provider in resident_accounts.providers(city)}
    if not offered or (code is not None and code not in offered):
        raise InvalidInput("This city has no such identity provider.", field="provider", allowed=offered)
    return offered[code] if code is not None else next(iter(offered.values()))


def _contact(body: schemas.ContactOfCity) -> tuple[Kind, str]:
    return ("email", body.email) if body.email is not None else ("phone", body.phone or "")


def _token(request: Request) -> str:
    """The token of the caller: the cookie, or a bearer header for clients that keep none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    kept = request.cookies.get(COOKIE)
    if kept is None:
        raise NotSignedIn("Sign in first with a code.")
    return kept


def _signed_in(token: str) -> tuple[City, Resident]:
    city_id = secret_city(token)
    if city_id is None:
        raise NotSignedIn("Sign in first; your session may have ended.")
    with city_session(city_id) as session:
        who = resident_accounts.resident_of(session, city_id, token)
    return city_of(city_id), who


def _set_cookie(answer: Response, opened: SignedIn) -> None:
    answer.set_cookie(
        COOKIE,
        opened.token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/api/v1/residents",
        httponly=True,
        samesite="strict",
        secure=settings().public_url.startswith("https:"),
    )
