"""One table from errors to statuses, and the one shape in which they reach anybody outside."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from psycopg_pool import TooManyRequests as PoolOverrun
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as SessionTimeout
from starlette.exceptions import HTTPException

from api.answers import json_answer
from api.schemas.cities import NearestCity
from api.schemas.common import Names
from nagara import errors

log = logging.getLogger(__name__)

STATUS: Mapping[type[errors.NagaraError], int] = {
    errors.NotFound: 404,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.NotSignedIn: 401,
    errors.WrongCredentials: 401,
    errors.NotPermitted: 403,
    errors.TooManyRequests: 429,
    errors.Refused: 403,
    errors.Unavailable: 503,
    errors.NagaraError: 500,
}
"""The nearest class of an error decides its status."""

DATABASE_FAULTS = (psycopg.OperationalError, PoolTimeout, PoolOverrun, SessionTimeout)


class FieldChange(BaseModel):
    """A field as it was when it was read, and as it is now; a note has no value before."""

    field: str
    from_: Any = Field(alias="from")
    to: Any


class ErrorBody(BaseModel):
    """What was refused and why."""

    code: str = Field(description="Stable, for programs", examples=["outside_city"])
    message: str = Field(description="For people", examples=["The position is outside Phnom Penh."])
    field: str | None = Field(
        default=None, description="The part of the input that was wrong", examples=["lat,lon"]
    )
    allowed: list[str] | str | None = Field(default=None, description="What would have been right")
    reference: str = Field(description="To find this answer in the logs", examples=["e7c1f09a"])
    notice: Names | None = Field(
        default=None, description="With stopped and redirected: what to do instead, by language"
    )
    url: str | None = Field(default=None, description="With redirected: where to go")
    phone: str | None = Field(default=None, description="With stopped and redirected: whom to call")
    nearest_city: NearestCity | None = Field(
        default=None, description="With outside_city: the city to ask instead"
    )
    changes: list[FieldChange] | None = Field(
        default=None, description="With changed_meanwhile: what changed since the version that was read"
    )
    by: str | None = Field(default=None, description="With changed_meanwhile: who changed it last")


class ErrorAnswer(BaseModel):
    """The shape of every refusal."""

    error: ErrorBody


def status_of(error: errors.NagaraError) -> int:
    """The HTTP status of an error: that of its nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals a route can answer with, for the API document; 422 and 503 belong to every route."""
    return {status: {"model": ErrorAnswer} for status in (*statuses, 422, 503)}


WORDS_FOR_FAULTS = {"missing": "it must be given", "extra_forbidden": "the fields the API document names"}
"""What would have been right, for faults of which pydantic only says what is wrong."""

NO_OBJECT = frozenset({"missing", "model_attributes_type", "model_type", "dict_type"})
"""Faults of a body as a whole."""

OwnForm = Callable[[str, int, str, Any], Response]
"""Makes a refusal from the path, the status, the message, and what would have been right (None: nobody says)."""

MOST_ALLOWED = 30
"""Of what would have been right, so many are told in a sentence."""

_own_forms: dict[str, OwnForm] = {}


def speak_own_form(prefix: str, form: OwnForm) -> None:
    """Let every refusal under an address have the form of the standard that is spoken there."""
    _own_forms[prefix] = form


def with_allowed(message: str, allowed: Any) -> str:
    """A message with what would have been right, for forms that have no other place for it."""
    if not allowed:
        return message
    if isinstance(allowed, str):
        words = allowed.rstrip(".")
    else:
        words = ", ".join(map(str, allowed[:MOST_ALLOWED])) + (", ..." if len(allowed) > MOST_ALLOWED else "")
    return f"{message.rstrip('.')}. Possible: {words}."


def refusal(
    status: int,
    code: str,
    message: str,
    field: str | None = None,
    allowed: Any = None,
    retry_after: int | None = None,
    *,
    path: str = "",
    details: Mapping[str, Any] | None = None,
) -> Response:
    """An answer in the one shape, with a reference that also stands in the log; some paths have their own."""
    for prefix, form in _own_forms.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            answer = form(path, status, message, allowed)
            if retry_after is not None:
                answer.headers["Retry-After"] = str(retry_after)
            return answer
    reference = secrets.token_hex(4)
    if status >= 500:
        log.error("%s %s [%s]", code, message, reference)
    body: dict[str, Any] = {"code": code, "message": message}
    if field is not None:
        body["field"] = field
    if allowed is not None:
        body["allowed"] = allowed
    body |= details or {}
    body["reference"] = reference
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    return json_answer({"error": body}, status, headers)


def add_error_answers(app: FastAPI) -> None:
    """Give every exception that can reach the edge its answer; none shows a traceback outside."""

    @app.exception_handler(errors.NagaraError)
    async def refused(request: Request, error: errors.NagaraError) -> Response:
        retry_after = getattr(
            error, "retry_after_seconds", 5 if isinstance(error, errors.Unavailable) else None
        )
        return refusal(
            status_of(error),
            error.code,
            error.message,
            error.field,
            error.allowed,
            retry_after,
            path=request.url.path,
            details=error.details,
        )

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"][1:]]  # the first part says body, query, path or header
        if first["type"] == "json_invalid":
            return refusal(
                400,
                "invalid_json",
                "The body is not JSON.",
                allowed="a JSON object in UTF-8",
                path=request.url.path,
            )
        if not where and first["type"] in NO_OBJECT:
            return refusal(
                422,
                "invalid_input",
                "The body is not a JSON object, or is not declared as JSON.",
                "body",
                "a JSON object, with Content-Type: application/json",
                path=request.url.path,
            )
        return refusal(
            422,
            "invalid_input",
            f"{'.'.join(where) or 'input'}: {first['msg']}",
            ".".join(where) or None,
            _allowed(first),
            path=request.url.path,
        )

    @app.exception_handler(HTTPException)
    async def unroutable(request: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed", 400: "invalid_json"}.get(
            error.status_code, "refused"
        )
        unread = code == "invalid_json"  # nested too deeply, or broken off
        answer = refusal(
            error.status_code,
            code,
            "The body cannot be read." if unread else str(error.detail),
            allowed="JSON in UTF-8, or the form that the API document describes" if unread else None,
            path=request.url.path,
        )
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer

    for fault in (*DATABASE_FAULTS, psycopg.DataError, DBAPIError):
        app.exception_handler(fault)(_database_fault)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("unforeseen error", exc_info=error)
        return refusal(
            500, "internal_error", "Something went wrong here; nothing was changed.", path=request.url.path
        )


async def _database_fault(request: Request, error: Exception) -> Response:
    """The database went away or is overrun: nothing was written, and trying again is right."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.DataError):
        allowed = "UTF-8 text without control characters, numbers within range"
        message = "The input holds characters or numbers that cannot be kept."
        return refusal(422, "invalid_input", message, allowed=allowed, path=request.url.path)
    if not isinstance(cause, DATABASE_FAULTS) and not getattr(error, "connection_invalidated", False):
        log.error("unforeseen database error", exc_info=error)
        return refusal(
            500, "internal_error", "Something went wrong here; nothing was changed.", path=request.url.path
        )
    log.warning("database unavailable: %s", type(cause).__name__)
    return refusal(
        503,
        "database_unavailable",
        "The database does not answer; try again shortly.",
        retry_after=5,
        path=request.url.path,
    )


def _allowed(fault: Mapping[str, Any]) -> Any:
    """What pydantic says would have been right, in words."""
    context = fault.get("ctx") or {}
    known = {name: value for name, value in context.items() if isinstance(value, str | int | float)}
    told = ", ".join(f"{name} {value}" for name, value in known.items())
    return told or WORDS_FOR_FAULTS.get(fault["type"], str(fault["msg"]))
