"""The Telegram bot: linking a chat to an account, and the updates that Telegram sends."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlmodel import func, select

from api.answers import json_answer
from api.dependencies import (
    ClientAddress,
    ClientSource,
    FromProcess,
    Open,
    OwnLinkToken,
    PersonViewer,
    StaffSession,
    staff_city,
)
from api.error_responses import documented
from nagara.database import city_session
from nagara.errors import WrongCredentials
from nagara.notifications import telegram_link as telegram
from nagara.notifications.channels.telegram import webhook_secret
from nagara.public.request_views import find_city
from nagara.residents import link as resident_link
from nagara.settings import settings
from nagara.telegram_reports.conversation import Room, handle
from nagara.telegram_reports.start_codes import start_link
from nagara.telegram_reports.updates import read_update

router = APIRouter(prefix="/api/v1", tags=["telegram"])


class TelegramLinkShown(BaseModel):
    """Where to go to link a chat."""

    url: str = Field(description="To be opened in Telegram once, within fifteen minutes")


@router.post(
    "/staff/telegram",
    response_model=TelegramLinkShown,
    responses=documented(401, 403, 404),
    operation_id="link_telegram",
)
def link(staff: PersonViewer, session: StaffSession) -> Response:
    """A link that joins a chat with the city's bot to my account; then ``telegram`` can be chosen for notices."""
    return json_answer({"url": telegram.new_link(session, staff_city(staff), staff)})


@router.delete(
    "/staff/telegram", status_code=204, responses=documented(401, 403, 404), operation_id="unlink_telegram"
)
def unlink(staff: PersonViewer, session: StaffSession) -> Response:
    """Send nothing to my chat any more."""
    telegram.unlink(session, staff_city(staff), staff)
    return Response(status_code=204)


@router.post(
    "/requests/{reference}/telegram",
    dependencies=[Open],
    response_model=TelegramLinkShown,
    responses=documented(404, 429),
    operation_id="follow_in_telegram",
)
async def follow(reference: str, process: FromProcess, source: ClientSource, token: OwnLinkToken) -> Response:
    """A link to the bot with which whoever holds the private link is told of their report in a chat."""
    await process.limiter.count_all("follow", source)
    city, stored = find_city(reference)

    def made() -> str:
        with city_session(city.id) as session:
            row = resident_link.own(session, city, stored, token, process.secret)
            now = session.execute(select(func.clock_timestamp())).scalar_one()
            return start_link(city, stored, row.id, row.link_generation, now)

    return json_answer({"url": await run_in_threadpool(made)})


@router.post(
    "/telegram/updates",
    status_code=204,
    responses=documented(401, 429, 503),
    dependencies=[Open],
    operation_id="take_telegram_update",
)
async def update(
    body: Annotated[dict[str, Any], Body(description="An Update of the Bot API")],
    process: FromProcess,
    address: ClientAddress,
    x_telegram_bot_api_secret_token: Annotated[str, Header(max_length=256)] = "",
) -> Response:
    """What Telegram sends to the bot; only who knows the secret of setWebhook is heard. To repeat one does nothing.

    In a private chat residents report: words, pictures and a place in any order. 503: send it again.
    """
    await process.limiter.count("updates", address)
    if not hmac.compare_digest(x_telegram_bot_api_secret_token.encode(), webhook_secret().encode()):
        raise WrongCredentials(
            "This is not the secret token of the webhook.", field="X-Telegram-Bot-Api-Secret-Token"
        )
    opened = telegram.started(body)
    if opened is not None:
        await run_in_threadpool(_link, opened)
        return Response(status_code=204)
    incoming = read_update(body)
    if incoming is not None and settings().telegram_token is not None:
        await handle(Room(process.pool, process.darkroom, process.limiter), incoming)
    return Response(status_code=204)


def _link(opened: telegram.Started) -> None:
    with city_session(opened.city_id) as session:
        telegram.link(session, opened)
