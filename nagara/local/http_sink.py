"""A gateway for text messages and a push service for the demo: takes everything on loopback, sends nothing on.

Text messages come as JSON to ``/sms``, calls of other systems to ``/hook...``, the bot's messages to ``/bot...``.
Browsers' messages come encrypted to ``/push/...``; the sink has a
subscription of its own, with a key pair as a browser has one, so that the viewer can show what a browser would.
A message of another browser's is kept as what it is here: unreadable.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nagara.local.ports import LOOPBACK
from nagara.local.telegram_double import Keep, TelegramDouble

LARGEST_BODY = 64 * 1024
SUBSCRIPTION_FILE = "browser.json"
CHAT = "/chat"
"""Where the demo's page says what somebody writes to the bot."""


class Browser:
    """The key pair of the demo's own browser, kept in a file so that a subscription outlives a restart."""

    def __init__(self, folder: Path, port: int) -> None:
        file = folder / SUBSCRIPTION_FILE
        kept = json.loads(file.read_text()) if file.exists() else self._new()
        self._key = ec.derive_private_key(int(kept["private"]), ec.SECP256R1())
        self._auth = bytes.fromhex(kept["auth"])
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _encoded(point), "auth": _encoded(self._auth)}
        subscription = {"endpoint": f"http://{LOOPBACK}:{port}/push/{kept['name']}", "keys": keys}
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(kept | {"subscription": subscription}))
        unfinished.chmod(0o600)
        unfinished.rename(file)

    def read(self, body: bytes) -> dict[str, Any]:
        """A message as the browser's worker would read it."""
        try:
            plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
            content: dict[str, Any] = json.loads(plain)
        except (http_ece.ECEException, ValueError):
            return {"title": "", "body": "", "unreadable": len(body)}
        return content

    @staticmethod
    def _new() -> dict[str, str]:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return {"private": str(number), "auth": os.urandom(16).hex(), "name": os.urandom(9).hex()}


def serve_http(port: int, folder: Path, keep: Keep) -> ThreadingHTTPServer:
    """Serve in a thread of its own until ``shutdown`` is called."""
    browser, telegram = Browser(folder, port), TelegramDouble(folder, keep)

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing: messages hold personal data."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST_BODY:
                self._say(413)
                return
            body = self.rfile.read(length)
            if self.path == "/sms":
                self._take_text(body)
            elif self.path.startswith("/push/"):
                content = browser.read(body) | {"topic": self.headers.get("Topic")}
                keep("push.json", json.dumps(content, ensure_ascii=False).encode())
                self._say(201)
            elif self.path.startswith("/hook"):
                self._take_call(body)
            elif self.path.startswith("/bot"):
                method, key = self.path.rpartition("/")[2], self.headers.get("Idempotency-Key", "")
                self._say(*telegram.call(method, body, key))
            elif self.path == CHAT:
                self._say(telegram.write(body))
            else:
                self._say(404)

        def _take_call(self, body: bytes) -> None:
            kept = {"event": body.decode(errors="replace"), "id": self.headers.get("webhook-id", "")}
            kept["signature"] = self.headers.get("webhook-signature", "")
            keep("webhook.json", json.dumps(kept, ensure_ascii=False).encode())
            self._say(204)

        def _take_text(self, body: bytes) -> None:
            try:
                content = json.loads(body)
                kept = {name: str(content[name]) for name in ("to", "text", "from", "id")}
            except (ValueError, KeyError, TypeError):
                self._say(400)
                return
            keep("sms.json", json.dumps(kept, ensure_ascii=False).encode())
            self._say(202)

        def _say(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer((LOOPBACK, port), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.1,), name="http-sink", daemon=True).start()
    return server


def subscription_kept(folder: Path) -> dict[str, Any] | None:
    """The subscription of the demo's own browser, if the sink runs; its private key stays in the file."""
    file = folder / SUBSCRIPTION_FILE
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text())["subscription"]
    return found


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
