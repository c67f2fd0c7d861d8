"""Being told of requests and areas, and no longer being told. Keys in addresses are secrets, never contacts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientSource, CurrentCity, FromProcess, LinkToken, Open, OwnLinkToken
from api.error_responses import documented
from api.schemas import following as schemas
from api.schemas.staff_notices import QuietHours
from city_config import City
from nagara.cities import city_of
from nagara.database import city_session
from nagara.errors import UnknownSubscription
from nagara.notifications.audiences import Managed, read_management_key
from nagara.notifications.channels.push import public_key
from nagara.notifications.quiet import Quiet
from nagara.notifications.staff_notices import quiet_of
from nagara.public.request_views import find_city
from nagara.residents import digest_choices, following, own_notices
from nagara.residents.following import Area, Recipient, Subscribed, Wish

T = TypeVar("T")
router = APIRouter(prefix="/api/v1", tags=["following"], dependencies=[Open])
Handle = Annotated[str, Path(max_length=300, description="As following or watching answered it")]


@router.get("/push-key", response_model=schemas.PushKey, operation_id="get_push_key")
async def push_key() -> Response:
    """The key a browser needs for subscribing."""
    return json_answer({"key": public_key()}, headers={"Cache-Control": "public, max-age=3600"})


@router.post(
    "/requests/{reference}/followers",
    status_code=201,
    response_model=schemas.Subscribed,
    responses=documented(404, 429),
    operation_id="follow_request",
)
async def follow(
    reference: str,
    body: schemas.FollowBody,
    process: FromProcess,
    source: ClientSource,
    token: LinkToken,
) -> Response:
    """Be told of every public move of a request. Over e-mail and text message a code comes first."""
    city, stored = find_city(reference)
    recipient = _recipient(city, body)
    await _count(process, source, recipient)
    wish = Wish(body.language, body.moves, body.frequency)

    def keep(session: Session) -> Subscribed:
        return following.follow(session, city, stored, recipient, wish, token, _now())

    return _subscribed(city, await _in_city(city.id, keep))


@router.post(
    "/cities/{city}/alerts",
    status_code=201,
    response_model=schemas.Subscribed,
    responses=documented(404, 429),
    operation_id="watch_area",
)
async def watch(
    city: CurrentCity, body: schemas.AlertBody, process: FromProcess, source: ClientSource
) -> Response:
    """Be told of new requests in a district or around a place, once the public may see them."""
    recipient = _recipient(city, body)
    await _count(process, source, recipient)
    area = Area(body.district, body.lat, body.lon, body.metres, body.services)
    wish = Wish(body.language, None, body.frequency)

    def keep(session: Session) -> Subscribed:
        return following.watch(session, city, area, recipient, wish, _now())

    return _subscribed(city, await _in_city(city.id, keep))


@router.post(
    "/subscriptions/{city}/{id}/confirm",
    response_model=schemas.Key,
    responses=documented(401, 404, 429),
    operation_id="confirm_subscription",
)
async def confirm(
    city: CurrentCity, id: Handle, body: schemas.CodeBody, process: FromProcess, source: ClientSource
) -> Response:
    """Enter the code that came; from now on messages come."""
    await process.limiter.count_all("try code", source)
    key = await _in_city(city.id, lambda session: following.confirm(session, city.id, id, body.code, _now()))
    if key is None:
        raise following.wrong_code()
    return json_answer({"key": key})


@router.post(
    "/subscriptions/{key}/confirm",
    response_model=schemas.Subscription,
    responses=documented(404, 429),
    operation_id="confirm_subscription_by_link",
)
async def confirm_by_link(key: str, process: FromProcess, source: ClientSource) -> Response:
    """Confirm by the link in the message, which stands for its code."""
    managed = await _managed(key, process, source)

    def work(session: Session) -> dict[str, Any]:
        if managed.kind == "f":
            following.confirm_by_key(session, managed, _now())
        elif managed.kind == "c":
            own_notices.confirm_by_key(session, city_of(managed.city_id), managed)
        return _shown(session, managed)

    return json_answer(await _in_city(managed.city_id, work))


@router.get(
    "/subscriptions/{key}",
    response_model=schemas.Subscription,
    responses=documented(404, 429),
    operation_id="get_subscription",
)
async def shown(key: str, process: FromProcess, source: ClientSource) -> Response:
    """What one is told of."""
    managed = await _managed(key, process, source)
    return json_answer(await _in_city(managed.city_id, lambda session: _shown(session, managed)))


@router.put(
    "/subscriptions/{key}",
    response_model=schemas.Subscription,
    responses=documented(404, 429),
    operation_id="change_subscription",
)
async def change(
    key: str, body: schemas.SubscriptionBody, process: FromProcess, source: ClientSource
) -> Response:
    """Be told of more or less."""
    managed = await _managed(key, process, source)
    city = city_of(managed.city_id)
    quiet = _quiet(city, body.quiet)

    def work(session: Session) -> dict[str, Any]:
        if managed.kind == "d":
            digest_choices.change(session, managed, body.frequency, quiet)
        elif managed.kind == "c":
            own_notices.change_by_key(session, city, managed, body.moves, body.frequency, quiet)
        else:
            following.change(
                session, city, managed, moves=body.moves, services=body.services, frequency=body.frequency,
                quiet=quiet,
            )  # fmt: skip
        session.flush()
        return _shown(session, managed)

    return json_answer(await _in_city(managed.city_id, work))


@router.delete(
    "/subscriptions/{key}",
    status_code=204,
    responses=documented(404, 429),
    operation_id="end_subscription",
)
async def end(key: str, process: FromProcess, source: ClientSource) -> Response:
    """Be told no more, at once."""
    managed = await _managed(key, process, source)
    stop = {"f": following.end, "c": own_notices.end, "d": digest_choices.end}[managed.kind]
    await _in_city(managed.city_id, lambda session: stop(session, managed))
    return Response(status_code=204)


@router.post(
    "/subscriptions/{key}/unsubscribe",
    status_code=204,
    responses=documented(404, 429),
    operation_id="unsubscribe_with_one_click",
)
async def unsubscribe(key: str, process: FromProcess, source: ClientSource) -> Response:
    """What a mail program calls for its own button (RFC 8058): the same as ending it, whatever the body says."""
    return await end(key, process, source)


@router.get(
    "/requests/{reference}/notices",
    response_model=schemas.OwnNotices,
    responses=documented(404, 429),
    operation_id="get_own_notices",
)
async def own(reference: str, process: FromProcess, source: ClientSource, token: OwnLinkToken) -> Response:
    """How one is told of one's own request."""
    await process.limiter.count("read", source.address)
    city, stored = find_city(reference)

    def work(session: Session) -> dict[str, Any]:
        row = own_notices.own_request(session, city, stored, token)
        return own_notices.shown(session, city, row)

    return json_answer(await _in_city(city.id, work))


