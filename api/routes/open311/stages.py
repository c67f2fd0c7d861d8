"""Two endpoints with the same methods: the real one, and a sandbox where nobody works on what is filed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request, Response

from nagara.settings import settings

Handler = Callable[..., Awaitable[Response]]


class Stage(NamedTuple):
    """An endpoint: what it is announced as, where it is, and how its operations are named."""

    type: Literal["production", "test"]
    base: str
    operations: str

    @property
    def url(self) -> str:
        """Its address as clients are told it: without a slash at its end, since a method's begins with one."""
        return f"{settings().public_url.rstrip('/')}/open311{self.base}"


PRODUCTION = Stage("production", "/v2", "open311_")
SANDBOX = Stage("test", "/sandbox/v2", "open311_sandbox_")
STAGES = (PRODUCTION, SANDBOX)


def on_both(
    router: APIRouter, method: str, path: str, name: str, **documented: Any
) -> Callable[[Handler], Handler]:
    """Serve a method of the standard at both endpoints, under operation ids of their own."""

    def serve(handler: Handler) -> Handler:
        for stage in STAGES:
            router.add_api_route(
                f"{stage.base}{path}",
                handler,
                methods=[method],
                operation_id=f"{stage.operations}{name}",
                **documented,
            )
        return handler

    return serve


def in_sandbox(request: Request) -> bool:
    """Whether a call came to the sandbox."""
    path: str = request.scope["path"]
    return path.startswith(f"/open311{SANDBOX.base}/")
