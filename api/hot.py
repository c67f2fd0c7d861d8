"""Routes that are called all day: resolved by themselves, without the machinery that serves any route.

They are declared as all others are, so the document and whoever walks the routes see no difference. What such
a route may ask for is a ``Caller``, the process, parts of its path, and one model of its query.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Annotated, Any, get_args, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsOn
from fastapi.params import Header, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.dependencies import (
    FromProcess,
    Resources,
    Token,
    client_address,
    client_source,
    current_city,
    public,
    resources,
    session_token,
)
from api.front import Short
from city_config import City
from nagara.accounts.calling import Caller, Guesses
from nagara.cities import city_of
from nagara.errors import InvalidInput
from nagara.permissions import Permission
from nagara.rate_limits import Source

_guesses = Guesses()
MOST_PARAMETERS = 500
_PLAIN_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
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

    short: Short

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        _refuse_other_dependencies(self)
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

        self.short = answer
        return answer


class OpenRoute(APIRoute):
    """A route for anybody that the front door resolves by itself as long as a call is as it should be.

    It may ask for its city, the process, the caller's source or address, the private link, headers, parts of its
    path and numbers in it, a body that is one model, and the call itself. What does not fit goes the usual way, which
    says what is wrong.
    """

    short: Short

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request that goes the usual way."""
        _refuse_other_dependencies(self)
        self.short = _short(self.path, self.endpoint)
        return super().get_route_handler()


def _refuse_other_dependencies(route: APIRoute) -> None:
    """Raise TypeError for a route that depends on more than its parameters say: nobody would ask for that here."""
    if any(one.dependency is not public for one in route.dependencies):
        raise TypeError(
            f"{route.path}: a route that is resolved by itself has no dependencies beside its parameters"
        )


class _Unusual(Exception):
    """Something about a call does not fit, or hardly anybody sends it."""


def _short(path: str, endpoint: Callable[..., Awaitable[Response]]) -> Short:
    """Answers calls of an open route; None for those that are unusual."""
    hints = get_type_hints(endpoint, include_extras=True)
    fills = [(name, _fill(path, name, hints[name])) for name in inspect.signature(endpoint).parameters]

    async def answer(request: Request) -> Response | None:
        if request.scope["query_string"]:
            return None
        try:
            process: Resources = request.app.state.resources
            values = {name: fill(request, process) for name, fill in fills}
        except (_Unusual, ValidationError):
            return None
        return await endpoint(**values)

    return answer


def _fill(path: str, name: str, hint: Any) -> Fill:
    """What fills one parameter of an open route. Raises TypeError for what such a route cannot ask for."""
    kind, *notes = get_args(hint) or (hint,)
    note = notes[0] if notes else None
    depends = note.dependency if isinstance(note, DependsOn) else None
    given = _FILLS.get(depends or kind)
    if given is not None:
        return given
    if isinstance(note, Header):
        return _header(note.alias or name.replace("_", "-"), hint)
    if isinstance(note, Query):
        return lambda *_: None  # calls with a query are unusual
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return partial(_body, TypeAdapter(kind))
    if kind in _PARTS and f"{{{name}}}" in path:
        return partial(_PARTS[kind], name)
    raise TypeError(f"{path}: an open route that is resolved by itself knows no parameter like {name!r}")


def _header(header: str, hint: Any) -> Fill:
    checked = TypeAdapter(hint)

    def fill(request: Request, _: Resources) -> Any:
        value = request.headers.get(header)
        return None if value is None else checked.validate_python(value)

    return fill


def _body(model: TypeAdapter[Any], request: Request, _: Resources) -> Any:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Unusual
    return model.validate_json(request._body)


def _address(request: Request, _: Resources) -> str:
    client = request.scope.get("client")
    return client[0] if client else "unknown"


def _city(request: Request, _: Resources) -> City:
    return city_of(request.path_params["city"])


_device = _header("nagara-device", get_type_hints(client_source, include_extras=True)["nagara_device"])


def _source(request: Request, process: Resources) -> Source:
    return Source(_address(request, process), _device(request, process))


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


def _number_in_path(name: str, request: Request, _: Resources) -> int:
    part: str = request.path_params[name]
    if not _PLAIN_NUMBER.fullmatch(part):
        raise _Unusual
    return int(part)


def _part_of_path(name: str, request: Request, _: Resources) -> str:
    part: str = request.path_params[name]
    return part


_FILLS: dict[Any, Fill] = {
    resources: _process,
    current_city: _city,
    client_address: _address,
    client_source: _source,
    Request: lambda request, _: request,
}
_PARTS: dict[Any, Callable[[str, Request, Resources], Any]] = {str: _part_of_path, int: _number_in_path}

QueueReader = Annotated[Caller, Depends(calling(Permission.VIEW_QUEUE))]
