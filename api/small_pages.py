"""Small pages of the API's own: a title, a sentence, a table, links. They run nothing and load nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from fastapi import Request, Response

from nagara.errors import InvalidInput

HTML = "text/html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;
padding:0 1rem}}.wide{{overflow-x:auto}}table{{border-collapse:collapse}}th,td{{border:1px solid #8888;
padding:.2rem .5rem;text-align:left;vertical-align:top}}</style></head><body><main><h1>{title}</h1><p>{text}</p>
{tables}{links}</main></body></html>"""

WEIGHT = re.compile(r"[01](\.\d{0,3})?", re.ASCII)
Rows = Sequence[Mapping[str, Any]]
Links = Sequence[tuple[str, str]]
"""Addresses with their words."""


def wants_html(call: Request) -> bool:
    """Whether a page is asked for: by ``f``, or else by what the client would rather have; raise ``InvalidInput``."""
    form = call.query_params.get("f")
    if form is not None:
        if form not in ("json", "html"):
            raise InvalidInput(f"There is no form {form[:20]!r}.", field="f", allowed=["json", "html"])
        return form == "html"
    accepted = [_weighed(part) for part in call.headers.get("Accept", "")[:1000].split(",")]
    for _, kind in sorted(accepted, key=lambda one: -one[0]):  # of equal weight the first
        if kind == HTML:
            return True
        if "json" in kind or kind == "*/*":
            return False
    return False


def _weighed(part: str) -> tuple[float, str]:
    """How gladly a kind is taken (RFC 9110, 12.4.2), and the kind; one of weight 0 is none."""
    kind, *further = (one.strip() for one in part.split(";"))
    weight = next((one[2:].strip() for one in further if one.startswith("q=")), "1")
    known = float(weight) if WEIGHT.fullmatch(weight) else 1.0
    return known, kind if known else ""


def page(
    title: str, text: str, tables: Mapping[str, Rows], links: Links, headers: Mapping[str, str]
) -> Response:
    """A page; each table stands under its own heading, where it has one."""
    shown = "".join(
        (f"<h2>{escape(heading)}</h2>" if heading else "") + f'<div class="wide">{_table(rows)}</div>'
        for heading, rows in tables.items()
        if rows
    )
    listed = "".join(f'<li><a href="{escape(href)}">{escape(words)}</a>' for href, words in links)
    ended = f"<h2>Links</h2><ul>{listed}</ul>" if links else ""
    html = PAGE.format(title=escape(title), text=escape(text), tables=shown, links=ended)
    told = {**headers, "Content-Security-Policy": POLICY}
    return Response(html, 200, told, f"{HTML}; charset=utf-8")


def _table(rows: Rows) -> str:
    head = "".join(f"<th scope=col>{escape(name)}" for name in rows[0])
    lines = "".join("<tr>" + "".join(f"<td>{_cell(value)}" for value in row.values()) for row in rows)
    return f"<table><tr>{head}{lines}</table>"


def _cell(value: Any) -> str:
    """A value; an address with its words is a link, and so is an address alone."""
    if isinstance(value, tuple):
        href, words = value
        return f'<a href="{escape(href)}">{escape(words)}</a>'
    text = "" if value is None else escape(str(value))
    return f'<a href="{text}">{text}</a>' if text.startswith(("http://", "https://")) else text
