"""Web push: encrypted for one browser (RFC 8291), signed by us (RFC 8292), handed to its push service (RFC 8030).

The addresses come from strangers' browsers, so they are called as strangers' addresses are
(``nagara.outgoing``). What the push service sees is an encrypted message, its length and when it came.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import urlsplit

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]

from nagara.notifications.channels.base import Outgoing, Refusal, Unsendable, judge_own
from nagara.notifications.channels.sms import waiting_time
from nagara.outgoing import AddressNotAllowed, Caller, NotReached, check_url
from nagara.settings import settings

KEPT_BY_SERVICE = dt.timedelta(days=1)
"""For how long a push service keeps a message for a browser that is not there (TTL)."""

LARGEST_PAYLOAD = 3000
"""Bytes before encryption; a push service need take no more than 4096 after it (RFC 8030, 7.2)."""

SIGNED_FOR = dt.timedelta(hours=12)
"""RFC 8292, 2: at most a day."""

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class PushAnswer(Exception):
    """The push service answered with something else than success."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.retry_after = status, retry_after


class ServiceAway(Exception):
    """This push service did not answer a moment ago; it is not asked again in this conversation."""


def public_key() -> str:
    """Our key as browsers want it for subscribing (``applicationServerKey``): base64url without padding."""
    return _encoded(_own_point())


def check_subscription(endpoint: str, p256dh: str, auth: str) -> None:
    """Raise ``ValueError`` saying which part is wrong; where the endpoint leads is seen when it is called."""
    try:
        check_url(endpoint, loopback=settings().demo)
    except AddressNotAllowed as error:
        raise ValueError(f"endpoint {error}") from error
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
    except (ValueError, binascii.Error) as error:
        raise ValueError("p256dh is no point of P-256") from error
    try:
        length = len(_decoded(auth))
    except binascii.Error:
        length = 0
    if length != 16:
        raise ValueError("auth is not sixteen bytes")


def encrypt(payload: bytes, p256dh: str, auth: str) -> bytes:
    """A message only that browser can read: aes128gcm with a key pair of its own (RFC 8291)."""
    encrypted: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(p256dh),
        auth_secret=_decoded(auth),
        version="aes128gcm",
    )
    return encrypted


def payload_of(message: Outgoing) -> bytes:
    """What the browser's worker reads: JSON, its text cut so that the whole stays within bounds."""
    body = message.body.strip()
    while True:
        content = {
            "title": message.subject,
            "body": body,
            "url": message.link,
            "tag": message.topic or message.key,
            "lang": message.language,
            "id": message.key,
        }
        payload = json.dumps(content, ensure_ascii=False).encode()
        if len(payload) <= LARGEST_PAYLOAD:
            return payload
        if not body:
            raise Unsendable("the title alone is too long")
        body = body[: len(body) * 3 // 4].rstrip()


class PushChannel:
    """Notifications of the browser. 404 and 410 mean that it will never take one again."""

    name = "push"
    passing_errors: tuple[type[Exception], ...] = (NotReached, AddressNotAllowed, PushAnswer, ServiceAway)
    give_up_after = dt.timedelta(days=1)

    def ready(self) -> bool:
        """Always: the key is a setting, or made from the secret."""
        return True

    @contextmanager
    def open(self) -> Iterator[_Services]:
        """Connections to push services, kept for several messages."""
        with Caller(loopback=settings().demo) as caller:
            yield _Services(caller)

    def destination(self, recipient: Mapping[str, str]) -> str:
        """The push service."""
        return urlsplit(recipient.get("endpoint", "")).netloc

    def judge(self, error: Exception) -> Refusal:
        """What went wrong: the browser is gone, the message, or this push service for now."""
        own = judge_own(error)
        if own is not None:
            return own
        if isinstance(error, AddressNotAllowed):
            return Refusal("AddressNotAllowed", permanent=True, stops=False, gone=True)
        if not isinstance(error, PushAnswer):
            return Refusal(
                type(error).__name__,
                permanent=False,
                stops=False,
                blames_destination=isinstance(error, NotReached),
            )
        gone = error.status in (404, 410)
        never = 300 <= error.status < 500 and error.status != 429
        wait = None if never else waiting_time(error.retry_after)
        return Refusal(f"push service {error.status}", permanent=never, stops=False, gone=gone, wait=wait,
            blames_destination=not never)  # fmt: skip


class _Services:
    """The push services, each of which may be away without delaying the others' messages."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._away: set[str] = set()
        self._signed: dict[str, str] = {}

    def send(self, message: Outgoing) -> None:
        """Hand one message to its push service."""
        endpoint = message.recipient.get("endpoint", "")
        service = "/".join(endpoint.split("/")[:3])
        if service in self._away:
            raise ServiceAway
        try:
            body = encrypt(payload_of(message), message.recipient["p256dh"], message.recipient["auth"])
        except (KeyError, ValueError, http_ece.ECEException) as error:
            raise Unsendable("the subscription is not complete") from error
        headers = {
            "Authorization": self._signature(service),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(KEPT_BY_SERVICE.total_seconds())),
            "Urgency": "normal",
            # what is said later about the same thing takes the place of what was not fetched yet
            "Topic": hashlib.sha256((message.topic or message.key).encode()).hexdigest()[:32],
            "Host": urlsplit(endpoint).netloc,
            "Content-Length": str(len(body)),
        }
        try:
            answer = self._caller.call("POST", endpoint, headers, body)
        except NotReached:
            self._away.add(service)
            raise
        if not 200 <= answer.status < 300:
            if answer.status == 429 or answer.status >= 500:
                self._away.add(service)
            raise PushAnswer(answer.status, answer.headers.get("retry-after"))

    def _signature(self, service: str) -> str:
        """Who we are, signed for this push service alone."""
        if service not in self._signed:
            until = dt.datetime.now(dt.UTC) + SIGNED_FOR
            claims = {"aud": service, "exp": int(until.timestamp()), "sub": settings().push_contact}
            self._signed[service] = Vapid02(_own_key()).sign(claims)["Authorization"]
        return self._signed[service]


def _own_key() -> ec.EllipticCurvePrivateKey:
    """The key that is set, or one made from the secret: the same in every process and after every restart."""
    given = settings().push_private_key
    return _key(given.get_secret_value() if given else None, settings().secret)


@lru_cache(maxsize=4)
def _key(given: str | None, secret: bytes) -> ec.EllipticCurvePrivateKey:
    if given is not None:
        number = int.from_bytes(_decoded(given))
    else:
        # 48 bytes for a number of 32: what is lost by the remainder is below 2 to the -128
        made = HKDF(hashes.SHA256(), 48, salt=None, info=b"nagara push").derive(secret)
        number = int.from_bytes(made) % (P256_ORDER - 1) + 1
    if not 0 < number < P256_ORDER:
        raise ValueError("NAGARA_PUSH_PRIVATE_KEY is no key of P-256")
    return ec.derive_private_key(number, ec.SECP256R1())


def _own_point() -> bytes:
    return _own_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without padding."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
