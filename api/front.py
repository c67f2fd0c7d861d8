"""The front door: what is called all day is answered here, before the layers and the table of all other routes.

What is answered is the same. Whatever is unusual about a call - another method, a body that does not fit, a
parameter hardly anybody sends - is left to the usual way, which alone says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge import MAX_BODY, add_security_headers

Short = Callable[[Request], Awaitable[Response | None]]
"""Answers a call; None where it is to go the usual way."""


class ShortRoute(Protocol):
    """A route that can be answered without the machinery that serves any route."""

    path_regex: re.Pattern[str]
    methods: set[str]
    short: Short


class FrontDoor:
    """Answers calls of some routes itself and passes on all others; ``usual`` is the whole application."""

    def __init__(self, application: FastAPI, usual: ASGIApp, routers: Iterable[APIRouter]) -> None:
        self._application, self._usual = application, usual
        self._routes: dict[str, list[tuple[re.Pattern[str], Short]]] = {}
        for router in routers:
            for route in router.routes:
                short = getattr(route, "short", None)
                if short is not None:
                    found: ShortRoute = route  # type: ignore[assignment]
                    for method in found.methods & {"GET", "POST"}:
                        self._routes.setdefault(method, []).append((found.path_regex, short))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http":
            for pattern, short in self._routes.get(scope["method"], ()):
                found = pattern.match(scope["path"])
                if found is not None:
                    await self._answer(found.groupdict(), short, scope, receive, send)
                    return
        await self._usual(scope, receive, send)

    async def _answer(
        self, part: dict[str, str], short: Short, scope: Scope, receive: Receive, send: Send
    ) -> None:
        read: list[Message] = []

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        body = b""
        if scope["method"] == "POST":
            if not _small(scope):
                await self._usual(scope, receive, send)
                return
            read = await _read(receive)
            body = read[0]["body"]
            if len(read) > 1 or read[0]["more_body"] or len(body) > MAX_BODY:
                await self._usual(scope, again, send)  # not all of it is here, or too much
                return
        request = Request({**scope, "app": self._application, "path_params": part})
        request._body = body
        try:
            answer = await short(request)
        except Exception as error:
            handler = _handler(self._application, error)
            if handler is None:
                raise
            answer = await handler(request, error)
            await _send(answer, scope, send)
            if _handler(self._application, Exception()) is handler:
                raise  # nobody foresaw it: whoever runs the server is to see it
            return
        if answer is None:
            await self._usual(scope, again, send)
        else:
            await _send(answer, scope, send)


class Application(FastAPI):
    """FastAPI with a front door."""

    front: FrontDoor | None = None

    def open_front(self, *routers: APIRouter) -> None:
        """Answer what routes of these routers can answer the short way."""
        self.front = FrontDoor(self, super().__call__, routers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call in."""
        await (self.front or super().__call__)(scope, receive, send)


def _small(scope: Scope) -> bool:
    """Whether a body's length is told, and within what any route takes."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return declared.isdigit() and int(declared) <= MAX_BODY


async def _read(receive: Receive) -> list[Message]:
    """A body as one message, and what came after it where whoever called has gone before all of it was here.

    Of a body that is longer than any route takes, whatever length was told, no more is read.
    """
    body, more = bytearray(), True
    while more and len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return [{"type": "http.request", "body": bytes(body), "more_body": True}, message]
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return [{"type": "http.request", "body": bytes(body), "more_body": more}]


def _handler(application: FastAPI, error: Exception) -> Callable[..., Awaitable[Response]] | None:
    handlers: dict[Any, Any] = application.exception_handlers
    return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)


async def _send(answer: Response, scope: Scope, send: Send) -> None:
    headers = add_security_headers(list(answer.raw_headers), scope["path"])
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
