"""Plain ASGI layers at the edge: how large a body may be, and what browsers are told to refuse."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.cross_origin import headers_for_pages
from api.error_responses import refusal

MAX_BODY = 1024 * 1024
"""One megabyte: a report's text is at most four thousand characters."""

MAX_BODY_WITH_PICTURES = 12 * 1024 * 1024
TAKES_PICTURES = re.compile(
    r"/api/v1/cities/[^/]+/media"
    r"|/open311/(sandbox/)?v2/(requests|servicerequestupdates)\.(json|xml)"
)
"""Where forms with files may be that large; everything else may not."""

MAX_BUNDLE = 16 * 1024 * 1024
TAKES_BUNDLES = "/api/v1/federation/bundles"
"""Where cities send the counts of all their months."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}
NOT_KEPT = "/api/v1/staff"
"""What staff are answered is kept by no browser and no proxy, whatever a route says."""

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self'{styles}; "
    "img-src 'self' data: blob: {tiles}; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


_SECURITY = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


def add_security_headers(headers: list[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """An answer's headers with those every answer carries, where it does not bring its own."""
    named = {name.lower() for name, _ in headers}
    added = headers + [pair for pair in _SECURITY if pair[0] not in named]
    added += headers_for_pages(path, named)
    if path.startswith(NOT_KEPT):
        added = [pair for pair in added if pair[0].lower() != b"cache-control"]
        added.append((b"cache-control", b"no-store"))
    return added


class _TooLarge(Exception):
    """The body passed the limit while it was read."""


class BodyLimit:
    """Refuses a body that is or grows too large before anything of it is worked on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = _most(scope)
        declared = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > most:
            await self._refuse(scope, receive, send)
            return
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if read > most and not started:
                raise _TooLarge  # whoever read the body has made another refusal of it
            started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = refusal(
            413,
            "too_large",
            "The body is too large.",
            allowed=f"at most {_most(scope)} bytes",
            path=scope["path"],
        )
        await answer(scope, receive, send)


def _most(scope: Scope) -> int:
    """The bytes a body may have: its address and declared type decide."""
    if scope["method"] == "POST" and TAKES_PICTURES.fullmatch(scope["path"]):
        declared = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
        if declared.lower().startswith(b"multipart/"):
            return MAX_BODY_WITH_PICTURES
    if scope["method"] == "POST" and scope["path"] == TAKES_BUNDLES:
        return MAX_BUNDLE
    return MAX_BODY


class HeadAnswers:
    """Answers HEAD wherever GET is answered: status and headers of that answer, nothing of its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask as GET, and let only the head of the answer through; whoever streams is told that nobody listens."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        answered = False

        async def until_answered() -> Message:
            return {"type": "http.disconnect"} if answered else await receive()

        async def head_alone(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                await send(message)
            elif not answered:
                answered = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        whole = [pair for pair in scope["headers"] if pair[0] != b"range"]  # of a head nobody asks a part
        await self.app({**scope, "method": "GET", "headers": whole}, until_answered, head_alone)


REDIRECTED = 307
"""As addresses with a slash too many are."""


def _on_this_host(name: bytes, value: bytes, scope: Scope) -> bytes:
    """Where a redirect leads, without scheme and host where that is this one.

    Behind a proxy they are not known for sure: over https a client would be sent on to http, with its key.
    """
    host = next((v for k, v in scope["headers"] if k == b"host"), b"")
    begin = b"//" + host + b"/"
    if name.lower() == b"location" and host and begin in value:
        return value[value.index(begin) + len(begin) - 1 :]
    return value


class SecurityHeaders:
    """Adds the headers every answer carries; pages bring their own content policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = add_security_headers(list(message.get("headers", ())), scope["path"])
                if message["status"] == REDIRECTED:
                    headers = [(name, _on_this_host(name, value, scope)) for name, value in headers]
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, with_headers)
