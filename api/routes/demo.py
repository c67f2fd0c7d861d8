"""The demo's message viewer: every message it sent, as its recipient would see it. Absent outside the demo."""

from __future__ import annotations

import email
import email.policy
import html
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Query, Request, Response

from api.answers import json_answer
from api.dependencies import Open
from nagara.settings import settings

router = APIRouter(prefix="/dev", tags=["demo"], dependencies=[Open])
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Nagara demo: messages sent</title>
<style>
:root{{color-scheme:light dark;font:16px/1.55 system-ui,sans-serif}}
body{{max-width:52rem;margin:2rem auto;padding:0 1rem}}
article{{border:1px solid #8886;border-radius:.6rem;padding:1rem 1.2rem;margin:1rem 0}}
h2{{font-size:1.05rem;margin:.1rem 0 .5rem}} pre{{white-space:pre-wrap;font:inherit;margin:.6rem 0 0;line-height:1.7}}
small{{opacity:.75}}
</style>
<h1>Messages sent</h1><p>The demo sends no message outside this machine. It stands here instead; newest first.</p>
{messages}</html>"""


@router.get("/outbox", operation_id="demo_outbox")
def outbox(request: Request, limit: int = Query(default=200, ge=1, le=5000)) -> Response:
    """Every message sent in any channel, newest first: JSON for programs, a page for people."""
    messages = _messages(settings().outbox_dir, limit)
    if "text/html" in request.headers.get("accept", ""):
        shown = "".join(_shown(message) for message in messages) or "<p>None yet.</p>"
        return Response(PAGE.format(messages=shown), media_type="text/html")
    return json_answer({"messages": messages})


def _messages(folder: Path | None, limit: int) -> list[dict[str, Any]]:
    if folder is None or not folder.is_dir():
        return []
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [_read(path) for path in files[:limit]]


def _read(path: Path) -> dict[str, Any]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    return {
        "channel": "email",
        "to": str(message["to"]),
        "from": str(message["from"]),
        "subject": str(message["subject"]),
        "date": str(message["date"]),
        "id": str(message["message-id"]),
        "text": body.get_content() if body else "",
    }


def _shown(message: dict[str, Any]) -> str:
    safe = {name: html.escape(str(value)) for name, value in message.items()}
    return (
        f"<article><h2 dir=auto>{safe['subject']}</h2><small>to {safe['to']} · {safe['date']}</small>"
        f"<pre dir=auto>{safe['text']}</pre></article>"
    )
