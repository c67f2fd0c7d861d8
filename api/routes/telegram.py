"""The Telegram bot: linking a chat to an account, and the updates that Telegram sends."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open, PersonViewer, StaffSession, staff_city
from api.error_responses import documented
from nagara import telegram
from nagara.database import city_session
from nagara.errors import WrongCredentials
from nagara.notifications.channels.telegram import webhook_secret

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
    "/telegram/updates",
    status_code=204,
    responses=documented(401, 429),
    dependencies=[Open],
    operation_id="take_telegram_update",
)
async def update(
    body: Annotated[dict[str, Any], Body(description="An Update of the Bot API")],
    process: FromProcess,
    address: ClientAddress,
    x_telegram_bot_api_secret_token: Annotated[str, Header(max_length=256)] = "",
) -> Response:
    """What Telegram sends to the bot; only who knows the secret of setWebhook is heard. To repeat one does nothing."""
    await process.limiter.count("read", address)
    if not hmac.compare_digest(x_telegram_bot_api_secret_token.encode(), webhook_secret().encode()):
        raise WrongCredentials(
            "This is not the secret token of the webhook.", field="X-Telegram-Bot-Api-Secret-Token"
        )
    opened = telegram.started(body)
    if opened is not None:
        await run_in_threadpool(_link, opened)
    return Response(status_code=204)


def _link(opened: telegram.Started) -> None:
    with city_session(opened.city_id) as session:
        telegram.link(session, opened)
