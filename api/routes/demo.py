"""The demo's message viewer: every message it sent, as its recipient would see it. Absent outside the demo."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import html
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import text

from api.answers import json_answer
from api.dependencies import Open
from nagara.cities import configuration
from nagara.database import city_session
from nagara.local.http_sink import subscription_kept
from nagara.settings import settings

router = APIRouter(prefix="/dev", tags=["demo"], dependencies=[Open])
Channel = Literal["email", "sms", "push", "webhook", "telegram", "inbox"]
ENDINGS: dict[Channel, str] = {
    "email": "*.eml",
    "sms": "*.sms.json",
    "push": "*.push.json",
    "webhook": "*.webhook.json",
    "telegram": "*.telegram.json",
}
NAMES: dict[Channel, str] = {
    "email": "Mail",
    "sms": "Text message",
    "push": "Browser",
    "webhook": "Other system",
    "telegram": "Telegram",
    "inbox": "Inbox of staff",
}
IN_INBOXES = """
select request_id, seq, split_part(audience, ':', 2), subject, body, link, created_at, read_at is not null
  from notification
 where city_id = :city_id and channel = 'inbox'
   and (:wanted = '' or strpos(lower(audience || ' ' || subject || ' ' || body), :wanted) > 0)
 order by created_at desc limit :limit
"""
# a mail's HTML stands in a frame without rights; its own style attributes are what "unsafe-inline" is for
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self' 'unsafe-inline'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
AT = "%Y%m%dT%H%M%S.%f"
"""How the sink's files begin."""

ADDRESS = re.compile(r"https?://[^\s<>\"']+")
STYLE = (Path(__file__).parent / "demo.css").read_text()
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Nagara demo: messages sent</title>
<link rel="stylesheet" href="/dev/outbox.css">
<body><header><h1>Messages sent</h1>
<p>The demo sends no message outside this machine. Each stands here as its reader would see it, newest first.
<a href="/dev/telegram">Write to the Telegram bot</a></p>
<form role="search"><label>Reference, address or word <input type="search" name="q" value="{q}"></label>
<label>Channel <select name="channel">{choices}</select></label><button>Show</button></form></header>
<main aria-live="polite"><p class="count">{count}</p>{messages}</main></body></html>"""


@router.get("/outbox", operation_id="demo_outbox")
def outbox(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=5000)] = 200,
    q: Annotated[str, Query(max_length=200, description="Found in address, subject or text")] = "",
    channel: Annotated[Channel | None, Query()] = None,
) -> Response:
    """Every message sent in any channel, newest first: JSON for programs, a page for people."""
    wanted = q.strip().casefold()
    found = _messages(settings().outbox_dir, limit, wanted, channel)
    if channel in (None, "inbox"):
        found += _inboxes(limit, wanted)
    newest = sorted(found, key=lambda one: one[0], reverse=True)[:limit]
    messages = [message for _, message in newest]
    if "text/html" not in request.headers.get("accept", ""):
        return json_answer({"messages": messages})
    shown = "".join(_shown(message) for message in messages) or "<p>None yet.</p>"
    page = PAGE.format(
        q=html.escape(q, quote=True), choices=_choices(channel), count=_count(len(messages)), messages=shown
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(page, media_type="text/html", headers=headers)


@router.get("/outbox.css", include_in_schema=False)
def style() -> Response:
    """How the viewer looks."""
    return Response(STYLE, media_type="text/css")


@router.get("/push-subscription", operation_id="demo_push_subscription")
def push_subscription() -> Response:
    """The subscription of the demo's own browser, for pages whose real push service is out of reach; or null."""
    folder = settings().outbox_dir
    return json_answer({"subscription": subscription_kept(folder) if folder is not None else None})


_Placed = tuple[str, dict[str, Any]]
"""A message and when it came, in a form that sorts."""


def _inboxes(limit: int, wanted: str) -> list[_Placed]:
    """What lies in the inboxes of every city's staff; nothing delivers it, so it is read where it lies."""
    found: list[_Placed] = []
    for city_id in configuration().cities:
        with city_session(city_id) as session:
            values = {"city_id": city_id, "wanted": wanted, "limit": limit}
            rows = session.execute(text(IN_INBOXES), values).all()
        for request_id, seq, username, subject, body, link, at, seen in rows:
            message = {
                "channel": "inbox",
                "to": f"{username}@{city_id}",
                "from": "",
                "subject": subject,
                "date": _date(at),
                "id": f"{request_id}.{seq}",
                "text": body,
                "url": link,
                "read": seen,
            }
            found.append((f"{at.astimezone(dt.UTC):{AT}}", message))
    return found


