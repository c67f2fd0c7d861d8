"""Pages of other sites may read what anybody may: maps, data and GeoReport, none of which go by cookies.

As the Fetch standard has it ("CORS"): a browser asks first where a page sends more than a plain form.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

DOORS = ("/open311", "/ogc", "/tiles", "/open-data", "/api/v1/feeds", "/openapi.json")
"""Where everything is public, or opened by a key that the page has to bring itself."""

FOR_PAGES: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Range, ETag, Link, Retry-After, X-Total-Count",
}
ALLOWED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Accept-Language, Content-Type, Idempotency-Key, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}
_BELOW = tuple(f"{door}/" for door in DOORS)
_FOR_PAGES = [(name.lower().encode(), value.encode()) for name, value in FOR_PAGES.items()]
_ALLOWED = [(name.lower().encode(), value.encode()) for name, value in ALLOWED.items()]


def is_open(path: str) -> bool:
    """Whether pages of other sites may read what is answered at an address."""
    return path.startswith(_BELOW) or path in DOORS


def headers_for_pages(path: str, named: set[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers that say so, but for those an answer brings itself."""
    return [pair for pair in _FOR_PAGES if pair[0] not in named] if is_open(path) else []


class Preflights:
    """Answers what a browser asks before it lets a page of another site call; any other call goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        asks = scope["type"] == "http" and scope["method"] == "OPTIONS" and is_open(scope["path"])
        if not asks or not any(name == b"access-control-request-method" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 204, "headers": _ALLOWED})
        await send({"type": "http.response.body", "body": b""})
