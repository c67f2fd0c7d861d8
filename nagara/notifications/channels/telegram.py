"""Messages of a Telegram bot (https://core.telegram.org/bots/api), to those who linked a chat.

The Bot API has no idempotency key: a message that was sent twice shows twice. The key goes along in a header for
whatever stands between. Tried against a double of the API on loopback, not against Telegram itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from nagara.notifications.channels.base import Outgoing, Refusal, Unsendable, judge_own
from nagara.notifications.channels.sms import waiting_time
from nagara.residents.contact_digests import keyed_digest
from nagara.settings import settings

TIMEOUT_SECONDS = 10.0
LONGEST_TEXT = 4096
"""Characters after which sendMessage refuses a text."""


class BotAnswer(Exception):
    """The API answered with something else than success."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.retry_after = status, retry_after


def webhook_secret() -> str:
    """What Telegram sends with every update (setWebhook, secret_token), made from the secret key."""
    return hmac.new(settings().secret, b"telegram webhook", hashlib.sha256).hexdigest()


def chat_link(code: str) -> str | None:
    """Where somebody opens a chat with the bot and hands it a code; None: there is no bot.

    In the demo that is a page of its own, for its bot is not known to Telegram.
    """
    known = settings()
    if known.telegram_token is None or known.telegram_bot is None:
        return None
    if known.demo and known.outbox_dir is not None:
        return f"{known.public_url.rstrip('/')}/dev/telegram?start={code}"
    return f"https://t.me/{known.telegram_bot}?start={code}"


class TelegramChannel:
    """Chats with the bot. 403 means that somebody stopped it: they are forgotten."""

    name = "telegram"
    passing_errors: tuple[type[Exception], ...] = (httpx.HTTPError, BotAnswer, OSError)
    give_up_after = dt.timedelta(days=1)

    def ready(self) -> bool:
        """Whether a bot is set."""
        return settings().telegram_token is not None

    @contextmanager
    def open(self) -> Iterator[_Bot]:
        """A connection that is kept for several messages; redirects are not followed."""
        token = settings().telegram_token
        if token is None:
            raise ValueError("no bot is set")
        base = f"{settings().telegram_api.rstrip('/')}/bot{token.get_secret_value()}"
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            yield _Bot(client, f"{base}/sendMessage")

    def destination(self, recipient: Mapping[str, str]) -> str:
        """A digest of the chat."""
        return keyed_digest(settings().secret, "", "telegram", recipient.get("chat", "")).hex()[:16]

    def judge(self, error: Exception) -> Refusal:
        """What went wrong: the message, the chat, or the bot. The address holds the token and is never repeated."""
        own = judge_own(error)
        if own is not None:
            return own
        if not isinstance(error, BotAnswer):
            return Refusal(type(error).__name__, permanent=False, stops=True)
        why, wait = f"Telegram {error.status}", waiting_time(error.retry_after)
        match error.status:
            case 403:
                return Refusal(why, permanent=True, stops=False, gone=True)
            case 400:
                return Refusal(why, permanent=True, stops=False)
            case _:  # 401 and 404: the token is wrong; 429: too many; 5xx: away
                return Refusal(why, permanent=False, stops=True, wait=wait)


class _Bot:
    """An open connection to the API."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client, self._url = client, url

    def send(self, message: Outgoing) -> None:
        """Send one message."""
        chat = message.recipient.get("chat", "")
        if not chat:
            raise Unsendable("there is no chat")
        said = f"{message.subject}\n\n{message.body}".strip()[:LONGEST_TEXT]
        content = {"chat_id": chat, "text": said, "link_preview_options": {"is_disabled": True}}
        headers = {"Idempotency-Key": message.key}
        answer = self._client.post(self._url, json=content, headers=headers)
        if not answer.is_success:
            raise BotAnswer(answer.status_code, _retry_after(answer))


def _retry_after(answer: httpx.Response) -> str | None:
    """How long to wait: in the answer's parameters, or its header."""
    try:
        return str(answer.json()["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        header: str | None = answer.headers.get("retry-after")
        return header