@router.put(
    "/requests/{reference}/notices",
    response_model=schemas.OwnNotices,
    responses=documented(404, 429),
    operation_id="choose_own_notices",
)
async def choose(
    reference: str,
    body: schemas.OwnNoticesBody,
    process: FromProcess,
    source: ClientSource,
    token: OwnLinkToken,
) -> Response:
    """Choose channels, moves, digests and quiet hours for one's own request."""
    await process.limiter.count("read", source.address)
    city, stored = find_city(reference)
    quiet = _quiet(city, body.quiet)

    def work(session: Session) -> dict[str, Any]:
        row = own_notices.own_request(session, city, stored, token)
        own_notices.choose(session, city, row, body.channels, body.moves, body.frequency, quiet)
        session.flush()
        return own_notices.shown(session, city, row)

    return json_answer(await _in_city(city.id, work))


@router.post(
    "/requests/{reference}/confirm",
    response_model=schemas.OwnNotices,
    responses=documented(401, 404, 429),
    operation_id="confirm_contact",
)
async def confirm_contact(
    reference: str, body: schemas.CodeBody, process: FromProcess, source: ClientSource, token: OwnLinkToken
) -> Response:
    """Enter the code that was sent to the contact a request was filed with; what waited goes out."""
    await process.limiter.count_all("try code", source)
    city, stored = find_city(reference)

    def work(session: Session) -> dict[str, Any] | None:
        row = own_notices.own_request(session, city, stored, token)
        right = own_notices.confirm(session, city, row, body.code)
        session.expire_all()
        return own_notices.shown(session, city, row) if right else None

    told = await _in_city(city.id, work)
    if told is None:
        raise following.wrong_code()
    return json_answer(told)


@router.post(
    "/requests/{reference}/confirm-code",
    response_model=schemas.CodeSent,
    responses=documented(404, 429),
    operation_id="send_contact_code_again",
)
async def send_again(
    reference: str, process: FromProcess, source: ClientSource, token: OwnLinkToken
) -> Response:
    """Send a new code to the contact a request was filed with; the one before dies."""
    city, stored = find_city(reference)
    await process.limiter.count_all("code", source, stored.encode())

    def work(session: Session) -> bool:
        row = own_notices.own_request(session, city, stored, token)
        return own_notices.ask_again(session, city, row)

    return json_answer({"sent": await _in_city(city.id, work)})


def _recipient(city: City, body: schemas.Wish) -> Recipient:
    push = {"endpoint": body.push.endpoint, **body.push.keys.model_dump()} if body.push else None
    return following.recipient_of(city, body.channel, body.email, body.phone, push)


async def _count(process: FromProcess, source: ClientSource, recipient: Recipient) -> None:
    """A browser is told by itself; a code to a contact counts for the contact, too."""
    if recipient.channel == "push":
        await process.limiter.count_all("follow", source)
    else:
        await process.limiter.count_all("code", source, recipient.digest)


async def _managed(key: str, process: FromProcess, source: ClientSource) -> Managed:
    await process.limiter.count("read", source.address)
    managed = read_management_key(key)
    if managed is None:
        raise UnknownSubscription("There is nothing by this key.", field="key")
    return managed


def _shown(session: Session, managed: Managed) -> dict[str, Any]:
    if managed.kind == "d":
        return digest_choices.shown(session, managed)
    if managed.kind == "c":
        return own_notices.shown_by_key(session, city_of(managed.city_id), managed)
    return following.shown(session, following.subscription(session, managed))


def _quiet(city: City, hours: QuietHours | None) -> Quiet | None:
    return quiet_of(hours.begins, hours.ends, city.timezone) if hours is not None else None


def _subscribed(city: City, made: Subscribed) -> Response:
    state = "on" if made.key else "confirm"
    return json_answer({"id": made.handle, "city": city.id, "state": state, "key": made.key}, 201)


async def _in_city(city_id: str, work: Callable[[Session], T]) -> T:
    return await run_in_threadpool(_with_session, city_id, work)


def _with_session(city_id: str, work: Callable[[Session], T]) -> T:
    with city_session(city_id) as session:
        return work(session)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
