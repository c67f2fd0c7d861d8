"""What Telegram sends, reduced to what a report can be made of. Pure; everything else is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nagara.filing.handed_in import MAX_DESCRIPTION

LONGEST_FILE_ID = 300


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of a chat between one person and the bot."""

    update_id: int
    chat: str
    language: str
    """As the person's Telegram is set; empty where it does not say."""
    text: str = ""
    photo: str | None = None
    """The file id of its largest size."""
    place: tuple[float, float] | None = None
    """Latitude and longitude."""
    pressed: str | None = None
    """What the button that was pressed carries."""
    press_id: str | None = None


def read_update(update: Mapping[str, Any]) -> Incoming | None:
    """An update of a private chat; None for groups, channels and whatever has not the form of the Bot API."""
    press = update.get("callback_query")
    pressed = isinstance(press, dict)
    message = press.get("message") if isinstance(press, dict) else update.get("message")
    number = update.get("update_id")
    if not isinstance(message, dict) or not isinstance(number, int) or not 0 <= number < 2**62:
        return None
    chat = message.get("chat")
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return None
    person = (press if isinstance(press, dict) else message).get("from")
    language = person.get("language_code") if isinstance(person, dict) else None
    said: dict[str, Any] = {"update_id": number, "chat": str(chat["id"]), "language": _tag(language)}
    if pressed and isinstance(press, dict):
        return Incoming(
            **said, pressed=str(press.get("data", ""))[:64], press_id=str(press.get("id", ""))[:64]
        )
    text = message.get("text") or message.get("caption") or ""
    return Incoming(
        **said,
        text=_shown(text) if isinstance(text, str) else "",
        photo=_largest(message.get("photo")),
        place=_place(message.get("location")),
    )


def _tag(language: Any) -> str:
    """The language under the name that texts have it by: Telegram says ``tl`` and ``zh-hans``."""
    if not isinstance(language, str):
        return ""
    bare = language[:35].split("-")[0].lower()
    return {"zh": "zh-Hans", "tl": "fil"}.get(bare, bare)


def _shown(text: str) -> str:
    """Text that can be kept: no NUL and no half characters."""
    whole = text[:MAX_DESCRIPTION].encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return whole.replace("\x00", "").strip()


def _largest(sizes: Any) -> str | None:
    named = [one for one in sizes if isinstance(one, dict)] if isinstance(sizes, list) else []
    usable = [
        one
        for one in named
        if isinstance(one.get("file_id"), str)
        and 0 < len(one["file_id"]) <= LONGEST_FILE_ID
        and isinstance(one.get("width"), int)
        and isinstance(one.get("height"), int)
    ]
    best = max(usable, key=lambda one: int(one["width"]) * int(one["height"]), default=None)
    return None if best is None else str(best["file_id"])


def _place(location: Any) -> tuple[float, float] | None:
    if not isinstance(location, dict):
        return None
    lat, lon = location.get("latitude"), location.get("longitude")
    if isinstance(lat, int | float) and isinstance(lon, int | float) and abs(lat) <= 90 and abs(lon) <= 180:
        return float(lat), float(lon)
    return None
