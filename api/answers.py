"""Answers are encoded once, by orjson, without a model in between; the models describe them in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; times are UTC with ``Z``. Nothing of it is cached unless a header says so."""
    kept = {"Cache-Control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(content, option=OPTIONS), status, kept, "application/json")
