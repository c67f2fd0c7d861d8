"""Calls of the Bot API: what the bot says, and pictures it was sent. The address holds the token: never repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from nagara.errors import BotUnreachable, InvalidPhoto
from nagara.photos.checking import MAX_BYTES
from nagara.settings import settings

TIMEOUT_SECONDS = 10.0
FILE_PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*(\.[A-Za-z0-9]{1,5})?")
"""What getFile may answer: a path below the bot's own, without a way out of it."""


class BotApi:
    """A conversation with the API over one connection; redirects are not followed."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> BotApi:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def call(self, method: str, content: Mapping[str, Any]) -> Any:
        """The result of a method; raise ``BotUnreachable`` where there is none and it may be tried again.

        400 and 403 are for good - the chat is gone, the button too old - and give None.
        """
        try:
            answer = await self._client.post(f"{_base('')}/{method}", json=dict(content))
            if answer.status_code in (400, 403):
                return None
            if not answer.is_success:
                raise BotUnreachable(f"The bot's {method} was answered with {answer.status_code}.")
            told = answer.json() if answer.content else None
            return told.get("result") if isinstance(told, dict) else None
        except (httpx.HTTPError, ValueError) as error:
            raise BotUnreachable(f"The bot's {method} failed: {type(error).__name__}.") from None

    async def picture(self, file_id: str) -> bytes:
        """The bytes of a picture, at most what an upload may have; raise ``InvalidPhoto`` or ``BotUnreachable``."""
        found = await self.call("getFile", {"file_id": file_id})
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str) or len(path) > 200 or not FILE_PATH.fullmatch(path):
            raise InvalidPhoto("The bot's picture is not there any more.", field="file")
        try:
            async with self._client.stream("GET", f"{_base('/file')}/{path}") as answer:
                if answer.status_code in (400, 404):
                    raise InvalidPhoto("The bot's picture is not there any more.", field="file")
                if not answer.is_success:
                    raise BotUnreachable(f"The bot's picture was answered with {answer.status_code}.")
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > MAX_BYTES:
                        raise InvalidPhoto("The bot's picture is too large.", field="file")
                return bytes(content)
        except httpx.HTTPError as error:
            raise BotUnreachable(f"The bot's picture failed: {type(error).__name__}.") from None


def _base(below: str) -> str:
    token = settings().telegram_token
    if token is None:
        raise BotUnreachable("No Telegram bot is set up here.")
    return f"{settings().telegram_api.rstrip('/')}{below}/bot{token.get_secret_value()}"
