"""The demo's chat with its Telegram bot: what somebody would write on a telephone. Absent outside the demo."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, quote

import httpx
from fastapi import APIRouter, Query, Request, Response

from api.dependencies import Open
from api.routes.demo import POLICY, linked
from city_config.basics import Position
from nagara.cities import configuration
from nagara.demo.profile import load_profile
from nagara.errors import BotUnreachable, InvalidInput
from nagara.local.http_sink import CHAT
from nagara.settings import settings

router = APIRouter(prefix="/dev", dependencies=[Open], include_in_schema=False)
SOMEBODY = 8551
"""The chat of whoever opens the page; another number is somebody else."""

SHOWN = 60
HEARD_WITHIN_S = 30.0
LARGEST_FORM = 16 * 1024
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Nagara demo: Telegram bot</title>
<link rel="stylesheet" href="/dev/outbox.css">
<body class="chat"><header><h1>The Telegram bot</h1>
<p>What is written here reaches the bot as Telegram would bring it, and nobody outside this machine.
<a href="/dev/outbox?channel=telegram">All its messages</a> · <a href="/dev/telegram?chat={chat}">Look again</a></p>
</header>
<main><div aria-live="polite">{said}</div>{buttons}
<form method="post"><label>Message <input name="text" value="{start}" maxlength="4000" required></label>
<input type="hidden" name="chat" value="{chat}"><button>{send}</button></form>
<form method="post"><input type="hidden" name="chat" value="{chat}">
<label>Latitude <input name="lat" value="{lat}" inputmode="decimal" required></label>
<label>Longitude <input name="lon" value="{lon}" inputmode="decimal" required></label>
<button>Send this location</button></form></main></body></html>"""


@router.get("/telegram")
def chat(
    number: Annotated[int, Query(alias="chat", ge=1, lt=2**52)] = SOMEBODY,
    start: Annotated[str, Query(max_length=64, description="A code, as links to the bot bear it")] = "",
) -> Response:
    """The chat as it stands, with what can be pressed below the bot's last message."""
    lines = _lines(settings().outbox_dir, str(number))
    last = lines[-1] if lines else {}
    centre = _somewhere()
    page = PAGE.format(
        chat=number,
        said="".join(_bubble(line) for line in lines) or "<p>Say something, or send a location.</p>",
        buttons="".join(_button(number, name, data) for name, data in last.get("buttons", ())),
        start=html.escape(f"/start {start}" if start else "", quote=True),
        send="Start" if start else "Send",
        lat=centre.lat,
        lon=centre.lon,
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(page, media_type="text/html", headers=headers)


@router.post("/telegram")
async def write(request: Request) -> Response:
    """Say something to the bot; the page then shows what it answered. Raises ``BotUnreachable``."""
    body = await request.body()
    given = parse_qs(body[:LARGEST_FORM].decode(errors="replace"))
    said: dict[str, Any] = {name: values[0] for name, values in given.items()}
    if not said.get("chat", "").isdecimal():
        raise InvalidInput("The form names no chat.", field="chat", allowed="a number")
    async with httpx.AsyncClient(timeout=HEARD_WITHIN_S, trust_env=False) as client:
        try:
            answer = await client.post(f"{settings().telegram_api.rstrip('/')}{CHAT}", json=said)
        except httpx.HTTPError as error:
            raise BotUnreachable("The demo's sink does not answer.") from error
    if answer.status_code == httpx.codes.BAD_REQUEST:
        raise InvalidInput(
            "The bot was said nothing it could be.", field="text", allowed="text, or lat and lon"
        )
    if not answer.is_success:
        raise BotUnreachable(f"The bot has not taken it ({answer.status_code}).")
    return Response(status_code=303, headers={"Location": f"/dev/telegram?chat={quote(said['chat'])}"})


def _somewhere() -> Position:
    """The middle of the city of which the demo has most, where its bot takes reports."""
    known = configuration()
    simulated = load_profile(known.folder).cities
    return known.cities[max(simulated, key=lambda city: simulated[city].requests)].map.centre


def _lines(folder: Path | None, chat: str) -> list[dict[str, Any]]:
    """What was said by both in one chat, oldest first."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    for path in sorted([*folder.glob("*.telegram.json"), *folder.glob("*.said.json")], reverse=True):
        line = json.loads(path.read_text())
        if chat in (line.get("to"), line.get("from")):
            found.append(line)
        if len(found) == SHOWN:
            break
    return found[::-1]


def _bubble(line: dict[str, Any]) -> str:
    by = "bot" if "to" in line else "me"
    return f"<p class='bubble {by}' dir=auto>{linked(line.get('said', line['text']))}</p>"


def _button(chat: int, name: str, data: str) -> str:
    hidden = {"chat": str(chat), "pressed": data, "name": name}
    fields = "".join(
        f'<input type="hidden" name="{key}" value="{html.escape(value, quote=True)}">'
        for key, value in hidden.items()
    )
    return f'<form method="post" class="press">{fields}<button dir="auto">{html.escape(name)}</button></form>'
