"""Other sides of the channels, for tests: a gateway and a push service on loopback, and a browser's keys."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece  # type: ignore[import-untyped]
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nagara.sealing import unseal
from nagara.settings import settings


@dataclass
class Call:
    """A call as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Other:
    """A server that keeps what it is sent, and answers as it is told."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@contextmanager
def other_side() -> Iterator[Other]:
    """A server on loopback while the block runs."""
    other = Other()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            named = {name.lower(): value for name, value in self.headers.items()}
            other.calls.append(Call(self.command, self.path, named, body))
            self.send_response(other.status)
            for name, value in other.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(other.body)))
            self.end_headers()
            self.wfile.write(other.body)

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def do_PUT(self) -> None:
            self._take()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield other
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """A browser's own key pair, with which it subscribed and reads what comes."""

    def __init__(self, service: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.endpoint = f"{service}/send/{os.urandom(6).hex()}"
        self.p256dh, self.auth = encoded(point), encoded(self._auth)

    def subscription(self) -> dict[str, Any]:
        """What ``PushSubscription.toJSON()`` gives."""
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a message as a browser does (RFC 8291)."""
        plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        content: dict[str, Any] = json.loads(plain)
        return content


def encoded(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def messages(db: psycopg.Connection[Any]) -> list[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Messages in order: audience, channel, recipient and text, opened."""
    rows = db.execute(
        "select city_id, audience, channel, sealed_recipient, sealed_text from message order by created_at, id"
    ).fetchall()
    db.rollback()
    secret = settings().secret
    return [
        (row[1], row[2], unseal(secret, row[0], row[3]) or {}, unseal(secret, row[0], row[4]) or {})
        for row in rows
    ]


def newest_code(db: psycopg.Connection[Any]) -> str:
    """The six digits of the newest message."""
    text = messages(db)[-1][3]
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text.get("subject", "") + text["body"])
    assert found is not None, text
    return found.group()


def newest_key(db: psycopg.Connection[Any]) -> str:
    """The management key in the newest message's link."""
    found = re.search(r"/follow/\w+/(\S+)", messages(db)[-1][3]["body"])
    assert found is not None
    return found.group(1)
