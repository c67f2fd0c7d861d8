"""Calls to other systems, signed as Standard Webhooks has it (https://www.standardwebhooks.com, 1.0).

The addresses come from a city's administrators and are called as strangers' addresses are (``nagara.outgoing``).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from nagara.notifications.channels.base import Outgoing, Refusal, Unsendable, judge_own
from nagara.notifications.channels.sms import waiting_time
from nagara.outgoing import AddressNotAllowed, Caller, NotReached
from nagara.settings import settings

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""

USER_AGENT = "Nagara-Webhooks/1"


class EndpointAnswer(Exception):
    """The endpoint answered with something else than success."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.retry_after = status, retry_after


def new_webhook_secret() -> str:
    """A secret to sign with, as receivers' libraries take it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(signed_with: Sequence[str], id_: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature (v1: HMAC-SHA-256) for each secret that is valid now."""
    content = f"{id_}.{timestamp}.".encode() + body
    parts = []
    for secret in signed_with:
        try:
            key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise Unsendable("a secret is not base64") from error
        parts.append(f"v1,{base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()}")
    return " ".join(parts)


class WebhookChannel:
    """Other systems. What is answered with 2xx was taken; 410 ends the endpoint, all else is tried again."""

    name = "webhook"
    passing_errors: tuple[type[Exception], ...] = (NotReached, AddressNotAllowed, EndpointAnswer)
    give_up_after = dt.timedelta(days=3)

    def ready(self) -> bool:
        """Always: each endpoint brings what it needs."""
        return True

    @contextmanager
    def open(self) -> Iterator[_Endpoints]:
        """Connections to endpoints, kept for several messages."""
        with Caller(loopback=settings().demo) as caller:
            yield _Endpoints(caller)

    def destination(self, recipient: Mapping[str, str]) -> str:
        """The endpoint."""
        return recipient.get("endpoint", "")

    def judge(self, error: Exception) -> Refusal:
        """What went wrong: the endpoint for now, or for ever."""
        own = judge_own(error)
        if own is not None:
            return own
        if isinstance(error, EndpointAnswer):
            gone = error.status == 410
            return Refusal(
                f"HTTP {error.status}",
                permanent=gone,
                stops=False,
                gone=gone,
                wait=waiting_time(error.retry_after),
                blames_destination=not gone,
            )
        # a name that leads inside now may have been mended tomorrow; nothing was called
        return Refusal(type(error).__name__, permanent=False, stops=False, blames_destination=True)


class _Endpoints:
    """Open ways to endpoints."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def send(self, message: Outgoing) -> None:
        """Call an endpoint once; the time of this attempt is signed with the id and the body."""
        url, signed_with = message.recipient.get("url", ""), message.recipient.get("secrets", "").split()
        if not url or not signed_with:
            raise Unsendable("the endpoint has ended")
        body, timestamp = message.body.encode(), int(time.time())
        headers = {
            "Host": urlsplit(url).netloc,
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Content-Length": str(len(body)),
            "User-Agent": USER_AGENT,
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(signed_with, message.key, timestamp, body),
        }
        answer = self._caller.call("POST", url, headers, body)
        if not 200 <= answer.status < 300:
            raise EndpointAnswer(answer.status, answer.headers.get("retry-after"))
