"""What must hold of the whole: every route guarded and documented, every error mapped, every word explained."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.dependencies import current_staff, public
from api.error_responses import STATUS, status_of
from nagara import errors
from nagara.event_log import EventKind
from nagara.lifecycle import TRANSITIONS, Move, Status
from nagara.permissions import PERMISSIONS, Role
from nagara.settings import Settings


@pytest.fixture(scope="module")
def app(services: object) -> FastAPI:
    """The application with all its routes, not started."""
    from api.app import create_app

    return create_app()


def routes(app: FastAPI) -> list[APIRoute]:
    """Every documented route, those of included routers too."""
    found = [route for route in app.routes if isinstance(route, APIRoute)]
    for route in app.routes:
        found += [inner for inner in getattr(route, "routes", []) if isinstance(inner, APIRoute)]
        original = getattr(route, "original_router", None)
        found += [inner for inner in getattr(original, "routes", []) if isinstance(inner, APIRoute)]
    return [route for route in found if route.include_in_schema]


def dependencies(route: APIRoute) -> set[Any]:
    """Everything a route depends on, however deep."""
    found, waiting = set(), [route.dependant]
    while waiting:
        dependant = waiting.pop()
        found.add(dependant.call)
        waiting += dependant.dependencies
    return found


def test_every_route_says_who_may_come_in(app: FastAPI) -> None:
    checked = 0
    for route in routes(app):
        calls = dependencies(route)
        declares = public in calls or any(hasattr(call, "permission") for call in calls)
        assert declares or current_staff in calls, f"{route.path} says neither 'public' nor a permission"
        checked += 1
    assert checked > 20


def test_every_operation_is_documented_and_named_once(app: FastAPI) -> None:
    seen: dict[str, str] = {}
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            assert name not in seen, f"{name} is both {seen.get(name)} and {path}"
            seen[name] = path
            assert operation.get("description") or operation.get("summary"), (path, method)
    assert len(seen) > 20


def test_every_error_has_a_status_and_says_what_happened() -> None:
    kinds = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, errors.NagaraError)]
    assert len(kinds) > 15
    codes = set()
    for kind in kinds:
        assert any(base in STATUS for base in kind.__mro__)
        assert kind.__doc__
        codes.add(kind.code)
    assert len(codes) == len(kinds), "two errors share a code"
    assert status_of(errors.OutsideCity("x")) == 422


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize("key", ["", "short", "only-for-development"])
def test_an_unsafe_secret_is_refused_outside_the_demo(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARA_DEMO", "0")
    monkeypatch.setenv("NAGARA_SECRET_KEY", key)
    with pytest.raises(errors.InsecureSecret, match="NAGARA_SECRET_KEY"):
        assert Settings().secret


def test_every_move_has_its_event_and_every_role_its_permissions() -> None:
    assert set(TRANSITIONS) == set(Move)
    for step in TRANSITIONS.values():
        assert step.event in set(EventKind)
        assert step.why
    assert set(PERMISSIONS) == set(Role)


def test_every_open_status_can_be_left_and_every_status_reached() -> None:
    ends = {step.end for step in TRANSITIONS.values()} | {Status.RECEIVED}
    assert ends >= set(Status)
    for status in Status:
        leads = {step.end for step in TRANSITIONS.values() if status in step.start and step.end}
        assert leads or status is Status.WITHDRAWN
