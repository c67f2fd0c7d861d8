"""Routes that are called all day: resolved by themselves, without the machinery that serves any route.

They are declared as all others are, so the document and whoever walks the routes see no difference. What such
a route may ask for is a ``Caller``, the process, parts of its path, and one model of its query.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Annotated, Any, get_args, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsOn
from fastapi.params import Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from api.dependencies import FromProcess, Resources, Token, resources, session_token
from nagara.accounts.calling import Caller, Guesses
from nagara.errors import InvalidInput
from nagara.permissions import Permission

_guesses = Guesses()
MOST_PARAMETERS = 500
Values = dict[str, Any]
Fill = Callable[[Request, Resources], Any]


def calling(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency on somebody with a permission, who is known once they are answered."""

    async def call(token: Token, process: FromProcess) -> Caller:
        return Caller(process.pool, token, permission, _guesses)

    call.permission = permission  # type: ignore[attr-defined]
    return call


class HotRoute(APIRoute):
    """A route that is resolved by itself.

    Its refusals come in the order of any route: who is not signed in hears that first, then who may not, then
    what is wrong with the query.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        permission, caller, model, fills = _parameters(self.path, endpoint)

        async def answer(request: Request) -> Response:
            process: Resources = request.app.state.resources
            calls = Caller(process.pool, await session_token(request), permission, _guesses)
            values: Values = {caller: calls}
            for name, fill in fills:
                values[name] = fill(request, process)
            if model is not None:
                asked, kind = model
                try:
                    values[asked] = kind.model_validate(queried(request.scope["query_string"], kind))
                except InvalidInput:
                    await calls.account()
                    raise
                except ValidationError as error:
                    await calls.account()
                    raise RequestValidationError(
                        [one | {"loc": ("query", *one["loc"])} for one in error.errors()]
                    ) from error
            answered = await endpoint(**values)
            if not calls.known:
                raise RuntimeError(f"{request.url.path} answered somebody it does not know")
            return answered

        return answer


def queried(query: bytes, model: type[BaseModel]) -> dict[str, Any]:
    """The parameters of a query: of those named several times a model's lists get all, its other fields the last.

    ``model.LISTS`` names the fields that are lists. Raises ``InvalidInput`` for more than ``MOST_PARAMETERS``.
    """
    lists: frozenset[str] = getattr(model, "LISTS", frozenset())
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise InvalidInput(
            "The query has too many parameters.", field="query", allowed=f"at most {MOST_PARAMETERS}"
        ) from error
    for name, value in pairs:
        if name in found and name in lists:
            found[name] = f"{found[name]},{value}"
        else:
            found[name] = value
    return found


def _parameters(
    path: str, endpoint: Callable[..., Any]
) -> tuple[Permission, str, tuple[str, type[BaseModel]] | None, list[tuple[str, Fill]]]:
    """What an endpoint asks for: the permission and name of its caller, the model of its query, the rest."""
    caller: tuple[Permission, str] | None = None
    model: tuple[str, type[BaseModel]] | None = None
    fills: list[tuple[str, Fill]] = []
    hints = get_type_hints(endpoint, include_extras=True)
    for name in inspect.signature(endpoint).parameters:
        kind, *notes = get_args(hints[name]) or (hints[name],)
        note = notes[0] if notes else None
        depends = note.dependency if isinstance(note, DependsOn) else None
        permission = getattr(depends, "permission", None)
        if permission is not None:
            caller = permission, name
        elif depends is resources:
            fills.append((name, _process))
        elif isinstance(note, Query):
            model = name, kind
        elif kind is str and f"{{{name}}}" in path:
            fills.append((name, partial(_part_of_path, name)))
        else:
            raise TypeError(f"{path}: a hot route knows no parameter like {name!r}")
    if caller is None:
        raise TypeError(f"{path}: a hot route needs a caller")
    return *caller, model, fills


def _process(_: Request, process: Resources) -> Resources:
    return process


def _part_of_path(name: str, request: Request, _: Resources) -> str:
    part: str = request.path_params[name]
    return part


QueueReader = Annotated[Caller, Depends(calling(Permission.VIEW_QUEUE))]
