"""Answers are encoded once, by orjson, without a model in between; the models describe them in the document."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; times are UTC with ``Z``. Nothing of it is cached unless a header says so."""
    kept = {"Cache-Control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(content, option=OPTIONS), status, kept, "application/json")


def packed_answer(request: Request, content: Any, headers: Mapping[str, str]) -> Response:
    """A long list that is the same for everybody, compressed where the client can read that.

    Never for an answer that holds a secret beside something the client chose: its length would tell of it.
    """
    body = orjson.dumps(content, option=OPTIONS)
    told = dict(headers) | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(
            gzip.compress(body, 6, mtime=0), 200, told | {"Content-Encoding": "gzip"}, "application/json"
        )
    return Response(body, 200, told, "application/json")