def _messages(folder: Path | None, limit: int, wanted: str, channel: Channel | None) -> list[_Placed]:
    if folder is None or not folder.is_dir():
        return []
    found = [
        (path.name, name, path)
        for name, ending in ENDINGS.items()
        if channel in (None, name)
        for path in folder.glob(ending)
    ]
    messages: list[_Placed] = []
    for arrived, name, path in sorted(found, reverse=True):  # names begin with the time of arrival
        message = _read(name, path)
        searched = f"{message['to']} {message['subject']} {message['text']}".casefold()
        if wanted in searched:
            messages.append((arrived, message))
        if len(messages) == limit:
            break
    return messages


def _read(channel: Channel, path: Path) -> dict[str, Any]:
    if channel == "email":
        return _mail(path)
    content = json.loads(path.read_text())
    at = dt.datetime.strptime(path.name[:22], AT).replace(tzinfo=dt.UTC)
    shown = {"channel": channel, "date": _date(at), "from": "", "url": None}
    if channel == "webhook":
        event = json.loads(content["event"])
        return shown | {
            "to": "an endpoint",
            "subject": event["type"],
            "id": content["id"],
            "text": json.dumps(event, ensure_ascii=False, indent=2),
        }
    if channel == "telegram":
        return shown | {
            "to": f"chat {content['to']}",
            "subject": "",
            "id": content["id"],
            "text": content["text"],
            "url": f"/dev/telegram?chat={quote(content['to'])}",
        }
    if channel == "sms":
        return shown | {
            "to": content["to"],
            "from": content["from"],
            "subject": "",
            "id": content["id"],
            "text": content["text"],
        }
    unreadable = content.get("unreadable")
    return shown | {
        "to": "this browser" if unreadable is None else "another browser",
        "subject": content["title"],
        "id": str(content.get("id", "")),
        "text": content["body"] if unreadable is None else f"{unreadable} bytes only that browser can read",
        "url": content.get("url"),
    }


def _date(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%a, %d %b %Y %H:%M:%S} +0000"


def _mail(path: Path) -> dict[str, Any]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    page = message.get_body(preferencelist=("html",))
    return {
        "channel": "email",
        "to": str(message["to"]),
        "from": str(message["from"]),
        "subject": str(message["subject"]),
        "date": str(message["date"]),
        "id": str(message["message-id"]),
        "text": body.get_content() if body else "",
        "html": page.get_content() if page else None,
        "url": None,
        "unsubscribe": str(message["list-unsubscribe"] or "").strip("<>") or None,
    }


def _shown(message: dict[str, Any]) -> str:
    """A message drawn as its channel would: a sheet, a bubble, a card of the browser."""
    safe = {name: html.escape(str(value or "")) for name, value in message.items()}
    channel: Channel = message["channel"]
    head = f"<b>{NAMES[channel]}</b> to {safe['to']} <time>{safe['date']}</time>"
    subject = f"<h2 dir=auto>{safe['subject']}</h2>" if message["subject"] else ""
    words = f"<div class=text dir=auto>{linked(str(message['text']))}</div>"
    more = f'<a href="{safe["url"]}">Open</a>' if message.get("url") else ""
    if message.get("html"):
        frame = f'<iframe sandbox loading=lazy title=HTML srcdoc="{safe["html"]}"></iframe>'
        more += f"<details><summary>As HTML</summary>{frame}</details>"
    if message.get("unsubscribe"):
        more += "<span>Unsubscribe button: one click, RFC 8058</span>"
    return f"<article class={channel}><p class=head>{head}</p><div class=sheet>{subject}{words}{more}</div></article>"


def linked(words: str) -> str:
    """Text with its addresses as links; nothing else of it is ever markup."""
    parts, last = [], 0
    for found in ADDRESS.finditer(words):
        address = html.escape(found.group())
        parts += [html.escape(words[last : found.start()]), f'<a href="{address}">{address}</a>']
        last = found.end()
    return "".join(parts) + html.escape(words[last:])


def _choices(chosen: Channel | None) -> str:
    options = [("", "All"), *NAMES.items()]
    return "".join(
        f'<option value="{name}"{" selected" if name == (chosen or "") else ""}>{label}</option>'
        for name, label in options
    )


def _count(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"
