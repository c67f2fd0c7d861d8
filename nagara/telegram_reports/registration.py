"""Telling Telegram where the bot's updates go, and with which secret they come."""

from __future__ import annotations

from nagara.errors import InvalidInput
from nagara.notifications.channels.telegram import webhook_secret
from nagara.settings import settings
from nagara.telegram_reports.bot_api import BotApi

UPDATES = "/api/v1/telegram/updates"
KINDS = ("message", "callback_query")


async def register() -> str:
    """Set the webhook to this installation's public address; returns it. To repeat it changes nothing.

    Raises ``InvalidInput`` without a bot or where the Bot API refuses the address, ``BotUnreachable`` where it
    does not answer.
    """
    if settings().telegram_token is None:
        raise InvalidInput("No Telegram bot is set up here.", field="NAGARA_TELEGRAM_TOKEN")
    address = f"{settings().public_url.rstrip('/')}{UPDATES}"
    content = {"url": address, "secret_token": webhook_secret(), "allowed_updates": list(KINDS)}
    async with BotApi() as api:
        if await api.call("setWebhook", content) is not True:
            raise InvalidInput(
                f"Telegram does not take {address}.",
                field="NAGARA_PUBLIC_URL",
                allowed="a public https address",
            )
    return address
