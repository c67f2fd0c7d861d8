"""Text messages through an HTTP gateway, which the deployment's settings describe."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from nagara.notifications.channels.base import Outgoing, Refusal, Unsendable, judge_own
from nagara.residents.contact_digests import keyed_digest
from nagara.settings import settings

TIMEOUT_SECONDS = 10.0
LONGEST_WAIT = dt.timedelta(hours=1)

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("\f^{}\\[~]|€")
"""3GPP TS 23.038, 6.2.1: the default alphabet, and the characters of its extension, which count twice."""

SEGMENTS = 2
"""A message may be this many parts long; each is paid for."""


class GatewayAnswer(Exception):
    """The gateway answered with something else than success."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.retry_after = status, retry_after


def segments(text: str) -> int:
    """Into how many parts a network cuts a text: 160 or 153 characters of GSM, 70 or 67 units of UCS-2."""
    if all(c in GSM_BASIC or c in GSM_TWICE for c in text):
        length = sum(2 if c in GSM_TWICE else 1 for c in text)
        return 1 if length <= 160 else -(-length // 153)
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= 70 else -(-length // 67)


def short_text(text: str, link: str | None = None, keep: str = "") -> str:
    """``text`` and its link in at most two parts: the words are cut, never the link nor ``keep``.

    ``keep`` is a part of the text, such as a reference, that is put in front where cutting would lose it.
    """
    words, tail = " ".join(text.split()), f" {link}" if link else ""
    if segments(words + tail) <= SEGMENTS:
        return words + tail
    head = f"{keep}: " if keep else ""
    rest = words.removeprefix(keep).lstrip(" :：៖-") if keep else words
    while rest and segments(f"{head}{rest}…{tail}") > SEGMENTS:
        shorter = rest[:-1].rstrip()
        cut = shorter.rfind(" ")
        rest = shorter[:cut] if cut > len(shorter) - 20 and cut > 0 else shorter
    while rest and not (rest[-1].isalnum() or rest[-1] in ")»”\"'"):
        rest = rest[:-1]  # no mark without the letter it belongs to
    return f"{head}{rest}…{tail}" if rest else f"{keep}{tail}".strip()


class SmsChannel:
    """Text messages. What the gateway takes with 2xx it has; 4xx but 408, 425 and 429 it will never take."""

    name = "sms"
    passing_errors: tuple[type[Exception], ...] = (httpx.HTTPError, GatewayAnswer, OSError)
    give_up_after = dt.timedelta(days=1)

    def ready(self) -> bool:
        """Whether a gateway is set."""
        return settings().sms_url is not None

    @contextmanager
    def open(self) -> Iterator[_Gateway]:
        """A connection that is kept for several messages; redirects are not followed."""
        headers: dict[str, str] = {"Content-Type": settings().sms_content_type}
        secret = settings().sms_auth_header
        if secret is not None:
            name, colon, value = secret.get_secret_value().partition(":")
            if not colon:
                raise ValueError("NAGARA_SMS_AUTH_HEADER must be written 'Name: value'")
            headers[name.strip()] = value.strip()
        with httpx.Client(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, headers=headers
        ) as client:
            yield _Gateway(client)

    def destination(self, recipient: Mapping[str, str]) -> str:
        """A digest of the number, of which nobody makes the number again without the secret."""
        return keyed_digest(settings().secret, "", "phone", recipient.get("phone", "")).hex()[:16]

    def judge(self, error: Exception) -> Refusal:
        """What went wrong: the message, the number, or the gateway."""
        own = judge_own(error)
        if own is not None:
            return own
        if not isinstance(error, GatewayAnswer):
            return Refusal(type(error).__name__, permanent=False, stops=True)
        why = f"gateway {error.status}"
        match error.status:
            case 408 | 425 | 429:
                return Refusal(why, permanent=False, stops=True, wait=waiting_time(error.retry_after))
            case 401 | 402 | 403 | 404 | 405:
                # our account or the setting: for an operator to mend, and no fault of the message
                return Refusal(why, permanent=False, stops=True)
            case status if 400 <= status < 500:
                return Refusal(why, permanent=True, stops=False)
            case _:
                return Refusal(why, permanent=False, stops=True, wait=waiting_time(error.retry_after))


class _Gateway:
    """An open connection to the gateway."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, message: Outgoing) -> None:
        """Hand over one text; the key goes along as the idempotency key."""
        chosen = settings()
        number = message.recipient.get("phone", "")
        if not number or chosen.sms_url is None:
            raise Unsendable("there is no number")
        values = {"to": number, "text": message.body, "from": chosen.sms_from, "id": message.key}
        content = fill(chosen.sms_body, values, as_form=chosen.sms_content_type.endswith("urlencoded"))
        url, body = chosen.sms_url, content.encode()
        if chosen.sms_method == "GET":
            url, body = f"{url}{'&' if '?' in url else '?'}{content}", b""
        request = self._client.build_request(
            chosen.sms_method, url, content=body, headers={"Idempotency-Key": message.key}
        )
        answer = self._client.send(request, stream=True)
        try:
            if not answer.is_success:
                raise GatewayAnswer(answer.status_code, answer.headers.get("retry-after"))
        finally:
            answer.close()


def fill(template: str, values: Mapping[str, str], *, as_form: bool) -> str:
    """The template with each ``{name}`` as a JSON string, or encoded as a part of a form.

    What is inserted is never read as a template.
    """
    parts, rest = [], template
    while rest:
        found = [(rest.find(f"{{{name}}}"), name) for name in values if f"{{{name}}}" in rest]
        if not found:
            break
        at, name = min(found)
        value = values[name]
        parts += [rest[:at], quote(value, safe="") if as_form else json.dumps(value, ensure_ascii=False)]
        rest = rest[at + len(name) + 2 :]
    return "".join(parts) + rest


def waiting_time(retry_after: str | None, now: dt.datetime | None = None) -> dt.timedelta | None:
    """What Retry-After asks for, in seconds or as a date, at most an hour; None if it asks for nothing."""
    if not retry_after:
        return None
    seconds = retry_after.strip()
    if seconds.isascii() and seconds.isdigit():  # "²" is a digit too, of which int() makes nothing
        return min(dt.timedelta(seconds=int(seconds[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        return None
    left = until - (now or dt.datetime.now(dt.UTC))
    return min(max(left, dt.timedelta()), LONGEST_WAIT)
