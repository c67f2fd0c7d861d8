"""What the demo has for Telegram: takes the bot's calls, and hands on what somebody writes to the bot.

As much of the Bot API as the bot uses (https://core.telegram.org/bots/api). Where updates go is what the bot itself
said by ``setWebhook``, with the secret it gave then; until it did, nobody hears what is written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

WEBHOOK_FILE = "telegram_webhook.json"
HEARD_WITHIN_S = 30.0
TAKEN = b'{"ok": true, "result": true}'
Keep = Callable[[str, bytes], None]
"""Stores a message under an ending; it appears only when it is complete."""


class TelegramDouble:
    """One bot and the people who write to it."""

    def __init__(self, folder: Path, keep: Keep) -> None:
        self._file, self._keep = folder / WEBHOOK_FILE, keep

    def call(self, method: str, body: bytes, key: str) -> tuple[int, bytes]:
        """A call of the bot's: status and content of the answer. ``key``: its Idempotency-Key."""
        try:
            content = json.loads(body)
            if method == "sendMessage":
                return self._take(content, key)
            if method == "setWebhook":
                self._remember(str(content["url"]), str(content["secret_token"]))
        except (ValueError, KeyError, TypeError):
            return 400, b'{"ok": false}'
        return (200, TAKEN) if method in ("setWebhook", "answerCallbackQuery") else (404, b'{"ok": false}')

    def write(self, body: bytes) -> int:
        """What somebody says to the bot, who hears it before this ends; 409 while it has not said where."""
        try:
            said = json.loads(body)
            update, shown = _update(said)
        except (ValueError, KeyError, TypeError):
            return 400
        if not self._file.exists():
            return 409
        kept = json.loads(self._file.read_text())
        self._keep(
            "said.json", json.dumps({"from": said["chat"], "text": shown}, ensure_ascii=False).encode()
        )
        headers = {"X-Telegram-Bot-Api-Secret-Token": kept["secret"]}
        try:
            answer = httpx.post(
                kept["url"], json=update, headers=headers, timeout=HEARD_WITHIN_S, trust_env=False
            )
        except httpx.HTTPError:
            return 502
        return 204 if answer.is_success else 502

    def _take(self, content: Mapping[str, Any], key: str) -> tuple[int, bytes]:
        buttons = _buttons(content)
        text = str(content["text"]) + "".join(f"\n[{name}]" for name, _ in buttons)
        kept = {
            "to": str(content["chat_id"]),
            "text": text,
            "said": content["text"],
            "buttons": buttons,
            "id": key,
        }
        self._keep("telegram.json", json.dumps(kept, ensure_ascii=False).encode())
        return 200, json.dumps({"ok": True, "result": {"message_id": _number()}}).encode()

    def _remember(self, url: str, secret: str) -> None:
        unfinished = self._file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"url": url, "secret": secret}))
        unfinished.chmod(0o600)
        unfinished.rename(self._file)


def _update(said: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """An Update of the Bot API, and what the chat shows of it. Raises what a wrong form raises."""
    person = {"id": int(said["chat"]), "is_bot": False, "first_name": "Demo"}
    message: dict[str, Any] = {
        "message_id": _number(),
        "chat": {"id": person["id"], "type": "private"},
        "from": person,
        "date": int(time.time()),
    }
    if "pressed" in said:
        press = {"id": str(_number()), "from": person, "message": message, "data": str(said["pressed"])}
        return {"update_id": _number(), "callback_query": press}, f"[{said['name']}]"
    if "lat" in said:
        place = {"latitude": float(said["lat"]), "longitude": float(said["lon"])}
        shown = f"{place['latitude']:.5f}, {place['longitude']:.5f}"
        return {"update_id": _number(), "message": message | {"location": place}}, shown
    return {"update_id": _number(), "message": message | {"text": str(said["text"])}}, str(said["text"])


def _number() -> int:
    """Grows with time, as Telegram's numbers do, over restarts too."""
    return time.time_ns() // 1000


def _buttons(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What can be pressed below a message, and what that says."""
    rows = content.get("reply_markup", {}).get("inline_keyboard", [])
    return [(button["text"], button["callback_data"]) for row in rows for button in row]
